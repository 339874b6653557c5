"""The manifest of an export: what its files are, what is in them, and what is not.

It is written last, so that an export without one is not whole. Whoever reads an export holds every file against it
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.canonical import canonical
from vault.base.errors import Invalid
from vault.domain.entry import stamp
from vault.domain.fact import Instant
from vault.domain.organization import plain

FORMAT: Final = "consent-vault-export/1"
MANIFEST: Final = "manifest.json"
PERSONS: Final = "customers.ndjson"
SAID: Final = "facts.ndjson"
RECORDS: Final = "consents.ndjson"
HOLDERS: Final = "tags.ndjson"
MERGES: Final = "merges.ndjson"
SUGGESTIONS: Final = "merge_suggestions.ndjson"
CONFIGURATIONS: Final = "configurations.ndjson"
NEEDED: Final = frozenset({PERSONS, SAID, CONFIGURATIONS})
"""Without which nothing is restored; `tags.ndjson` is there when a key was given to carry it."""
TAGS: Final = (
    "What is said about an address is kept under a keyed tag of it, never beside the address. Of addresses that a "
    "customer has, it stands beside the address here. Of addresses that nobody has any more it stands under the bare "
    "tag, in tags.ndjson, which means something only under the key of this export: keep that key apart from the files."
)
LOST: Final = (
    "What is said about addresses that nobody has any more is not in this export, for no key was given to carry it. "
    "Restored from it, a vault does not know of these stops."
)

Form = Literal["ndjson", "csv"]
FORMS: Final[tuple[Form, ...]] = ("ndjson", "csv")
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its fingerprint, and how much it holds."""

    sha256: _Digest
    bytes: int
    lines: int


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """The suppression key, wrapped under the key of the export, and whose it was."""

    organization: str
    key: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are of what. `facts` are those of customers; of a shared address, what is said counts each time.

    `nobodys_facts` and `nobodys_stops` are about addresses that nobody has, or of somebody erased.
    """

    customers: int = 0
    attributes: int = 0
    contact_points: int = 0
    references: int = 0
    facts: int = 0
    records: int = 0
    facts_about_points: int = 0
    stops: int = 0
    preferences: int = 0
    requests: int = 0
    messages: int = 0
    merges: int = 0
    nobodys_facts: int = 0
    nobodys_stops: int = 0
    nobodys_marks: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An export. `clients` are keys of clients there ever were; `kinds` those of contact points there are."""

    format: Literal["consent-vault-export/1"]
    organization: str
    made_at: Instant
    configuration: _Digest
    forms: tuple[Form, ...]
    clients: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: Counts
    left_out: Mapping[str, int | str]
    tags: str
    files: Mapping[str, File]
    carried: Carried | None = None


def write(manifest: Manifest) -> bytes:
    """Return the manifest as canonical JSON."""
    told: dict[str, Any] = plain(manifest)
    return canonical(told | {"made_at": stamp(manifest.made_at)})


def read(text: bytes) -> Manifest:
    """Return the manifest; `Invalid` for another format or version, or what is no manifest."""
    try:
        told = msgspec.json.decode(text)
        if isinstance(told, dict) and told.get("format") != FORMAT:
            raise Invalid("unknown_export", f"{MANIFEST} is of a format this vault does not know; it knows {FORMAT}")
        return msgspec.convert(told, Manifest)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        raise Invalid("unreadable_export", f"{MANIFEST} cannot be read; make the export anew") from None
