"""The body of a log entry: codes, times, names of fields, the subject, ids of facts. Never a personal value.

Never a customer id, contact point id, external reference, name, address, or unsalted hash of one. An absent thing is
left out; canonical JSON has no null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from vault.base.canonical import Json, canonical
from vault.base.ids import EntryId
from vault.domain.actor import Actor
from vault.domain.fact import Fact

VERSION: Final = 1


def entry(entry_id: EntryId, kind: str, *, actor: Actor, at: datetime, **told: Json | None) -> bytes:
    """Return the bytes of one entry of `kind`, as they are stored and later signed (RFC 8785)."""
    body: dict[str, Json | None] = {
        **told,
        "v": VERSION,
        "id": entry_id,
        "kind": kind,
        "at": stamp(at),
        "organization": actor.organization,
        "actor": {**by_whom(actor)},
    }
    return canonical({name: value for name, value in body.items() if value is not None})


def told(fact: Fact) -> dict[str, str | int | bool | None]:
    """Return what the entry of a fact says of it."""
    return {
        "fact": fact.id,
        "said": fact.kind,
        "purpose": fact.purpose,
        "channel": fact.channel,
        "said_at": stamp(fact.at),
        "source": fact.source,
        "method": fact.method,
        "notice": fact.notice,
        "words": fact.words,
        "guardian": fact.guardian or None,
        "dealing": fact.dealing,
        "import": fact.brought_by,
    }


@lru_cache(maxsize=64)  # all entries of a batch are of one instant
def stamp(instant: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds, which sorts as it reads."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def by_whom(actor: Actor) -> dict[str, str]:
    """Return what an entry says of who acted."""
    told: dict[str, str] = {"kind": actor.kind}
    if actor.client is not None:
        told["client"] = actor.client
    if actor.token is not None:
        told["token"] = actor.token
    if actor.staff is not None:
        told["staff"] = actor.staff
    if actor.session is not None:
        told["session"] = actor.session
    return told
