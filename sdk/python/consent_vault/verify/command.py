"""`python -m consent_vault verify`: says what a bundle shows, checked with which keys, and in how long.

Exit status: 0 it holds, 1 it does not, 2 the question cannot be asked so.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from consent_vault.promises import read as read_promise
from consent_vault.verify.bundle import Each, Leaf, Verified, verify
from consent_vault.verify.manifest import Manifest
from consent_vault.verify.notes import COSIGNATURE, read_checkpoint, read_key
from consent_vault.verify.promised import Kept, PromiseWatch
from consent_vault.verify.refusal import Refused
from consent_vault.verify.sample import Sample, Watch

_HOLDS, _REFUSED, _MEND = 0, 1, 2
_SHOWN: Final = 20


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        keys = [read_key(vkey) for vkey in asked.key]
        since = read_checkpoint(Path(asked.since).read_bytes()) if asked.since else None
        promised = _promised(asked)
    except (Refused, ValueError) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}")
    try:
        with Path(asked.bundle).open("rb") as file:
            watch = Watch(sample=asked.sample) if asked.sample else None
            each = _each(watch, promised)
            found = verify(file, keys=keys, subject=asked.subject, since=since, each=each)
        drawn = watch.check(found) if watch else None
        kept = promised.check(found) if promised else None
    except OSError as error:
        return _complain(f"{asked.bundle}: {error.strerror}")
    except Refused as refused:
        _tell(_refusal(refused), asked, lines=[f"NOT VERIFIED  {refused}"])
        return _REFUSED
    told = _result(found) | ({"sample": _sample(drawn)} if drawn else {}) | ({"promised": kept.number} if kept else {})
    lines = [*_lines(found), *(_sample_lines(drawn) if drawn else []), *(_promise_lines(kept) if kept else [])]
    _tell(told, asked, lines=lines)
    return _HOLDS


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m consent_vault verify", description=__doc__)
    parser.add_argument("bundle", help="the file, as the vault gave it out")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="VKEY",
        help="a key you trust, of log or witness; may repeat",
    )
    parser.add_argument("--subject", metavar="SUBJECT", help="whose entries to look for; else whose story it is")
    parser.add_argument("--sample", metavar="SAMPLE", help="a sample to draw again; the bundle holds its drawing")
    parser.add_argument("--promise", metavar="FILE", help="a promise you kept, whose entry this bundle has to hold")
    parser.add_argument(
        "--promise-key", metavar="KEY", help="the key it is signed with, in base64; else the log's word"
    )
    parser.add_argument("--since", metavar="FILE", help="a checkpoint you kept, which this bundle has to extend")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _promised(asked: Namespace) -> PromiseWatch | None:
    if not asked.promise:
        return None
    keys = [b64decode(asked.promise_key, validate=True)] if asked.promise_key else []
    return PromiseWatch(promise=read_promise(Path(asked.promise).read_bytes()), keys=keys)


def _each(*watches: Watch | PromiseWatch | None) -> Each | None:
    seeing = [watch.see for watch in watches if watch is not None]
    if not seeing:
        return None

    def see(leaf: Leaf) -> None:
        for one in seeing:
            one(leaf)

    return see


def _promise_lines(kept: Kept) -> list[str]:
    by = "" if kept.key is None else f"; its key is told of in entry {kept.key}"
    return [f"PROMISE KEPT  the promised entry is number {kept.number}{by}"]


def _complain(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return _MEND


def _tell(result: dict[str, Any], asked: Namespace, *, lines: Sequence[str]) -> None:
    sys.stdout.write((json.dumps(result) if asked.json else "\n".join(lines)) + "\n")


def _refusal(refused: Refused) -> dict[str, Any]:
    told = {"code": refused.code, "detail": refused.detail, "index": refused.index, "size": refused.size}
    return {"verified": False, **{name: value for name, value in told.items() if value is not None}}


def _result(found: Verified) -> dict[str, Any]:
    manifest = found.manifest
    return {
        "verified": True,
        "organization": manifest.organization,
        "origin": manifest.origin,
        "generation": manifest.generation,
        "start": manifest.start,
        "end": manifest.end,
        "root": b64encode(found.root).decode(),
        "checkpoints": len(manifest.checkpoints),
        "keys": [
            {"name": key.name, "id": key.id.hex(), "algorithm": key.algorithm, "signed": count}
            for key, count in found.signed.items()
        ],
        "keys_from_bundle": found.own_keys,
        "seconds": round(found.seconds, 3),
        **({"pruned": manifest.pruned, "announced": found.announced} if manifest.pruned > manifest.start else {}),
        **({"since": found.since} if found.since is not None else {}),
        **({"subject": found.subject, "entries": [*found.found]} if found.subject is not None else {}),
    }


def _lines(found: Verified) -> list[str]:
    manifest = found.manifest
    count = manifest.end - manifest.start
    pace = f"{count / found.seconds:,.0f} a second" if found.seconds else "at once"
    lines = [
        f"VERIFIED  {manifest.origin}",
        f"  entries      {manifest.start} to {manifest.end - 1}, {count} of them, {_hashed(manifest)}",
        *_pruned(found),
        f"  tree         size {manifest.end}, root {b64encode(found.root).decode()}",
        f"  checkpoints  {len(manifest.checkpoints)}, signed, each a prefix of the next",
    ]
    for key, signed in found.signed.items():
        kind = "witness" if key.kind == COSIGNATURE or key.name != manifest.origin else "log"
        said = f"signed {signed} of the checkpoints" if key.is_checkable else "NOT CHECKED: needs cryptography 48"
        lines.append(f"  key          {key.id.hex()} {key.algorithm}, {kind} {key.name}: {said}")
    if found.since is not None:
        lines.append(f"  extends      the tree of size {found.since} that you kept")
    if found.subject is not None:
        other = "in no other" if manifest.pruned == manifest.start else f"in no other from {manifest.pruned} on"
        lines.append(f"  {found.subject}  in {len(found.found)} entries: {_numbers(found.found)}; {other}")
    lines.append(f"  took         {found.seconds:.2f} s, {pace}")
    if found.own_keys:
        lines.append("  The keys came with the bundle, so it was shown to agree with itself. Ask for the log's keys by")
        lines.append("  another way, compare, and give them with --key.")
    return lines


def _hashed(manifest: Manifest) -> str:
    kept = manifest.end - manifest.pruned
    return "each hashed" if manifest.pruned == manifest.start else f"{kept} hashed, of the others the hash stands"


def _pruned(found: Verified) -> list[str]:
    """Return what is said of entries without a body: a bundle that claims them pruned shows it by an entry."""
    manifest = found.manifest
    if manifest.pruned == manifest.start:
        return []
    told = f"entry {found.announced} tells of it" if found.announced is not None else "NO ENTRY HERE TELLS OF IT"
    return [f"  pruned       {manifest.start} to {manifest.pruned - 1}: their bodies are gone; {told}"]


def _sample(drawn: Sample) -> dict[str, Any]:
    return {
        "id": drawn.id,
        "numbers": [*drawn.numbers],
        "rule": drawn.rule,
        "drawing": drawn.drawing,
        "checkpoint": drawn.checkpoint,
        "earlier": [*drawn.earlier],
        **({"witness": drawn.witness.name} if drawn.witness else {}),
    }


def _sample_lines(drawn: Sample) -> list[str]:
    by = f"witness {drawn.witness.name} ({drawn.witness.id.hex()})" if drawn.witness else "the log itself"
    lines = [
        f"DRAWN AGAIN  {drawn.id}",
        f"  rule         entry {drawn.rule}, before its seed was there; drawn in entry {drawn.drawing}",
        f"  seed         by {by}, under the checkpoint of size {drawn.checkpoint}",
        f"  numbers      {len(drawn.numbers)}: {', '.join(map(str, drawn.numbers))}",
    ]
    if drawn.witness is None:
        lines.append("  No witness gave the seed, so the vault could have tried twice.")
    if drawn.earlier:
        lines.append(f"  A witness signed sooner, too: sizes {_numbers(drawn.earlier)}. Ask why that gave no seed.")
    return lines


def _numbers(found: Sequence[int]) -> str:
    shown = ", ".join(map(str, found[:_SHOWN]))
    return f"{shown or 'none'}{', …' if len(found) > _SHOWN else ''}"
