"""A witness at work (C2SP tlog-witness): it cosigns what only ever grew, and remembers before it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from vault.base.clock import Clock, Entropy
from vault.base.errors import Invalid
from vault.crypto import note_keys
from vault.store.log.witnessed import Head, Kept, WitnessFile
from vault.tlog.hashes import checked
from vault.tlog.key import COSIGNATURE, Verifier
from vault.tlog.sign import Signer, sign
from vault.tlog.witness import SIZE_TYPE, Accepted, Log, judge, write_conflict, write_response

_TEXT: Final = "text/plain; charset=utf-8"
_OK: Final = 200


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, as HTTP wants it."""

    status: int
    kind: str = _TEXT
    body: bytes = b""


class Witnessing:
    """A witness of these logs, with its file."""

    def __init__(self, file: WitnessFile, kept: Kept, *, logs: Sequence[Verifier], clock: Clock) -> None:
        self._file = file
        self._kept = kept
        self._clock = clock
        self._logs: dict[str, tuple[Verifier, ...]] = {}
        for verifier in logs:
            self._logs[verifier.name] = (*self._logs.get(verifier.name, ()), verifier)
        self._signer = Signer(name=kept.name, kind=COSIGNATURE, key=note_keys.read("ed25519", kept.seed))
        self._turn = asyncio.Lock()

    @property
    def verifier(self) -> Verifier:
        """The witness's public key."""
        return self._signer.verifier

    async def add(self, body: bytes) -> Said:
        """Answer `add-checkpoint`. Judged and kept in one turn: nobody is judged by what is not so any more."""
        async with self._turn:
            verdict = judge(body, {origin: self._log(origin) for origin in self._logs})
            if not isinstance(verdict, Accepted):
                if verdict.size is not None:
                    return Said(status=verdict.status, kind=SIZE_TYPE, body=write_conflict(verdict.size))
                return Said(status=verdict.status)
            head = verdict.checkpoint
            heads = self._kept.heads | {head.origin: Head(size=head.size, root=head.root)}
            kept = msgspec.structs.replace(self._kept, heads=heads)
            await asyncio.to_thread(self._file.write, kept)
            self._kept = kept
            cosignature = sign(verdict.text, self._signer, at=int(self._clock.now().timestamp()))
            return Said(status=_OK, body=write_response((cosignature,)))

    def _log(self, origin: str) -> Log:
        if (head := self._kept.heads.get(origin)) is None:
            return Log(verifiers=self._logs[origin])
        return Log(verifiers=self._logs[origin], size=head.size, root=checked(head.root))


def opened(
    file: WitnessFile, *, name: str | None, logs: Sequence[Verifier], clock: Clock, entropy: Entropy
) -> Witnessing:
    """Return the witness of a file. A new file gets a key under `name`; an old one keeps its own."""
    kept = file.read()
    if kept is None:
        if name is None:
            raise Invalid("no_witness_name", "a new witness needs a name: --name witness.example/ours")
        kept = Kept(name=name, seed=note_keys.seed(note_keys.fresh("ed25519", entropy)), heads={})
        made = Witnessing(file, kept, logs=logs, clock=clock)
        _ = made.verifier  # a name that cannot be one is refused before anything is written
        file.write(kept)
        return made
    if name not in {None, kept.name}:
        raise Invalid("other_witness_name", f"this witness is called {kept.name}, and keeps its name")
    return Witnessing(file, kept, logs=logs, clock=clock)
