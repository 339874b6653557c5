"""What a word that stops says, on which channels, and in which language it is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.domain.facts import NOW, said
from vault.base.ids import SuppressionId
from vault.domain.leaving.hearing import is_stopped, noes, spoken
from vault.domain.leaving.hearing import said as word
from vault.domain.organization import Channel, Suppressing
from vault.domain.organization_file.reading import read
from vault.domain.suppression import Suppression

SAMPLE = read((Path(__file__).parents[1] / "organization.yaml").read_text("utf-8"))


def named(**given: Any) -> set[tuple[str, str, str]]:
    return {(one.kind, one.purpose, one.channel) for one in noes(msgspec.structs.replace(SAMPLE, **given), now=NOW)}


def test_a_stop_takes_back_all_that_a_person_may_stop_on_the_channels_it_is_declared_for() -> None:
    assert named() == {("withdrawn", "offers", "sms")}


def test_without_declared_channels_it_counts_wherever_such_a_word_arrives() -> None:
    every = {"stop_word": Suppressing(channels=(), stops=("offer",))}
    assert named(suppressions={}) == named(suppressions=every) >= named()


def test_where_a_stop_word_arrives_on_no_channel_it_counts_on_all_that_reach_a_telephone() -> None:
    deaf = {key: Channel(key=key, reaches=one.reaches) for key, one in SAMPLE.channels.items()}
    assert {channel for _, _, channel in named(channels=deaf)} >= {"sms", "voice"}


def test_what_is_said_already_is_not_said_again() -> None:
    no = said("withdrawn", purpose="offers", channel="sms", source="link")
    assert noes(SAMPLE, [no], now=NOW) == []


def test_a_stop_is_said_by_a_link_and_not_in_person() -> None:
    [stop] = noes(SAMPLE, now=NOW)
    assert (word(stop).source, word(stop).method) == ("link", "stop_word")


@pytest.mark.parametrize(
    ("given", "stopped"),
    [
        ({}, True),
        ({"until": NOW + timedelta(days=1)}, False),
        ({"until": NOW}, False),
        ({"kind": "manual"}, False),
        ({"channel": "voice"}, False),
    ],
)
def test_a_number_is_stopped_by_a_word_that_counts_for_good(given: dict[str, Any], *, stopped: bool) -> None:
    plain: dict[str, Any] = {"id": SuppressionId("sup_1"), "kind": "stop_word", "at": NOW - timedelta(days=2)}
    assert is_stopped([Suppression(**(plain | given))]) is stopped
    assert not is_stopped([])


@pytest.mark.parametrize(
    ("text", "locales", "language"),
    [
        ("stop", [], "en"),
        ("Abmelden", ["fr"], "de"),
        ("stop", ["fr"], "fr"),
        ("stop", ["fr", "fr"], "fr"),
        ("stop", ["fr", "de"], "en"),
        ("stop", ["fr", None], "en"),
        ("stop", [None], "en"),
        ("stop", ["pl"], "en"),
    ],
)
def test_an_answer_is_in_the_language_of_the_word_or_of_whoever_has_the_number(
    text: str, locales: list[str | None], language: str
) -> None:
    assert spoken(SAMPLE, text, locales=locales) == language
    assert spoken(msgspec.structs.replace(SAMPLE, locales=("en",)), text, locales=locales) == "en"
