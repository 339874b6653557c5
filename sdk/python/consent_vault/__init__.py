"""Ask a consent vault whether you may contact somebody. Without the yes, the address does not leave."""

from consent_vault._asynchronous.vault import AsyncVault
from consent_vault._generated.vault import Vault
from consent_vault.answers import (
    Asked,
    Chosen,
    Consent,
    Customer,
    Decision,
    Found,
    Heard,
    Outcome,
    PointAdded,
    PointShown,
    Prompt,
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
from consent_vault.questions import Choice, Contact, ContactPoint, Question, Reference, TextMessage

__all__ = [
    "Asked",
    "AsyncVault",
    "Choice",
    "Chosen",
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
    "Prompt",
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
