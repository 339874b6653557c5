"""What a yes says yes to: the words that ask now, and those somebody had before their eyes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.base.errors import Conflict, Invalid
from vault.domain.organization import Notice, Organization, Purpose, Words


class Yes(msgspec.Struct, frozen=True, kw_only=True):
    """A yes to the words of a notice's version; `words` is the hash of those shown.

    `again`: for longer; `seldom`: and from now on at most once a month over its channel.
    """

    purpose: str
    channel: str
    notice: int
    words: str
    again: bool = False
    seldom: bool = False


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in one language; `digest` is the hash of its words, in hex."""

    notice: Notice
    locale: str
    words: Words
    digest: str


def current(organization: Organization, purpose: Purpose, *, at: datetime) -> Notice | None:
    """Return the newest published version of what asks for a purpose; none where nothing asks."""
    published = [one for one in organization.notices.get(purpose.notice or "", ()) if one.published <= at]
    return max(published, key=lambda one: one.version, default=None)


def asking(organization: Organization, notice: Notice, *, language: str) -> Asking:
    """Return a notice in a language, else in the organization's own, else in the first it has."""
    wished = [one for one in notice.texts if one.partition("-")[0] == language]
    locale = next(iter([*wished, *(one for one in (organization.locale,) if one in notice.texts), *notice.texts]))
    return Asking(notice=notice, locale=locale, words=notice.texts[locale], digest=notice.words(locale))


def seen(organization: Organization, purpose: Purpose, *, version: int, digest: str) -> Asking | None:
    """Return the words with this hash, of this version; none for words that never were."""
    for notice in organization.notices.get(purpose.notice or "", ()):
        for locale, words in notice.texts.items():
            if (notice.version, notice.words(locale)) == (version, digest):
                return Asking(notice=notice, locale=locale, words=words, digest=digest)
    return None


def check(organization: Organization, purpose: Purpose, *, found: Asking | None, at: datetime) -> Asking:
    """Return the words a yes cites; `Conflict` unless they are the ones that ask now: nobody agrees unread."""
    now = current(organization, purpose, at=at)
    if now is None:
        raise Invalid("nothing_to_grant", "nothing asks for this purpose: there is nothing to say yes to")
    if found is None or found.notice.version != now.version:
        raise Conflict("words_changed", "the words have changed since they were shown: read the new ones first")
    return found
