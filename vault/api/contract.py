"""The contract: what `openapi.yaml` says of every route, made from the routes and their structs.

Litestar finds the operations; msgspec, which checks every body, describes the bodies. What an operation may refuse with
follows from its shape: a token, a body, an id in its path. Whatever differs is declared at the route, in its `opt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Schema, SecurityScheme
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from msgspec import Struct

from vault.api.problems import MEDIA_TYPE, TITLES, Problem
from vault.base.personal import Personal
from vault.oauth.metadata import TOKEN
from vault.pages.cookies import CONSOLE

FORM: Final = "form"
BODY: Final = "body"  # of a route that reads it itself
BYTES: Final = "bytes"  # a body of any bytes, read as it comes
LINES: Final = "lines"  # of which a body may consist instead
ANSWER: Final = "answer"
REFUSALS: Final = "refusals"
MEDIA: Final = "media"  # of an answer that is no JSON
NDJSON: Final = "application/x-ndjson"

Json = dict[str, Any]  # a JSON document: whatever Litestar and msgspec write

_PARAMETERS: Final = (HeaderParameter, PathParameter, QueryParameter)  # of the wire, not what a name injects
_PERSONAL: Final = "a personal value: sealed where it is kept, never written to a log, never repeated in a problem"
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_BYTES: Final = "application/octet-stream"
_BINARY: Final[Json] = {"type": "string", "format": "binary"}
_ONLY_PYTHON: Final = r"(?!\n)"  # elsewhere `$` means the very end by itself
_RETRY_AFTER: Final = {
    "Retry-After": {"description": "seconds to wait before the next try", "schema": {"type": "integer"}}
}
_HEADERS: Final[Mapping[int, Json]] = {
    401: {"WWW-Authenticate": {"description": "RFC 9110, section 11.6.1", "schema": {"type": "string"}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


class PersonalSchema(OpenAPISchemaPlugin):
    """Tells Litestar that a personal value is a string."""

    @staticmethod
    def is_plugin_supported_type(value: object) -> bool:
        """Whether it is one."""
        return value is Personal

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: object) -> Schema:
        """Return a string's schema."""
        del field_definition, schema_creator
        return Schema(type=OpenAPIType.STRING)


class _Page(JsonRenderPlugin):
    """Serves the contract as JSON: no page, so no script of anybody else's."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        del openapi_schema
        return msgspec.json.encode(contract(request.app))


CONFIG: Final = OpenAPIConfig(
    title="Consent vault",
    version="1",
    description="May I contact this person, for this, over that, now? Without the yes, the address does not leave. "
    "What left an entry in the access log is answered with its promise: a decision in `log.promise`, any other answer "
    "in the header Log-Promise, as base64url of the same JSON.",
    components=Components(
        security_schemes={
            "oauth": SecurityScheme(
                type="http",
                scheme="bearer",
                bearer_format="at+jwt",
                description=f"An access token of five minutes (RFC 9068), from {TOKEN} by client credentials.",
            ),
            "session": SecurityScheme(
                type="apiKey",
                name=CONSOLE,
                security_scheme_in="cookie",
                description="The session of whoever is signed in at the console; all but GET carry X-CSRF-Token.",
            ),
        }
    ),
    path="/schema",
    render_plugins=[_Page()],
)


def contract(app: Litestar) -> Json:
    """Return the OpenAPI document. Nothing is opened for it."""
    document: Json = app.openapi_schema.to_schema()
    found = list(_operations(app, document))
    shapes = [shape for _, handler in found for shape in _shapes(handler)]
    _, schemas = msgspec.json.schema_components(
        [Problem, *shapes], schema_hook=_personal, ref_template="#/components/schemas/{name}"
    )
    _keep_formats(schemas, document["components"]["schemas"])
    statuses: set[int] = set()
    for operation, handler in found:
        statuses |= _describe(operation, handler)
    document["components"] |= {
        "schemas": dict(sorted((name, _tidy(schema)) for name, schema in schemas.items())),
        "responses": {f"Problem{status}": _problem(status) for status in sorted(statuses)},
    }
    return document


def written(app: Litestar) -> str:
    """Return the document as `openapi.yaml` holds it."""
    # Through JSON and back, so that no two places share an object, which YAML would write as `&id001`.
    plain = msgspec.json.decode(msgspec.json.encode(contract(app)))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def _operations(app: Litestar, document: Json) -> Iterator[tuple[Json, HTTPRouteHandler]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods):
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None and operation["operationId"] == handler.operation_id:
                    yield operation, handler


def _shapes(handler: HTTPRouteHandler) -> Iterator[type[Struct]]:
    named = (
        _body(handler),
        _answer(handler),
        handler.opt.get(FORM),
        handler.opt.get(LINES),
        *handler.opt.get(REFUSALS, {}).values(),
    )
    yield from (shape for shape in named if shape is not None)


def _body(handler: HTTPRouteHandler) -> type[Struct] | None:
    data = handler.parsed_fn_signature.parameters.get("data")
    body: type[Struct] | None = handler.opt.get(BODY) or (None if data is None else data.annotation)
    return body


def _answer(handler: HTTPRouteHandler) -> type[Struct] | None:
    returned = handler.parsed_fn_signature.return_type
    answer: type[Struct] | None = handler.opt.get(ANSWER) or (
        returned.annotation if returned.is_subclass_of(Struct) else None
    )
    return answer


def _describe(operation: Json, handler: HTTPRouteHandler) -> set[int]:
    """Fill in what an operation says; return the statuses of its problems."""
    operation["summary"] = _first_line(handler.fn)
    for parameter in operation.get("parameters", ()):
        _describe_parameter(parameter, handler)
    if (form := handler.opt.get(FORM)) is not None:
        operation["requestBody"] = {"required": True, "content": _content(_FORM, form)}
    if (body := handler.opt.get(BODY)) is not None:
        operation["requestBody"] = {"required": True, "content": _content(_JSON, body)}
    if (lines := handler.opt.get(LINES)) is not None:
        operation["requestBody"]["content"] |= _content(NDJSON, lines)
    if handler.opt.get(BYTES):
        operation["requestBody"] = {"required": True, "content": {_BYTES: {"schema": _BINARY}}}
    answer = _answer(handler)
    good: Json = {"description": "Done"}
    if answer is not None:
        good = {"description": _first_line(answer), "content": _content(handler.opt.get(MEDIA, _JSON), answer)}
    elif (media := handler.opt.get(MEDIA)) is not None:
        good = {"description": "The bytes", "content": {media: {"schema": _BINARY}}}
    elif handler.status_code == 200:  # noqa: PLR2004 - OK, with a document of a standard's own
        good = {"description": "The document", "content": {_JSON: {"schema": {"type": "object"}}}}
    refusals = {
        str(status): {"description": _first_line(shape), **_headers(status), "content": _content(_JSON, shape)}
        for status, shape in handler.opt.get(REFUSALS, {}).items()
    }
    statuses = _statuses(operation, handler)
    operation["responses"] = {
        str(handler.status_code): good,
        **refusals,
        **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)},
    }
    operation.pop("deprecated", None)
    return statuses


def _statuses(operation: Json, handler: HTTPRouteHandler) -> set[int]:
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    statuses = {500, 503, *handler.opt.get("problems", ())}
    if "security" in operation:
        statuses |= {401, 403, 429}
    if BODY in handler.opt:
        return statuses | {400, 413}
    if "requestBody" in operation:
        statuses |= {413} if FORM in handler.opt else {400, 413, 422}
    if "path" in places:
        statuses |= {404}
    return statuses | ({422} if places else set())


def _describe_parameter(parameter: Json, handler: HTTPRouteHandler) -> None:
    own = handler.parsed_fn_signature.parameters.get(parameter["name"])
    schema = _without_null(parameter["schema"])
    if own is not None and isinstance(own.kwarg_definition, _PARAMETERS):
        schema |= _without_null(msgspec.json.schema(own.raw))
    schema.pop("description", None)
    parameter["schema"] = _tidy(schema)
    for name in ("deprecated", "allowEmptyValue", "allowReserved"):
        parameter.pop(name, None)


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter that is there: one that is not has no value, not null."""
    ways = [way for way in schema.get("oneOf") or schema.get("anyOf") or () if way != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in {"oneOf", "anyOf"}}
    return rest | (ways[0] if ways else {})


def _keep_formats(schemas: Json, found: Json) -> None:
    """Say of every instant that it is one: msgspec says so only where it checks the time zone."""
    for name, schema in schemas.items():
        seen = found.get(name, {}).get("properties", {})
        for field, described in schema.get("properties", {}).items():
            if _without_null(seen.get(field, {})).get("format") == "date-time":
                present = [way for way in described.get("anyOf", ()) if way != {"type": "null"}]
                (present or [described])[0]["format"] = "date-time"


def _tidy(schema: Any) -> Any:
    """Return the schema in words every language reads."""
    if isinstance(schema, dict):
        kept = {name: _tidy(value) for name, value in schema.items()}
        for name, empty in (("default", None), ("required", [])):
            if name in kept and kept[name] == empty:
                del kept[name]
        if isinstance(kept.get("description"), str):
            kept["description"] = " ".join(kept["description"].split())
        return {"type": "string", **kept} if "enum" in kept else kept
    if isinstance(schema, list):
        return [_tidy(value) for value in schema]
    return schema.removesuffix(_ONLY_PYTHON) if isinstance(schema, str) else schema


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").partition("\n")[0]


def _problem(status: int) -> Json:
    return {"description": TITLES[status], **_headers(status), "content": _content(MEDIA_TYPE, Problem)}


def _headers(status: int) -> Json:
    return {"headers": _HEADERS[status]} if status in _HEADERS else {}


def _content(media_type: str, shape: type[Struct]) -> Json:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def _personal(kind: type) -> Json:
    if kind is not Personal:
        raise NotImplementedError
    return {"type": "string", "description": _PERSONAL}
