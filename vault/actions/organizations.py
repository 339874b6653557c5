"""Applying an organization file: what would change is said first, then all of it is in force everywhere at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from vault.actions import promises
from vault.actions.acting import written
from vault.actions.vault import Document, Vault, rebuild
from vault.base.canonical import canonical
from vault.base.errors import Invalid
from vault.base.ids import CLIENT, ORGANIZATION, OrganizationId, fresh
from vault.domain.actor import Actor
from vault.domain.organization import Organization, plain
from vault.domain.organization_file import check_change, difference, read
from vault.policy.loader import OWN, load, shipped_texts
from vault.store import keys, log, organizations
from vault.store.client import clients
from vault.store.database import Work
from vault.store.organizations import Kept

_BESIDE: Final = "changes what the file says beside the rules in use, or the vault's own policies"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a file changes, in words; no words for a file that is in force already."""

    organization: OrganizationId
    slug: str
    changes: tuple[str, ...]


async def apply(
    vault: Vault, text: str, *, name: str, own: Mapping[str, str] | None = None, dry_run: bool = False
) -> Applied:
    """Put an organization file in force. `name` is how faults call it; `dry_run` only tells what would change.

    `own` are the organization's own policies; without, those in force stay: a file alone makes nothing looser.
    """
    declared = read(text, name=name)
    async with vault.database.work() as work:
        kept = await organizations.by_slug(work, declared.slug, lock=True)
        policies = {**shipped_texts(), **(await _own(work, kept) if own is None else own)}
        load(policies, declared)
        configuration = canonical(plain(Document(file=text, organization=declared, policies=policies)))
        if kept is not None and kept.configuration == organizations.digest(configuration):
            return Applied(organization=kept.id, slug=kept.slug, changes=())
        before = await _in_force(work, kept)
        check_change(before, declared, text=text, name=name)
        changes = tuple(difference(before, declared)) or (_BESIDE,)
        organization = kept.id if kept is not None else fresh(ORGANIZATION, vault.clock, entropy=vault.entropy)
        applied = Applied(organization=organization, slug=declared.slug, changes=changes)
        if not dry_run:
            await _write(vault, work, applied=applied, declared=declared, document=configuration)
    return applied


async def find(vault: Vault, slug: str) -> OrganizationId:
    """Return the organization of that slug; `Invalid` says what to do when there is none."""
    async with vault.database.work() as work:
        kept = await organizations.by_slug(work, slug)
    if kept is None:
        raise Invalid(
            "unknown_organization", f"there is no organization {slug} here; `consent-vault apply FILE` makes one"
        )
    return kept.id


async def _own(work: Work, kept: Kept | None) -> dict[str, str]:
    """Return the organization's own policies in force, by name."""
    document = None if kept is None else await organizations.configuration(work.of(kept.id), kept.configuration)
    texts = {} if document is None else msgspec.json.decode(document, type=Document).policies
    return {name: text for name, text in texts.items() if name.startswith(OWN)}


async def _in_force(work: Work, kept: Kept | None) -> Organization | None:
    if kept is None:
        return None
    document = await organizations.configuration(work.of(kept.id), kept.configuration)
    return None if document is None else rebuild(document)[0]


async def _write(vault: Vault, work: Work, *, applied: Applied, declared: Organization, document: bytes) -> None:
    now = vault.clock.now()
    work = work.of(applied.organization)
    digest = organizations.digest(document)
    if await organizations.by_id(work) is None:
        await organizations.add(
            work, Kept(id=work.organization, slug=applied.slug, epoch=0, configuration=""), recorded_at=now
        )
    kinds = {channel.reaches for channel in declared.channels.values()}
    made = await keys.make(work, vault.keyring, kinds=kinds)
    await promises.make_key(vault, work)
    fresh_ids = {key: fresh(CLIENT, vault.clock, entropy=vault.entropy) for key in declared.clients}
    await clients.add(work, fresh_ids, recorded_at=now)
    await organizations.configure(work, digest, document=document, recorded_at=now)
    operator = Actor(organization=work.organization, kind="operator")
    entries = [
        written(vault, operator, kind="configuration", at=now, configuration=digest, changes=len(applied.changes))
    ]
    if made:
        entries.append(written(vault, operator, kind="keys_made", at=now, keys=[*made]))
    await log.add(work, entries)
