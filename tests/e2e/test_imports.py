"""Foreign files into the vault: what became of their rows, and what the vault answers about the people in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import make
from tests.importing import bring_in, of_texts
from tests.stage import Stage, codes
from vault.actions.importing.given import Told
from vault.base.ids import CustomerId
from vault.cli.demo.company import SAMPLE
from vault.imports.row import FileRefused

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


async def loaded(stage: Stage, *files: dict[str, str], later: int = 0) -> Told:
    """Import files. What was imported before is another import if it is `later`, by days."""
    texts = {path: text for part in files for path, text in part.items()}
    return await bring_in(stage, of_texts(texts, exported_at=EXPORTED + timedelta(days=later)))


async def who(stage: Stage, *, email: str | None = None, record: str | None = None) -> list[str]:
    client = await stage.client("everything")
    sought: dict[str, Any] = {"external": {"source": "mailchimp", "id": record}}
    if email is not None:
        sought = {"contact": {"kind": "email", "value": email}}
    return list((await client.post("/v1/customers/lookup", sought))["customers"])


async def asked(stage: Stage, *, email: str | None = None, record: str | None = None, **question: str) -> list[str]:
    """Ask about whoever has an address, or a record id: for the newsletter by e-mail, or as `question` says."""
    client = await stage.client("everything")
    [customer] = await who(stage, email=email, record=record)
    return codes(await client.decide(customer=customer, **{"purpose": "newsletter", "channel": "email"} | question))


ONE = "quokka.1@quokkamail.example"
TWO = "quokka.2@quokkamail.example"


async def test_a_proven_yes_is_one_and_its_address_is_verified(stage: Stage) -> None:
    told = await loaded(stage, subscribed("7,Quokka.1@Quokkamail.example,Quokkarina"))
    assert (told.verdicts, told.customers) == ({"new": 1}, 1)
    assert await asked(stage, email=ONE) == ["opted_in"]
    assert await asked(stage, record="7", purpose="sales") == ["never_asked"]


async def test_a_yes_without_its_evidence_stays_pending(stage: Stage) -> None:
    await loaded(stage, sheet(f"{ONE};Quokkarina;ja;ja;1.3.2024;"))
    assert await asked(stage, email=ONE) == ["evidence_missing", "unverified"]


async def test_a_signed_form_proves_the_catalogue_and_not_the_newsletter(stage: Stage) -> None:
    await loaded(stage, sheet(f"{ONE};Quokkarina;ja;ja;1.3.2024;quokka form 7.pdf"))
    assert "evidence_missing" in await asked(stage, email=ONE)
    assert "evidence_missing" not in await asked(stage, email=ONE, purpose="catalogue", channel="post")


async def test_a_yes_is_to_the_notice_in_force_when_it_was_said(stage: Stage) -> None:
    rows = [f"quokka.{year}@quokkamail.example;Quokkarina;ja;;{date};" for year, date in
            enumerate(["2019-12-30", "2020-01-02", "2024-04-30", "2024-05-03", ""])]  # fmt: skip
    await loaded(stage, sheet(*rows))
    notices = [row["notice"] for row in await stage.rows("SELECT notice FROM vault.fact ORDER BY at")]
    assert notices == [None, 1, 1, 2, 2]


async def test_who_left_stays_away_whatever_the_dates_and_the_order_of_files(stage: Stage) -> None:
    await loaded(stage, unsubscribed(f"7,{ONE},Quokkarina"))
    told = await loaded(stage, subscribed(f"7,{ONE},Quokkarina"), later=-1)
    assert (told.verdicts, told.customers) == ({"conflict": 1}, 0)
    assert await asked(stage, email=ONE) == ["withdrawn"]
    assert await asked(stage, email=ONE, purpose="sales") == ["withdrawn"]


async def test_a_no_about_an_address_binds_everybody_who_has_it(stage: Stage) -> None:
    await loaded(
        stage,
        subscribed(f"7,{ONE},Quokkarina", f"8,{TWO},Quokkarina"),
        sheet(f"{ONE.upper()};Quokkabert;nein;;1.3.2024;"),
    )
    assert len(await who(stage, email=ONE)) == 2
    assert await asked(stage, record="7") == ["refused"]
    assert await asked(stage, record="8") == ["opted_in"]


async def test_a_no_about_a_person_binds_that_person_alone(stage: Stage) -> None:
    file = make.organization()
    file["sources"]["newsletter"]["about"] = "person"
    await stage.apply(file)
    await loaded(stage, subscribed(f"7,{ONE},Quokkarina"), sheet(f"{ONE};Quokkabert;nein;;1.3.2024;"))
    assert await asked(stage, record="7") == ["opted_in"]


async def test_a_row_without_a_first_name_is_the_only_ones_who_has_the_address(stage: Stage) -> None:
    told = await loaded(stage, sheet(f"{ONE};Quokkarina;;;;"), subscribed(f"7,{ONE},"))
    assert told.customers == 1
    assert await asked(stage, email=ONE) == ["opted_in"]
    later = await loaded(stage, subscribed("7,quokka.new@quokkamail.example,"))
    assert later.customers == 0  # the record id was kept


async def test_where_several_share_an_address_a_nameless_yes_is_put_aside_and_a_nameless_no_binds_all(
    stage: Stage,
) -> None:
    await loaded(stage, subscribed(f"7,{ONE},Quokkarina", f"8,{ONE},Quokkabert"))
    told = await loaded(stage, sheet(f"{ONE};;;ja;1.3.2024;quokka form"))
    assert (told.verdicts, told.reasons) == ({"review": 1}, {"ambiguous_person": 1})
    told = await loaded(stage, sheet(f"{ONE};;nein;nein;1.3.2024;"))
    assert told.verdicts == {"stricter": 1}
    for record in ("7", "8"):
        assert await asked(stage, record=record) == ["refused"]
        assert "refused" in await asked(stage, record=record, purpose="catalogue", channel="post")


async def test_nameless_rows_of_an_address_nobody_has_make_one_customer_and_find_it_again(stage: Stage) -> None:
    files = subscribed(f"7,{ONE},") | sheet(f"{ONE};;;;;")
    assert (await loaded(stage, files)).customers == 1
    before = await stage.count("vault.fact"), await stage.count("vault.customer")
    again = await loaded(stage, files, later=-1)
    assert (again.repeated, again.customers, again.verdicts) == (False, 0, {"same": 2})
    assert (await stage.count("vault.fact"), await stage.count("vault.customer")) == before


@pytest.mark.parametrize("name", ["Quokkarina", ""])
async def test_whoever_was_erased_does_not_come_back(stage: Stage, name: str) -> None:
    files = subscribed(f"7,{ONE},{name}")
    await loaded(stage, files)
    [customer] = await who(stage, email=ONE)
    await stage.erase(CustomerId(customer))
    told = await loaded(stage, files, later=-1)
    assert (told.reasons, told.customers) == ({"not_accepted": 1}, 0)


async def test_a_file_two_sources_declare_or_whose_yes_nobody_could_give_is_refused(stage: Stage) -> None:
    file = make.organization()
    files = file["sources"]["newsletter"]["files"]
    columns = files[NEWSLETTER]["columns"]
    files["posted.csv"] = {"columns": columns, "granted": {"purpose": "catalogue", "channel": "email"}}
    file["sources"]["twin"] = {"about": "person", "files": {NEWSLETTER: files[NEWSLETTER]}}
    await stage.apply(file)
    with pytest.raises(FileRefused, match="channel_not_for_purpose"):
        await loaded(stage, {"x/newsletter/posted.csv": "E-Mail\n"})
    with pytest.raises(FileRefused, match="ambiguous_source"):
        await loaded(stage, sheet())


def test_the_demos_files_are_the_samples() -> None:
    files = sorted(path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*") if path.is_file())
    assert files == [SUBSCRIBED, UNSUBSCRIBED, NEWSLETTER, "organization.yaml"]
    assert Path(SAMPLE, "organization.yaml").read_bytes() == make.ORGANIZATION_FILE.read_bytes()
