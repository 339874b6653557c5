"""What a stop of everything ended and may be taken back; and what a browser's signal says no to."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from tests.unit.domain.facts import BEFORE, DAY, NOW, ORGANIZATION, SECOND_SALES_NOTICE, said
from vault.base.ids import FactId
from vault.domain.choices.signal import conflicts, is_heeded, noes
from vault.domain.choices.undoing import at_once, backs
from vault.domain.fact import Fact
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants

STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
YES = said("granted", NOW - DAY, locale="en")
STOPS = (
    said("withdrawn", NOW - HOUR, purpose="offers", channel=EVERY, method="portal"),
    said("withdrawn", NOW - HOUR + STEP, purpose="personalisation", channel=EVERY, method="portal"),
)
HEEDING = msgspec.structs.replace(
    ORGANIZATION,
    purposes={
        key: msgspec.structs.replace(one, gpc=key in {"sales", "service"}) for key, one in ORGANIZATION.purposes.items()
    },
)


def back(*facts: Fact, first: FactId = STOPS[0].id, organization: Organization = ORGANIZATION) -> list[tuple[str, str]]:
    found = backs(organization, facts, own=facts, first=first, now=NOW)
    return [(one.purpose.key, one.channel) for one in found]


def test_the_noes_of_one_press_follow_each_other() -> None:
    later = said("withdrawn", NOW, purpose="service", channel=EVERY, method="portal")
    assert at_once([later, *STOPS, YES], STOPS[0].id) == [*STOPS]
    assert at_once([later, *STOPS], STOPS[1].id) == [STOPS[1]]
    assert at_once([YES], YES.id) == []


def test_a_yes_that_a_stop_ended_may_be_taken_back_with_its_words() -> None:
    [found] = backs(ORGANIZATION, [YES, *STOPS], own=[YES, *STOPS], first=STOPS[0].id, now=NOW)
    assert (found.purpose.key, found.channel, found.offer.notice, found.offer.locale) == ("sales", "email", 3, "en")
    assert found.words == ORGANIZATION.notices["sales"][2].texts["en"]


def test_nothing_is_taken_back_that_was_spoken_of_since_nor_after_a_day_nor_what_counts_no_more() -> None:
    assert back(YES, *STOPS, said("withdrawn", NOW - HOUR / 2)) == []
    assert back(YES, *STOPS, first=FactId("fct_x")) == []
    assert backs(ORGANIZATION, [YES, *STOPS], own=[YES, *STOPS], first=STOPS[0].id, now=NOW + DAY) == []
    assert back(said("granted", BEFORE), *STOPS) == []
    assert back(*STOPS) == []
    assert back(msgspec.structs.replace(YES, source="import"), *STOPS) == []
    newest = msgspec.structs.replace(
        ORGANIZATION.notices["sales"][2], version=4, published=NOW - HOUR / 2, compatible=False
    )
    changed = {**ORGANIZATION.notices, "sales": (*ORGANIZATION.notices["sales"], newest)}
    assert back(YES, *STOPS, organization=msgspec.structs.replace(ORGANIZATION, notices=changed)) == []
    assert SECOND_SALES_NOTICE < NOW


# ── The signal ───────────────────────────────────────────────────────────────────────────────────────────────────────
def signalled(*facts: Fact) -> list[tuple[str, str, str]]:
    return [(one.kind, one.purpose, one.channel) for one in noes(HEEDING, facts, instants=Instants(now=NOW))]


def unfit(*facts: Fact) -> list[tuple[str, bool]]:
    return [(one.channel, one.honoured is not None) for one in conflicts(HEEDING, facts, instants=Instants(now=NOW))]


def test_the_signal_says_no_where_none_stands_and_only_for_what_heeds_it() -> None:
    assert not is_heeded(ORGANIZATION)
    assert noes(ORGANIZATION, [], instants=Instants(now=NOW)) == []
    found = signalled(YES, said("refused", channel="sms"))
    assert ("withdrawn", "sales", "email") in found
    assert ("refused", "sales", "voice") in found
    assert ("refused", "sales", "sms") not in found


def test_what_the_person_chose_knowing_of_it_stands() -> None:
    kept = said("granted", NOW - HOUR, method="gpc")
    assert ("sales", "email") not in [one[1:] for one in signalled(YES, kept)]
    assert unfit(YES, kept) == []


def test_a_yes_it_does_not_fit_is_asked_about_until_somebody_chooses() -> None:
    no = said("withdrawn", NOW - HOUR, source="link", method="gpc")
    assert unfit(YES) == [("email", False)]
    assert unfit(YES, no) == [("email", True)]
    assert unfit(no) == []
    assert unfit(YES, no, said("withdrawn", NOW - HOUR / 2, method="gpc")) == []
    assert unfit(said("objected", NOW - HOUR, source="link", method="gpc")) == []


def test_an_interest_is_objected_to() -> None:
    own = msgspec.structs.replace(HEEDING.purposes["sales"], basis="legitimate_interest")
    other = msgspec.structs.replace(HEEDING, purposes={"sales": own})
    assert {one.kind for one in noes(other, [], instants=Instants(now=NOW))} == {"objected"}
