"""An answer to a text message: STOP binds everybody who has the number, START ends that and says yes to nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest
from consent_vault import TextMessage

from tests import make
from tests.stage import Api, Stage, codes, now, refused, told

Json = dict[str, Any]

DONE: Final = "Done. Fernhill Outdoor Ltd sends you no more text messages."
SMS: Final = {"channel": "sms"}
_ids = count(1)


@pytest.fixture
async def gateway(stage: Stage) -> Api:
    """A client that sends messages and may look nobody up."""
    return await stage.client("only_outcome")


async def hear(api: Api, number: str, text: str, *, own: str = "", **given: Any) -> Json:
    """Hand a message on; each has an id of its own unless one is given."""
    message = {"from": number, "text": text, "id": own or f"m{next(_ids)}", **given}
    return await api.post("/v1/inbound/sms", message)


async def somebody(api: Api, number: str, **given: Any) -> str:
    """Return somebody with this number who said yes to offers by text message."""
    customer = await api.register(contact_points=[make.point("phone", number)], **given)
    await api.grant(customer, **SMS)
    return customer


async def state(api: Api, customer: str) -> str:
    consents = (await api.get(f"/v1/customers/{customer}/consents"))["consents"]
    return str(next(one["state"] for one in consents if (one["purpose"], one["channel"]) == ("sales", "sms")))


async def test_a_stop_binds_everybody_who_has_the_number_for_the_very_next_decision(
    stage: Stage, api: Api, gateway: Api
) -> None:
    number = make.phone()
    ivy, jack = await somebody(api, number), await somebody(api, number)
    other = await somebody(api, make.phone())
    assert (await api.decide(customer=ivy, **SMS))["allowed"]
    assert await hear(gateway, f" {number[:3]} {number[3:]} ", "Please stop. Quokka") == {
        "heard": "stop",
        "reply": DONE,
    }
    for customer in (ivy, jack):
        answer = await api.decide(customer=customer, **SMS)
        assert codes(answer) == ["suppressed", "withdrawn"]
        assert await state(api, customer) == "withdrawn"
    assert (await api.decide(customer=other, **SMS))["allowed"]
    stops = await stage.entries("contact_point_stopped")
    assert len(stops) == 2
    assert {entry["cause"] for entry in stops} == {"stop_word"}
    facts = [entry for entry in await stage.entries("fact") if entry["method"] == "stop_word"]
    assert {(one["said"], one["purpose"], one["channel"], one["source"]) for one in facts} == {
        ("withdrawn", "offers", "sms", "link"),
    }


async def test_a_number_nobody_has_is_stopped_with_the_same_answer_and_whoever_comes_with_it_is_bound(
    stage: Stage, api: Api, gateway: Api
) -> None:
    nobodys, known = make.phone(), make.phone()
    await somebody(api, known, locale="de")
    assert (
        await hear(gateway, nobodys, "STOP") == await hear(gateway, known, "STOP") == {"heard": "stop", "reply": DONE}
    )
    late = await somebody(api, nobodys)
    assert "suppressed" in codes(await api.decide(customer=late, **SMS))
    assert (await stage.count("vault.suppression")) == 2


async def test_one_message_confirms_a_stop_and_none_does_again(gateway: Api) -> None:
    number = make.phone()
    assert "reply" in await hear(gateway, number, "stop", own="a")
    assert await hear(gateway, number, "stop", own="a") == {"heard": "stop"}
    assert await hear(gateway, number, "STOP!!!", own="b") == {"heard": "stop"}


async def test_a_message_handed_on_again_does_nothing_more(stage: Stage, api: Api, gateway: Api) -> None:
    number = make.phone()
    await somebody(api, number)
    await hear(gateway, number, "stop", own="a")
    before = await stage.written()
    await hear(gateway, number, "stop", own="a")
    await hear(gateway, number, "stop", own="b")
    assert await stage.written() == before


async def test_what_was_no_stop_stops_nothing_and_is_kept_nowhere(stage: Stage, api: Api, gateway: Api) -> None:
    number = make.phone()
    customer = await somebody(api, number)
    before = await stage.written()
    for text in ("Non-stop rain, Quokka", "Merci", "", "don't stop"):
        assert await hear(gateway, number, text) == {"heard": "none"}
    assert await stage.written() == before
    assert (await api.decide(customer=customer, **SMS))["allowed"]


async def test_start_from_that_very_number_ends_the_stop_and_grants_nothing(
    stage: Stage, api: Api, gateway: Api
) -> None:
    number = make.phone()
    customer = await somebody(api, number)
    await hear(gateway, number, "stop")
    assert await hear(gateway, make.phone(), "START") == {"heard": "start"}
    assert "suppressed" in codes(await api.decide(customer=customer, **SMS))
    assert (await hear(gateway, number, "START"))["reply"].startswith("The stop has ended.")
    assert codes(await api.decide(customer=customer, **SMS)) == ["withdrawn"]
    assert len(await stage.entries("suppression_lifted")) == len(await stage.entries("contact_point_freed")) == 1
    assert "reply" in await hear(gateway, number, "stop")
    assert codes(await api.decide(customer=customer, **SMS)) == ["suppressed", "withdrawn"]


async def test_a_start_older_than_the_stop_or_handed_on_again_ends_nothing(api: Api, gateway: Api) -> None:
    number = make.phone()
    customer = await somebody(api, number)
    await hear(gateway, number, "start", own="s")
    await hear(gateway, number, "stop")
    earlier = (now() - timedelta(minutes=5)).isoformat()
    assert await hear(gateway, number, "start", received_at=earlier) == {"heard": "start"}
    assert await hear(gateway, number, "start", own="s") == {"heard": "start"}
    assert "suppressed" in codes(await api.decide(customer=customer, **SMS))
    later = (now() + timedelta(days=5)).isoformat()
    assert "reply" in await hear(gateway, number, "start", received_at=later)


async def test_a_stop_under_an_id_used_before_still_stops(api: Api, gateway: Api) -> None:
    number = make.phone()
    customer = await somebody(api, number)
    for text in ("stop", "start", "stop"):
        await hear(gateway, number, text, own="the same each time" if text == "stop" else "")
    assert "suppressed" in codes(await api.decide(customer=customer, **SMS))


async def test_a_yes_said_after_a_stop_goes_with_the_next_one_and_no_start_revives_it(api: Api, gateway: Api) -> None:
    number = make.phone()
    customer = await somebody(api, number)
    await hear(gateway, number, "stop")
    await api.grant(customer, **SMS)
    assert await state(api, customer) == "granted"
    assert await hear(gateway, number, "stop") == {"heard": "stop"}
    await hear(gateway, number, "start")
    assert codes(await api.decide(customer=customer, **SMS)) == ["withdrawn"]


async def test_every_client_brings_a_stop_but_only_one_that_sends_messages_a_start(stage: Stage) -> None:
    number = make.phone()
    desk = await stage.client("only_lookup")
    assert (await hear(desk, number, "stop"))["heard"] == "stop"
    response = await desk.send("POST", "/v1/inbound/sms", {"from": number, "text": "start", "id": "1"})
    refused(response, 403, "insufficient_scope")


async def test_the_answer_is_in_the_language_of_the_word_or_of_whom_its_client_may_look_up(
    stage: Stage, api: Api, gateway: Api
) -> None:
    german, french = make.phone(), make.phone()
    await somebody(api, german, locale="de")
    assert (await hear(gateway, french, "Arrêt"))["reply"].startswith("C'est fait.")
    assert (await hear(gateway, german, "HELP"))["reply"].startswith("Fernhill Outdoor Ltd: write STOP")
    assert (await hear(api, german, "HELP"))["reply"].startswith("Fernhill Outdoor Ltd: Schreiben Sie STOPP")
    assert (await hear(api, german, "stop"))["reply"].startswith("Erledigt.")


async def test_help_is_answered_a_few_times_a_day(gateway: Api) -> None:
    number = make.phone()
    answers = [await hear(gateway, number, "help") for _ in range(4)]
    assert ["reply" in answer for answer in answers] == [True, True, True, False]
    assert answers[0]["reply"].endswith("/p/fernhill")


async def test_a_sender_that_is_no_number_is_told_so_without_its_value(gateway: Api) -> None:
    for number in ("QUOKKA", "", "12", "quokka@quokkamail.example"):
        response = await gateway.send("POST", "/v1/inbound/sms", {"from": number, "text": "stop", "id": "1"})
        refused(response, 422, "unreadable_phone")
    for body in ({"from": make.phone(), "text": "stop"}, {"from": make.phone(), "text": 7, "id": "1"}):
        assert (await gateway.send("POST", "/v1/inbound/sms", body)).status_code in {400, 422}


async def test_the_sdk_hands_a_message_on(api: Api) -> None:
    message = TextMessage(sender=make.phone(), text="Quokka? Stop!", id="1")
    assert "uokka" not in repr(message)
    assert api.sdk is not None
    assert told(await api.sdk.hear_sms(message)) == {"heard": "stop", "reply": DONE}


async def test_nothing_crosses_into_another_organization(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("larkspur"))
    number = make.phone()
    customer = await somebody(api, number)
    other = await stage.client("everything", slug="larkspur")
    await hear(other, number, "stop")
    assert (await api.decide(customer=customer, **SMS))["allowed"]
