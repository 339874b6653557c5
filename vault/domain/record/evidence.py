"""What a claimed yes would have needed to count, and what of it was not there. Names alone, never a value."""

from __future__ import annotations

from collections.abc import Collection

from vault.domain.fact import Fact
from vault.domain.organization import Organization


def missing(fact: Fact, given: Collection[str], *, organization: Organization) -> tuple[str, ...]:
    """Return the names of evidence that the nearest class wants and nobody gave; none where no class is declared."""
    purpose = organization.purposes.get(fact.purpose)
    double = purpose is not None and fact.channel in purpose.double_opt_in
    classes = organization.double_opt_in_needs if double else organization.evidence
    lacking = [tuple(name for name in organization.evidence.get(one, ()) if name not in given) for one in classes]
    return min((one for one in lacking if one), key=len, default=())
