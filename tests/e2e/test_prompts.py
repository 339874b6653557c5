"""Prompts: the words a client asks with are the vault's; an answer is taken to those alone, once, from that client."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any, Final

import pytest
from consent_vault import Choice, Conflict, Invalid

from tests import make
from tests.e2e.doors import somebody
from tests.e2e.joining import facts, links, with_words
from tests.make import FakeClock
from tests.stage import Api, Json, Stage, codes, now, refused
from vault.actions.client.sweeping import sweep

YES: Final = {"purpose": "sales", "channel": "email", "say": "yes"}
NO: Final = YES | {"say": "no"}


async def made(api: Api, **given: Any) -> Json:
    return await api.post("/v1/prompts", {"purposes": ["sales"], "method": "form"} | given)


async def send(api: Api, customer: str, prompt: str, *choices: Json, **given: Any) -> Any:
    return await api.send("POST", "/v1/prompts/answers", make.prompted(customer, prompt, choices=choices, **given))


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_words_choices_and_version_are_rendered_in_a_language_and_nothing_is_kept(stage: Stage, api: Api) -> None:
    before = await stage.written()
    prompt = await made(api, purposes=["newsletter", "personalisation", "sales"], locale="de-AT", method="kiosk")
    assert [(one["purpose"], one["channels"], one["notice"], one["locale"]) for one in prompt["asks"]] == [
        ("newsletter", ["email"], 2, "de"),
        ("personalisation", ["*"], 1, "de"),
        ("sales", ["email", "sms", "voice", "push", "whatsapp"], 2, "de"),
    ]
    first = prompt["asks"][0]
    assert first["title"] == "Der Trail-Brief"
    assert first["ask"] == "Schickt mir etwa zweimal im Monat den Trail-Brief per E-Mail."
    assert (first["agree"], first["decline"]) == ("Ja, gern", "Nein, danke")
    assert re.fullmatch("[0-9a-f]{64}", first["words"])
    assert await stage.written() == before
    [entry] = await stage.entries("prompt_made")
    assert entry["purposes"] == ["newsletter", "personalisation", "sales"]
    english = await made(api, channels=["email"], locale="nds")  # a language nobody has
    assert [(one["channels"], one["locale"]) for one in english["asks"]] == [(["email"], "en")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"purposes": ["gone"]}, "unknown_purpose"),
        ({"purposes": ["service"]}, "nothing_to_grant"),
        ({"channels": ["gone"]}, "unknown_channel"),
        ({"channels": ["post"]}, "channel_not_for_purpose"),
        ({"purposes": []}, "invalid_request"),
        ({"method": "paper"}, "invalid_request"),
    ],
)
async def test_what_is_never_asked_is_no_prompt(api: Api, given: Json, code: str) -> None:
    wanted = {"purposes": ["sales"], "method": "form"} | given
    refused(await api.send("POST", "/v1/prompts", wanted), 422, code)


async def test_a_client_asks_within_its_ceiling_and_its_token(stage: Stage) -> None:
    file = make.organization()
    file["clients"]["kiosk"] = make.client(file, "prompt", purposes=["sales"], channels=["email", "sms"])
    await stage.apply(file)
    kiosk = await stage.client("kiosk")
    assert (await made(kiosk))["asks"][0]["channels"] == ["email", "sms"]
    denied = await kiosk.send("POST", "/v1/prompts", {"purposes": ["events"], "method": "form"})
    refused(denied, 403, "purpose_not_granted_to_client")
    denied = await kiosk.send("POST", "/v1/prompts", {"purposes": ["sales"], "channels": ["voice"], "method": "form"})
    refused(denied, 403, "channel_not_granted_to_client")
    refused(
        await (await stage.client("only_capture")).send(
            "POST", "/v1/prompts", {"purposes": ["sales"], "method": "form"}
        ),
        403,
        "insufficient_scope",
    )


# ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_answer_is_the_clients_capture_with_the_words_shown_and_its_evidence_sealed(
    stage: Stage, api: Api
) -> None:
    assert api.sdk is not None
    customer, _ = await somebody(api)
    prompt = await api.sdk.prompt(purposes=["sales"], method="phone", locale="fr")
    choices = [Choice(**YES), Choice(purpose="sales", channel="sms", say="no")]
    stated = await api.sdk.answer_prompt(
        prompt=prompt.prompt, customer=customer, choices=choices, evidence=make.evidence()
    )
    assert [(one.channel, one.say, one.repeated) for one in stated] == [("email", "yes", False), ("sms", "no", False)]
    assert sorted((one["channel"], one["said"], one["source"], one["method"]) for one in await facts(stage)) == [
        ("email", "granted", "client", "phone"),
        ("sms", "refused", "client", "phone"),
    ]
    [kept] = await stage.rows("SELECT notice, locale, words, evidence FROM vault.fact WHERE kind = 'granted'")
    assert (kept["notice"], kept["locale"], kept["words"]) == (2, "fr", prompt.asks[0].words)
    assert b"Quokka" not in kept["evidence"]
    assert (await api.decide(customer=customer))["allowed"]
    again = await api.sdk.answer_prompt(
        prompt=prompt.prompt, customer=customer, choices=choices[::-1], evidence=make.evidence()
    )
    assert {one.id for one in again} == {one.id for one in stated}
    assert all(one.repeated for one in again)


async def test_where_a_yes_is_to_be_confirmed_a_prompt_is_followed_by_a_message(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    prompt = (await made(api, purposes=["newsletter"]))["prompt"]
    await send(api, customer, prompt, YES | {"purpose": "newsletter"})
    assert codes(await api.decide(customer=customer, purpose="newsletter"))[0] == "double_opt_in_pending"
    [link] = await links(stage)
    await stage.http.post(link, data={"say": "yes"})
    assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_a_yes_without_evidence_or_that_was_not_asked_is_none(api: Api) -> None:
    customer, _ = await somebody(api)
    prompt = (await made(api, channels=["email"]))["prompt"]
    refused(await send(api, customer, prompt, YES | {"channel": "sms"}), 422, "not_in_prompt")
    refused(await send(api, customer, prompt, YES | {"purpose": "events"}), 422, "not_in_prompt")
    refused(await send(api, customer, prompt, YES, YES), 422, "chosen_twice")
    refused(await send(api, customer, prompt, YES, evidence={}), 422, "evidence_missing")
    refused(await send(api, customer, prompt), 422, "invalid_request")
    assert codes(await api.decide(customer=customer)) == ["never_asked"]


# ── Attacks ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_altered_or_foreign_prompt_takes_no_yes(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("nahr"))
    there, other = await stage.client("everything", slug="nahr"), await stage.client("only_prompt")
    customer, _ = await somebody(api)
    prompt = (await made(api))["prompt"]
    _, link = prompt, (await made(there))["prompt"]
    for one in (
        link,
        (await made(other))["prompt"],
        prompt[:-6] + ("A" if prompt[-6] != "A" else "B") + prompt[-5:],
        prompt[:27] + link[27:],
        prompt[:-20],
        f"{prompt}AA",
        "",
        "é",
        "x" * 3000,
    ):
        refused(await send(api, customer, one, YES), 422, "no_prompt")
    assert codes(await api.decide(customer=customer)) == ["never_asked"]
    assert (await send(api, customer, prompt, YES)).status_code == 200


async def test_a_link_of_a_message_is_no_prompt_and_a_prompt_no_link(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    await api.grant(customer, purpose="newsletter", notice=2)
    [link] = await links(stage)
    prompt = (await made(api))["prompt"]
    refused(await send(api, customer, link.removeprefix("/c/"), YES), 422, "no_prompt")
    for place in (f"/c/{prompt}", f"/u/{prompt}", f"/u/{link.removeprefix('/c/')}"):
        assert (await stage.http.post(place, data={"say": "yes"})).status_code == 404


async def test_a_prompt_older_than_the_words_that_ask_takes_no_yes(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    prompt = (await made(api, purposes=["newsletter"]))["prompt"]
    await stage.apply(with_words(3, compatible=True))
    yes = YES | {"purpose": "newsletter"}
    refused(await send(api, customer, prompt, yes), 409, "words_changed")
    assert (await send(api, customer, prompt, yes | {"say": "no"})).status_code == 200
    assert [fact["said"] for fact in await facts(stage)] == ["refused"]


async def test_a_prompt_is_answered_once_and_by_one_person(stage: Stage, api: Api) -> None:
    first, _ = await somebody(api)
    second, _ = await somebody(api)
    prompt = (await made(api))["prompt"]
    assert (await send(api, first, prompt, YES)).status_code == 200
    refused(await send(api, second, prompt, YES), 409, "prompt_answered")
    refused(await send(api, first, prompt, YES, YES | {"channel": "sms"}), 409, "prompt_answered")
    assert codes(await api.decide(customer=second)) == ["never_asked"]
    assert (await send(api, first, prompt, NO)).status_code == 200  # a no counts all the same
    assert codes(await api.decide(customer=first)) == ["refused"]
    stated = (await send(api, first, prompt, YES)).json()["stated"]
    assert stated[0]["repeated"]  # the yes of before, sent again, undoes no no
    assert codes(await api.decide(customer=first)) == ["refused"]
    silent = (await made(api))["prompt"]
    await send(api, first, silent, NO)
    refused(await send(api, first, silent, YES), 409, "prompt_answered")


async def test_a_no_counts_whatever_its_prompt_and_whatever_becomes_of_the_yeses(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    await api.grant(customer)
    refused(await send(api, customer, "forged", NO, YES | {"channel": "sms"}), 422, "no_prompt")
    assert codes(await api.decide(customer=customer)) == ["refused"]
    other, _ = await somebody(api)
    await api.grant(other)
    prompt = (await made(api))["prompt"]
    refused(await send(api, other, prompt, NO, YES), 422, "chosen_twice")
    assert codes(await api.decide(customer=other)) == ["refused"]


async def test_a_yes_and_a_no_to_one_prompt_at_once_wait_for_each_other_and_the_no_is_never_turned_away(
    stage: Stage, api: Api
) -> None:
    customer, _ = await somebody(api)
    for _ in range(12):
        prompt = (await made(api))["prompt"]
        answers = await asyncio.gather(*[send(api, customer, prompt, choice) for choice in (YES, NO, YES, NO)])
        assert {answer.status_code for answer in answers[1::2]} == {200}
        assert {answer.status_code for answer in answers[::2]} <= {200, 409}
        assert codes(await api.decide(customer=customer)) == ["refused"]


async def test_a_prompt_is_over_in_a_day_and_then_forgotten(stage: Stage) -> None:
    clock = FakeClock(at=now())
    api = await stage.client("everything", "prompt create decide", app=await stage.open(clock=clock))
    customer, _ = await somebody(api)
    prompt = (await made(api))["prompt"]
    await send(api, customer, prompt, YES)
    assert await stage.count("vault.prompt") == 1
    await sweep(stage.apps[1].state.vault)
    assert await stage.count("vault.prompt") == 1
    await stage.rows("UPDATE vault.prompt SET expires_at = expires_at - $1::interval", timedelta(days=2))
    await sweep(stage.apps[1].state.vault)
    assert await stage.count("vault.prompt") == 0


async def test_the_sdk_raises_for_a_yes_that_is_none(api: Api) -> None:
    assert api.sdk is not None
    customer, _ = await somebody(api)
    with pytest.raises(Invalid):
        await api.sdk.answer_prompt(prompt="x", customer=customer, choices=[Choice(**YES)], evidence={"a": "b"})
    prompt = (await api.sdk.prompt(purposes=["sales"], method="form")).prompt
    await api.sdk.answer_prompt(prompt=prompt, customer=customer, choices=[Choice(**NO)])
    with pytest.raises(Conflict):
        await api.sdk.answer_prompt(prompt=prompt, customer=customer, choices=[Choice(**YES)], evidence={"a": "b"})
