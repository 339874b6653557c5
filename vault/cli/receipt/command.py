"""`consent-vault receipt check`: name what a consent receipt lacks, and verify who signed it. Needs no vault.

Nothing of what a receipt says is printed but its identifier: somebody may paste the output into a ticket.
"""

from __future__ import annotations

import json
from argparse import Namespace
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from consent_vault import receipts as signed

from vault.base.errors import Invalid
from vault.cli.terminal import Commands, say, say_json
from vault.domain.receipt.check import Format, check, receipts, recognised

_ABOUT: Final = """
Reads a consent receipt, or a file of many: ISO/IEC TS 27560 as JSON-LD with DPV terms, or Kantara 1.1. Names every
mandatory field that is missing or wrong by its path, and with --key verifies the signature. Ends with 1 if anything is
amiss. An organization's keys stand at /p/SLUG/keys.json of its vault.
"""
_NAMES: Final[dict[Format, str]] = {"iso-27560": "ISO/IEC TS 27560", "kantara": "Kantara 1.1"}
_KEY: Final = 32
_LARGEST: Final = 64 * 1024 * 1024

Signature = Literal["verified", "wrong", "missing", "not checked"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that was checked. `faults` are sentences; `place` is where it stands in a file of many."""

    place: str
    format: Format | None
    faults: list[str]
    signature: Signature

    @property
    def is_well(self) -> bool:
        """Whether nothing is amiss; a signature that nobody asked about is not."""
        return not self.faults and self.signature in {"verified", "not checked"}


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("receipt", help="check consent receipts", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    action = actions.add_parser("check", help="name what a receipt lacks, and verify it", description=_ABOUT)
    action.add_argument("file", metavar="FILE", type=Path, help="a receipt, or many in one file")
    action.add_argument(
        "--key",
        metavar="KEY",
        action="append",
        default=[],
        help="who must have signed it: a file with a JSON Web Key Set, or a public key in base64; may repeat",
    )
    action.add_argument("--json", action="store_true", help="print what was found for machines")
    action.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    keys = [key for given in asked.key for key in _keys(given)]
    document = _read(asked.file)
    found = [
        Checked(
            place=place,
            format=recognised(one),
            faults=[str(fault) for fault in check(one)],
            signature=_signature(one, keys),
        )
        for place, one in receipts(document)
    ]
    if not found:
        raise Invalid("no_receipts", "there is no receipt in this file")
    if asked.json:
        say_json(found)
    else:
        for one in found:
            say(*_lines(one))
    return 0 if all(one.is_well for one in found) else 1


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise Invalid("too_large", "this file is larger than any file of receipts")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise Invalid("unreadable_file", f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Invalid("no_json", f"{path}: this is no JSON") from None


def _keys(given: str) -> list[bytes]:
    """Return the public keys of a file, or the one that was typed."""
    path = Path(given)
    text = path.read_text("utf-8", errors="replace").strip() if path.is_file() else given.strip()
    if text.startswith("{"):
        try:
            found = signed.public_keys(json.loads(text))
        except ValueError:
            found = []
    else:
        found = [key for read in (b64decode, urlsafe_b64decode) for key in _decoded(read, text)][:1]
    if not found or any(len(key) != _KEY for key in found):
        raise Invalid("no_key", "--key wants a JSON Web Key Set of Ed25519 keys, or a public key of 32 bytes in base64")
    return found


def _decoded(read: Any, text: str) -> list[bytes]:
    try:
        return [key for key in [read(text + "=" * (-len(text) % 4))] if len(key) == _KEY]
    except ValueError:
        return []


def _signature(receipt: Any, keys: Sequence[bytes]) -> Signature:
    if not isinstance(receipt, dict) or "signature" not in receipt:
        return "missing" if keys else "not checked"
    if not keys:
        return "not checked"
    return "verified" if signed.verify(json.dumps(receipt), keys) else "wrong"


def _lines(one: Checked) -> list[str]:
    what = f"{one.place}: " if one.place else ""
    name = _NAMES[one.format] if one.format is not None else "no receipt"
    told = {
        "verified": "signed by the key given",
        "wrong": "its signature is not by the key given, or it was changed since",
        "missing": "it is not signed",
        "not checked": "signature not checked; give the organization's key with --key",
    }
    state = "every mandatory field is there" if not one.faults else f"{len(one.faults)} to mend"
    return [f"{what}{name}: {state}; {told[one.signature]}", *(f"  {fault}" for fault in one.faults)]
