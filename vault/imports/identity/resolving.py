"""Rows to people: first by references, then by addresses and numbers with names, then rows that name nobody.

No step depends on the order of rows, and none looks beyond what joins connect: component by component comes to the same
as everything at once. Nobody has two dates of birth, and no two known customers become one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from vault.base.ids import CustomerId
from vault.imports.identity.carrying import Held
from vault.imports.identity.naming import answers, by_name, without_name
from vault.imports.identity.outcome import outcome
from vault.imports.identity.references import by_references
from vault.imports.identity.resolution import Known, Resolution
from vault.imports.row import Row


def resolve(rows: Sequence[Row], known: Sequence[Known] = ()) -> Resolution:
    """Return who is who among rows that are connected by joins, or among all."""
    whole: dict[CustomerId, list[Known]] = defaultdict(list)
    for one in known:
        whole[one.customer].append(one)
    growing = by_references(rows, [Held(parts) for parts in whole.values()])
    carried = by_name(growing)
    without_name(growing)
    answers(growing)
    return outcome(growing, carried)
