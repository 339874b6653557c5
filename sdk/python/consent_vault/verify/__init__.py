"""Verifying a bundle of the access log offline: what the vault proves, somebody else's code checks.

It shares no line with the vault, needs nothing but Python and cryptography, and opens no connection.
"""

from consent_vault.verify.bundle import Verified, verify
from consent_vault.verify.notes import Checkpoint, Key, read_checkpoint, read_key
from consent_vault.verify.refusal import Refused
from consent_vault.verify.sample import Sample
from consent_vault.verify.sample import check as check_sample

__all__ = [
    "Checkpoint",
    "Key",
    "Refused",
    "Sample",
    "Verified",
    "check_sample",
    "read_checkpoint",
    "read_key",
    "verify",
]
