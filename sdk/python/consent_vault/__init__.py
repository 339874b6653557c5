"""Ask a consent vault whether you may contact somebody. Without the yes, the address does not leave."""

from consent_vault._asynchronous.vault import AsyncVault
from consent_vault._generated.vault import Vault
from consent_vault.answers import (
    Consent,
    Customer,
    Decision,
    Found,
    Heard,
    Outcome,
    PointAdded,
    PointShown,
    Reason,
    Registered,
    Released,
    Standing,
    Stated,
    Suppression,
    Withheld,
)
from consent_vault.calls import Pace
from consent_vault.problems import Conflict, Denied, Invalid, NotFound, Problem, Unavailable
from consent_vault.questions import Contact, ContactPoint, Question, Reference, TextMessage

__all__ = [
    "AsyncVault",
    "Conflict",
    "Consent",
    "Contact",
    "ContactPoint",
    "Customer",
    "Decision",
    "Denied",
    "Found",
    "Heard",
    "Invalid",
    "NotFound",
    "Outcome",
    "Pace",
    "PointAdded",
    "PointShown",
    "Problem",
    "Question",
    "Reason",
    "Reference",
    "Registered",
    "Released",
    "Standing",
    "Stated",
    "Suppression",
    "TextMessage",
    "Unavailable",
    "Vault",
    "Withheld",
]
