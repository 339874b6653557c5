"""One customer over HTTP, by pseudonym: their story, the way to it from an address, and the bundle that proves it."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream

from vault.actions.audit import resolving, stories
from vault.actions.audit.resolving import Resolved
from vault.actions.audit.stories import Story
from vault.actions.log import bundles
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.api.audit.parameters import MOST, SubjectPath
from vault.api.contract import MEDIA
from vault.base.ids import SHOWN, Subject
from vault.domain.actor import Actor
from vault.domain.contact_point import ContactValue

_ZIP: Final = "application/zip"
_OPT: Final = {MEDIA: _ZIP, QUERY: ("start", "end", "subject"), "problems": (404, 409)}
_FILE: Final = {"content-disposition": 'attachment; filename="log.zip"'}

Start = Annotated[int, QueryParameter(ge=0, le=MOST, description="the number of the first entry")]
End = Annotated[int | None, QueryParameter(ge=1, le=MOST, description="the number to end before; else all signed")]
About = Annotated[Subject | None, QueryParameter(pattern="^sub" + SHOWN, description="say which entries are theirs")]


@get("/stories/{subject:str}", operation_id="show_story", opt={QUERY: ()})
async def show(subject: SubjectPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Story:
    """Show every entry about a customer, by pseudonym, and the range that was searched. That is an entry."""
    return await stories.story(vault, actor, subject=subject)


@post("/resolve", operation_id="resolve", status_code=200)
async def resolve(
    data: JSONBody[ContactValue], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Resolved:
    """Find the pseudonyms behind an address you hold already. Nobody's: none. That is an entry, without the address."""
    return await resolving.resolve(vault, actor, kind=data.kind, value=data.value)


@get("/bundle", operation_id="export_log", opt=_OPT)
async def bundle(
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    start: Start = 0,
    end: End = None,
    subject: About = None,
) -> Stream:
    """Take a range of the log home in one file, which is verified offline. That is an entry."""
    parts = await bundles.bundle(vault, actor, start=start, end=end, subject=subject)
    return Stream(parts, media_type=_ZIP, headers=_FILE)


router = Router(path="/", route_handlers=[show, resolve, bundle])
