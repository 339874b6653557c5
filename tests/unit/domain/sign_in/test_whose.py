"""Whose an address is: one person's, or of several the one whose first name was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.personal import Personal
from vault.domain.sign_in.whose import chosen, mailbox

names = st.lists(
    st.one_of(st.none(), st.builds(Personal, st.sampled_from(["Anna", "Otto", "ÅSA", "José "]))), max_size=4
)


def of(*given: str | None) -> list[Personal | None]:
    return [None if name is None else Personal(name) for name in given]


@pytest.mark.parametrize(
    ("names", "typed", "place"),
    [
        (of(), "", None),
        (of(), "Anna", None),
        (of("Anna"), "", 0),
        (of("Anna"), "anna", 0),
        (of("Anna"), "Otto", None),
        (of(None), "", 0),
        (of(None), "Otto", 0),
        (of("Anna", "Otto"), "", None),
        (of("Anna", "Otto"), " OTTO ", 1),
        (of("Anna", "Otto"), "Karl", None),
        (of("Anna", None), "Anna", 0),
        (of("Anna", None), "Otto", None),
        (of("Anna", "anna"), "Anna", None),
        (of("Ann  Marie", "Otto"), "ann marie", 0),
        (of("\u00c5sa", "Otto"), "A\u030asa", 0),
        (of("Straße", "Otto"), "STRASSE", 0),
    ],
)
def test_the_first_name_decides(names: list[Personal | None], typed: str, place: int | None) -> None:
    assert chosen(names, typed) == place


def test_several_records_of_one_person_are_that_person_under_any_of_their_names() -> None:
    assert chosen(of("Anna", "Annie"), "", whose=["anna", "anna"]) == 0
    assert chosen(of("Anna", "Annie", "Otto"), "annie", whose=["anna", "anna", "otto"]) == 1
    assert chosen(of("Anna", "Anna", "Otto"), "anna", whose=["anna", "anna", "otto"]) == 0
    assert chosen(of("Anna", "Annie", "Otto"), "", whose=["anna", "anna", "otto"]) is None
    assert chosen(of(None, None), "Otto", whose=["anna", "anna"]) == 0
    assert chosen(of("Anna", None), "Otto", whose=["anna", "anna"]) is None


@given(names, st.text(max_size=5))
def test_nobody_is_chosen_out_of_several_but_by_their_own_name(names: list[Personal | None], typed: str) -> None:
    place = chosen(names, typed)
    if place is not None and len(names) > 1:
        name = names[place]
        assert name is not None
        assert name.reveal().strip().casefold() == " ".join(typed.split()).casefold()


def test_one_mailbox_is_what_every_mail_server_takes_for_one() -> None:
    assert mailbox(Personal("Marlo@Mail.example")) == mailbox(Personal("marlo@mail.EXAMPLE"))
    for one, other in (("straße", "strasse"), ("ﬁona", "fiona"), ("ÄNNE", "änne"), ("\u212a", "K")):
        assert mailbox(Personal(f"{one}@mail.example")) != mailbox(Personal(f"{other}@mail.example"))
