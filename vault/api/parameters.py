"""What several routes share: ids in the path, the Idempotency-Key, what the contract says of them."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.params import HeaderParameter, PathParameter

from vault.base.ids import SHOWN, ContactPointId, CustomerId

CONFLICTS: Final = {"problems": (409,)}

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key again is the same request: it is not carried out twice.",
    ),
]
CustomerPath = Annotated[CustomerId, PathParameter(pattern="^cus" + SHOWN, description="the customer's id")]
ContactPointPath = Annotated[
    ContactPointId, PathParameter(pattern="^ctp" + SHOWN, description="the contact point's id")
]
