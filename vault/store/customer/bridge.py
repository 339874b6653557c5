"""The bridge between a customer and their pseudonym, crossed the other way: for those who hold a subject or an address.

Nobody who is erased is on it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vault.base.ids import CUSTOMER, SUBJECT, CustomerId, Subject, raw, show
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.decision.questions import Sought
from vault.store.keys import VERSION

_CUSTOMER: Final = "SELECT customer FROM keystore.subject WHERE organization = $1 AND subject = $2"
# One statement, whether anybody is found or not.
_SUBJECTS: Final = f"""
SELECT DISTINCT b.subject FROM keystore.blind_index i
JOIN keystore.subject b ON b.organization = $1 AND b.customer = i.customer
WHERE i.organization = $1 AND i.field = $2 AND i.version = {VERSION} AND i.tag = $3 AND {brought.stands("i")} ORDER BY 1
"""  # noqa: S608 - a number and a condition of ours

_HOLDERS: Final = f"""
SELECT DISTINCT b.subject FROM vault.contact_point p
JOIN keystore.subject b ON b.organization = $1 AND b.customer = p.customer
WHERE p.organization = $1 AND p.tag = $2 AND {brought.stands("p")} ORDER BY 1
"""  # noqa: S608 - a condition of ours


async def customer(work: Work, subject: Subject) -> CustomerId | None:
    """Return whose pseudonym this is."""
    rows = await work.fetch(_CUSTOMER, work.own, raw(subject))
    return show(CUSTOMER, rows[0]["customer"]) if rows else None


async def subjects(work: Work, sought: Sought) -> list[Subject]:
    """Return the pseudonyms of all who have a contact point."""
    return [show(SUBJECT, row["subject"]) for row in await work.fetch(_SUBJECTS, work.own, *sought)]


async def holders(work: Work, tag: UUID) -> list[Subject]:
    """Return the pseudonyms of all who have the contact point behind a suppression tag."""
    return [show(SUBJECT, row["subject"]) for row in await work.fetch(_HOLDERS, work.own, tag)]
