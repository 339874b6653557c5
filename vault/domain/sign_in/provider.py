"""The sign-in provider of an organization: what its file says of it, and which role its people get by what it claims.

A claim is read as it stands, each time somebody signs in. It is never kept, and no name is ever asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

StaffRole = Literal["auditor", "admin"]

Issuer = Annotated[
    str,
    Meta(
        pattern=r"^https://[^\s/?#@]+(/[^\s?#]*)?$(?!\n)",
        description="the provider's issuer as it spells it, such as https://login.shop.example",
    ),
]
Scope = Annotated[
    str, Meta(pattern=r"^[!#-\[\]-~]{1,64}$(?!\n)", description="a scope the provider knows, such as groups")
]


class StaffSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The section `staff_sign_in`.

    `claim` is the claim of the ID token whose words say who is what: `auditors` and `admins` are such words. `scopes`
    are asked for beside `openid`, where the provider wants one for that claim.
    """

    issuer: Issuer
    client_id: str
    claim: str
    authentication: Literal["private_key_jwt", "none"] = "private_key_jwt"
    scopes: tuple[Scope, ...] = ()
    auditors: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()


def roles(declared: StaffSignIn, claims: Mapping[str, Any]) -> frozenset[StaffRole]:
    """Return the roles that the words of the claim give: a word, or a list of them. Anything else gives none."""
    told = claims.get(declared.claim)
    words = {word for word in (told if isinstance(told, list) else [told]) if isinstance(word, str)}
    found: set[StaffRole] = set()
    if words & set(declared.auditors):
        found.add("auditor")
    if words & set(declared.admins):
        found.add("admin")
    return frozenset(found)
