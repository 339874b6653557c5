"""The fold against a slow telling of the laws: every word replayed in order, one after the other."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import get_args

from hypothesis import given

from tests.unit.domain.facts import Case, cases, many_cases
from vault.domain.fact import Fact
from vault.domain.standing import State

SPOKEN_IN_ORDER = ("granted", "refused", "withdrawn", "objected")


def laws(case: Case) -> tuple[State, datetime | None, str | None]:
    """Return state, end of the grant, and what is waited for."""
    statements = sorted(said_by_then(case), key=lambda fact: (fact.at, SPOKEN_IN_ORDER.index(fact.kind)))
    if any(not is_imported_yes(fact) for fact in statements):
        statements = [fact for fact in statements if not is_imported_yes(fact)]
    statements = [fact for fact in statements if fact.kind != "granted" or fact.proven]
    current = replayed(statements)
    own = replayed([fact for fact in statements if not fact.guardian])
    if current is not None and current.kind == "granted" and own is not None and own.kind != "granted":
        current = own
    if current is None:
        unproven = any(is_imported_yes(fact) for fact in said_by_then(case))
        return ("pending", None, "evidence") if unproven else waited_for(case, None, ("never_asked", None, None))
    if current.kind in {"refused", "withdrawn", "objected"}:
        return current.kind, None, None
    spoken_with_it = [fact for fact in statements if fact.kind == "granted" and fact.at == current.at]
    worths = [worth(case, fact) for fact in spoken_with_it]
    for state in ("expired", "outdated"):
        ends = [end for found, end in worths if found == state]
        if ends:
            return waited_for(case, current.at, (state, min(ends, key=lambda end: end or FOREVER), None))
    return "granted", min((end for _, end in worths), key=lambda end: end or FOREVER), None


def replayed(statements: list[Fact]) -> Fact | None:
    """Laws 2 and 4."""
    current: Fact | None = None
    for fact in statements:
        kept = current is not None and current.kind == "objected"
        if not kept or fact.kind == "objected" or (fact.kind == "granted" and fact.source == "person"):
            current = fact
    return current


FOREVER = datetime.max.replace(tzinfo=UTC)


def is_imported_yes(fact: Fact) -> bool:
    return fact.kind == "granted" and fact.source == "import"


def heard(case: Case) -> list[Fact]:
    """Law 11."""
    last, known = case.instants.at or FOREVER, case.instants.known_at or FOREVER
    return [fact for fact in case.facts if fact.at <= last and fact.recorded_at <= known]


def named_exactly(case: Case, fact: Fact) -> bool:
    for_this_point = case.about is None or fact.contact_point in {None, case.about}
    return fact.purpose == "sales" and fact.channel == "email" and for_this_point


def only_asks(case: Case, fact: Fact) -> bool:
    """Laws 5 and 8."""
    unconfirmed = fact.kind == "granted" and fact.source not in {"person", "import"} and case.rule.double_opt_in
    return fact.kind == "asked" or unconfirmed


def said_by_then(case: Case) -> list[Fact]:
    """Law 3: the statements that reach the question."""
    noes = [fact for fact in heard(case) if fact.kind in SPOKEN_IN_ORDER[1:]]
    covering = [no for no in noes if no.purpose in {"sales", "offers", "root"} and no.channel in {"email", "*"}]
    yeses = [fact for fact in heard(case) if fact.kind == "granted" and named_exactly(case, fact)]
    return covering + [yes for yes in yeses if not only_asks(case, yes)]


def worth(case: Case, grant: Fact) -> tuple[State, datetime | None]:
    """Law 7."""
    instant = case.instants.at or case.instants.now
    ends = [grant.until] if grant.until else []
    if case.rule.lasts is not None:
        ends.append(case.rule.lasts.after(grant.at))
    if any(end <= instant for end in ends):
        return "expired", min(ends)
    end = min(ends) if ends else None
    in_force = [new.version for new in case.rule.breaks if new.published <= instant]
    outdated = max(in_force, default=0) > (0 if grant.notice is None else grant.notice)
    return ("outdated" if outdated else "granted"), end


def waited_for(
    case: Case, since: datetime | None, otherwise: tuple[State, datetime | None, str | None]
) -> tuple[State, datetime | None, str | None]:
    """Law 8."""
    askings = [fact for fact in heard(case) if named_exactly(case, fact) and only_asks(case, fact)]
    if any(since is None or fact.at > since for fact in askings):
        return "pending", None, "double_opt_in"
    return otherwise


@given(cases)
def test_the_fold_agrees_with_the_laws_told_slowly(case: Case) -> None:
    found = case.stands()
    assert (found.state, found.until, found.pending_for) == laws(case)


def test_the_fold_agrees_with_the_laws_in_thousands_of_cases_and_every_state_occurs() -> None:
    occurred = Counter[State]()
    for case in many_cases(10_000):
        found = case.stands()
        assert (found.state, found.until, found.pending_for) == laws(case), case
        occurred[found.state] += 1
    assert set(occurred) == set(get_args(State))
    assert min(occurred.values()) > 100, occurred
