"""What a prompt asks, and which answer to it can be a yes: at random, none but to what was shown, by whom, in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import NOW, ORGANIZATION
from vault.base.errors import Conflict, Invalid, VaultError
from vault.base.ids import ClientId
from vault.domain.joining.prompt import (
    LASTS,
    Choice,
    NewPrompt,
    Sealed,
    check,
    check_once,
    cited,
    rendered,
    ways,
)

CRM = ClientId("cli_crm")
WAYS = [(purpose.key, channel) for purpose, channel in ORGANIZATION.ways()]


def wanted(*purposes: str, **given: Any) -> NewPrompt:
    return NewPrompt(purposes=purposes, method="form", **given)


def sealed(*purposes: str, **given: Any) -> Sealed:
    shown = rendered(ORGANIZATION, ways(ORGANIZATION, wanted(*purposes), ceiling=["email"]), locale=None, at=NOW)
    plain: dict[str, Any] = {"id": "0" * 32, "client": CRM, "method": "form", "ends_at": NOW + LASTS}
    return Sealed(asks=tuple(cited(one) for one in shown), **(plain | given))


def choice(purpose: str = "sales", channel: str = "email", say: Literal["yes", "no"] = "yes") -> Choice:
    return Choice(purpose=purpose, channel=channel, say=say)


@given(
    st.lists(st.sampled_from(["sales", "newsletter", "events", "personalisation"]), min_size=1, unique=True),
    st.lists(st.sampled_from(WAYS), min_size=1, unique=True),
    st.sampled_from([CRM, ClientId("cli_other")]),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_a_yes_is_taken_to_what_was_shown_from_who_asked_in_time_and_to_nothing_else(
    shown: list[str], said: list[tuple[str, str]], client: ClientId, later: timedelta
) -> None:
    prompt = sealed(*shown)
    offered = {(one.purpose, channel) for one in prompt.asks for channel in one.channels}
    fits = client == CRM and later < LASTS and set(said) <= offered
    yeses = [choice(*one) for one in said]
    if fits:
        found = check(ORGANIZATION, prompt, yeses=yeses, client=client, at=NOW + later)
        assert found.keys() == set(said)
        assert all(one.purpose == way[0] and way[1] in one.channels for way, one in found.items())
        return
    with pytest.raises(VaultError):
        check(ORGANIZATION, prompt, yeses=yeses, client=client, at=NOW + later)


def test_to_no_prompt_there_is_no_yes() -> None:
    with pytest.raises(Invalid, match="no prompt"):
        check(ORGANIZATION, None, yeses=[choice()], client=CRM, at=NOW)


def test_to_other_words_than_those_that_ask_now_there_is_no_yes() -> None:
    prompt = sealed("sales")
    older = msgspec.structs.replace(prompt, asks=(msgspec.structs.replace(prompt.asks[0], notice=2),))
    silent = msgspec.structs.replace(ORGANIZATION, notices={})
    for organization, one in ((ORGANIZATION, older), (silent, prompt)):
        with pytest.raises(Conflict, match="changed"):
            check(organization, one, yeses=[choice()], client=CRM, at=NOW)


def test_a_prompt_asks_for_what_purpose_client_and_wish_have_in_common() -> None:
    asked = ways(ORGANIZATION, wanted("sales", "personalisation", "sales"), ceiling=["voice", "email"])
    assert asked == [("sales", "email"), ("sales", "voice"), ("personalisation", "*")]
    assert ways(ORGANIZATION, wanted("sales", channels=("sms", "post")), ceiling=[]) == [("sales", "sms")]
    assert ways(ORGANIZATION, wanted("personalisation", channels=("*", "sms")), ceiling=[]) == [
        ("personalisation", "*")
    ]
    for never in (
        wanted("sales", channels=("post",)),
        wanted("gone"),
        wanted("sales", channels=("gone",)),
        wanted("personalisation", channels=("sms",)),
    ):
        with pytest.raises(Invalid):
            ways(ORGANIZATION, never, ceiling=["email"])


def test_what_nothing_asks_for_is_not_shown_and_what_has_no_title_is_named() -> None:
    with pytest.raises(Invalid, match="nothing asks"):
        rendered(ORGANIZATION, [("service", "email")], locale=None, at=NOW)
    nameless = msgspec.structs.replace(ORGANIZATION.purposes["sales"], title={"fr": "promotions"})
    organization = msgspec.structs.replace(ORGANIZATION, purposes={**ORGANIZATION.purposes, "sales": nameless})
    [shown] = rendered(organization, [("sales", "email"), ("sales", "sms")], locale="de", at=NOW)
    assert (shown.title, shown.channels, shown.locale, shown.notice) == ("sales", ("email", "sms"), "en", 3)


def test_each_thing_is_chosen_once() -> None:
    check_once([choice(), choice(channel="sms"), choice(purpose="events")])
    for again in (choice(), choice(say="no")):
        with pytest.raises(Invalid):
            check_once([choice(), again])
