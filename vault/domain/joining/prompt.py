"""Prompts: the words a form, a kiosk or a call script asks with, as the vault rendered them, and what comes back.

An answer says yes to what was shown, or it says none: to a prompt that was altered, is somebody else's, over, or older
than the words that ask now, there is no yes. A no needs no prompt: it counts whatever came with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Conflict, Invalid
from vault.base.ids import ClientId, ContactPointIdText, CustomerIdText, FactId
from vault.domain.choices.asked import Asking, asking, current
from vault.domain.customer import Locale
from vault.domain.decision.question import Asked
from vault.domain.organization import EVERY, Key, Organization, Purpose
from vault.domain.statement import Evidence

USE: Final = b"prompt"
"""The frozen label of prompts."""
LASTS: Final = timedelta(days=1)
_MOST: Final = 64

Medium = Literal["form", "kiosk", "phone"]
"""Where the words are shown, or read out."""
Way = tuple[str, str]
"""A purpose and a channel, by their keys."""


class NewPrompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask for: these purposes, over these channels or all that purpose and client have, in a language."""

    purposes: Annotated[tuple[Key, ...], Meta(min_length=1, max_length=_MOST)]
    method: Medium
    channels: Annotated[tuple[Asked, ...], Meta(max_length=_MOST)] = ()
    locale: Locale | None = None


class PromptShown(msgspec.Struct, frozen=True, kw_only=True):
    """What to show for a purpose: the words, and a choice of yes or no for each channel, none of them made already.

    `words` is their hash, `notice` the version they are of. What it does not have in the language wished for it has in
    another, named by `locale`.
    """

    purpose: str
    title: str
    channels: tuple[str, ...]
    notice: int
    locale: str
    words: str
    ask: str
    details: str
    agree: str
    decline: str


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt: `prompt` is handed back with the answer, unread, before `expires_at`. It is answered once."""

    prompt: str
    expires_at: datetime
    asks: tuple[PromptShown, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody chose. A yes may name the one contact point it is for."""

    purpose: Key
    channel: Asked
    say: Literal["yes", "no"]
    contact_point: ContactPointIdText | None = None


class PromptAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer chose when they were shown a prompt. A yes needs evidence."""

    prompt: Annotated[str, Meta(max_length=32_768)]
    customer: CustomerIdText
    choices: Annotated[tuple[Choice, ...], Meta(min_length=1, max_length=_MOST)]
    evidence: Evidence = {}


class ChoiceStated(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that stands for a choice."""

    purpose: str
    channel: str
    say: Literal["yes", "no"]
    id: FactId
    at: datetime
    repeated: bool


class PromptAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that stand for an answer, in its order."""

    stated: tuple[ChoiceStated, ...]


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a purpose as a prompt has them: version, language and hash; and the channels it asks for."""

    purpose: str
    channels: tuple[str, ...]
    notice: int
    locale: str
    words: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed in a prompt. `id` is of chance alone, 32 hex digits."""

    id: str
    client: ClientId
    method: Medium
    ends_at: datetime
    asks: tuple[Cited, ...]


def ways(organization: Organization, wanted: NewPrompt, *, ceiling: Sequence[str]) -> list[Way]:
    """Return what a prompt asks for; `ceiling` are the channels its client has. `Invalid` for what is never asked."""
    found: list[Way] = []
    for key in dict.fromkeys(wanted.purposes):
        purpose = organization.purpose(key)
        for channel in wanted.channels:
            if channel != EVERY:
                organization.channel(channel)
        own = purpose.channels or (EVERY,)
        wished = wanted.channels or (*ceiling, EVERY)
        fitting = [channel for channel in own if channel in wished]
        if not fitting:
            raise Invalid("channel_not_for_purpose", f"this purpose uses only: {', '.join(own)}")
        found += [(key, channel) for channel in fitting]
    return found


def rendered(
    organization: Organization, asked: Iterable[Way], *, locale: str | None, at: datetime
) -> tuple[PromptShown, ...]:
    """Return what is shown for each purpose; `Invalid` for one that nothing asks for."""
    language = (locale or organization.locale).partition("-")[0]
    channels: dict[str, tuple[str, ...]] = {}
    for key, channel in asked:
        channels[key] = (*channels.get(key, ()), channel)
    return tuple(
        _shown(
            organization,
            organization.purpose(key),
            channels=own,
            asks=_asks(organization, key, language=language, at=at),
        )
        for key, own in channels.items()
    )


def cited(shown: PromptShown) -> Cited:
    """Return what of it is sealed."""
    return Cited(
        purpose=shown.purpose, channels=shown.channels, notice=shown.notice, locale=shown.locale, words=shown.words
    )


def check(
    organization: Organization, sealed: Sealed | None, *, yeses: Iterable[Choice], client: ClientId | None, at: datetime
) -> dict[Way, Cited]:
    """Return what each yes cites; `Invalid` or `Conflict` where there can be none to this prompt."""
    if sealed is None or sealed.client != client:
        raise Invalid("no_prompt", "this is no prompt that the vault made for this client, as it made it")
    if at >= sealed.ends_at:
        raise Conflict("prompt_over", "this prompt is over: make a new one, and ask once more")
    offered = {(one.purpose, channel): one for one in sealed.asks for channel in one.channels}
    found: dict[Way, Cited] = {}
    for choice in yeses:
        way = choice.purpose, choice.channel
        if (one := offered.get(way)) is None:
            raise Invalid("not_in_prompt", "this prompt did not ask for what this says yes to")
        now = current(organization, organization.purpose(choice.purpose), at=at)
        if now is None or now.version != one.notice:
            raise Conflict("words_changed", "the words have changed since this prompt was made: ask with the new ones")
        found[way] = one
    return found


def check_once(choices: Sequence[Choice]) -> None:
    """Refuse an answer that says both yes and no to one thing, or twice the same."""
    if len({(one.purpose, one.channel) for one in choices}) != len(choices):
        raise Invalid("chosen_twice", "each purpose and channel is chosen once: the noes were taken, no yes was")


def _asks(organization: Organization, key: str, *, language: str, at: datetime) -> Asking:
    notice = current(organization, organization.purpose(key), at=at)
    if notice is None:
        raise Invalid("nothing_to_grant", "nothing asks for this purpose: there is nothing to say yes to")
    return asking(organization, notice, language=language)


def _shown(organization: Organization, purpose: Purpose, *, channels: tuple[str, ...], asks: Asking) -> PromptShown:
    language = asks.locale.partition("-")[0]
    titles = purpose.title
    return PromptShown(
        purpose=purpose.key,
        title=titles.get(asks.locale) or titles.get(language) or titles.get(organization.locale) or purpose.key,
        channels=channels,
        notice=asks.notice.version,
        locale=asks.locale,
        words=asks.digest,
        ask=asks.words.ask,
        details=asks.words.details,
        agree=asks.words.agree,
        decline=asks.words.decline,
    )
