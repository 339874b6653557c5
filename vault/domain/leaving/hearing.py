"""Hearing: a text message that somebody sent us, and what is made of a word in it that stops.

The message is read and let go of: what it said beyond the word is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vault.base.personal import Personal
from vault.domain.consent import Said
from vault.domain.fact import Fact, Instant
from vault.domain.leaving.stopping import Stop, on_channels
from vault.domain.leaving.words import Heard, language
from vault.domain.organization import Organization
from vault.domain.standing import Instants
from vault.domain.suppression import Suppression, SuppressionKind
from vault.domain.timing.area import PHONE

STOP_WORD: Final[SuppressionKind] = "stop_word"
LIFTED: Final[tuple[SuppressionKind, ...]] = (STOP_WORD, "complaint")
"""What a START from the very number ends."""


class TextMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text message that a gateway received. `id` is the gateway's own name for it: handed on again it does no more.

    Without `received_at` it was received now.
    """

    number: Personal = msgspec.field(name="from")
    text: Personal
    id: Annotated[str, Meta(min_length=1, max_length=200)]
    received_at: Instant | None = None


class Understood(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message means, and what to answer, if anything: send it once, within five minutes."""

    heard: Heard
    reply: str | None = None


def noes(organization: Organization, facts: Sequence[Fact] = (), *, now: datetime) -> list[Stop]:
    """Return what a word that stops says, as far as these facts do not say it already.

    It counts on the channels over which such a word arrives, as far as a stop word is declared to stop them; where none
    is left of them, on all that reach a telephone.
    """
    reaching = [one for one in organization.channels.values() if one.reaches == PHONE]
    declared = organization.suppressions.get(STOP_WORD)
    hearing = [
        one.key
        for one in reaching
        if STOP_WORD in one.withdrawal and (declared is None or not declared.channels or one.key in declared.channels)
    ]
    channels = hearing or [one.key for one in reaching]
    return on_channels(organization, facts, channels=channels, instants=Instants(now=now))


def said(stop: Stop) -> Said:
    """Return a no as a word says it."""
    return Said(kind=stop.kind, purpose=stop.purpose, channel=stop.channel, source="link", method="stop_word")


def is_stopped(known: Sequence[Suppression]) -> bool:
    """Whether a word stops this number already, and for good: what was to stop it for a while alone does not."""
    return any(one.kind == STOP_WORD and one.channel is None and one.until is None for one in known)


def spoken(organization: Organization, text: str, *, locales: Sequence[str | None] = ()) -> str:
    """Return the language to answer in: that of the word, that of whoever has the number, else the organization's.

    `locales` are those of everybody who has it, for who may know that anybody has.
    """
    own = language(text)
    known = set(locales)
    shared = known.pop() if len(known) == 1 else None
    return next((one for one in (own, shared) if one is not None and one in organization.locales), organization.locale)
