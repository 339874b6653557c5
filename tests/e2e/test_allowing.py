"""What you allow: each yes and no in person, to the words on the page, and the very next decision everywhere."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Stage, codes
from tests.visitor import Form, Page, Visitor


@pytest_asyncio.fixture
async def customer(stage: Stage, api: Api, visitor: Visitor) -> str:
    who, address = await somebody(api)
    await sign_in(stage, visitor, address)
    return who


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


def row(page: Page, purpose: str, channel: str = "email") -> Form:
    """Return the form of one way."""
    [found] = [
        one for one in page.forms if (one.fields.get("purpose"), one.fields.get("channel")) == (purpose, channel)
    ]
    return found


async def press(visitor: Visitor, purpose: str, channel: str = "email", **fields: str) -> Page:
    """Press the switch of one way, or send its form with other fields."""
    return await visitor.post("/choices", row(visitor.page, purpose, channel).fields | fields)


async def facts(stage: Stage) -> int:
    return await stage.count("vault.fact")


@pytest.mark.usefixtures("customer")
async def test_the_page_tells_each_purpose_with_those_within_it_and_orders_last(stage: Stage, visitor: Visitor) -> None:
    page = visitor.page
    places = [
        page.text.index(name)
        for name in (
            "Offers and news",
            "Sales and price",
            "Back in stock",
            "Asking your",
            "Choosing offers",
            "Your orders",
        )
    ]
    assert places == sorted(places)
    assert (page.heading, page.title.count("Saved")) == ("What you allow", 0)
    assert "We never asked you." in page.text
    assert "to Qu•••@" in page.text
    assert len(await stage.entries("consents_read")) == 1
    assert await facts(stage) == 0


async def test_a_yes_counts_at_once_and_so_does_a_no_on_every_worker(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    await stage.open()
    other = await stage.client("everything", app=1)
    assert codes(await other.decide(customer=customer)) == ["never_asked"]
    page = await press(visitor, "sales")
    assert page.about == "Saved: What you allow"
    assert "You said yes today at" in page.text
    for each in (api, other):
        assert (await each.decide(customer=customer))["allowed"]
    page = await press(visitor, "sales")
    assert "You said no today at" in page.text
    for each in (other, api):
        assert codes(await each.decide(customer=customer)) == ["withdrawn"]
    said = [(one["said"], one["source"], one["method"], one.get("notice")) for one in await stage.entries("fact")]
    assert said == [("granted", "person", "portal", 2), ("withdrawn", "person", "portal", None)]


@pytest.mark.usefixtures("customer")
async def test_the_fact_cites_the_words_on_the_page_in_its_language(stage: Stage, visitor: Visitor) -> None:
    await visitor.get("/?lang=de")
    await press(visitor, "sales")
    [kept] = await stage.rows("SELECT notice, locale, words FROM vault.fact")
    assert (kept["notice"], kept["locale"]) == (2, "de")
    assert visitor.at.startswith("/p/fernhill/?") or "#p-sales" in visitor.at


@pytest.mark.usefixtures("customer")
async def test_a_form_sent_twice_says_one_thing_and_again_says_another(stage: Stage, visitor: Visitor) -> None:
    form = row(visitor.page, "sales").fields
    for _ in range(2):
        await visitor.post("/choices", form)
    assert await facts(stage) == 1
    await visitor.post("/choices", form | {"say": "again"})
    assert await facts(stage) == 2
    for _ in range(2):
        await visitor.post("/choices", form | {"say": "no"})
    assert await facts(stage) == 3


async def test_a_yes_to_words_that_have_changed_shows_old_and_new_and_two_doors(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    form = row(visitor.page, "sales").fields
    file = make.organization()
    newest = file["notices"]["sales"][-1]
    texts = {name: words | {"ask": f"{words['ask']} And on Sundays."} for name, words in newest["texts"].items()}
    file["notices"]["sales"].append(
        newest
        | {"version": newest["version"] + 1, "texts": texts, "compatible": False, "published": "2026-01-01T00:00:00Z"}
    )
    await stage.apply(file)
    page = await visitor.post("/choices", form)
    assert (page.status, page.heading) == (409, "The words have changed")
    assert page.text.count("And on Sundays.") == 1
    assert [button.words for button in page.form("/choices").buttons] == ["Yes to the new words", "No"]
    assert await facts(stage) == 0
    page = await visitor.press("/choices")
    assert "You said yes today" in page.text
    assert (await api.decide(customer=customer))["allowed"]
    page = await visitor.post("/choices", form | {"words": "0" * 64})
    assert page.status == 409


@pytest.mark.usefixtures("customer")
@pytest.mark.parametrize(
    "fields",
    [
        {"purpose": "gone"},
        {"channel": "gone"},
        {"notice": "x"},
        {"notice": "9" * 99},
        {"words": "x" * 99},
        {"say": "perhaps"},
        {"channel": "*"},
    ],
)
async def test_what_makes_no_sense_changes_nothing(stage: Stage, visitor: Visitor, fields: dict[str, str]) -> None:
    page = await visitor.post("/choices", row(visitor.page, "sales").fields | fields)
    assert page.status == 422
    assert await facts(stage) == 0


@pytest.mark.usefixtures("customer")
async def test_a_form_from_elsewhere_or_of_an_old_tab_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    assert (await press(visitor, "sales", csrf="x")).status == 403
    for place in ("/stop", "/stop/undo"):
        assert (await visitor.post(place, {"csrf": "x"})).status == 403
    assert (
        await visitor.post("/stop", row((await visitor.get("/")), "sales").fields, **{"sec-fetch-site": "cross-site"})
    ).status == 403
    assert await facts(stage) == 0


async def test_a_yes_that_begins_with_a_message_says_so_and_is_none_until_it_is_confirmed(
    api: Api, visitor: Visitor, customer: str
) -> None:
    assert "After a yes we send a message, and it counts once you confirm it." in visitor.page.text
    page = await press(visitor, "newsletter")
    assert "A message is on its way to you." in page.text
    assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_what_was_asked_and_not_confirmed_waits_and_can_be_forgotten(
    api: Api, stage: Stage, visitor: Visitor, customer: str
) -> None:
    await api.grant(customer, purpose="newsletter", notice=1)
    page = await visitor.get("/")
    assert "Not yet" in page.text
    assert [one.words for one in row(page, "newsletter").buttons] == ["Send it again", "No, forget it"]
    page = await press(visitor, "newsletter", say="no")
    assert "Not yet" not in page.text
    assert (await stage.entries("fact"))[-1]["said"] == "refused"


async def test_everything_stops_with_one_press_and_comes_back_with_one(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    await press(visitor, "sales")
    await press(visitor, "surveys")
    await press(visitor, "personalisation", "*")
    page = await visitor.press("/stop")
    assert (page.heading, page.status) == ("Everything is stopped", 200)
    for purpose in ("sales", "surveys"):
        assert codes(await api.decide(customer=customer, purpose=purpose)) == ["withdrawn"]
    assert (await api.decide(customer=customer, purpose="order_updates"))["allowed"]
    assert "Sales and price offers by e-mail" in page.text
    before = await facts(stage)
    await visitor.get("/")
    again = await visitor.press("/stop")
    assert (again.heading, await facts(stage)) == ("Everything is stopped", before)
    visitor.page = page
    page = await visitor.press("/stop/undo")
    assert page.about == "Saved: What you allow"
    assert await facts(stage) == before + 3
    for purpose in ("sales", "surveys"):
        assert (await api.decide(customer=customer, purpose=purpose))["allowed"]
    assert [one["method"] for one in (await stage.entries("fact"))[-3:]] == ["undo"] * 3


async def test_an_undo_brings_nothing_back_that_was_spoken_of_since(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    await press(visitor, "sales")
    stopped = await visitor.press("/stop")
    await api.say_no("withdrawals", customer)
    before = await facts(stage)
    visitor.page = stopped
    await visitor.press("/stop/undo")
    await visitor.post("/stop/undo", stopped.form("/stop/undo").fields | {"undo": "fct_x"})
    assert await facts(stage) == before
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_whoever_is_not_signed_in_is_shown_the_way_in(stage: Stage, visitor: Visitor) -> None:
    for place in ("/", "/stopped"):
        assert (await visitor.get(place)).heading == "See what you allow"
    assert (await visitor.post("/stop", {})).status in {200, 403}
    assert await facts(stage) == 0


@pytest.mark.usefixtures("customer")
async def test_looking_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    await press(visitor, "sales")
    before = await facts(stage)
    for place in ("/", "/stopped", "/?done=fct_x", "/stopped?done=fct_x", "/choices", "/stop", "/stop/undo"):
        for _ in range(3):
            await visitor.get(place)
    assert await facts(stage) == before
