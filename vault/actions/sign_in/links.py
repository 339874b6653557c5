"""Links: opening one shows who asked for it and changes nothing; a press on Yes lets in, a press on No kills it.

A link that is unknown, used, too old, mangled, denied or of somebody erased is one and the same: gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.actions import networks
from vault.actions.acting import Acting
from vault.actions.sign_in.codes import Try, let_in
from vault.actions.sign_in.knocking import TRIED_BY_NETWORK, knocking, limit_network, tell
from vault.actions.sign_in.reaching import link_id
from vault.actions.vault import Vault
from vault.base.errors import Gone
from vault.base.ids import OrganizationId
from vault.domain.sign_in.code import LASTS, Sent, Wrong
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SECRET, SessionToken, digest, read
from vault.store.sign_in import codes, holders
from vault.store.sign_in.codes import Code

_NEVER: Final = UUID(int=0)


async def show(vault: Vault, organization: OrganizationId, *, token: str) -> Sent:
    """Return when a link was asked for, until when it is good, and on what device; `Gone`. Nothing is written."""
    async with knocking(vault, organization, kind="customer") as act:
        code, _ = await _look(act, token, hold=False)
    if code is None:
        raise _gone()
    return code.sent


async def enter(vault: Vault, organization: OrganizationId, *, token: str, tried: Try) -> SessionToken | Wrong:
    """Sign in whoever pressed Yes; `Gone`, `TooMany`."""
    await networks.knock(vault, tried.device.network, name="sign_in")
    async with knocking(vault, organization, kind="customer", device=tried.device) as act:
        await limit_network(act, tried.device, what="tried", limit=TRIED_BY_NETWORK)
        code, right = await _look(act, token, hold=True)
        if code is not None:
            return await let_in(act, code, tried=tried, right=right, how="link")
        await tell(act, "sign_in_failed", subjects=[], reason="no_link")
    raise _gone()


async def deny(vault: Vault, organization: OrganizationId, *, token: str, device: Device) -> datetime:
    """Kill a link that somebody else asked for, and hold up further ones to that address; `Gone`. Return until when."""
    async with knocking(vault, organization, kind="customer", device=device) as act:
        code, _ = await _look(act, token, hold=True)
        until = act.now + LASTS["denied"]
        if code is not None:
            await codes.deny(act.work, code.id, until=until)
            found = await holders.find(act.work, act.here.safe, kind=code.kind, tag=code.tag or _NEVER)
            await tell(act, "link_denied", subjects=[holder.subject for holder in found])
            return until
        await tell(act, "sign_in_failed", subjects=[], reason="no_link")
    raise _gone()


async def _look(act: Acting, token: str, *, hold: bool) -> tuple[Code | None, bool]:
    """Return a link that can still be pressed, and whether it is the very one; any token at all is looked for."""
    secret = read(token) or bytes(SECRET)
    at = link_id(act.here, secret)
    code = await (codes.take(act.work, at) if hold else codes.look(act.work, at))
    if code is None or code.sent.purpose != "link" or code.sent.refusal(act.now) is not None:
        return None, False
    return code, code.sent.is_opened_by(digest(secret))


def _gone() -> Gone:
    return Gone("gone", "this link leads nowhere")
