"""Receipts to take home: one, or all in one file; and the keys by which anybody verifies them, which are for all."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.record import receipts
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.receipt.check import Format

_JSON: Final = "application/json"
_KEPT_SECONDS: Final = 300
_LETTERS: Final = 8


@get("/history/receipts", operation_id="me_receipts")
async def every(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Hand out every receipt of whoever is signed in."""
    form = _form(request)
    return _file(await receipts.receipts(vault, actor, form=form), name=f"consent-receipts{_of(form)}")


@get("/history/receipts/{fact:str}", operation_id="me_receipt")
async def one(
    fact: FromPath[str],
    request: Request[Any, Any, Any],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Hand out the receipt of one thing that whoever is signed in said."""
    form = _form(request)
    found = await receipts.receipt(vault, actor, fact=fact, form=form)
    return _file(found, name=f"consent-receipt-{fact[-_LETTERS:]}{_of(form)}")  # tells files apart, and says no more


@get("/keys.json")
async def keys(vault: NamedDependency[Vault], visit: NamedDependency[Visit]) -> Response[bytes]:
    """Show the public keys that receipts of this organization are signed with (RFC 7517)."""
    found = {"keys": await receipts.public_keys(vault, visit.here.id)}
    headers = {"cache-control": f"public, max-age={_KEPT_SECONDS}", "x-content-type-options": "nosniff"}
    return Response(msgspec.json.encode(found), media_type="application/jwk-set+json", headers=headers)


def _form(request: Request[Any, Any, Any]) -> Format:
    return "kantara" if request.query_params.get("format") == "kantara" else "iso-27560"


def _of(form: Format) -> str:
    return "-kantara" if form == "kantara" else ""


def _file(content: object, *, name: str) -> Response[bytes]:
    """Return a file to keep. Its name holds nothing that a customer said or is called."""
    pretty = msgspec.json.format(msgspec.json.encode(content), indent=2)
    headers = {
        "content-disposition": f'attachment; filename="{name}.json"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(pretty, media_type=_JSON, headers=headers)


router = Router(path="/", route_handlers=[every, one, keys])
