"""The door: SMTP in. One message, one recipient, one permit; whatever is wrong is said in the answer to the message.

What is logged is a reason and the decision's id, never an address.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Server
from email.utils import format_datetime
from functools import partial
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope
from consent_vault.permits import Permit

from vault.base.clock import Clock
from vault.base.errors import place
from vault.gate.checking import Checking
from vault.gate.header import ONE_CLICK, PERMIT, UNSUBSCRIBE, put, without
from vault.gate.relay import Letter, NotTaken, Relay
from vault.gate.replies import Turned, of_relay, turned

_SENT: Final = "250 2.0.0 passed on"
_ONE: Final = "550 5.5.3 one recipient a message: a permit is for one person"
_LARGEST: Final = 32 * 2**20
_log = structlog.get_logger()


class Door:
    """Takes messages, as the library hands them over."""

    def __init__(self, checking: Checking, relay: Relay, *, clock: Clock) -> None:
        self._clock = clock
        self._checking = checking
        self._relay = relay

    async def handle_RCPT(self, *told: Any) -> str:  # noqa: N802 - the library's name
        """Take the first recipient, and no other. Told are server, session, envelope, address and options."""
        _, _, envelope, address, _ = told
        if envelope.rcpt_tos:
            return _ONE
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 heard"

    async def handle_DATA(self, *told: Any) -> str:  # noqa: N802 - the library's name
        """Pass a message on, or say why not. Told are server, session and envelope."""
        _, _, envelope = told
        try:
            permit = await self._pass(envelope)
        except Turned as refused:
            _log.info("turned_away", reason=refused.reason)
            return refused.reply
        _log.info("passed_on", decision=permit.decision)
        return _SENT

    async def handle_exception(self, error: Exception) -> str:
        """Answer what nobody foresaw; the library would quote it."""
        _log.error("gate_failed", kind=type(error).__name__, where=place(error))
        return turned("failed").reply

    async def _pass(self, envelope: Envelope) -> Permit:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        [recipient] = envelope.rcpt_tos
        content, found = without(content, [PERMIT])
        if len(found[PERMIT]) != 1:
            raise turned("several_permits" if found[PERMIT] else "no_permit")
        permit = await self._checking.read(found[PERMIT][0], address=recipient)
        await self._hold(permit)
        letter = Letter(
            sender=envelope.mail_from or "",
            recipient=recipient,
            options=tuple(one for one in envelope.mail_options if one.upper() in {"SMTPUTF8", "BODY=8BITMIME"}),
            content=put(_with_link(content, permit.unsubscribe), [("Received", self._stamp(permit))]),
        )
        await self._carry(letter, permit)
        return permit

    def _stamp(self, permit: Permit) -> str:
        """Return the trace a relay leaves (RFC 5321 section 4.4); where the message came from is nobody's business."""
        return f"from sender by gate with ESMTP id {permit.decision}; {format_datetime(self._clock.now())}"

    async def _hold(self, permit: Permit) -> None:
        """Refuse a permit that was taken back, or is over by our clock by now."""
        await self._checking.hold(permit)
        if self._clock.now().timestamp() >= permit.expires_at:
            raise turned("expired")

    async def _carry(self, letter: Letter, permit: Permit) -> None:
        """Hand a message over, its permit used up at the last moment: what was taken back meanwhile does not go."""

        async def use() -> None:
            await self._hold(permit)
            await self._checking.use(permit)

        async def hold() -> None:
            try:
                await self._hold(permit)
            except Turned:
                self._checking.give_back(permit)
                raise

        try:
            await self._relay.carry(letter, use=use, hold=hold)
        except NotTaken as refused:
            told = of_relay(refused.code)
            if not told.never:
                self._checking.give_back(permit)
            raise told from None
        except Turned as refused:
            if refused.never:
                await self._checking.drop(permit)
            raise


async def open_door(door: Door, *, host: str, port: int) -> Server:
    """Listen. The library's own lines name addresses, so it is silenced."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    loop = asyncio.get_running_loop()
    serve = partial(
        SMTP, door, hostname="gate", ident="consent-vault gate", loop=loop, enable_SMTPUTF8=True,
        data_size_limit=_LARGEST,
    )  # fmt: skip
    return await loop.create_server(serve, host, port)


def _with_link(content: bytes, link: str | None) -> bytes:
    """Put the one link that surely stops this in the place of the message's own (RFC 2369, RFC 8058)."""
    if link is None:
        return content
    content, _ = without(content, [UNSUBSCRIBE, ONE_CLICK])
    return put(content, [(UNSUBSCRIBE, f"<{link}>"), (ONE_CLICK, "List-Unsubscribe=One-Click")])
