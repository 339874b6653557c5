"""How and when: the form shows what is wished, sent back as it came it changes nothing, and a fault has its field."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asking import organization
from tests.unit.domain.choices.test_preference import limits, quiets
from vault.domain.choices.at_most import SELDOM, AtMost
from vault.domain.choices.how import HALVES, OFFERED, Fault, choices, filled, kept, own, read, spelled, wish
from vault.domain.choices.preference import Preferences, Wanted
from vault.domain.organization import Channel, Organization

LANGUAGES = ("en", "de")
FORM = {"channel": "sms", "budget": "2-month", "quiet_from": "21:00", "quiet_to": "08:30", "locale": "de"}
orders = st.lists(st.sampled_from(["email", "sms"]), unique=True).map(tuple)
preferences = st.builds(
    Preferences, quiet=quiets, at_most=limits, order=orders, locale=st.sampled_from([None, "de", "en-GB", "it"])
)


def shop(*keys: str) -> Organization:
    channels = {key: Channel(key=key, reaches=key) for key in keys or ("email", "sms")}
    found = organization()
    purposes = {key: msgspec.structs.replace(one, channels=(*channels,)) for key, one in found.purposes.items()}
    return msgspec.structs.replace(found, channels=channels, purposes=purposes)


def wished(fields: dict[str, str], before: Preferences | None = None) -> Wanted | tuple[Fault, ...]:
    return wish(fields, before or Preferences(), organization=shop(), languages=LANGUAGES)


@given(preferences)
def test_a_form_that_is_sent_back_as_it_came_wishes_the_same(before: Preferences) -> None:
    same = kept(before, shop())
    assert wished(filled(before, shop()), before) == same
    assert wished({}, before) == same
    assert (same.quiet, same.at_most, same.order) == (before.quiet, before.at_most, before.order)
    assert (same.locale, same.time_zone) == (None, None)


@given(preferences)
def test_what_no_field_is_about_stays(before: Preferences) -> None:
    found = wished(FORM, before)
    assert isinstance(found, Wanted)
    for had, has in ((before.quiet, found.quiet), (before.at_most, found.at_most)):
        rest = [{name: one for name, one in part.items() if name != "*"} for part in (had, has)]
        assert rest[0] == rest[1]
    assert found.quiet["*"] == "21:00-08:30"
    assert found.at_most["*"] == AtMost(most=2, per="month")
    assert (found.order[0], {*found.order}) == ("sms", {"sms", *before.order})
    assert found.locale == (None if before.locale == "de" else "de")


def test_an_empty_field_takes_the_wish_back() -> None:
    before = Preferences(quiet={"*": "21:00-08:30"}, at_most={"*": SELDOM, "sms": SELDOM}, order=("sms", "email"))
    found = wished(dict.fromkeys(FORM, ""), before)
    assert found == Wanted(at_most={"sms": SELDOM})
    assert wished({"budget_sms": "", "budget_email": "1-week"}, before) == msgspec.structs.replace(
        kept(before, shop()), at_most={"*": SELDOM}
    )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"channel": "post"}, ("channel", "not_offered")),
        ({"channel": "*"}, ("channel", "not_offered")),
        ({"budget": "0-week"}, ("budget", "not_offered")),
        ({"budget": "1-year"}, ("budget", "not_offered")),
        ({"budget": "1001-week"}, ("budget", "not_offered")),
        ({"budget": "1-week\n"}, ("budget", "not_offered")),
        ({"quiet_from": "21:15", "quiet_to": ""}, ("quiet_from", "not_offered")),
        ({"quiet_to": "24:00"}, ("quiet_to", "not_offered")),
        ({"quiet_to": ""}, ("quiet_to", "half")),
        ({"quiet_from": ""}, ("quiet_from", "half")),
        ({"quiet_to": "21:00"}, ("quiet_to", "same")),
        ({"locale": "fr"}, ("locale", "not_offered")),
    ],
)
def test_what_makes_no_sense_is_a_fault_of_its_field(fields: dict[str, str], fault: tuple[str, str]) -> None:
    found = wished(FORM | fields)
    assert isinstance(found, tuple)
    assert [(one.field, one.why) for one in found] == [fault]


def test_every_fault_is_named_in_the_order_of_the_form() -> None:
    before = Preferences(quiet={"sms": "12:00-13:00"}, at_most={"email": SELDOM}, locale="de")
    bad = dict.fromkeys([*FORM, "budget_email", "quiet_from_sms", "quiet_to_sms"], "x")
    found = wished(bad, before)
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [
        "channel", "budget", "budget_email", "quiet_from", "quiet_to", "quiet_from_sms", "quiet_to_sms", "locale",
    ]  # fmt: skip


def test_what_is_no_longer_declared_is_wished_no_longer() -> None:
    before = Preferences(quiet={"sms": "12:00-13:00"}, at_most={"sms": SELDOM}, order=("sms", "email"))
    assert kept(before, shop("email")) == Wanted(order=("email",))
    assert own(before, shop("email")) == (["*"], ["*"])
    assert own(before, shop()) == (["*", "sms"], ["*", "sms"])


def test_only_what_could_be_stopped_is_a_way_to_prefer() -> None:
    found = shop()
    fixed = {key: msgspec.structs.replace(one, basis="contract") for key, one in found.purposes.items()}
    assert choices(found) == ["email", "sms"]
    assert choices(msgspec.structs.replace(found, purposes=fixed)) == []


def test_a_limit_is_spelled_as_it_is_read() -> None:
    for one in (*OFFERED, AtMost(most=1_000, per="day")):
        assert read(spelled(one)) == one
    assert read("") is None
    assert len(set(HALVES)) == 48
