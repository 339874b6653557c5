"""What tests ask the shipped policies with: their texts, a small organization, and the flat facts of a yes."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.domain.organization import Organization
from vault.policy.decide import Facts
from vault.policy.loader import shipped_texts

TEXTS: Final = shipped_texts()
YES: Final[Facts] = {
    "known": True,
    "standing": "granted",
    "pending_for": "",
    "implied": "",
    "basis": "consent",
    "kind": "offer",
    "channel": "email",
    "suppressed": False,
    "restricted": False,
    "minor": False,
    "guardian": False,
    "reachable": True,
    "unverified": False,
    "paused": False,
    "quiet": "",
    "outside_frame": False,
    "budget_spent": "",
}


def organization() -> Organization:
    def purpose(*lineage: str) -> dict[str, object]:
        return {"key": lineage[0], "lineage": lineage, "title": {"en": "Offers"}, "kind": "offer", "basis": "consent"}

    words = dict.fromkeys(("slug", "name", "jurisdiction", "region", "time_zone", "locale"), "x")
    tables = (
        "channels",
        "attributes",
        "notices",
        "suppressions",
        "evidence",
        "clients",
        "sources",
        "words",
        "countries",
    )
    declared = {
        **words,
        **{table: {} for table in tables},
        "locales": ["en"],
        "minor_until": 16,
        "double_opt_in_needs": [],
        "purposes": {"offers": purpose("offers"), "news": purpose("news", "offers")},
    }
    return msgspec.convert(declared, Organization)
