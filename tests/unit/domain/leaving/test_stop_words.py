"""What an answer to a text message means: the words that stop in three languages, and those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.domain.leaving.words import heard, language
from vault.domain.organization import StopWords
from vault.domain.organization_file.reading import read

SAMPLE = read((Path(__file__).parents[1] / "organization.yaml").read_text("utf-8")).stop_words
ALONE = StopWords()

# 47 CFR 64.1200(a)(10), its German and French equivalents, and what phones make of them.
STOP = (
    "stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe",
    "STOP", "Stop.", " stop ", "stop!!!", '"Stop"', "S.T.O.P.", "Stop 🙏", "Opt-out", "OPTOUT", "Stop all", "STOPALL",
    "\uff33\uff34\uff2f\uff30", "st\u200bop", "stop\n", "Unsubscribe :(",
    "Stopp", "Abmelden", "abbestellen!", "Ende", "Schluß", "Kündigen", "KUENDIGEN", "Widerruf", "Keine SMS", "Aufhören",
    "Arrêt", "ARRET!", "arre\u0302t", "arrêtez", "Désabonner", "desabonnement", "Désinscription", "résilier", "Fin",
    "STOP SMS",
)  # fmt: skip
NOT_ALONE = (
    "", " ", "...", "🙏", "Merci", "Thanks!", "Is the Larch 40 back?", "Ok see you at the end of the week",
    "Non-stop rain here, love the jacket", "non-stop", "Non\u2010stop", "don't stop", "Don\u2019t stop!", "dont stop",
    "never stop", "nicht stop", "unstoppable", "stopover in Bern?", "stopwatch", "the end is near",
    "cancellation policy?",
    "Ich will das nicht kündigen, danke", "le train arrive", "\u505c\u6b62", "7", "\u0301",
)  # fmt: skip
INSIDE = (
    "please stop texting me", "Please STOP texting me", "STOP it, please", "I said stop!", "bitte stopp", "ok. Stop",
    "arrêt svp", "Not for me. Stop", "please do not, stop",
)  # fmt: skip


@pytest.mark.parametrize("text", STOP)
@pytest.mark.parametrize("declared", [None, SAMPLE, ALONE])
def test_a_message_of_one_of_the_words_stops_whatever_an_organization_declares(
    text: str, declared: StopWords | None
) -> None:
    assert heard(text, declared) == "stop"


@pytest.mark.parametrize("text", NOT_ALONE)
@pytest.mark.parametrize("declared", [None, SAMPLE, ALONE])
def test_what_only_looks_like_a_stop_word_stops_nothing(text: str, declared: StopWords | None) -> None:
    assert heard(text, declared) == "none"


@pytest.mark.parametrize("text", INSIDE)
def test_a_word_that_counts_anywhere_stops_wherever_it_stands_by_itself(text: str) -> None:
    assert heard(text) == heard(text, SAMPLE) == "stop"
    assert heard(text, ALONE) == "none"


def test_an_organization_adds_words_and_phrases_of_its_own_and_takes_none_away() -> None:
    own = StopWords(alone=("Genug",), anywhere=("lass mich", "…"))
    assert heard("genug!", own) == "stop"
    assert heard("Genug Regen heute", own) == "none"
    assert heard("Bitte lass mich in Ruhe", own) == heard("LASS, mich", own) == heard("lass mich", own) == "stop"
    assert heard("mich lass", own) == heard("Hallo", own) == "none"
    assert heard("quit", own) == "stop"


@pytest.mark.parametrize("text", ["START", "start.", "Unstop", "anmelden", "Reprendre"])
def test_a_word_that_starts_again_has_to_be_the_whole_message(text: str) -> None:
    assert heard(text) == "start"
    assert heard(f"{text} sale today?") == "none"
    assert heard(f"stop {text}") == "stop"


@pytest.mark.parametrize("text", ["HELP", "help?", "Info", "Hilfe", "aide"])
def test_a_word_that_asks_for_help_has_to_be_the_whole_message(text: str) -> None:
    assert heard(text) == "help"
    assert heard(f"{text} me") == "none"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [("Abmelden!", "de"), ("ARRET", "fr"), ("Hilfe", "de"), ("reprendre", "fr"), ("STOP", None), ("bonjour", None)],
)
def test_a_word_of_one_language_alone_tells_which_it_is(text: str, spoken: str | None) -> None:
    assert language(text) == spoken


@given(
    st.sampled_from(STOP),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.text(" \t\n.!?\u200b\u00ad", max_size=4),
)
def test_neither_case_nor_what_stands_around_makes_a_stop_anything_else(text: str, case: object, around: str) -> None:
    assert callable(case)
    assert heard(f"{around}{case(text)}{around}", ALONE) == "stop"


@given(st.text(max_size=60))
def test_nothing_that_starts_or_asks_for_help_has_a_stop_word_in_it(text: str) -> None:
    assert heard(f"{text} stop") == heard(f"stop {text}") == "stop" or heard(f"{text} stop") == "none"


@given(st.text())
def test_every_text_means_something(text: str) -> None:
    assert heard(text) in {"stop", "start", "help", "none"}


def test_a_very_long_message_is_read_in_no_time_and_only_at_its_beginning() -> None:
    assert heard("a-" * 5_000_000) == "none"
    assert heard("stop " + "x" * 5_000_000) == "stop"
