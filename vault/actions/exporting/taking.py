"""Taking everything of an organization out: in the clear, for whoever runs it, and for nobody else.

The entry about it is committed before the first byte leaves. All of it is of one instant, read in one snapshot; memory
stays the same however many customers there are. An export is no backup: of keys only that of suppressions goes along,
wrapped, where the operator has a key for it.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.exporting.records import Recorder
from vault.actions.vault import Document, Vault, here
from vault.crypto.provider import KeyProvider
from vault.domain.actor import Actor
from vault.domain.exported import line, manifest, twin
from vault.domain.exported.line import ConfigurationLine, HolderLine, SaidLine
from vault.domain.exported.manifest import FORMS, LOST, TAGS, Carried, Counts, File, Form, Manifest
from vault.domain.exported.twin import Twin
from vault.domain.receipt.iso_27560 import record
from vault.policy.loader import OWN
from vault.store import organizations
from vault.store.exporting import pages
from vault.store.exporting.opening import Opened, Opener, marked, merge_line, stops_of, suggestion_line
from vault.store.exporting.pages import Under

FILE: Final = "organization.yaml"
POLICIES: Final = "policies"
_EVIDENCE: Final = "the proof of what somebody erased had said: its keys are gone"


class Part(NamedTuple):
    """Some more bytes of a file: `lines` lines of it."""

    name: str
    data: bytes
    lines: int


class Export:
    """An export under way: its parts are taken once, and then its manifest tells what they were."""

    def __init__(self, act: Acting, *, forms: tuple[Form, ...], carrier: KeyProvider | None) -> None:
        self._act = act
        self._forms = forms
        self._carrier = carrier
        self._counts: Counter[str] = Counter()
        self._told: Manifest | None = None

    @property
    def customers(self) -> int:
        """How many went out by now."""
        return self._counts["customers"]

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Yield what each file holds, in pieces, in the order in which they are to be written."""
        asked = self._act
        async with asked.vault.database.work(asked.actor.organization) as work:
            await pages.snapshot(work)
            current, now = await here(asked.vault, work)
            act = Acting(vault=asked.vault, work=work, here=current, actor=asked.actor, now=now)
            async for part in self._configurations(act):
                yield part
            async for part in self._merges(act):
                yield part
            async for part in self._persons(act):
                yield part
            async for part in self._nobodys(act):
                yield part
            self._told = await self._told_of(act)

    def manifest(self, files: Mapping[str, File]) -> bytes:
        """Return the manifest, once every part was taken; `files` are those they went into."""
        assert self._told is not None, "the manifest is written last"  # noqa: S101 - ours to keep
        return manifest.write(msgspec.structs.replace(self._told, files=files))

    async def _configurations(self, act: Acting) -> AsyncIterator[Part]:
        document = await organizations.configuration(act.work, act.here.configuration)
        assert document is not None  # noqa: S101 - it is in force
        kept = msgspec.json.decode(document, type=Document)
        yield _part(FILE, kept.file.encode())
        for name, text in kept.policies.items():
            if name.startswith(OWN):
                yield _part(f"{POLICIES}/{name.removeprefix(OWN).strip('/')}", text.encode())
        if "ndjson" not in self._forms:
            return
        for row in await pages.configurations(act.work):
            document = await organizations.configuration(act.work, row["digest"]) or b"{}"
            found = ConfigurationLine(
                digest=row["digest"],
                recorded_at=row["recorded_at"],
                since=tuple(row["since"]),
                document=msgspec.Raw(document),
            )
            yield Part(manifest.CONFIGURATIONS, line.write(found), 1)

    async def _merges(self, act: Acting) -> AsyncIterator[Part]:
        found = [merge_line(row) for row in await pages.merges(act.work)]
        pairs = [suggestion_line(row) for row in await pages.suggestions(act.work)]
        self._counts["merges"] += len(found)
        if "ndjson" in self._forms and (found or pairs):
            yield Part(manifest.MERGES, b"".join([line.write(one) for one in found]), len(found))
            yield Part(manifest.SUGGESTIONS, b"".join([line.write(one) for one in pairs]), len(pairs))

    async def _persons(self, act: Acting) -> AsyncIterator[Part]:
        opener, recorder = _opener(act), Recorder(act)
        sheets = Twin([*act.here.organization.attributes]) if "csv" in self._forms else None
        for name in (manifest.PERSONS, manifest.SAID, manifest.RECORDS) if "ndjson" in self._forms else ():
            yield Part(name, b"", 0)  # there, though nobody is in it
        for name, data in sheets.begun() if sheets is not None else ():
            yield Part(name, data, 1)
        async for page in pages.pages(act.work):
            opened = [*opener.persons(page)]
            marks = await pages.marks(act.work, [tag for one in opened for tag in one.tags.values()])
            for one in opened:
                whole = marked(one, marks)
                for part in self._person(whole, sheets=sheets):
                    yield part
                async for part in self._records(recorder, whole):
                    yield part

    def _person(self, one: Opened, *, sheets: Twin | None) -> Iterator[Part]:
        self._count(one)
        if "ndjson" in self._forms:
            yield Part(manifest.PERSONS, line.write(one.person), 1)
            said = b"".join([line.write(SaidLine(customer=one.person.id, said=fact)) for fact in one.said])
            yield Part(manifest.SAID, said, len(one.said))
        if sheets is not None:
            yield from (Part(*cells) for cells in sheets.person(one.person, one.said))

    async def _records(self, recorder: Recorder, one: Opened) -> AsyncIterator[Part]:
        async for told in recorder.records(one):
            self._counts["records"] += 1
            if "ndjson" in self._forms:
                yield Part(manifest.RECORDS, msgspec.json.encode(record(told)) + b"\n", 1)
            if "csv" in self._forms:
                yield Part(twin.RECORDS, twin.record(told), 1)

    async def _nobodys(self, act: Acting) -> AsyncIterator[Part]:
        opener = _opener(act)
        carried = self._carrier is not None and "ndjson" in self._forms
        if carried:
            yield Part(manifest.HOLDERS, b"", 0)
        async for holders, under, marks in pages.nobodys(act.work):
            found = [_holder(opener, one, under=under, marks=marks) for one in holders]
            self._counts["nobodys_facts"] += sum(len(one.said) for one in found)
            self._counts["nobodys_stops"] += sum(len(one.stops) for one in found)
            self._counts["nobodys_marks"] += sum(one.marked_at is not None for one in found)
            if carried:
                yield Part(manifest.HOLDERS, b"".join([line.write(one) for one in found]), len(found))

    def _count(self, one: Opened) -> None:
        person = one.person
        self._counts["customers"] += 1
        self._counts["attributes"] += len(person.attributes)
        self._counts["contact_points"] += len(person.contact_points)
        self._counts["references"] += len(person.external)
        self._counts["facts"] += len(one.said)
        self._counts["facts_about_points"] += sum(len(point.said) for point in person.contact_points)
        self._counts["stops"] += sum(len(point.stops) for point in person.contact_points)
        self._counts["preferences"] += person.preferences is not None
        self._counts["requests"] += len(person.requests)
        self._counts["messages"] += len(person.messages)

    async def _told_of(self, act: Acting) -> Manifest:
        lost = {name: self._counts[name] for name in ("nobodys_facts", "nobodys_stops", "nobodys_marks")}
        left_out: dict[str, int | str] = {**await pages.left_out(act.work)}
        if self._carrier is None:
            left_out |= {name: count for name, count in lost.items() if count}
        elif self._counts["nobodys_facts"]:
            left_out["evidence_of_the_erased"] = _EVIDENCE
        return Manifest(
            format="consent-vault-export/1",
            organization=act.here.organization.slug,
            made_at=act.now,
            configuration=act.here.configuration,
            forms=self._forms,
            clients=tuple(sorted(act.here.clients)),
            kinds=tuple(await pages.kinds(act.work)),
            counts=Counts(**self._counts),
            left_out=left_out,
            tags=LOST if self._carrier is None and any(lost.values()) else TAGS,
            files={},
            carried=None if self._carrier is None else _carried(act, self._carrier),
        )


async def export(
    vault: Vault, actor: Actor, *, forms: tuple[Form, ...] = FORMS, carrier: KeyProvider | None = None
) -> Export:
    """Return an export of everything, once the entry that tells of it is written.

    `carrier` wraps the suppression key, under which is kept what is known of addresses that nobody has; without one
    all that is left out, and counted.
    """
    async with acting(vault, actor, name="export_everything") as act:
        found = await pages.count(act.work)
        await act.log("exported", forms=[*forms], carried=carrier is not None, found={**found})
    return Export(act, forms=forms, carrier=carrier)


async def needs_carrier(vault: Vault, actor: Actor) -> bool:
    """Whether anything is kept of addresses that nobody has: what only a key brings along."""
    async with vault.database.work(actor.organization) as work:
        return await pages.is_of_nobody(work)


def _opener(act: Acting) -> Opener:
    clients = {one.id: key for key, one in act.here.clients.items()}
    return Opener(act.here.safe, clients=clients, now=act.now)


def _carried(act: Acting, carrier: KeyProvider) -> Carried:
    wrapped = act.here.safe.carried(carrier)
    return Carried(organization=act.here.id, key=b64encode(wrapped).decode())


def _holder(opener: Opener, holder: UUID, *, under: Under, marks: Mapping[UUID, datetime]) -> HolderLine:
    return HolderLine(
        holder=holder.hex,
        said=tuple(opener.fact(fact) for fact, _ in under.facts.get(holder, ())),
        stops=stops_of(under.stops.get(holder, ())),
        marked_at=marks.get(holder),
    )


def _part(name: str, data: bytes) -> Part:
    return Part(name, data, len(data.splitlines()))
