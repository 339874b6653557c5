"""How to reach an organization comes from its file, and configurations kept before it was read there stay readable."""

from __future__ import annotations

import msgspec

from tests.unit.domain.receipt.receipt_cases import organization
from vault.domain.organization import Organization, Party
from vault.domain.organization_file.declarations import party
from vault.domain.organization_file.shape import Contact


def test_the_file_says_how_to_reach_it_its_officer_and_where_to_complain() -> None:
    file = organization()
    assert file.contact.email == "privacy@fernhill.example"
    assert file.contact.address[1] == "1 Larch Yard"
    assert file.officer == Party(name="Office of Data Protection", email="dpo@fernhill.example")
    assert file.complaints["GB"] == "Information Commissioner's Office"
    assert party(None) is None
    assert party(Contact()) == Party()


def test_a_configuration_kept_before_receipts_stays_readable() -> None:
    kept = msgspec.to_builtins(organization())
    for name in ("contact", "officer", "complaints"):
        del kept[name]
    old = msgspec.convert(kept, Organization)
    assert (old.contact, old.officer, old.complaints) == (Party(), None, {})
