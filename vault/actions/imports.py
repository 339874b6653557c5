"""Imports: foreign files become customers and what they said, through the ordinary actions, one row at a time.

Loading the same files again adds nothing. A row is found to be a customer's by its record id, else by address and
first name; a row without a first name is the only customer's who has its address. Where several have it, a no binds
them all and a yes is put aside. An address or name that was erased is put aside too. No value enters what is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from vault.actions.acting import acting
from vault.actions.customer import consents, customers
from vault.actions.vault import Here, Vault
from vault.base.errors import Conflict, Denied, Invalid
from vault.base.ids import ContactPointId, CustomerId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.contact_point import ContactValue, normalise
from vault.domain.customer import Correction, Lookup, NewContactPoint, Registration
from vault.domain.decision.question import Reference
from vault.domain.organization import EVERY, Organization
from vault.domain.statement import NewGrant, NewNo, suffices
from vault.imports.layout import ADDRESS, Layout, Vocabulary, layout, matching
from vault.imports.outcome import PENDING, Applied, Export, FileLoaded, Loaded, Told
from vault.imports.people import Person, people
from vault.imports.reading import Reading, read
from vault.imports.row import Aside, FileRefused, Row, Saying, Spelled
from vault.imports.table import folded


async def load(vault: Vault, actor: Actor, *, exports: Sequence[Export], exported_at: datetime) -> Loaded:
    """Load files exported at `exported_at`, the instant for which a no without a date speaks.

    `Invalid` for an export of the future, `Denied` for an actor that is no import.
    """
    async with acting(vault, actor, name="import") as act:
        here, now = act.here, act.now
    if actor.kind != "import":
        raise Denied("not_an_import", "files are loaded by an import, at the command line")
    if exported_at > now:
        raise Invalid("exported_in_future", "the files' instant lies in the future: give the one of their export")
    loading = _Loading(vault, actor, here=here)
    rows: list[Row] = []
    for export in exports:
        rows += loading.read(export, exported_at)
    everybody = people(rows)
    for person in everybody:
        if person.named:
            await loading.named(person)
    for person in everybody:
        if not person.named:
            await loading.nameless(person)
    return loading.loaded()


class _File:
    def __init__(self, export: Export, plan: Layout) -> None:
        self.path = export.path
        self.layout = plan
        self.count = 0
        self.aside: list[Aside] = []
        self.cells: tuple[Aside, ...] = ()
        self.applied: list[Applied] = []

    def loaded(self) -> FileLoaded:
        return FileLoaded(
            path=self.path,
            source=self.layout.source,
            count=self.count,
            applied=tuple(sorted(self.applied, key=lambda row: row.record)),
            aside=tuple(sorted(self.aside, key=lambda row: row.record)),
            cells=self.cells,
        )


class _Loading:
    """One load under way: files read, customers found or made, what was recorded for each row."""

    def __init__(self, vault: Vault, actor: Actor, *, here: Here) -> None:
        self._vault = vault
        self._actor = actor
        self._here = here
        self._files: dict[str, _File] = {}
        self._refused: dict[str, FileRefused] = {}
        self._made: set[CustomerId] = set()
        self._points: dict[tuple[CustomerId, str, Personal], ContactPointId] = {}
        self._facts = 0

    def read(self, export: Export, exported_at: datetime) -> tuple[Row, ...]:
        """Read a file; one that cannot be read as a whole is refused, and the others go on."""
        organization = self._here.organization
        try:
            source, pattern = _source(organization, export.path)
            words = vocabulary(organization)
            plan = layout(organization.sources, source, pattern=pattern, vocabulary=words)
            self._check(plan)
            how = Reading(layout=plan, vocabulary=words, spell=self._spell, exported_at=exported_at)
            found = read(export.path, export.data, how=how)
        except FileRefused as refused:
            self._refused[export.path] = refused
            return ()
        file = self._files[export.path] = _File(export, plan)
        # People are not found again by number and full name yet: such a row would make another customer each time.
        rows = tuple(row for row in found.rows if row.reference is not None or row.point(ADDRESS) is not None)
        lost = {row.record for row in found.rows} - {row.record for row in rows}
        file.count = found.count
        file.aside = [*found.aside, *(Aside(record=record, reason="no_identifier") for record in lost)]
        file.cells = tuple(cell for cell in found.cells if cell.record not in lost)
        return rows

    async def named(self, person: Person) -> None:
        """Find or make whoever has a first name, and record what the rows say."""
        references = [Reference(source=key[0], id=value) for key, value in person.references.items()]
        customer = await self._register(person, references)
        if customer is not None:
            for row in person.rows:
                await self._record(row, [customer])

    async def nameless(self, person: Person) -> None:
        """Find whom rows without a first name are about: by record id, else by who has the address."""
        references = [Reference(source=key[0], id=value) for key, value in person.references.items()]
        for reference in references:
            if found := await self._lookup(Lookup(external=reference)):
                break
        else:
            found = await self._who_has(person)
        if len(found) == 1 and references:
            await self._remember(found[0], references)
        if not found:
            made = await self._register(person, references)
            if made is None:
                return
            found = [made]
        for row in person.rows:
            if len(found) > 1 and any(said.verdict == "granted" for said in row.said):
                self._put_aside(row, "ambiguous_person")
            else:
                await self._record(row, found)

    def loaded(self) -> Loaded:
        """Return what became of everything."""
        return Loaded(
            files=tuple(file.loaded() for file in self._files.values()),
            refused=self._refused,
            customers=len(self._made),
            facts=self._facts,
        )

    def _check(self, plan: Layout) -> None:
        """Refuse a file that says more than can be recorded, and one whose yeses nobody could give."""
        if not plan.plain:
            raise FileRefused("unsupported_mapping", f"sources.{plan.source}: this vault cannot record all it says yet")
        for statement in plan.statements:
            for purpose in statement.purposes:
                self._here.organization.purpose(purpose)
                for channel in statement.channels:
                    if statement.verdict == "granted":
                        try:
                            self._here.way(purpose, channel)
                        except Invalid as wrong:
                            raise FileRefused(wrong.code, f"sources.{plan.source}: {wrong.detail}") from None

    def _spell(self, kind: str, text: Personal, *, country: str | None) -> Spelled | None:
        try:
            found = normalise(kind, text, region=country or self._here.organization.region)
        except Invalid:
            return None
        return Spelled(kind=kind, value=found.value, index=found.index)

    async def _register(self, person: Person, references: list[Reference]) -> CustomerId | None:
        """Return the customer of these rows; none when they may not be stored, and are put aside."""
        registration = Registration(
            external=tuple(references),
            contact_points=tuple(_points_of(person.rows)),
            attributes={key: value for row in reversed(person.rows) for key, value in row.attributes.items()},
        )
        try:
            registered = await customers.register(self._vault, self._actor, registration=registration)
        except (Conflict, Denied) as refused:
            reason = "identity_conflict" if isinstance(refused, Conflict) else refused.code
            for row in person.rows:
                self._put_aside(row, reason)
            return None
        if registered.created:
            self._made.add(registered.id)
        return registered.id

    async def _lookup(self, lookup: Lookup) -> list[CustomerId]:
        return list((await customers.lookup(self._vault, self._actor, sought=lookup)).customers)

    async def _who_has(self, person: Person) -> list[CustomerId]:
        found: dict[CustomerId, None] = {}
        for point in _points_of(person.rows):
            if point.kind == ADDRESS:
                contact = ContactValue(kind=point.kind, value=point.value)
                found.update(dict.fromkeys(await self._lookup(Lookup(contact=contact))))
        return list(found)

    async def _remember(self, customer: CustomerId, references: list[Reference]) -> None:
        unknown = [one for one in references if not await self._lookup(Lookup(external=one))]
        if unknown:
            await customers.correct(
                self._vault, self._actor, customer=customer, correction=Correction(external=tuple(unknown))
            )

    async def _record(self, row: Row, about: Sequence[CustomerId]) -> None:
        told: list[Told] = []
        for customer in about:
            told = [await self._say(customer, said, row=row) for said in row.said]
        self._files[row.file].applied.append(Applied(record=row.record, customers=tuple(about), told=tuple(told)))

    async def _say(self, customer: CustomerId, said: Saying, *, row: Row) -> Told:
        kind = self._here.organization.channel(said.channel).reaches if said.channel != EVERY else ""
        point = await self._point(customer, row.point(kind))
        verdict: str = said.verdict
        if said.verdict == "granted":
            grant = self._grant(said, point)
            if not suffices(self._here.organization, said.evidence, purpose=said.purpose, channel=said.channel):
                verdict = PENDING
            stated = await consents.grant(self._vault, self._actor, customer=customer, said=grant)
        else:
            # What a person alone said binds that person alone; what was said about an address, all who have it.
            about = point if self._files[row.file].layout.about_address else None
            no = NewNo(purpose=said.purpose, channel=said.channel, at=said.at, contact_point=about)
            act = consents.refuse if said.verdict == "refused" else consents.withdraw
            stated = await act(self._vault, self._actor, customer=customer, said=no)
        self._facts += not stated.repeated
        return Told(verdict=verdict, purpose=said.purpose, channel=said.channel, repeated=stated.repeated)

    async def _point(self, customer: CustomerId, point: Spelled | None) -> ContactPointId | None:
        if point is None:
            return None
        key = (customer, point.kind, point.index)
        if key not in self._points:
            wanted = NewContactPoint(kind=point.kind, value=point.value)
            added = await customers.add_point(self._vault, self._actor, customer=customer, point=wanted)
            self._points[key] = added.id
        return self._points[key]

    def _grant(self, said: Saying, point: ContactPointId | None) -> NewGrant:
        """Return a yes to the version of the notice in force when it was said; which words were shown nobody knows."""
        organization = self._here.organization
        versions = organization.notices.get(organization.purpose(said.purpose).notice or "", ())
        shown = [notice.version for notice in versions if notice.published <= said.at]
        return NewGrant(
            purpose=said.purpose,
            channel=said.channel,
            notice=shown[-1] if shown else None,
            evidence=said.evidence,
            at=said.at,
            contact_point=point,
        )

    def _put_aside(self, row: Row, reason: str) -> None:
        self._files[row.file].aside.append(Aside(record=row.record, reason=reason))


def vocabulary(organization: Organization) -> Vocabulary:
    """Return what an organization declares that its files are read by."""
    return Vocabulary(
        kinds={channel.reaches for channel in organization.channels.values()},
        attributes=organization.attributes.keys(),
        granted=frozenset(map(folded, organization.words.get("granted", ()))),
        withdrawn=frozenset(map(folded, organization.words.get("withdrawn", ()))),
        countries={code: frozenset(map(folded, words)) for code, words in organization.countries.items()},
        evidence=organization.evidence,
        channels={key: channel.reaches for key, channel in organization.channels.items()},
        suppressions={
            kind: frozenset(organization.channel(channel).reaches for channel in rule.channels)
            for kind, rule in organization.suppressions.items()
        },
    )


def _source(organization: Organization, path: str) -> tuple[str, str]:
    match matching(organization.sources, path):
        case [one]:
            return one
        case []:
            raise FileRefused("undeclared_file", "the organization file declares no source with a file of this name")
        case _:
            raise FileRefused(
                "ambiguous_source", "several sources declare a file of this name: put it in a folder named like its own"
            )


def _points_of(rows: Iterable[Row]) -> list[NewContactPoint]:
    found = {(point.kind, point.index): point.value for row in rows for point in row.points}
    return [NewContactPoint(kind=kind, value=value) for (kind, _), value in found.items()]
