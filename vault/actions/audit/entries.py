"""One entry: its bytes as signed, its place in the tree, and the proof of it. Looking at one is an entry itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from vault.actions.acting import acting
from vault.actions.audit import tree
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Gone, Unknown
from vault.base.ids import ENTRY, EntryId, Subject, read
from vault.domain.actor import Actor
from vault.domain.audit.commitment import MEMBERS
from vault.store.audit import placing
from vault.store.audit.placing import Head, Placed
from vault.store.database import Work
from vault.store.log import pruned
from vault.store.log import state as states
from vault.tlog import proof_file
from vault.tlog.hashes import Hash
from vault.tlog.proof_file import ProofFile


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. `body` are the bytes as written and signed, `parsed` is what they say.

    With a number, `proof` leads from its leaf to the root of the tree of `size`, whose signed `checkpoint` is there.
    Without one, it has been waiting for `waiting_seconds`. `has_details` says that something lies sealed beside it;
    `is_erased_at`, when the subject it is about was erased.
    """

    body: bytes
    parsed: Mapping[str, Any]
    number: int | None
    generation: int
    size: int | None
    proof: list[bytes]
    checkpoint: bytes | None
    has_details: bool
    waiting_seconds: float | None
    is_erased_at: datetime | None


async def entry(vault: Vault, actor: Actor, *, entry: EntryId) -> Shown:
    """Return an entry; `Unknown` where there is none here, `Gone` for one let go of after its years."""
    read(ENTRY, entry)
    async with acting(vault, actor, name="show_entry") as act:
        place = await _placed(act.work, entry)
        body = await _body(act.work, place, entry=entry)
        parsed: dict[str, Any] = msgspec.json.decode(body)
        subject = Subject(parsed["subject"]) if "subject" in parsed else None
        head, proof = await _proof(act.work, place)
        state = await states.read(act.work)
        await act.log("entry_read", of=entry, subject=subject)
        return Shown(
            body=body,
            parsed=parsed,
            number=place.number,
            generation=place.generation or (state.generation if state is not None else 0),
            size=head.size if head is not None else None,
            proof=[*proof],
            checkpoint=head.note if head is not None else None,
            has_details=any(member in parsed for member in MEMBERS.values()),
            waiting_seconds=None if place.number is not None else _since(parsed["at"], act.now),
            is_erased_at=await placing.erased_at(act.work, subject) if subject is not None else None,
        )


async def prove(vault: Vault, actor: Actor, *, entry: EntryId) -> bytes:
    """Return the proof file of an entry (C2SP tlog-proof), which tells nothing of what it says, so it is no entry.

    `Conflict` while it waits for its number. It holds for an entry let go of as well.
    """
    read(ENTRY, entry)
    async with acting(vault, actor, name="prove_entry") as act:
        place = await _placed(act.work, entry)
        head, proof = await _proof(act.work, place)
    if head is None or place.number is None:
        raise Conflict("entry_waits", "this entry waits for its number; ask again in a second")
    return proof_file.write(ProofFile(index=place.number, proof=tuple(proof), note=head.note))


async def _placed(work: Work, entry: EntryId) -> Placed:
    place = await placing.placed(work, entry)
    if place is None:
        raise Unknown("unknown_entry", "there is no such entry")
    return place


async def _body(work: Work, place: Placed, *, entry: EntryId) -> bytes:
    if await pruned.covered(work, entry) is not None:
        raise Gone("entry_gone", f"the bytes of entry {place.number} were let go of after their years; its proof holds")
    if place.body is None:
        raise Conflict("log_damaged", f"the body of entry {place.number} is gone")
    return place.body


async def _proof(work: Work, place: Placed) -> tuple[Head | None, list[Hash]]:
    if place.number is None:
        return None, []
    head = await placing.head(work, place.generation)
    if head is None or place.number >= head.size:
        raise Conflict("log_damaged", "this entry has a number that no signed tree has")
    return head, await tree.inclusion(work, head.generation, number=place.number, size=head.size)


def _since(told: str, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(told)).total_seconds())
