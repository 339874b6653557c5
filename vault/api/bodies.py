"""Bodies, read to the letter: `"2"` is no number and `5` is no time.

The framework reads parameters and bodies alike, and a parameter is always text; in a body the same leniency would turn
a number into a date of 1970. No value that was sent is repeated here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from vault.api.parameters import LARGEST_BODY, read_personal
from vault.api.problems import fault
from vault.base.errors import Invalid

Shape = TypeVar("Shape", bound=msgspec.Struct)

_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body whose types are not those of its struct; one that is no JSON is the framework's to refuse."""
    field = request.route_handler.parsed_data_field
    if field is None:
        return
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _decode(await request.body(), field.annotation)


async def read_body(request: Request[Any, Any, Any], kind: type[Shape]) -> Shape:
    """Return the body of a route that reads it itself. Anything but JSON is malformed (RFC 9110 section 15.5.1)."""
    if request.content_type[0] != "application/json":
        raise ClientException
    try:
        return _decode(await _whole(request), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ClientException from None


async def _whole(request: Request[Any, Any, Any]) -> bytes:
    """Return all of a body, where one that comes bit by bit might be longer than any JSON may be."""
    body = bytearray()
    async for part in request.stream():
        if len(body) + len(part) > LARGEST_BODY:
            raise RequestEntityTooLarge
        body += part
    return bytes(body)


def read_part(value: object, kind: type[Shape]) -> Shape | Invalid:
    """Return a part of a body that was read as plain JSON, or what is wrong with it."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return Invalid("invalid_request", fault(*_told(error)))


def _decode(body: bytes, kind: type[Shape]) -> Shape:
    try:
        shape: Shape = _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        key, message = _told(error)
        raise ValidationException(extra=[{"key": key, "message": message}]) from None
    return shape


def _told(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return where something is wrong, and what was expected there."""
    message = str(error)
    place = _PLACE.search(message)
    return place[1] if place else "", message.split(" - ", maxsplit=1)[0]


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=read_personal)
