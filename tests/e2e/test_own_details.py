"""Your details: all that is kept, shown to its owner alone, corrected in place, and every reading an entry."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.e2e.test_imports import loaded, sheet
from tests.stage import Api, Stage
from tests.visitor import Page, Visitor


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def at_home(stage: Stage, api: Api, visitor: Visitor, **given: Any) -> tuple[str, str]:
    """Let somebody sign in and open their details; return who, and their address."""
    customer, address = await somebody(api, **given)
    await sign_in(stage, visitor, address)
    await visitor.get("/details")
    return customer, address


async def correct(visitor: Visitor, **fields: str) -> Page:
    """Fill in the form of what else is kept; a field of ours is `a-` and its key."""
    named = {name if name == "locale" else f"a-{name}": value for name, value in fields.items()}
    return await visitor.post("/details", visitor.page.form("/details").fields | named)


def faults(page: Page) -> list[str]:
    return [link for link in page.links if link.startswith("#")]


async def test_everything_is_shown_to_its_owner_and_reading_it_is_an_entry(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    given = make.customer()
    [mail, phone, *_] = given["contact_points"]
    await at_home(stage, api, visitor, **given)
    page = visitor.page
    assert (page.status, page.heading) == (200, "Your details")
    for point in given["contact_points"]:
        assert all(line.lower() in page.html.lower() for line in point["value"].splitlines())
    for key, value in given["attributes"].items():
        shown = [one.fields.get(f"a-{key}") for one in page.forms]
        assert value in shown or value in page.text
    assert "Yours, since" in page.text
    assert "For: Your orders and account, Offers and news" in page.text
    assert "Kept for 6 years after you last bought or asked for something." in page.text
    assert "Knows you under a number of its own, since" in page.text
    assert given["external"][0]["id"] not in page.html
    [entry] = await stage.entries("own_details_read")
    assert entry["fields"] == sorted(given["attributes"])
    assert entry["points"] == ["email", "phone", "postal_address", "push_token"]
    assert mail["value"] not in str(entry)
    assert phone["value"] not in str(entry)


async def test_what_is_corrected_is_kept_and_the_log_is_told_only_what_changed(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await at_home(stage, api, visitor)
    page = await correct(visitor, first_name="  Quokka   Ann ", boot_size="", locale="de")
    assert page.about == "Saved: Your details"
    form = page.form("/details")
    assert (form.fields["a-first_name"], form.fields["a-boot_size"]) == ("Quokka Ann", "")
    [entry] = await stage.entries("customer_corrected")
    assert entry["fields"] == ["boot_size", "first_name", "locale"]
    assert entry["actor"]["kind"] == "customer"
    assert await stage.count("vault.attribute") == len(make.attributes()) - 1
    await correct(visitor)
    assert len(await stage.entries("customer_corrected")) == 1


async def test_a_form_with_faults_comes_back_with_all_that_was_typed_and_nothing_of_it_in_the_address(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await at_home(stage, api, visitor)
    typed = {"first_name": "Quokka" * 40, "last_name": "Quokkalina", "boot_size": "4\x072"}
    page = await correct(visitor, **typed)
    assert (page.status, page.about) == (422, "Error: Your details")
    assert {"#a-first_name", "#a-boot_size"} <= set(faults(page))
    fields = page.form("/details").fields
    assert fields["a-first_name"] == typed["first_name"]
    assert fields["a-last_name"] == "Quokkalina"
    assert "Please write less: at most 200 letters." in page.text
    assert "Please write plain text, on one line." in page.text
    assert visitor.at.endswith("/details")
    assert await stage.entries("customer_corrected") == []


async def test_a_script_in_a_name_is_a_name(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    name = "<script>alert('quokka')</script>\"><b x='"
    page = await correct(visitor, first_name=name)
    assert page.form("/details").fields["a-first_name"] == name
    assert "<script>" not in page.html


async def test_a_megabyte_is_not_read_and_says_so_as_a_page(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    page = await correct(visitor, first_name="Q" * 1_000_000)
    assert (page.status, page.heading) == (413, "We could not read that")
    assert await stage.entries("customer_corrected") == []


@pytest.mark.parametrize("field", ["birth_date", "loyalty_number", "gone"])
async def test_what_only_a_system_may_change_stays_as_it_was(
    stage: Stage, api: Api, visitor: Visitor, field: str
) -> None:
    await at_home(stage, api, visitor)
    page = visitor.page
    assert "field=birth_date#rectification" in page.html
    assert "field=loyalty_number#rectification" in page.html
    await visitor.post("/details", page.form("/details").fields | {field: "1999-01-01", f"a-{field}": "1999-01-01"})
    assert await stage.entries("customer_corrected") == []


async def test_a_language_nobody_speaks_is_refused(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    page = await correct(visitor, locale="xx", first_name="Quokka")
    assert (page.status, await stage.entries("customer_corrected")) == (422, [])


async def test_a_form_from_elsewhere_or_of_an_old_tab_changes_nothing(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    form = visitor.page.form("/details").fields | {"a-first_name": "Quokkina"}
    assert (await visitor.post("/details", form | {"csrf": "x"})).status == 403
    assert (await visitor.post("/details", form, **{"sec-fetch-site": "cross-site"})).status == 403
    assert await stage.entries("customer_corrected") == []


async def test_whoever_was_erased_a_second_ago_is_at_the_door_and_their_form_does_not_come_back(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, _ = await at_home(stage, api, visitor)
    form = visitor.page.form("/details").fields | {"a-first_name": "Quokka" * 40}
    await stage.erase(customer)
    for page in (await visitor.post("/details", form), await visitor.get("/details")):
        assert page.heading == "See what you allow"
        assert make.MARK not in page.html.lower()


async def test_what_is_no_longer_declared_is_shown_for_as_long_as_it_is_kept(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await at_home(stage, api, visitor)
    file = make.organization()
    del file["attributes"]["salutation"]
    for client in file["clients"].values():
        client["ceiling"]["fields"] = [one for one in client["ceiling"].get("fields", ()) if one != "salutation"]
    await stage.apply(file)
    page = await visitor.get("/details")
    assert "Salutation" in page.text
    assert "We no longer use this." in page.text


async def test_the_page_is_there_in_every_language(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    for language, heading in (("de", "Ihre Angaben"), ("fr", "Vos données")):
        assert (await visitor.get(f"/details?lang={language}")).heading == heading


async def test_a_list_that_had_no_number_for_them_is_told_in_words(stage: Stage, api: Api, visitor: Visitor) -> None:
    assert api.token
    address = make.email()
    await loaded(stage, sheet(f"{address};Quokkabeth;ja;;03.06.2024;"))
    await sign_in(stage, visitor, address)
    page = await visitor.get("/details?lang=de")
    assert "Eine ältere Liste Nannte uns Ihre Adresse, am" in page.text
    assert "first name" not in page.text.casefold()
