"""What an organization declares: found by key, hashed as it was published, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from tests.unit.domain.facts import ORGANIZATION
from vault.base.canonical import canonical
from vault.base.errors import Invalid
from vault.domain.organization import EVERY, Key, Notice, Organization, Words, plain

WORDS = Words(ask="May we?", details="Because.", agree="Yes", decline="No")
NOTICE = Notice(
    key="sales",
    version=1,
    published=datetime(2025, 3, 1, tzinfo=UTC),
    compatible=True,
    recipients=("Post office",),
    transfers={},
    retention="a while",
    texts={"en": WORDS, "de": msgspec.structs.replace(WORDS, ask="Dürfen wir?")},
)


# ── By key ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_declared_is_found_by_its_key() -> None:
    assert ORGANIZATION.purpose("sales").key == "sales"
    assert ORGANIZATION.channel("sms").reaches == "phone"
    assert [ORGANIZATION.notice("sales", version).version for version in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda there: there.purpose("Sales"), "unknown_purpose"),
        (lambda there: there.purpose("*"), "unknown_purpose"),
        (lambda there: there.purpose(""), "unknown_purpose"),
        (lambda there: there.channel("*"), "unknown_channel"),
        (lambda there: there.channel("phone"), "unknown_channel"),
        (lambda there: there.notice("sales", 4), "unknown_notice_version"),
        (lambda there: there.notice("sales", 0), "unknown_notice_version"),
        (lambda there: there.notice("offers", 1), "unknown_notice_version"),
    ],
)
def test_what_nobody_declared_is_a_bad_request(ask: Callable[[Organization], object], code: str) -> None:
    with pytest.raises(Invalid) as error:
        ask(ORGANIZATION)
    assert error.value.code == code


def test_every_purpose_comes_with_each_of_its_channels_and_one_without_with_the_star() -> None:
    ways = [(purpose.key, channel) for purpose, channel in ORGANIZATION.ways()]
    assert [channel for key, channel in ways if key == "sales"] == ["email", "sms", "voice"]
    assert [channel for key, channel in ways if key == "personalisation"] == [EVERY]
    assert len(set(ways)) == len(ways) == sum(len(one.channels) or 1 for one in ORGANIZATION.purposes.values())


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({}, {"email": False, "sms": False}),
        ({"verified": ("sms",)}, {"email": False, "sms": True}),
        ({"double_opt_in": ("email",)}, {"email": True, "sms": False}),
        ({"double_opt_in": ("email",), "verified": ("sms",)}, {"email": True, "sms": True}),
    ],
)
def test_a_point_must_be_verified_where_it_says_so_and_where_a_yes_is_confirmed(
    given: dict[str, tuple[str, ...]], needs: dict[str, bool]
) -> None:
    purpose = msgspec.structs.replace(ORGANIZATION.purpose("sales"), **given)
    assert {channel: purpose.needs_verified(channel) for channel in needs} == needs


@pytest.mark.parametrize("key", ["a", "sales", "a_1", "a" * 63])
def test_a_key_is_small_letters_digits_and_underscores(key: str) -> None:
    assert msgspec.convert(key, Key) == key


@pytest.mark.parametrize("key", ["", "A", "1a", "_a", "a-b", "a b", "ä", "a" * 64, "a\n", "\na", "a\x00", "*"])
def test_anything_else_is_no_key(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(key, Key)


# ── Notices ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "change",
    [
        {"key": "events"},
        {"version": 2},
        {"published": datetime(2025, 3, 2, tzinfo=UTC)},
        {"compatible": False},
        {"recipients": ()},
        {"transfers": {"US": "clauses"}},
        {"retention": "for ever"},
        {"texts": {"en": WORDS}},
        {"why": "new recipient"},
    ],
)
def test_whatever_changes_in_a_notice_changes_its_hash(change: dict[str, Any]) -> None:
    assert msgspec.structs.replace(NOTICE, **change).digest != NOTICE.digest


def test_every_field_of_a_notice_is_hashed_under_its_own_name() -> None:
    assert set(plain(msgspec.structs.replace(NOTICE, why="x"))) == {
        field.name for field in msgspec.structs.fields(Notice)
    }


def test_the_hash_of_a_notice_is_of_its_canonical_text() -> None:
    assert NOTICE.digest == sha256(canonical(plain(NOTICE))).hexdigest()
    assert NOTICE.digest == "44946e70287fa80a02010787acc48d9c5e9a4a8e3091b060716805cbcb3ff710"


def test_the_hash_does_not_hang_on_the_order_of_locales() -> None:
    turned = msgspec.structs.replace(NOTICE, texts=dict(reversed(list(NOTICE.texts.items()))))
    assert turned.digest == NOTICE.digest


def test_the_words_shown_are_hashed_by_their_locale() -> None:
    assert NOTICE.words("en") == sha256(canonical(plain(WORDS))).hexdigest()
    assert NOTICE.words("de") != NOTICE.words("en")


@pytest.mark.parametrize("locale", ["fr", "EN", "en-GB", ""])
def test_there_are_no_words_in_a_language_the_notice_does_not_speak(locale: str) -> None:
    with pytest.raises(Invalid) as error:
        NOTICE.words(locale)
    assert error.value.code == "unknown_locale"


def test_what_is_absent_is_left_out_at_every_depth() -> None:
    found = plain({"a": None, "b": [{"c": None, "d": 1}], "e": ({"f": None},), "g": {"h": None}})
    assert found == {"b": [{"d": 1}], "e": [{}], "g": {}}


def test_a_whole_organization_is_plain_enough_to_be_hashed() -> None:
    assert canonical(plain(ORGANIZATION)) == canonical(plain(msgspec.structs.replace(ORGANIZATION)))
    assert plain(ORGANIZATION)["notices"]["sales"][1]["published"] == "2025-03-01T00:00:00Z"
