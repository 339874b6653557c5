"""Once more: for what cannot be taken back, whoever signed in a while ago shows again that it is them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from vault.actions.acting import acting
from vault.actions.sign_in import codes
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.domain.access import STEP_UP
from vault.domain.actor import Actor
from vault.domain.sign_in.code import Wrong
from vault.store.sign_in import sessions

Done = TypeVar("Done")


class CodeWanted(msgspec.Struct, frozen=True, kw_only=True):
    """It was not done: a code is on its way, or the one that was typed is `wrong`."""

    wrong: Wrong | None = None


async def freshly(
    vault: Vault, actor: Actor, *, code: str, do: Callable[[Vault, Actor], Awaitable[Done]]
) -> Done | CodeWanted:
    """Do what wants a sign-in of just now. Where it was longer ago, a code is sent, to be typed and brought here."""
    if code:
        shown = await _prove(vault, actor, code=code)
        if isinstance(shown, Wrong):
            return CodeWanted(wrong=shown)
        actor = shown
    try:
        return await do(vault, actor)
    except Denied as refusal:
        if refusal.code != STEP_UP:
            raise
    async with acting(vault, actor, name="me_prove") as act:
        await codes.send(act, actor.me, purpose="again")
    return CodeWanted()


async def _prove(vault: Vault, actor: Actor, *, code: str) -> Actor | Wrong:
    async with acting(vault, actor, name="me_prove") as act:
        shown = await codes.prove(act.here, act.work, customer=actor.me, code=code)
        if isinstance(shown, Wrong):
            await act.log("sign_in_failed", reason="wrong")
            return shown
        if actor.session is not None:
            await sessions.renew(act.work, actor.session, at=act.now)
        await act.log("signed_in", subject=shown, how="code")
        return msgspec.structs.replace(actor, signed_in_at=act.now)
