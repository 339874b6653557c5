"""What several routes share: ids in the path, the Idempotency-Key, what the contract says of them."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.params import HeaderParameter, PathParameter

from vault.base.ids import SHOWN, ContactPointId, CustomerId, DecisionId, FactId
from vault.base.personal import Personal

CONFLICTS: Final = {"problems": (409,)}

LARGEST_BODY: Final = 2 * 1024 * 1024
LONGEST_KEY: Final = 255

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="The same key again is the same request: it is not carried out twice.",
    ),
]
CustomerPath = Annotated[CustomerId, PathParameter(pattern="^cus" + SHOWN, description="the customer's id")]
ContactPointPath = Annotated[
    ContactPointId, PathParameter(pattern="^ctp" + SHOWN, description="the contact point's id")
]

DecisionPath = Annotated[DecisionId, PathParameter(pattern="^dec" + SHOWN, description="the decision's id")]
FactPath = Annotated[FactId, PathParameter(pattern="^fct" + SHOWN, description="the id of what was said")]


def read_personal(kind: type, value: object) -> Personal:
    """Return a personal value on its way in."""
    if kind is not Personal or not isinstance(value, str):
        raise TypeError("Expected `str`")
    return Personal(value)
