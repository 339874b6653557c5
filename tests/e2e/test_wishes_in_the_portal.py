"""How and when, at the portal: breaks, quiet hours, limits, a way preferred, a language. A wish adds no message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Json, Stage, codes, now, said
from tests.visitor import Page, Visitor

FORM = {"channel": "email", "budget": "1-week", "quiet_from": "21:00", "quiet_to": "08:00", "locale": "en"}


@pytest_asyncio.fixture
async def customer(stage: Stage, api: Api, visitor: Visitor) -> str:
    who, address = await somebody(api)
    await api.grant(who)
    await sign_in(stage, visitor, address)
    return who


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def wishes(api: Api, customer: str) -> Json:
    return await api.get(f"/v1/customers/{customer}/preferences")


async def save(visitor: Visitor, **fields: str) -> Page:
    form = visitor.page.form("/preferences").fields
    return await visitor.post("/preferences", form | FORM | fields)


def without(part: Any, word: str) -> Any:
    """Return a file without a word, wherever it stands."""
    if isinstance(part, dict):
        return {name: without(one, word) for name, one in part.items() if name != word}
    return [without(one, word) for one in part if one != word] if isinstance(part, list) else part


@pytest.mark.parametrize("button", [0, 1, 2])
async def test_a_break_is_one_press_counts_at_once_and_ends_with_one(
    api: Api, visitor: Visitor, customer: str, button: int
) -> None:
    assert (await api.decide(customer=customer))["allowed"]
    page = await visitor.press("/pause", button=button)
    assert page.about == "Saved: What you allow"
    assert "Saved. You are on a break until" in page.text
    assert "Paused until" in page.text
    assert codes(await api.decide(customer=customer)) == ["paused"]
    assert (await api.decide(customer=customer, purpose="service"))["allowed"]
    until = (await api.decide(customer=customer))["defer_until"]
    assert until.startswith((now() + timedelta(days=30 * (button + 1))).date().isoformat())
    page = await visitor.get("/")
    assert (page.about, page.text.count("You are on a break until")) == ("What you allow", 1)
    page = await visitor.press("/pause/end")
    assert "Your break is over" in page.text
    assert "Paused until" not in page.text
    assert (await api.decide(customer=customer))["allowed"]


async def test_a_no_does_not_read_as_if_it_would_begin_again_after_the_break(visitor: Visitor, customer: str) -> None:
    del customer
    page = await visitor.press("/pause")
    assert page.text.count("Paused until") == 1
    await visitor.press("/choices")
    page = await visitor.press("/stop")
    page = await visitor.get("/")
    assert "Paused until" not in page.text


async def test_the_form_shows_what_is_wished_and_saving_it_changes_nothing(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    wished: Json = {
        "order": ["sms", "email"], "quiet": {"*": "21:30-08:00", "sms": "12:00-13:00"}, "locale": "de",
        "at_most": {"*": {"most": 3, "per": "day"}, "email": {"most": 1, "per": "month"}},
    }  # fmt: skip
    path = f"/v1/customers/{customer}/preferences"
    shown = said(await api.send("PUT", path, wished))
    entries = len(await stage.entries("preference_set"))
    page = await visitor.get("/")
    assert page.form("/preferences").fields == {
        "csrf": page.form("/preferences").fields["csrf"], "channel": "sms", "budget": "3-day",
        "budget_email": "1-month", "quiet_from": "21:30", "quiet_to": "08:00", "quiet_from_sms": "12:00",
        "quiet_to_sms": "13:00", "locale": "de",
    }  # fmt: skip
    page = await visitor.press("/preferences")
    assert page.about == "Saved: What you allow"
    assert await wishes(api, customer) == shown
    assert len(await stage.entries("preference_set")) == entries


async def test_what_is_saved_counts_at_once_and_keeps_a_break(api: Api, visitor: Visitor, customer: str) -> None:
    await visitor.press("/pause")
    page = await save(visitor)
    assert visitor.at == "/p/fernhill/?done=wishes#how"
    assert "Saved. It counts from now on." in page.text
    kept = await wishes(api, customer)
    assert kept.pop("paused_until")
    assert kept == {
        "order": ["email"], "quiet": {"*": "21:00-08:00"}, "at_most": {"*": {"most": 1, "per": "week"}},
        "locale": "en", "time_zone": "Europe/London",
    }  # fmt: skip
    await save(visitor, channel="", budget="", quiet_from="", quiet_to="", locale="fr")
    kept = await wishes(api, customer)
    del kept["paused_until"]
    assert kept == {"locale": "fr", "time_zone": "Europe/London"}


async def test_a_form_that_makes_no_sense_comes_back_as_it_was_typed(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    before = await wishes(api, customer)
    page = await save(visitor, quiet_to="", budget="2-month", channel="sms", locale="fr")
    assert (page.status, page.about) == (422, "Error: What you allow")
    assert "Quiet hours need a beginning and an end." in page.text
    assert 'aria-invalid="true" aria-describedby="quiet_to-wrong"' in page.html
    assert "#quiet_to" in page.links
    fields = page.form("/preferences").fields
    assert {name: fields[name] for name in FORM} == {
        "channel": "sms", "budget": "2-month", "quiet_from": "21:00", "quiet_to": "", "locale": "fr",
    }  # fmt: skip
    page = await visitor.press("/preferences", quiet_to="21:00")
    assert page.status == 422
    assert "Quiet hours end at another time" in page.text
    assert await wishes(api, customer) == before
    assert await stage.entries("preference_set") == []
    page = await visitor.press("/preferences", quiet_to="09:00")
    assert page.status == 200
    assert (await wishes(api, customer))["quiet"] == {"*": "21:00-09:00"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "pigeon"), ("budget", "0-week"), ("budget", "1-year"), ("budget", "9999-day"), ("budget", "week"),
        ("quiet_from", "21:10"), ("quiet_from", "25:00"), ("quiet_to", "<script>"), ("locale", "tlh"), ("locale", ""),
    ],
)  # fmt: skip
async def test_what_is_none_of_the_choices_is_a_fault_of_its_field(
    api: Api, visitor: Visitor, customer: str, field: str, value: str
) -> None:
    before = await wishes(api, customer)
    page = await save(visitor, **{field: value})
    assert page.status == 422
    assert f"#{field}" in page.links
    assert "Choose one of the answers in the list." in page.text
    assert "<script>" not in page.html
    kept = page.form("/preferences").fields
    assert {name: kept[name] for name in FORM if name != field} == {name: FORM[name] for name in FORM if name != field}
    assert await wishes(api, customer) == before


async def test_a_page_from_before_takes_away_nothing_that_it_did_not_show(
    api: Api, visitor: Visitor, customer: str
) -> None:
    await visitor.get("/")
    limit = {"email": {"most": 1, "per": "month"}}
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", {"at_most": limit}))
    page = await save(visitor)
    assert page.status == 200
    assert (await wishes(api, customer))["at_most"] == {**limit, "*": {"most": 1, "per": "week"}}
    await visitor.press("/preferences", budget_email="")
    assert (await wishes(api, customer))["at_most"] == {"*": {"most": 1, "per": "week"}}


async def test_a_channel_that_has_gone_since_is_no_fault_of_the_customer(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    wished: Json = {"order": ["whatsapp"], "quiet": {"whatsapp": "12:00-13:00"}}
    wished["at_most"] = {"whatsapp": {"most": 1, "per": "day"}}
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", wished))
    await visitor.get("/")
    await stage.apply(without(make.organization(), "whatsapp"))
    page = await visitor.press("/preferences", channel="whatsapp")
    assert (page.status, "#channel" in page.links) == (422, True)
    page = await visitor.get("/")
    assert (await visitor.press("/preferences")).status == 200
    assert {*await wishes(api, customer)} == {"locale", "time_zone"}
    assert (await visitor.press("/pause")).status == 200


@pytest.mark.usefixtures("customer")
async def test_a_form_that_nobody_could_have_filled_in_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    csrf = visitor.page.form("/preferences").fields["csrf"]
    for place, form, status in (
        ("/pause", {"days": "31"}, 422), ("/pause", {"days": "x"}, 422), ("/pause", {}, 422),
        ("/preferences", {"budget": "1" * 2_000}, 422), ("/preferences", {"locale": "x" * 1_000_000}, 413),
        ("/preferences", {}, 200),
    ):  # fmt: skip
        assert (await visitor.post(place, {"csrf": csrf, **form})).status == status, (place, status)
    for place in ("/pause", "/pause/end", "/preferences"):
        assert (await visitor.post(place, {"csrf": "0" * 64, **FORM, "days": "30"})).status == 403
        assert (await visitor.get(place)).status in {404, 405}
    assert await stage.count("vault.preference") <= 1
    assert await stage.entries("preference_set") == []


@pytest.mark.usefixtures("customer")
async def test_looking_at_the_page_wishes_nothing(stage: Stage, visitor: Visitor) -> None:
    for place in ("/", "/?done=break", "/?done=over", "/?done=wishes"):
        await visitor.get(place)
        assert (await visitor.send("HEAD", f"/p/fernhill{place}")).status_code in {200, 405}
    assert await stage.count("vault.preference") == 0
    assert "You are on a break" not in (await visitor.get("/?done=break")).text


async def test_after_a_stop_one_thing_may_come_back_once_a_month(api: Api, visitor: Visitor, customer: str) -> None:
    await api.grant(customer, purpose="newsletter", notice=1)
    page = await visitor.press("/stop")
    form = page.forms[-1]
    assert {button.words for button in form.buttons} == {"Once a month, please"}
    for unknown in ("sales fax", "sales", "sales email x"):
        await visitor.post("/stop/undo", form.fields | {"only": unknown})
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        assert "at_most" not in await wishes(api, customer)
    for _ in range(2):
        page = await visitor.post("/stop/undo", form.fields | {"only": "sales email"})
        assert page.heading == "What you allow"
    assert (await wishes(api, customer))["at_most"] == {"email": {"most": 1, "per": "month"}}
    assert (await api.decide(customer=customer))["allowed"]
    assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["withdrawn"]


async def test_the_page_shows_what_really_came_beside_what_was_promised(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    page = await visitor.get("/")
    assert "None in the last 13 weeks." in page.text
    assert "We promised" not in page.text
    assert 'class="hit"' not in page.html
    file = make.organization()
    file["purposes"]["offers"]["children"]["sales"]["budget"] = {"day": 5, "week": 7}
    await stage.apply(file)
    for _ in range(3):
        assert (await api.decide(customer=customer, release=["contact"]))["allowed"]
    await api.decide(customer=customer, release=None)
    assert (await api.decide(customer=customer, purpose="service", release=["contact"]))["allowed"]
    [other, *_] = [await api.register()]
    await api.grant(other)
    await api.decide(customer=other, release=["contact"])
    page = await visitor.get("/")
    assert "3 in the last 13 weeks. We promised at most 5 a day, 7 a week." in page.text
    assert "1 in the last 13 weeks." in page.text
    assert page.html.count('class="hit"') == 4
    page = await visitor.get("/?lang=fr")
    assert "3 ces 13 dernières semaines. Nous avons promis au plus 5 par jour, 7 par semaine." in page.text


async def test_after_a_no_it_may_be_once_a_month_instead(
    stage: Stage, api: Api, visitor: Visitor, customer: str
) -> None:
    form = next(one for one in visitor.page.forms if one.fields.get("purpose") == "sales")
    page = await visitor.post("/choices", form.fields | {"say": "no"})
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    [less] = [one for one in page.forms if one.buttons and one.buttons[0].name == "less"]
    assert less.buttons[0].words == "Once a month, please"
    assert less.fields["say"] == "yes"
    page = await visitor.post("/choices", less.fields | {"less": "monthly"})
    assert (await api.decide(customer=customer))["allowed"]
    assert (await wishes(api, customer))["at_most"] == {"email": {"most": 1, "per": "month"}}
    assert "Once a month, please" not in page.text
    before = await stage.count("vault.fact")
    await visitor.post("/choices", less.fields | {"less": "monthly"})
    assert await stage.count("vault.fact") == before


async def test_two_banners_at_most_and_the_signal_first(stage: Stage, api: Api) -> None:
    _, address = await somebody(api)
    visitor = Visitor(stage.http, **{"sec-gpc": "1"})
    await sign_in(stage, visitor, address)
    await visitor.press("/pause")
    page = await visitor.get("/")
    assert page.html.count('class="banner') == 2
    page = await save(visitor)
    assert page.html.count('class="banner') == 2
    assert page.text.index("Your browser said") < page.text.index("Saved. It counts from now on.")
    assert "You are on a break until" in page.text


async def test_without_an_address_for_a_way_there_is_where_to_add_one(visitor: Visitor, stage: Stage, api: Api) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    assert ("Add a postal address" in visitor.page.text) is ("/p/fernhill/details" in visitor.page.links)
