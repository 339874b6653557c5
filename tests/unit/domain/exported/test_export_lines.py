"""Lines of an export: what is written is read back to the letter, and what is wrong is named, never quoted."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from string import printable
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.receipt.receipt_cases import a_fact, told
from vault.base.errors import Invalid
from vault.base.ids import ClientId, CustomerId, FactId, SuppressionId
from vault.base.personal import Personal
from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Preference
from vault.domain.exported import manifest, sheet, twin
from vault.domain.exported.line import (
    FactLine,
    PersonLine,
    PointLine,
    ReferenceLine,
    StopLine,
    WishLine,
    fact_line,
    fact_of,
    read,
    state_of,
    stop_line,
    suppression_of,
    write,
)
from vault.domain.exported.manifest import Carried, Counts, File, Manifest
from vault.domain.exported.twin import Twin
from vault.domain.fact import Fact
from vault.domain.receipt.iso_27560 import iso_27560, record
from vault.domain.receipt.terms import CONTEXT
from vault.domain.suppression import Suppression

NOW = datetime(2026, 11, 2, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
FACT = FactId("fct_06h0090m41t835kpwqjv10s1y0")
STOP = SuppressionId("sup_06h0090m41t835kpwqjv10s1y0")

COMPUTED = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")

TEXTS = st.text(max_size=20).map(Personal)
INSTANTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001 - as hypothesis wants them
FACTS = st.builds(
    Fact,
    id=st.just(FACT),
    kind=st.sampled_from(["granted", "withdrawn", "dealing"]),
    purpose=st.text(max_size=9),
    channel=st.sampled_from(["email", "*"]),
    at=INSTANTS,
    recorded_at=INSTANTS,
    source=st.sampled_from(["person", "import"]),
    method=st.sampled_from(["portal", "import"]),
    client=st.sampled_from([None, ClientId("cli_a")]),
    notice=st.none() | st.integers(1, 9),
    until=st.none() | INSTANTS,
    proven=st.booleans(),
    guardian=st.booleans(),
    dealing=st.none() | st.text(max_size=9),
)
POINTS = st.builds(
    PointLine,
    id=st.just("ctp_06h0090m41t835kpwqjv10s1y0"),
    kind=st.text(max_size=9),
    value=TEXTS,
    primary=st.booleans(),
    state=st.sampled_from(["verified", "bouncing"]),
    recorded_at=INSTANTS,
    marked_at=st.none() | INSTANTS,
    said=st.lists(FACTS.map(lambda fact: fact_line(fact, client=None)), max_size=2).map(tuple),
)
PEOPLE = st.builds(
    PersonLine,
    id=st.just(CUSTOMER),
    registered_at=INSTANTS,
    locale=st.none() | st.text(max_size=5),
    minor_until=st.none() | st.dates(),
    attributes=st.dictionaries(st.text(max_size=9), TEXTS, max_size=3),
    contact_points=st.lists(POINTS, max_size=2).map(tuple),
    preferences=st.none()
    | st.builds(
        WishLine,
        recorded_at=INSTANTS,
        wishes=st.builds(
            Preference,
            paused_until=st.none() | INSTANTS,
            at_most=st.just({"*": AtMost(most=1, per="week")}),
            order=st.just(("sms",)),
        ),
    ),
)


def person(**given: Any) -> PersonLine:
    return PersonLine(id=CUSTOMER, registered_at=NOW, **given)


def a_line(**given: Any) -> FactLine:
    return fact_line(a_fact(FACT.removeprefix("fct_")), client="crm", **given)


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(PEOPLE)
def test_a_person_is_read_back_as_written(one: PersonLine) -> None:
    text = write(one)
    assert text.count(b"\n") == 1
    assert text.endswith(b"\n")
    assert read(text, PersonLine) == one


@given(FACTS, st.dictionaries(st.text(max_size=9), TEXTS, max_size=2))
def test_a_fact_is_read_back_as_it_was_but_for_the_names_of_retries(fact: Fact, evidence: dict[str, Personal]) -> None:
    tagged = msgspec.structs.replace(fact, reference=b"r" * 16, idempotency=b"i" * 16)
    found = read(write(fact_line(tagged, client="crm", evidence=evidence)), FactLine)
    assert fact_of(found, client=fact.client) == fact
    assert (found.client, found.evidence) == ("crm", evidence)


def test_a_suppression_is_read_back_as_it_was() -> None:
    stop = Suppression(id=STOP, kind="bounce", at=NOW, channel="email", until=NOW + DAY)
    found = read(write(stop_line(stop, recorded_at=NOW)), StopLine)
    assert (suppression_of(found), found.recorded_at) == (stop, NOW)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"{", "a line"),
        (b"\xff", "a line"),
        (b"{}", "a line"),
        (b"[" * 100_000, "a line"),
        (b'{"id":"cus_quokka"}', "id"),
        (write(person(attributes={"a": Personal("x")})).replace(b'"x"', b"5"), "attributes"),
        (write(person()).replace(b"}", b',"quokka":1}'), "a line"),
        (write(person()).replace(b"Z", b""), "registered_at"),
    ],
)
def test_what_cannot_be_read_names_a_field_and_never_what_stands_there(text: bytes, named: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(text, PersonLine)
    assert refusal.value.code == "unreadable_export"
    assert refusal.value.detail.startswith(f"the export cannot be read: {named}")
    assert "quokka" not in refusal.value.detail


def test_a_contact_point_that_bounces_says_so_for_as_long_as_it_does() -> None:
    bounce = StopLine(id=STOP, kind="bounce", at=NOW, recorded_at=NOW, until=NOW + DAY)
    lasting = msgspec.structs.replace(bounce, until=None)
    assert state_of(None, (), now=NOW) == "unverified"
    assert state_of(NOW, (msgspec.structs.replace(bounce, kind="manual"),), now=NOW) == "verified"
    assert state_of(NOW, (bounce,), now=NOW) == state_of(NOW, (lasting,), now=NOW + 9 * DAY) == "bouncing"
    assert state_of(NOW, (bounce,), now=NOW + DAY) == state_of(NOW, (lasting,), now=NOW - DAY) == "verified"


# ── Manifest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
MANIFEST = Manifest(
    format="consent-vault-export/1",
    organization="fernhill",
    made_at=NOW,
    configuration="0" * 64,
    forms=("ndjson",),
    clients=("crm",),
    kinds=("email",),
    counts=Counts(customers=1),
    left_out={"log_entries": 3},
    tags=manifest.TAGS,
    files={"customers.ndjson": File(sha256="1" * 64, bytes=3, lines=1)},
    carried=Carried(organization="org_a", key="AA=="),
)


@pytest.mark.parametrize("told", [MANIFEST, msgspec.structs.replace(MANIFEST, carried=None)])
def test_a_manifest_is_read_back_as_written(told: Manifest) -> None:
    assert manifest.read(manifest.write(told)) == told


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "unreadable_export"),
        (b"5", "unreadable_export"),
        (b"\xff", "unreadable_export"),
        (b"{}", "unknown_export"),
        (manifest.write(MANIFEST).replace(b"export/1", b"export/2"), "unknown_export"),
        (manifest.write(MANIFEST).replace(b'"bytes":3', b'"bytes":"3"'), "unreadable_export"),
    ],
)
def test_another_version_or_no_manifest_at_all_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        manifest.read(text)


# ── Sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.text(alphabet=[*printable, *COMPUTED, "\xfc", "\xa0"], min_size=1, max_size=12))
def test_no_cell_is_a_formula_and_what_is_none_is_left_as_it_is(text: str) -> None:
    written = sheet.rows([[Personal(text)]]).decode()
    [[cell]] = csv.reader(StringIO(written, newline=""), strict=True)
    computed = text[0] in "\t\r\n" or text.strip()[:1] in COMPUTED
    assert cell == ("'" + text if computed else text)


def test_a_person_is_a_row_with_a_column_for_every_declared_field() -> None:
    stops = (StopLine(id=STOP, kind="manual", at=NOW, recorded_at=NOW),)
    point = PointLine(
        id="ctp_06h0090m41t835kpwqjv10s1y0",  # type: ignore[arg-type]
        kind="phone",
        value=Personal("+447911480005"),
        primary=True,
        state="unverified",
        recorded_at=NOW,
        stops=stops,
        said=(a_line(),),
    )
    reference = ReferenceLine(id=point.id, source="crm", value=Personal("=1+1"), recorded_at=NOW)
    wishes = WishLine(recorded_at=NOW, wishes=Preference(paused_until=NOW))
    one = person(
        attributes={"first_name": Personal("Ann")}, contact_points=(point,), external=(reference,), preferences=wishes
    )
    sheets = Twin(["first_name", "boot_size"])
    titles = dict(sheets.begun())
    found = {name: data.decode() for name, data, _ in sheets.person(one, [a_line(evidence={"form": Personal("f")})])}
    assert set(found) == set(titles) - {twin.RECORDS}
    assert titles[twin.PERSONS].decode().endswith("paused_until,first_name,boot_size\r\n")
    assert found[twin.PERSONS].endswith(",2026-11-02T12:00:00.123456Z,Ann,\r\n")
    assert ",'+447911480005,yes,unverified,," in found[twin.POINTS]
    assert found[twin.POINTS].endswith(",manual\r\n")
    assert ",crm,'=1+1," in found[twin.REFERENCES]
    rows = found[twin.SAID].splitlines()
    assert [row.split(",")[1] for row in rows] == ["customer", point.id]
    assert rows[0].endswith('"{""form"":""f""}"')
    for name, data in found.items():
        assert all(len(row) == titles[name].count(b",") + 1 for row in csv.reader(data.splitlines()))
    nobody = [*Twin([]).person(person(), [])]
    assert [name for name, _, _ in nobody] == [twin.PERSONS]


def test_a_record_is_a_row_and_what_no_event_tells_of_is_told_by_the_fact() -> None:
    [row] = csv.reader([twin.record(told()).decode()])
    assert row[2:5] == ["given", "sales", "email"]
    [bare] = csv.reader([twin.record(msgspec.structs.replace(told(), events=())).decode()])
    assert bare[2] == "granted"
    no = a_fact("no", kind="withdrawn", channel="*")
    [withdrawn] = csv.reader([twin.record(told(no)).decode()])
    assert withdrawn[2] == "withdrawn"
    assert " " in withdrawn[4]


def test_a_record_is_what_a_receipt_of_it_holds() -> None:
    [held] = cast("Any", iso_27560(told()))["dpv:hasRecordOfActivity"]
    assert record(told()) == {"@context": CONTEXT, **held}
