"""A yes of a page: said, or waiting for a code, or shown the words that have changed since."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Response

from vault.actions.choices import proved
from vault.actions.choices.saying import Chosen
from vault.actions.proving.flows import Waiting
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.domain.actor import Actor
from vault.domain.choices.asked import Yes, asking, current, seen
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.choices.telling import way_named
from vault.portal.own.waiting import wait_for
from vault.portal.wording import title

_CONFLICT: Final = 409


async def say_yes(vault: Vault, actor: Actor, visit: Visit, *, frame: Frame, said: Yes) -> Response[bytes]:
    """Say yes, and return the way to where that is shown, or to where the code is typed that it begins with."""
    try:
        done = await proved.say_yes(vault, actor, said=said, locale=frame.words.language)
    except Conflict as conflict:
        return unread(frame, visit, said=said, conflict=conflict)
    return wait_for(frame, done) if isinstance(done, Waiting) else go(back(frame, done=done, purpose=said.purpose))


def back(frame: Frame, *, done: Chosen, purpose: str) -> str:
    """Return where what was just said is shown."""
    return f"{frame.to('/')}{'&' if frame.chosen else '?'}done={done.id}#p-{purpose}"


def unread(frame: Frame, visit: Visit, *, said: Yes, conflict: Conflict) -> Response[bytes]:
    """Show old words and new, with a door for each answer, where that is why a yes was not taken."""
    if conflict.code != "words_changed":
        raise conflict
    organization = visit.here.organization
    purpose = organization.purpose(said.purpose)
    now = current(organization, purpose, at=visit.now)
    if now is None:
        raise Invalid("nothing_to_grant", "nothing asks for this purpose")
    values = {
        "purpose": purpose.key,
        "channel": said.channel,
        "name": title(frame, purpose.title, locale=organization.locale),
        "way": way_named(frame, said.channel),
        "before": seen(organization, purpose, version=said.notice, digest=said.words),
        "now": asking(organization, now, language=frame.words.language),
    }
    shown = msgspec.structs.replace(frame, path=f"{frame.base}/")
    return render("choices/changed.html", shown, values=values, status=_CONFLICT)
