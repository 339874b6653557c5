"""Replies: how the gate turns a message away, in SMTP's words (RFC 5321, RFC 3463). None ever repeats an address.

550: asking again for the same will not help. 451: try again with this permit; if the answer is then `used`, ask for
another.
"""

from __future__ import annotations

from typing import Final


class Turned(Exception):
    """The message does not pass. `reason` is a word for the log, `reply` what the sending system hears.

    `never` is true where the next mail server will never take it.
    """

    def __init__(self, reason: str, reply: str, *, never: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reply = reply
        self.never = never


_NEVER: Final = {
    "no_permit": "550 5.7.1 no permit: ask the vault with permit_for, and send what it answers as Consent-Permit",
    "several_permits": "550 5.7.1 one message has one permit",
    "forged": "550 5.7.1 this is no permit that the vault signed",
    "other_audience": "550 5.7.1 the permit is for another sender",
    "other_address": "550 5.7.1 the permit is for another address",
    "used": "550 5.7.1 the permit was used already: each is for one message",
    "unknown": "550 5.7.1 the vault knows no such message any more",
}
_LATER: Final = {
    "expired": "451 4.7.1 the permit is over: ask for another",
    "no_vault": "451 4.3.0 the vault does not answer, and without it nothing passes",
    "no_relay": "451 4.4.1 the next mail server cannot be reached; the permit is not used",
    "failed": "451 4.3.0 an error of the gate",
}
_REPLIES: Final = {**_NEVER, **_LATER}


def turned(reason: str) -> Turned:
    """Return the refusal of this name."""
    return Turned(reason, _REPLIES[reason])


def taken_back(outcome: str, code: str) -> Turned:
    """Return the refusal of a permit that holds no longer: for good, or for a time."""
    if outcome == "defer":
        return Turned(code, f"451 4.7.1 not now: {code}")
    return Turned(code, f"550 5.7.1 the person may not be contacted any more: {code}")


def of_relay(code: int) -> Turned:
    """Return what the next mail server answered, without its words: they may repeat an address."""
    if 500 <= code < 600:  # noqa: PLR2004 - RFC 5321 section 4.2.1
        return Turned(f"relay_{code}", f"{code} 5.0.0 the next mail server refuses the message", never=True)
    return Turned(f"relay_{code}", f"451 4.0.0 the next mail server does not take the message now ({code})")


def of_nobody() -> Turned:
    """Return the refusal of a message that may have arrived: it is not sent twice."""
    return Turned(
        "no_word", "554 5.4.2 the next mail server may have taken it and did not say so: it is not sent twice"
    )
