"""What AuthZEN is asked with: an evaluation about sales by e-mail, alone or as one of a list."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

ONE: Final = "/access/v1/evaluation"
LIST: Final = "/access/v1/evaluations"
SELF: Final = {"type": "client", "id": "fernhill.everything"}
CONTACT: Final = {"name": "contact"}
NOBODY: Final = "cus_06h0090m41t835kpwqjv10s1y0"
SALES: Final = {"purpose": "sales", "channel": "email"}


def person(customer: str) -> Json:
    return {"type": "customer", "id": customer}


def asking(customer: str = NOBODY, **changes: Any) -> Json:
    """Return an evaluation about sales by e-mail, or as `changes` says; a value of None leaves a member out."""
    plain = {"subject": SELF, "action": CONTACT, "resource": person(customer), "context": SALES}
    return {name: value for name, value in (plain | changes).items() if value is not None}


def listing(*customers: str, semantic: str | None = None, **changes: Any) -> Json:
    """Return a list of evaluations that differ in their customer alone."""
    top = {name: value for name, value in asking(**changes).items() if name != "resource"}
    options = {"options": {"evaluations_semantic": semantic}} if semantic else {}
    return {**top, **options, "evaluations": [{"resource": person(customer)} for customer in customers]}
