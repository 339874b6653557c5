"""Restoring an export where nothing is yet: the operator's own, with every fact as it was. It is no import.

Files are held against the manifest before anything is written. What is kept of addresses that nobody has comes before
the people, and each customer whole or not at all. Killed, the same command goes on where it was; done twice, nothing
changes. Until it is done some people are not there yet, so nobody should ask.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.exporting.given import Given, How, Restored
from vault.actions.exporting.sealing import Sealer
from vault.actions.vault import Document, Vault, rebuild
from vault.base.errors import Conflict, Invalid, Unavailable
from vault.base.ids import CLIENT, OrganizationId, raw
from vault.crypto.box import SealError
from vault.crypto.provider import KeyProvider
from vault.domain.actor import Actor
from vault.domain.exported import line, manifest
from vault.domain.exported.line import (
    ConfigurationLine,
    FactLine,
    HolderLine,
    MergeLine,
    PersonLine,
    SaidLine,
    SuggestionLine,
)
from vault.domain.exported.manifest import Manifest
from vault.domain.organization_file import difference
from vault.store import keys, log, organizations
from vault.store.client import clients
from vault.store.exporting import writing
from vault.store.exporting.writing import Rows

T = TypeVar("T")
_NAME: Final = "restore_everything"
_MOST_NAMED: Final = 8
_OTHER: Final = (
    "another configuration is in force here than in the export; `consent-vault apply` its organization.yaml first, "
    "with --policies its policies if it has any. The export's file:"
)
_OTHER_KEY: Final = "this is not the key that was made with this export; without it, what it holds stays unreadable"


async def restore(vault: Vault, actor: Actor, *, given: Given, how: How) -> Restored:
    """Restore an export; `Conflict` where customers are, `Invalid` for another configuration, naming what differs."""
    told, carrier = given.manifest, how.carrier
    _check(told, how)
    restored = Restored(
        organization=told.organization,
        customers=told.counts.customers,
        facts=told.counts.facts,
        dry=how.dry,
        repeated=False,
    )
    if await _begin(vault, actor, given=given, how=how):
        return msgspec.structs.replace(restored, repeated=True)
    if how.dry:
        return restored
    if carrier is not None:
        for holders in _some(given.lines(manifest.HOLDERS), most=how.most):
            await _holders(vault, actor, lines=[line.read(text, HolderLine) for text in holders])
    done = 0
    for people in _some(_people(given), most=how.most):
        await _persons(vault, actor, people=people)
        done += len(people)
        if how.tell is not None:
            how.tell(done, told.counts.customers)
    await _end(vault, actor, given=given, how=how)
    return restored


def _check(told: Manifest, how: How) -> None:
    if manifest.NEEDED - told.files.keys():
        raise Invalid("not_restorable", "this export has no NDJSON, so nothing can be restored from it")
    of_nobody = told.counts.nobodys_facts + told.counts.nobodys_stops + told.counts.nobodys_marks
    if of_nobody and how.carrier is None and not how.without_tags:
        raise Invalid(
            "needs_key",
            f"{of_nobody} facts, stops and marks are about addresses that nobody has any more; give the key that was "
            "made with this export, or say --without-tags and lose them",
        )
    if how.carrier is not None and told.carried is None:
        raise Invalid("no_tags", "this export was made without a key; leave it out")


async def _begin(vault: Vault, actor: Actor, *, given: Given, how: How) -> bool:
    """Make sure that it fits, and get ready; return whether all of it was restored before."""
    async with acting(vault, actor, name=_NAME) as act:
        await organizations.grow(act.work)  # and hold the organization's row
        _check_configuration(act, given)
        before, own = await writing.restorations(act.work), _name(given, how)
        if own in before:
            return before[own]
        await _check_empty(act, taking=how.carrier is not None)
        key = None if how.carrier is None else _taken(act, given, carrier=how.carrier)
        if how.dry:
            return False
        if key is not None:
            await keys.take(act.work, key)
        await keys.make(act.work, vault.keyring, kinds=given.manifest.kinds)
        fresh = {key: act.id(CLIENT) for key in given.manifest.clients}
        await clients.add(act.work, fresh, recorded_at=act.now)
        await _past(act, given).write(act.work)
        await writing.begin(act.work, own)
        counts = {name: count for name, count in msgspec.structs.asdict(given.manifest.counts).items() if count}
        await act.log("restore_begun", manifest=given.digest, carried=key is not None, found=counts)
    return False


def _check_configuration(act: Acting, given: Given) -> None:
    wanted = given.manifest.configuration
    if act.here.configuration == wanted:
        return
    found = (line.read(text, ConfigurationLine) for text in given.lines(manifest.CONFIGURATIONS))
    document = next((bytes(one.document) for one in found if one.digest == wanted), None)
    if document is None or organizations.digest(document) != wanted:
        raise Invalid("unreadable_export", f"{manifest.CONFIGURATIONS} does not hold the configuration in force")
    there, _ = rebuild(document)
    differs = difference(act.here.organization, there)
    texts = msgspec.json.decode(document, type=Document).policies
    differs += [f"has other policies: {len(texts)} texts"] if not differs else []
    more = [f"and {len(differs) - _MOST_NAMED} more"] * (len(differs) > _MOST_NAMED)
    raise Invalid("other_configuration", "\n".join([_OTHER, *(f"  {one}" for one in [*differs[:_MOST_NAMED], *more])]))


async def _check_empty(act: Acting, *, taking: bool) -> None:
    of_customers, of_tags = await writing.is_empty(act.work)
    if not of_customers:
        raise Conflict("not_empty", "there are customers here already; an export is restored where there are none")
    if taking and not of_tags:
        raise Conflict(
            "not_empty", "stops or facts are kept here already, under another key; restore into a new organization"
        )


def _taken(act: Acting, given: Given, *, carrier: KeyProvider) -> keys.Wrapped:
    carried = given.manifest.carried
    assert carried is not None  # noqa: S101 - checked first
    try:
        return act.here.safe.taken(
            carrier, b64decode(carried.key, validate=True), of=raw(OrganizationId(carried.organization))
        )
    except (SealError, ValueError):
        raise Invalid("other_export_key", _OTHER_KEY) from None
    except Unavailable as error:
        if error.code != "other_root_key":
            raise
        raise Invalid("other_export_key", _OTHER_KEY) from None


def _past(act: Acting, given: Given) -> Rows:
    """Return the rows of every configuration ever used, with which words of the past stay readable, and of merges."""
    rows = Rows()
    for text in given.lines(manifest.CONFIGURATIONS):
        found = line.read(text, ConfigurationLine)
        document = bytes(found.document)
        if organizations.digest(document) != found.digest:
            raise Invalid("unreadable_export", f"{manifest.CONFIGURATIONS} holds another configuration than it says")
        rows.add("vault.configuration", found.digest, document, found.recorded_at)
        for since in found.since:
            if since < act.now:
                rows.add("vault.in_force", since, found.digest)
    for text in given.lines(manifest.MERGES):
        merge = line.read(text, MergeLine)
        rows.add("vault.merge", raw(merge.id), raw(merge.kept), raw(merge.joined), merge.recorded_at)
        if merge.undone_at is not None:
            rows.add("vault.merge_undone", raw(merge.id), merge.undone_at)
    for text in given.lines(manifest.SUGGESTIONS):
        pair = line.read(text, SuggestionLine)
        why = " ".join(pair.why)
        rows.add("vault.merge_suggestion", raw(pair.one), raw(pair.other), why, pair.recorded_at, pair.apart_at)
    return rows


async def _holders(vault: Vault, actor: Actor, *, lines: Sequence[HolderLine]) -> None:
    async with acting(vault, actor, name=_NAME) as act:
        await organizations.hold(act.work)
        facts = [raw(fact.id) for one in lines for fact in one.said]
        sealer = Sealer(act, known=await writing.known_facts(act.work, facts))
        for one in lines:
            sealer.holder(one)
        await sealer.rows.write(act.work)
        await log.add(act.work, sealer.entries)


async def _persons(vault: Vault, actor: Actor, *, people: Sequence[tuple[PersonLine, Sequence[FactLine]]]) -> None:
    async with acting(vault, actor, name=_NAME) as act:
        await act.work.lock([raw(act.here.id).int & (2**63 - 1)])  # the same command at another terminal waits
        known = await writing.known(act.work, [raw(person.id) for person, _ in people])
        new = [(person, said) for person, said in people if raw(person.id) not in known]
        facts = [raw(fact.id) for person, _ in new for point in person.contact_points for fact in point.said]
        sealer = Sealer(act, known=await writing.known_facts(act.work, facts))
        for person, said in new:
            sealer.person(person, said)
        await sealer.rows.write(act.work)
        await log.add(act.work, sealer.entries)


async def _end(vault: Vault, actor: Actor, *, given: Given, how: How) -> None:
    async with acting(vault, actor, name=_NAME) as act:
        await writing.end(act.work, _name(given, how))
        await act.log("restore_done", manifest=given.digest)


def _name(given: Given, how: How) -> str:
    """Return by what a restore is known again: with tags or without are two."""
    return given.digest if how.carrier is not None else f"{given.digest} without tags"


def _people(given: Given) -> Iterator[tuple[PersonLine, Sequence[FactLine]]]:
    """Yield customers with what they said: both files are in the same order."""
    said = (line.read(text, SaidLine) for text in given.lines(manifest.SAID))
    following = next(said, None)
    for text in given.lines(manifest.PERSONS):
        person = line.read(text, PersonLine)
        own: list[FactLine] = []
        while following is not None and following.customer == person.id:
            own.append(following.said)
            following = next(said, None)
        yield person, own
    if following is not None:
        raise Invalid("unreadable_export", f"{manifest.SAID} tells of a customer who is not in {manifest.PERSONS}")


def _some(things: Iterable[T], *, most: int) -> Iterator[list[T]]:
    left = iter(things)
    while found := list(islice(left, most)):
        yield found
