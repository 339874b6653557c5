"""The gate: a real mail client sends through it to a real mail server, and what may not be sent does not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP as RULES
from typing import Any

import pytest_asyncio
from consent_vault import AsyncVault, Pace
from structlog.testing import capture_logs

from tests import make
from tests.e2e.gates import NO_VAULT, PASSED, SENDER, USED, WITHDRAWN, Gate, mail, opened
from tests.e2e.test_permits import Letter, letter
from tests.mail import sink
from tests.stage import ISSUER, Api, Json, Stage
from vault.actions.choices import preferences
from vault.actions.client.signing_keys import signing_keys
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.oauth import jws

NONE = "550 5.7.1 no permit: ask the vault with permit_for, and send what it answers as Consent-Permit"
FORGED = "550 5.7.1 this is no permit that the vault signed"
OTHER_SENDER = "550 5.7.1 the permit is for another sender"
NO_MORE = "550 5.7.1 the person may not be contacted any more"
NO_RELAY = "451 4.4.1 the next mail server cannot be reached; the permit is not used"


@pytest_asyncio.fixture
async def gate(stage: Stage) -> AsyncIterator[Gate]:
    sender = await stage.client("discreet")
    assert sender.sdk is not None
    async with sink() as behind, opened(sender.sdk, behind.url, behind) as gate:
        yield gate


async def test_with_a_permit_it_arrives_with_a_link_that_stops_it_and_the_outcome_is_told(
    stage: Stage, api: Api, gate: Gate
) -> None:
    one = await letter(api)
    with capture_logs() as lines:
        assert await gate.send(mail(one, List_Unsubscribe="<mailto:old@fernhill.example>"), one.address) == PASSED
    [arrived] = gate.behind.letters
    assert gate.behind.recipients == [one.address]
    assert arrived.get_all("List-Unsubscribe") == [f"<{one.answer['withdrawal_link']}>"]
    assert arrived.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert arrived["Consent-Permit"] is None
    assert f"by gate with ESMTP id {one.answer['id']};" in str(arrived["Received"])
    assert gate.behind.texts() == ["Dear Quokka,\r\n.\r\n..and one of its own line"]
    [told] = await stage.entries("outcome")
    assert (told["decision"], told["became"]) == (one.answer["id"], "sent")
    assert {"event": "passed_on", "decision": one.answer["id"], "log_level": "info"} in lines
    assert one.address.lower() not in str(lines).lower()


async def test_the_link_that_it_puts_in_stops_the_next_one(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    await gate.send(mail(one), one.address)
    link = str(gate.behind.letters[0]["List-Unsubscribe"]).strip("<>")
    pressed = await stage.http.post(link.removeprefix(ISSUER), data={"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200
    assert (await api.decide(customer=one.customer, permit_for="discreet"))["outcome"] == "deny"


async def test_without_a_permit_or_with_two_nothing_passes(api: Api, gate: Gate) -> None:
    one = await letter(api)
    two = mail(one).as_bytes(policy=RULES)
    two = two.replace(b"Subject:", b"Consent-Permit: abc\r\nSubject:", 1)
    for bare, told in (
        (mail(), NONE), (b"no header at all", NONE), (two, "550 5.7.1 one message has one permit"),
        (mail(permit="none"), FORGED), (mail(permit="a.b.c"), FORGED),
    ):  # fmt: skip
        assert await gate.send(bare, one.address) == told
    assert gate.behind.letters == []


async def test_used_twice_it_passes_once(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    told = await asyncio.gather(*(gate.send(mail(one), one.address) for _ in range(5)))
    assert sorted(told) == [PASSED, *[USED] * 4]
    assert await gate.send(mail(one), one.address) == USED
    assert len(gate.behind.letters) == 1
    assert len(await stage.entries("outcome")) == 1


async def test_over_two_gates_it_passes_once_too(stage: Stage, api: Api, gate: Gate) -> None:
    sender = await stage.client("discreet")
    assert sender.sdk is not None
    async with opened(sender.sdk, gate.behind.url, gate.behind) as second:
        one = await letter(api)
        told = await asyncio.gather(gate.send(mail(one), one.address), second.send(mail(one), one.address))
    assert sorted(told) == [PASSED, USED]


async def test_taken_back_within_the_last_second_it_does_not_pass(api: Api, gate: Gate) -> None:
    one, bystander = await letter(api), await letter(api)
    assert await gate.send(mail(bystander), bystander.address) == PASSED  # it has just asked what was taken back
    await api.say_no("withdrawals", one.customer)
    await asyncio.sleep(1)
    assert await gate.send(mail(one), one.address) == WITHDRAWN
    assert gate.behind.recipients == [bystander.address]


async def test_whoever_was_erased_gets_nothing_at_all(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    await stage.erase(one.customer)
    assert await gate.send(mail(one), one.address) == f"{NO_MORE}: unknown_customer"


async def test_in_a_pause_it_may_be_tried_later(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    me = Actor(
        organization=await stage.organization(),
        kind="customer",
        customer=CustomerId(one.customer),
        signed_in_at=stage.vault.clock.now(),
    )
    await preferences.pause(stage.vault, me, days=30)
    assert await gate.send(mail(one), one.address) == "451 4.7.1 not now: paused"


async def forged(stage: Stage, one: Letter, **claims: Any) -> str:
    """Return a permit as the vault itself would sign it, that says something else."""
    keys = await signing_keys(stage.vault)
    told: Json = {**jws_claims(one.permit), **claims}
    return jws.sign(told, keys.private, kid=keys.kid, typ="permit+jwt")


def jws_claims(token: str) -> Json:
    told: Json = jws.read(jws.parse(token).payload, dict[str, Any])
    return told


async def test_for_another_address_sender_or_altered_it_does_not_pass(stage: Stage, api: Api, gate: Gate) -> None:
    one, other = await letter(api), await letter(api)
    foreign = await letter(api, permit_for="everything")
    head, body, signature = one.permit.split(".")
    altered = f"{head}.{other.permit.split('.')[1]}.{signature}"
    for permit, address, told in (
        (one.permit, other.address, "550 5.7.1 the permit is for another address"),
        (foreign.permit, foreign.address, OTHER_SENDER),
        (altered, other.address, FORGED),
        (f"{head}.{body}.{signature[:-4]}AAAA", one.address, FORGED),
        (api.token, one.address, FORGED),
        (await forged(stage, one, aud="larkspur.discreet"), one.address, OTHER_SENDER),
    ):
        assert await gate.send(mail(permit=permit), address) == told
    assert gate.behind.letters == []
    assert await stage.entries("outcome") == []
    assert await gate.send(mail(one), one.address) == PASSED


async def test_over_it_may_be_asked_for_again(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    over = await forged(stage, one, exp=int(stage.vault.clock.now().timestamp()) - 1)
    assert await gate.send(mail(permit=over), one.address) == "451 4.7.1 the permit is over: ask for another"


async def test_several_recipients_are_one_too_many(api: Api, gate: Gate) -> None:
    one, other = await letter(api), await letter(api)
    told = "550 5.5.3 one recipient a message: a permit is for one person"
    assert await gate.send(mail(one), one.address, other.address) == told
    assert gate.behind.letters == []


async def test_a_server_that_is_gone_costs_no_permit(stage: Stage, api: Api, gate: Gate) -> None:
    sender = await stage.client("discreet")
    assert sender.sdk is not None
    one = await letter(api)
    async with opened(sender.sdk, "smtp://127.0.0.1:1", gate.behind) as dead:
        assert await dead.send(mail(one), one.address) == NO_RELAY
    assert await gate.send(mail(one), one.address) == PASSED


async def test_without_its_vault_nothing_passes(api: Api, gate: Gate) -> None:
    one = await letter(api)
    options: Any = {"private_key": make.CLIENT_KEY, "pace": Pace(attempts=1)}
    async with (
        AsyncVault("http://127.0.0.1:1", client_id=SENDER, **options) as nowhere,
        opened(nowhere, gate.behind.url, gate.behind) as alone,
    ):
        assert await alone.send(mail(one), one.address) == NO_VAULT
    assert gate.behind.letters == []


async def test_as_a_mail_library_folds_or_encodes_it_it_is_read(api: Api, gate: Gate) -> None:
    one = await letter(api)
    raw = EmailMessage()
    raw["Consent-Permit"] = one.permit  # in one piece: the library makes words of RFC 2047 of it
    raw.set_content("Dear Quokka")
    assert b"=?utf-8?q?" in raw.as_bytes(policy=RULES)
    assert await gate.send(raw, one.address) == PASSED
