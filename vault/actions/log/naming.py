"""What a log is called, under which names its keys sign, and which of two checkpoints of it is the newer one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from vault.crypto.note_keys import Algorithm, NoteKey
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.key import COSIGNATURE_ML_DSA, PLAIN, Kind, Verifier
from vault.tlog.line import Malformed
from vault.tlog.sign import Signer

KINDS: Final[Mapping[Algorithm, Kind]] = {"ed25519": PLAIN, "ml-dsa-44": COSIGNATURE_ML_DSA}

_GENERATION: Final = re.compile(r"/g([1-9][0-9]{0,8})$")


def origin(issuer: str, slug: str, *, generation: int) -> str:
    """Return the name of a log: the issuer without its scheme, as C2SP names logs."""
    parts = urlsplit(issuer)
    return f"{parts.netloc}{parts.path.rstrip('/')}/log/{slug}/g{generation}"


def head_of(raw: bytes) -> Checkpoint:
    """Return the checkpoint in a note, its signatures not looked at."""
    return checkpoint.read(note.read(raw).text)


def generation_of(head: Checkpoint) -> int:
    """Return the generation in a checkpoint's name; `Malformed` if there is none."""
    found = _GENERATION.search(head.origin)
    if found is None:
        raise Malformed("malformed_origin", "a log of the vault is called <issuer>/log/<organization>/g<generation>")
    return int(found[1])


def is_newer(one: bytes, than: bytes) -> bool:
    """Say whether one note is of a later generation, or of a larger tree of the same, than another."""
    new, old = head_of(one), head_of(than)
    return (generation_of(new), new.size) > (generation_of(old), old.size)


def signers(name: str, keys: Iterable[NoteKey]) -> list[Signer]:
    """Return the log's keys under its name."""
    return [Signer(name=name, kind=KINDS[key.algorithm], key=key) for key in keys]


def verifiers(name: str, public: Mapping[Algorithm, bytes]) -> list[Verifier]:
    """Return the public halves under the log's name."""
    return [Verifier(name=name, kind=KINDS[algorithm], public=key) for algorithm, key in public.items()]
