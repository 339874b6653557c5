"""Visits: which organization a page is of, as it stands now, and who is signed in there. One look, before anything."""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.sign_in.sessions import acting_in
from vault.actions.vault import Here, Vault, here
from vault.base.errors import Unknown
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import digest, read
from vault.store import organizations
from vault.store.database import Work
from vault.store.sign_in import sessions


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody opens a page. `actor` is whoever is signed in, if anybody is."""

    here: Here
    now: datetime
    actor: Actor | None


async def visit(vault: Vault, slug: str, *, cookie: str | None, device: Device) -> Visit:
    """Return the visit; `Unknown` for an organization that is not here. What is done in it shows the device."""
    async with vault.database.work() as work:
        organization = vault.memory.slugs.get(slug) or await _find(vault, work, slug=slug)
        own = work.of(organization)
        current, now = await here(vault, own)
        secret = read(cookie or "")
        kept = await sessions.find(own, digest(secret)) if secret is not None else None
        if kept is None:
            return Visit(here=current, now=now, actor=None)
        actor = msgspec.structs.replace(acting_in(organization, kept), device=device)
        return Visit(here=current, now=now, actor=actor)


async def _find(vault: Vault, work: Work, *, slug: str) -> OrganizationId:
    kept = await organizations.by_slug(work, slug)
    if kept is None:
        raise Unknown("unknown_organization", "there is no such organization here")
    vault.memory.slugs[kept.slug] = kept.id
    return kept.id
