"""Saying: what a request to grant, refuse, withdraw, object or ask becomes.

A yes has to be complete, or it is a bad request. A no is never refused for what it lacks: any purpose, any channel.
Whether the caller may speak is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from vault.base.errors import Conflict, Invalid
from vault.base.ids import ClientId, ContactPointId, FactId
from vault.domain.fact import Fact, FactKind, Instant, Method, Source, Tag, check_instants
from vault.domain.organization import EVERY, Notice, Organization, Purpose

_YESES: Final = frozenset[FactKind]({"granted", "asked"})
_ONCE: Final = _YESES | {"dealing"}
"""What a reference names is told once, and nothing of them lies in the future."""
_LIVE: Final = frozenset[Source]({"person", "link"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Something said, on its way to become a fact. `at` is given only by who tells of the past.

    `proven` says that a grant came with the evidence its class needs. `idempotency` is the tag of a request's key: a
    request that says several things gives each a tag of its own.
    """

    kind: FactKind
    purpose: str
    channel: str
    source: Source
    method: Method
    at: Instant | None = None
    client: ClientId | None = None
    contact_point: ContactPointId | None = None
    notice: int | None = None
    locale: str | None = None
    until: Instant | None = None
    proven: bool = False
    guardian: bool = False
    dealing: str | None = None
    reference: Tag | None = None
    idempotency: Tag | None = None


def say(said: Said, facts: Iterable[Fact], *, organization: Organization, fresh: FactId, recorded_at: datetime) -> Fact:
    """Return the fact that stands for what was said: a new one with the id `fresh`, or of a retry the one there was.

    `facts` are all that the customer's subject has; `recorded_at` is the database's clock under the customer's lock.
    """
    if (standing := repeated(facts, said)) is not None:
        return standing
    at = dated(said, recorded_at)
    if said.kind == "dealing":
        return _fact(said, fresh=fresh, at=at, recorded_at=recorded_at)
    if said.kind not in _YESES:
        check_no(said, organization)
        return _fact(said, fresh=fresh, at=at, recorded_at=recorded_at)
    check_grant(said, organization, at=at)
    return _fact(said, fresh=fresh, at=at, recorded_at=recorded_at, words=_words(said, organization))


def repeated(facts: Iterable[Fact], said: Said) -> Fact | None:
    """Law 9: return the fact that a retry repeats; `Conflict` when a yes comes with a key that said something else.

    Without a key only a saying with a date of its own can be a retry. A yes that brings a reference is one too: sent
    again it must not undo a no said since. A no sent again without a date is a new no, and so is a no under a used key:
    it is never refused (law 12).
    """
    known = list(facts)
    if said.idempotency is not None:
        for fact in known:
            if fact.idempotency == said.idempotency and (same := _the_same(fact, said)) is not None:
                return same
    if said.at is None and (said.reference is None or said.kind not in _ONCE):
        return None
    for fact in known:
        if _alike(fact, said) and said.at in {None, fact.at}:
            return fact
    return None


def check_grant(said: Said, organization: Organization, *, at: datetime) -> None:
    """Laws 3 and 5: `Invalid` unless the purpose may use the channel and the yes, said at `at`, is complete."""
    purpose = organization.purpose(said.purpose)
    _check_channel(said.channel, purpose, organization=organization)
    if said.source == "link":
        raise Invalid("link_cannot_grant", "a link can only withdraw; a yes is given signed in or by a confirmation")
    check_instants(said.until)
    if said.until is not None and said.until <= at:
        raise Invalid("ends_before_it_begins", "`until` is the end of the grant: later than `at`")
    if said.source == "import":
        if said.notice is not None:
            organization.notice(purpose.notice or "", said.notice)
        return
    if at < _notice(said, purpose, organization=organization).published:
        raise Invalid("notice_not_published", "nobody can have agreed to a notice before it was published")
    if said.kind == "granted" and said.source != "person" and not said.proven:
        raise Invalid("evidence_missing", "send the evidence of this grant: how, where or in which words it was given")


def check_no(said: Said, organization: Organization) -> None:
    """Law 12: `Invalid` only for a purpose or channel nobody declared; `*` is every channel.

    What a link names was declared when its message went out, and is stopped even where the file has dropped it since.
    """
    if said.source == "link":
        return
    organization.purpose(said.purpose)
    if said.channel != EVERY:
        organization.channel(said.channel)


def dated(said: Said, recorded_at: datetime) -> datetime:
    """Return when it was said; `Invalid` for a yes dated in the future, or for a date that came with a live word."""
    if said.at is None:
        return recorded_at
    if said.source in _LIVE:
        raise Invalid("date_not_yours", "what the customer says now is dated by the vault: leave `at` out")
    check_instants(said.at)
    if said.at > recorded_at and said.kind not in _ONCE:
        return recorded_at  # a no is never refused: it counts from now on
    if said.at > recorded_at:
        raise Invalid("dated_in_future", "`at` is when it was said: not later than now")
    return said.at


def _check_channel(channel: str, purpose: Purpose, *, organization: Organization) -> None:
    if channel == EVERY:
        if purpose.channels:
            raise Invalid("grant_for_every_channel", f"a grant names one channel: {', '.join(purpose.channels)}")
        return
    organization.channel(channel)
    if not purpose.channels:
        raise Invalid("channel_not_for_purpose", "this purpose sends no messages: grant it for the channel `*`")
    if channel not in purpose.channels:
        raise Invalid("channel_not_for_purpose", f"this purpose uses only: {', '.join(purpose.channels)}")


def _notice(said: Said, purpose: Purpose, *, organization: Organization) -> Notice:
    if purpose.notice is None:
        raise Invalid("nothing_to_grant", "this purpose has no notice that asks for it: there is nothing to grant")
    if said.notice is None:
        raise Invalid("notice_missing", "name the version of the notice that was shown, and its locale")
    notice = organization.notice(purpose.notice, said.notice)
    if said.locale not in notice.texts:
        raise Invalid("unknown_locale", f"name the locale in which the notice was shown: {', '.join(notice.texts)}")
    return notice


def _words(said: Said, organization: Organization) -> str | None:
    """Return the hash of the words shown; an import may not know which they were."""
    key = organization.purpose(said.purpose).notice
    if key is None or said.notice is None or said.locale is None:
        return None
    return organization.notice(key, said.notice).words(said.locale)


def _fact(said: Said, *, fresh: FactId, at: datetime, recorded_at: datetime, words: str | None = None) -> Fact:
    proven = said.proven or (said.kind, said.source) != ("granted", "import")
    given = msgspec.structs.asdict(said) | {"at": at, "proven": proven}
    return Fact(id=fresh, recorded_at=recorded_at, words=words, **given)


def _the_same(fact: Fact, said: Said) -> Fact | None:
    """Return the fact a key stands for, if it says the same; a no that says something else counts all the same."""
    named = (fact.kind, fact.purpose, fact.channel, fact.contact_point, fact.guardian, fact.dealing)
    if named == (said.kind, said.purpose, said.channel, said.contact_point, said.guardian, said.dealing):
        return fact
    if said.kind not in _ONCE:
        return None
    raise Conflict("idempotency_key_reused", "this Idempotency-Key said something else before: take a new one")


def _alike(fact: Fact, said: Said) -> bool:
    """Whether all but the date agrees. Another contact point, or another's word, is another saying."""
    return (
        fact.kind,
        fact.purpose,
        fact.channel,
        fact.source,
        fact.client,
        fact.contact_point,
        fact.reference,
        fact.guardian,
        fact.dealing,
    ) == (
        said.kind,
        said.purpose,
        said.channel,
        said.source,
        said.client,
        said.contact_point,
        said.reference,
        said.guardian,
        said.dealing,
    )
