"""Foreign files into the vault: what each row became, and what the vault answers about the people in it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import make
from tests.stage import Stage, codes, now
from vault.actions.imports import load
from vault.base.errors import Denied, Invalid
from vault.cli.demo.company import SAMPLE
from vault.domain.actor import Actor
from vault.imports.outcome import Export, FileLoaded, Loaded

EXPORTED = datetime(2026, 10, 31, 18, tzinfo=UTC)
SUBSCRIBED = "mailchimp/subscribed_members_export_7c1f0a92be.csv"
UNSUBSCRIBED = "mailchimp/unsubscribed_members_export_7c1f0a92be.csv"
NEWSLETTER = "newsletter.csv"
YES_AT = "2024-06-03 09:15:00"
SHEET = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg"


def sheet(*rows: str) -> dict[str, str]:
    """A spreadsheet: address, first name, newsletter, catalogue, date, document."""
    lines = [";".join([cells[0], cells[1], "Quokkafield", *cells[2:]]) for cells in (row.split(";") for row in rows)]
    return {NEWSLETTER: "\n".join([SHEET, *lines])}


def subscribed(*rows: str) -> dict[str, str]:
    """An audience: record id, address, first name; all have confirmed."""
    head = "LEID,Email Address,First Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP"
    return {SUBSCRIBED: "\n".join([head, *(f"{row},{YES_AT},192.0.2.1,{YES_AT},192.0.2.1" for row in rows)])}


def unsubscribed(*rows: str) -> dict[str, str]:
    """Who left it: record id, address, first name."""
    return {
        UNSUBSCRIBED: "\n".join(["LEID,E-Mail-Adresse,First Name,UNSUB_TIME", *(f"{row},{YES_AT}" for row in rows)])
    }


async def loaded(stage: Stage, files: dict[str, str], exported_at: datetime = EXPORTED) -> Loaded:
    actor = Actor(organization=await stage.organization(), kind="import")
    exports = [Export(path=path, data=text.encode()) for path, text in files.items()]
    return await load(stage.vault, actor, exports=exports, exported_at=exported_at)


async def asked(stage: Stage, found: Loaded, path: str = SUBSCRIBED, *, record: int = 1, **question: str) -> list[str]:
    """Ask about whom a record is about: for the newsletter by e-mail, or as `question` says."""
    [file] = [file for file in found.files if file.path == path]
    [customer] = next(row.customers for row in file.applied if row.record == record)
    client = await stage.client("everything")
    return codes(await client.decide(customer=customer, **{"purpose": "newsletter", "channel": "email"} | question))


def verdicts(found: Loaded) -> dict[str, str]:
    return {told.purpose: told.verdict for told in found.files[0].applied[0].told}


def aside(file: FileLoaded) -> list[tuple[int, str]]:
    return [(one.record, one.reason) for one in file.aside]


async def test_the_sample_comes_in_as_expected_and_coming_again_adds_nothing(stage: Stage) -> None:
    files = {path.relative_to(SAMPLE).as_posix(): path.read_bytes() for path in SAMPLE.rglob("*.csv")}
    actor = Actor(organization=await stage.organization(), kind="import")
    exports = [Export(path=path, data=data) for path, data in files.items()]
    found = await load(stage.vault, actor, exports=exports, exported_at=EXPORTED)
    by_path = {file.path: file for file in found.files}
    assert {path: (file.count, Counter(one.reason for one in file.aside)) for path, file in by_path.items()} == {
        # Of the 27 rows whose address several people share, the others of 26 stand in files that are not loaded here.
        SUBSCRIBED: (543, {"ambiguous_person": 1, "unreadable_email": 4, "wrong_column_count": 3}),
        UNSUBSCRIBED: (170, {}),
        NEWSLETTER: (
            278,
            {"unreadable_date": 3, "unreadable_email": 4, "unreadable_value": 6, "wrong_column_count": 3},
        ),
    }
    assert aside(by_path[SUBSCRIBED])[:3] == [
        (172, "wrong_column_count"),
        (229, "wrong_column_count"),
        (321, "ambiguous_person"),
    ]
    assert Counter(one.reason for file in found.files for one in file.cells) == {
        "unreadable_date": 2,
        "unreadable_phone": 3,
    }
    assert all(len(file.applied) + len(file.aside) == file.count for file in found.files)
    assert {path: dict(file.verdicts) for path, file in by_path.items()} == {
        SUBSCRIBED: {"granted": 438, "pending": 97},
        UNSUBSCRIBED: {"withdrawn": 170},
        NEWSLETTER: {"granted": 33, "pending": 128, "refused": 73, "nothing": 73},
    }
    assert (found.customers, found.refused) == (865, {})
    assert await stage.count("vault.customer") == found.customers

    before, entries = await stage.written(), await changes(stage)
    again = await load(stage.vault, actor, exports=exports[::-1], exported_at=EXPORTED)
    assert (again.customers, again.facts) == (0, 0)
    assert {file.path: aside(file) for file in again.files} == {path: aside(file) for path, file in by_path.items()}
    assert (await stage.written(), await changes(stage)) == (before, entries)


async def changes(stage: Stage) -> int:
    rows = await stage.rows("SELECT body FROM vault.log_entry")
    return sum(json.loads(row["body"])["kind"] != "lookup" for row in rows)


async def test_a_proven_yes_is_one_and_its_address_is_verified(stage: Stage) -> None:
    found = await loaded(stage, subscribed("7,Quokka.1@Quokkamail.example,Quokkarina"))
    assert await asked(stage, found) == ["opted_in"]
    assert await asked(stage, found, purpose="sales") == ["never_asked"]


async def test_a_yes_without_its_evidence_stays_pending(stage: Stage) -> None:
    found = await loaded(stage, sheet("quokka.1@quokkamail.example;Quokkarina;ja;ja;1.3.2024;"))
    assert await asked(stage, found, NEWSLETTER) == ["evidence_missing", "unverified"]
    assert verdicts(found) == {"newsletter": "pending", "catalogue": "pending"}


async def test_a_signed_form_proves_the_catalogue_and_not_the_newsletter(stage: Stage) -> None:
    found = await loaded(stage, sheet("quokka.1@quokkamail.example;Quokkarina;ja;ja;1.3.2024;quokka form 7.pdf"))
    assert verdicts(found) == {"newsletter": "pending", "catalogue": "granted"}


async def test_a_yes_is_to_the_notice_in_force_when_it_was_said(stage: Stage) -> None:
    rows = [f"quokka.{year}@quokkamail.example;Quokkarina;ja;;{date};" for year, date in
            enumerate(["2019-12-30", "2020-01-02", "2024-04-30", "2024-05-03", ""])]  # fmt: skip
    await loaded(stage, sheet(*rows))
    notices = [row["notice"] for row in await stage.rows("SELECT notice FROM vault.fact ORDER BY at")]
    assert notices == [None, 1, 1, 2, 2]


async def test_who_left_stays_away_whatever_the_dates(stage: Stage) -> None:
    row = "7,quokka.1@quokkamail.example,Quokkarina"
    found = await loaded(stage, subscribed(row) | unsubscribed(row))
    assert found.customers == 1
    assert await asked(stage, found) == ["withdrawn"]
    assert await asked(stage, found, purpose="sales") == ["withdrawn"]


async def test_a_no_about_an_address_binds_everybody_who_has_it(stage: Stage) -> None:
    found = await loaded(
        stage,
        subscribed("7,quokka.1@quokkamail.example,Quokkarina", "8,quokka.2@quokkamail.example,Quokkarina")
        | sheet("QUOKKA.1@quokkamail.example;Quokkabert;nein;;1.3.2024;"),
    )
    assert found.customers == 3
    assert await asked(stage, found, record=1) == ["refused"]
    assert await asked(stage, found, record=2) == ["opted_in"]


async def test_a_no_about_a_person_binds_that_person_alone(stage: Stage) -> None:
    file = make.organization()
    file["sources"]["newsletter"]["about"] = "person"
    await stage.apply(file)
    files = subscribed("7,quokka.1@quokkamail.example,Quokkarina")
    found = await loaded(stage, files | sheet("quokka.1@quokkamail.example;Quokkabert;nein;;1.3.2024;"))
    assert await asked(stage, found, record=1) == ["opted_in"]
    assert await asked(stage, found, NEWSLETTER) == ["refused", "unverified"]


async def test_a_row_without_a_first_name_is_the_only_ones_who_has_the_address(stage: Stage) -> None:
    found = await loaded(
        stage, sheet("quokka.1@quokkamail.example;Quokkarina;;;;") | subscribed("7,quokka.1@quokkamail.example,")
    )
    assert found.customers == 1
    assert await asked(stage, found, NEWSLETTER) == ["opted_in"]
    later = await loaded(stage, subscribed("7,quokka.new@quokkamail.example,"))
    assert later.customers == 0  # the record id was kept


async def test_where_several_share_an_address_a_nameless_yes_is_put_aside_and_a_nameless_no_binds_all(
    stage: Stage,
) -> None:
    two = subscribed("7,quokka.1@quokkamail.example,Quokkarina", "8,quokka.1@quokkamail.example,Quokkabert")
    found = await loaded(stage, two | sheet("quokka.1@quokkamail.example;;;ja;1.3.2024;quokka form"))
    assert aside(found.files[1]) == [(1, "ambiguous_person")]
    found = await loaded(stage, two | sheet("quokka.1@quokkamail.example;;nein;nein;1.3.2024;"))
    assert len(found.files[1].applied[0].customers) == 2
    for record in (1, 2):
        assert await asked(stage, found, record=record) == ["refused"]
        assert "refused" in await asked(stage, found, record=record, purpose="catalogue", channel="post")


async def test_nameless_rows_of_an_address_nobody_has_make_one_customer_and_find_it_again(stage: Stage) -> None:
    files = subscribed("7,quokka.1@quokkamail.example,") | sheet("quokka.1@quokkamail.example;;;;;")
    assert (await loaded(stage, files)).customers == 1
    before = await stage.written()
    assert (await loaded(stage, files)).customers == 0
    assert await stage.written() == before


async def test_a_record_id_that_is_somebody_elses_puts_the_row_aside(stage: Stage) -> None:
    await loaded(stage, subscribed("7,quokka.1@quokkamail.example,Quokkarina"))
    await loaded(stage, sheet("quokka.2@quokkamail.example;Quokkabert;;;;"))
    found = await loaded(stage, subscribed("7,quokka.2@quokkamail.example,Quokkabert"))
    assert aside(found.files[0]) == [(1, "identity_conflict")]


@pytest.mark.parametrize("name", ["Quokkarina", ""])
async def test_whoever_was_erased_does_not_come_back(stage: Stage, name: str) -> None:
    files = subscribed(f"7,quokka.1@quokkamail.example,{name}")
    [row] = (await loaded(stage, files)).files[0].applied
    await stage.erase(row.customers[0])
    found = await loaded(stage, files)
    assert aside(found.files[0]) == [(1, "not_accepted")]
    assert (found.customers, found.facts) == (0, 0)


async def test_a_file_that_cannot_be_read_is_refused_and_the_others_are_loaded(stage: Stage) -> None:
    files = {
        **subscribed("7,quokka.1@quokkamail.example,Quokkarina"),
        "members.csv": "who is this",
        "klaviyo/profiles.csv": "Email\nquokka.2@quokkamail.example",
        NEWSLETTER: "quokka.3@quokkamail.example;Quokkarina",
    }
    found = await loaded(stage, files)
    assert {path: refused.code for path, refused in found.refused.items()} == {
        "members.csv": "undeclared_file",
        "klaviyo/profiles.csv": "unsupported_mapping",
        NEWSLETTER: "missing_column",
    }
    assert [file.path for file in found.files] == [SUBSCRIBED]
    assert make.MARK not in str(found.refused).lower()


async def test_a_file_two_sources_declare_or_whose_yes_nobody_could_give_is_refused(stage: Stage) -> None:
    file = make.organization()
    files = file["sources"]["newsletter"]["files"]
    columns = files[NEWSLETTER]["columns"]
    files["posted.csv"] = {"columns": columns, "granted": {"purpose": "catalogue", "channel": "email"}}
    file["sources"]["twin"] = {"about": "person", "files": {NEWSLETTER: files[NEWSLETTER]}}
    await stage.apply(file)
    found = await loaded(stage, {"x/newsletter/posted.csv": "E-Mail\n", **sheet()})
    assert {path: refused.code for path, refused in found.refused.items()} == {
        "x/newsletter/posted.csv": "channel_not_for_purpose",
        NEWSLETTER: "ambiguous_source",
    }


async def test_files_of_the_future_and_actors_that_are_no_import_are_refused(stage: Stage) -> None:
    with pytest.raises(Invalid, match="exported_in_future"):
        await loaded(stage, {}, exported_at=now() + timedelta(days=1))
    with pytest.raises(Denied, match="not_an_import"):
        await load(stage.vault, await stage.operator(), exports=[], exported_at=EXPORTED)


def test_the_demos_files_are_the_samples() -> None:
    files = sorted(path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*") if path.is_file())
    assert files == [SUBSCRIBED, UNSUBSCRIBED, NEWSLETTER, "organization.yaml"]
    assert Path(SAMPLE, "organization.yaml").read_bytes() == make.ORGANIZATION_FILE.read_bytes()
