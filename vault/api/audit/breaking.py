"""Breaking the glass, over HTTP: with a reason, and no browser or proxy keeps what comes out."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from vault.actions.audit import breaking
from vault.actions.vault import Vault
from vault.base.ids import SHOWN, EntryId
from vault.domain.actor import Actor
from vault.domain.audit.opened import OpenedDetails, OpenedName, WhyDetails, WhyName

EntryPath = Annotated[EntryId, PathParameter(pattern="^ent" + SHOWN, description="the entry's id")]


@post("/entries/{entry:str}/details", operation_id="open_details", status_code=200, opt={"problems": (410,)})
async def open_details(
    entry: EntryPath, data: JSONBody[WhyDetails], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> OpenedDetails:
    """Open what lies sealed beside an entry: address and browser of a person's own device, a reason, a finding.

    For an auditor who signed in within ten minutes. The customer concerned is shown the reason. 410 where it was
    erased; the log tells of it all the same.
    """
    return await breaking.open_details(vault, actor, entry=entry, reason=data.reason)


@post("/names", operation_id="open_name", status_code=200, opt={"problems": (404, 410)})
async def open_name(
    data: JSONBody[WhyName], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> OpenedName:
    """Open fields of the customer behind a subject. For an auditor who signed in within ten minutes.

    The customer is shown the reason. 410 for somebody who was erased; the log tells of it all the same.
    """
    return await breaking.open_name(vault, actor, subject=data.subject, fields=data.fields, reason=data.reason)


router = Router(path="/", route_handlers=[open_details, open_name], cache_control=CacheControlHeader(no_store=True))
