"""The gate: a real mail client sends through it to a real mail server, and what may not be sent does not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP as RULES
from typing import Any

import pytest
import pytest_asyncio
from aiosmtplib import SMTP, SMTPResponseException
from consent_vault import AsyncVault, Pace, permits
from structlog.testing import capture_logs

from tests import make
from tests.e2e.test_permits import Letter, letter
from tests.mail import Sink, sink
from tests.stage import ISSUER, Api, Json, Stage
from vault.actions.choices import preferences
from vault.actions.client.signing_keys import signing_keys
from vault.base.clock import SystemClock
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.gate.checking import Checking
from vault.gate.door import Door, open_door
from vault.gate.relay import read
from vault.oauth import jws

SENDER = "fernhill.discreet"


class Gate:
    """A gate that is open, and the mail server behind it."""

    def __init__(self, port: int, behind: Sink) -> None:
        self.port = port
        self.behind = behind

    async def send(self, mail: EmailMessage | bytes, *to: str) -> int:
        """Send as any mail client does, and return how it ended."""
        async with SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, local_hostname="crm.example") as smtp:
            await smtp.mail("offers@fernhill.example")
            try:
                for one in to:
                    await smtp.rcpt(one)
                await smtp.data(mail if isinstance(mail, bytes) else mail.as_bytes(policy=RULES))
            except SMTPResponseException as refused:
                code, told = refused.code, refused.message.lower()
            else:
                return 250
        assert not any(one.lower() in told for one in to)
        return code


def mail(one: Letter | None = None, *, permit: str | None = None, **headers: str) -> EmailMessage:
    """Return a message with its permit."""
    found = EmailMessage()
    found["From"], found["Subject"] = "offers@fernhill.example", "Quokkas in spring"
    if one is not None or permit is not None:
        found["Consent-Permit"] = permits.spaced(permit if permit is not None else one.permit if one else "")
    for name, value in headers.items():
        found[name.replace("_", "-")] = value
    found.set_content("Dear Quokka,\n.\n..and one of its own line\n")
    return found


@asynccontextmanager
async def opened(vault: AsyncVault, relay: str, behind: Sink) -> AsyncIterator[Gate]:
    door = Door(Checking(vault, client_id=SENDER), read(relay), clock=SystemClock())
    server = await open_door(door, host="127.0.0.1", port=0)
    async with server:
        yield Gate(server.sockets[0].getsockname()[1], behind)
    await asyncio.sleep(0.05)  # connections say goodbye


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
        assert await gate.send(mail(one, List_Unsubscribe="<mailto:old@fernhill.example>"), one.address) == 250
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
    for bare in (mail(), two, mail(permit="none"), mail(permit="a.b.c"), b"no header at all"):
        assert await gate.send(bare, one.address) == 550
    assert gate.behind.letters == []


async def test_used_twice_it_passes_once(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    codes = await asyncio.gather(*(gate.send(mail(one), one.address) for _ in range(5)))
    assert sorted(codes) == [250, *[550] * 4]
    assert await gate.send(mail(one), one.address) == 550
    assert len(gate.behind.letters) == 1
    assert len(await stage.entries("outcome")) == 1


async def test_over_two_gates_it_passes_once_too(stage: Stage, api: Api, gate: Gate) -> None:
    sender = await stage.client("discreet")
    assert sender.sdk is not None
    async with opened(sender.sdk, gate.behind.url, gate.behind) as second:
        one = await letter(api)
        codes = await asyncio.gather(gate.send(mail(one), one.address), second.send(mail(one), one.address))
    assert sorted(codes) == [250, 550]


async def test_taken_back_within_the_last_second_it_does_not_pass(api: Api, gate: Gate) -> None:
    one, bystander = await letter(api), await letter(api)
    assert await gate.send(mail(bystander), bystander.address) == 250  # it has just asked what was taken back
    await api.say_no("withdrawals", one.customer)
    await asyncio.sleep(1)
    assert await gate.send(mail(one), one.address) == 550
    assert gate.behind.recipients == [bystander.address]


async def test_whoever_was_erased_gets_nothing_at_all(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    await stage.erase(one.customer)
    assert await gate.send(mail(one), one.address) == 550


async def test_taken_back_while_the_next_server_is_asked_it_does_not_pass(api: Api, gate: Gate) -> None:
    one = await letter(api)

    async def meanwhile(command: str) -> None:
        if command == "RCPT":
            await api.say_no("withdrawals", one.customer)
            await asyncio.sleep(1)

    gate.behind.before = meanwhile
    assert await gate.send(mail(one), one.address) == 550
    assert gate.behind.letters == []


async def test_in_a_pause_it_may_be_tried_later(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    me = Actor(
        organization=await stage.organization(),
        kind="customer",
        customer=CustomerId(one.customer),
        signed_in_at=stage.vault.clock.now(),
    )
    await preferences.pause(stage.vault, me, days=30)
    assert await gate.send(mail(one), one.address) == 451


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
    for permit, address in (
        (one.permit, other.address),
        (foreign.permit, foreign.address),
        (altered, other.address),
        (f"{head}.{body}.{signature[:-4]}AAAA", one.address),
        (api.token, one.address),
        (await forged(stage, one, aud="larkspur.discreet"), one.address),
    ):
        assert await gate.send(mail(permit=permit), address) == 550
    assert gate.behind.letters == []
    assert await stage.entries("outcome") == []
    assert await gate.send(mail(one), one.address) == 250


async def test_over_it_may_be_asked_for_again(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    over = await forged(stage, one, exp=int(stage.vault.clock.now().timestamp()) - 1)
    assert await gate.send(mail(permit=over), one.address) == 451


async def test_several_recipients_are_one_too_many(api: Api, gate: Gate) -> None:
    one, other = await letter(api), await letter(api)
    assert await gate.send(mail(one), one.address, other.address) == 550
    assert gate.behind.letters == []


@pytest.mark.parametrize(("answer", "code"), [("550 quokka is unknown here", 550), ("451 greylisted", 451)])
async def test_what_the_next_server_says_to_the_recipient_costs_no_permit(
    stage: Stage, api: Api, gate: Gate, answer: str, code: int
) -> None:
    one = await letter(api)
    gate.behind.answers["RCPT"] = [answer]
    assert await gate.send(mail(one), one.address) == code
    became = [entry["became"] for entry in await stage.entries("outcome")]
    assert became == (["not_sent"] if code == 550 else [])
    assert await gate.send(mail(one), one.address) == (550 if code == 550 else 250)


async def test_not_taken_when_it_was_read_it_may_be_tried_again_here(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    gate.behind.answers["DATA"] = ["452 no room", "554 looks like quokka"]
    assert await gate.send(mail(one), one.address) == 451
    assert await gate.send(mail(one), one.address) == 554
    assert await gate.send(mail(one), one.address) == 550
    assert gate.behind.letters == []
    assert len(await stage.entries("outcome")) == 1


async def test_a_server_that_is_gone_costs_no_permit(stage: Stage, api: Api, gate: Gate) -> None:
    sender = await stage.client("discreet")
    assert sender.sdk is not None
    one = await letter(api)
    async with opened(sender.sdk, "smtp://127.0.0.1:1", gate.behind) as dead:
        assert await dead.send(mail(one), one.address) == 451
    assert await gate.send(mail(one), one.address) == 250


async def test_without_its_vault_nothing_passes(api: Api, gate: Gate) -> None:
    one = await letter(api)
    options: Any = {"private_key": make.CLIENT_KEY, "pace": Pace(attempts=1)}
    async with (
        AsyncVault("http://127.0.0.1:1", client_id=SENDER, **options) as nowhere,
        opened(nowhere, gate.behind.url, gate.behind) as alone,
    ):
        assert await alone.send(mail(one), one.address) == 451
    assert gate.behind.letters == []


async def test_as_a_mail_library_folds_or_encodes_it_it_is_read(api: Api, gate: Gate) -> None:
    one = await letter(api)
    raw = EmailMessage()
    raw["Consent-Permit"] = one.permit  # in one piece: the library makes words of RFC 2047 of it
    raw.set_content("Dear Quokka")
    assert b"=?utf-8?q?" in raw.as_bytes(policy=RULES)
    assert await gate.send(raw, one.address) == 250
