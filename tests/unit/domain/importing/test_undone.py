"""Law 14: what an undone import brought counts no more, and its noes do, unless they were undone with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import AFTERWARDS, Case, cases, said, stands
from vault.base.errors import Invalid
from vault.base.ids import ImportId
from vault.base.personal import Personal
from vault.domain.importing.undone import NOES, NewUndoing, Undone, counted, counts, read_why

IMPORTS: Final = (ImportId("imp_a"), ImportId("imp_b"), ImportId("imp_c"))
MICROSECOND: Final = timedelta(microseconds=1)

undone_sets: Final = st.lists(
    st.builds(
        Undone, import_=st.sampled_from(IMPORTS), recorded_at=st.sampled_from(AFTERWARDS), with_noes=st.booleans()
    ),
    unique_by=lambda one: one.import_,
)


@st.composite
def imported(draw: st.DrawFn) -> Case:
    """Draw a case whose imported facts name the import they came with."""
    case = draw(cases)
    brought_by = {fact.id: draw(st.sampled_from(IMPORTS)) for fact in case.facts if fact.source == "import"}
    facts = [msgspec.structs.replace(fact, brought_by=brought_by.get(fact.id)) for fact in case.facts]
    return Case(facts, case.rule, case.instants, case.about)


def after(case: Case, undone: list[Undone]) -> Case:
    """Return the case as it is once imports are undone."""
    facts = counted(case.facts, undone, known_at=case.instants.known_at)
    return Case(facts, case.rule, case.instants, case.about)


@given(imported(), undone_sets)
def test_what_stays_is_what_nobody_undid_and_the_noes(case: Case, undone: list[Undone]) -> None:
    named = {one.import_: one for one in undone}
    for fact in case.facts:
        one = named.get(fact.brought_by) if fact.brought_by is not None else None
        known = one is not None and (case.instants.known_at is None or one.recorded_at <= case.instants.known_at)
        gone = one is not None and known and (fact.kind not in NOES or one.with_noes)
        assert (fact in after(case, undone).facts) is not gone


@given(imported(), undone_sets)
def test_what_people_and_systems_said_themselves_always_stays(case: Case, undone: list[Undone]) -> None:
    assert [fact for fact in case.facts if fact.brought_by is None] == [
        fact for fact in after(case, undone).facts if fact.brought_by is None
    ]


@given(imported(), undone_sets)
def test_a_no_that_stays_never_lets_anybody_be_reached(case: Case, undone: list[Undone]) -> None:
    with_noes = [msgspec.structs.replace(one, with_noes=True) for one in undone]
    without = [msgspec.structs.replace(one, with_noes=False) for one in undone]
    if after(case, without).state() == "granted":
        assert after(case, with_noes).state() == "granted"


@given(imported())
def test_all_undone_with_their_noes_leave_what_was_never_imported(case: Case) -> None:
    everything = [Undone(import_=one, recorded_at=AFTERWARDS[0] - MICROSECOND, with_noes=True) for one in IMPORTS]
    said_themselves = [fact for fact in case.facts if fact.brought_by is None]
    asked = Case(case.facts, case.rule, msgspec.structs.replace(case.instants, known_at=None), case.about)
    assert after(asked, everything).stands() == Case(said_themselves, asked.rule, asked.instants, asked.about).stands()


@given(imported(), undone_sets)
def test_who_asks_what_was_known_before_is_told_what_was(case: Case, undone: list[Undone]) -> None:
    if undone:
        before = min(one.recorded_at for one in undone) - MICROSECOND
        assert counted(case.facts, undone, known_at=before) == case.facts


@given(imported(), undone_sets)
def test_the_order_of_facts_and_of_undoings_does_not_matter(case: Case, undone: list[Undone]) -> None:
    turned = after(Case(case.facts[::-1], case.rule, case.instants, case.about), undone[::-1])
    assert turned.stands() == after(case, undone).stands()


def test_an_imported_yes_is_gone_with_its_import_and_the_no_beside_it_stays() -> None:
    here, then = IMPORTS[0], AFTERWARDS[0]
    yes = said("granted", source="import", brought_by=here)
    no = said("refused", source="import", brought_by=here)
    rows = [Undone(import_=here, recorded_at=then, with_noes=False)]
    assert stands(yes).state == "granted"
    assert stands(*counted([yes], rows)).state == "never_asked"
    assert stands(*counted([yes, no], rows)).state == "refused"
    assert counted([yes, no], [Undone(import_=here, recorded_at=then, with_noes=True)]) == []
    assert not counts(here, rows, is_stop=False)
    assert counts(None, rows, is_stop=False)


def test_noes_are_undone_for_a_reason_alone_that_is_kept_in_one_line() -> None:
    assert read_why(NewUndoing()) is None
    assert read_why(NewUndoing(with_noes=True, reason=Personal(" the wrong\n company "))) == Personal(
        "the wrong company"
    )
    for reason in (None, Personal("why"), Personal("w" * 501)):
        with pytest.raises(Invalid, match="10 to 500"):
            read_why(NewUndoing(with_noes=True, reason=reason))
