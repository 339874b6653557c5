"""Consent receipts: the vault's signed word of what somebody said, which they keep and anybody can verify offline.

A receipt is a JSON object in the format of ISO/IEC TS 27560 or of Kantara 1.1, with its signature as one more member.
The public keys stand at `/p/{slug}/keys.json` and in the access log (`promise_key_made`). Written from the description
in the vault's SECURITY.md alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent_vault.promises import key_id
from consent_vault.spelling import decoded, encoded

Keys = bytes | Iterable[bytes] | Mapping[str, Any]
"""A public key of 32 bytes, several of them, or a JSON Web Key Set."""

_SIGNATURE: Final = "signature"
_KIND: Final = "consent-receipt"
_ALGORITHMS: Final = frozenset({"EdDSA", "Ed25519"})  # RFC 8037; RFC 9864
_LARGEST: Final = 2**53


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt. `document` is all of it but the signature, `key` what the key is called that signed it."""

    format: Literal["iso-27560", "kantara"]
    id: str
    key: str
    document: Mapping[str, Any]
    signature: str


def read(text: str | bytes) -> list[Receipt]:
    """Return the signed receipts in a file, one or all of somebody's; `ValueError` for anything else."""
    try:
        told = json.loads(text)
        found = told["receipts"] if isinstance(told, dict) and isinstance(told.get("receipts"), list) else [told]
        return [_read(one) for one in found]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise ValueError("that is no signed receipt") from None


def verify(receipt: Receipt | str | bytes, keys: Keys) -> bool:
    """Say whether one of these keys signed the receipt, or every receipt of a file, exactly as it stands."""
    if isinstance(receipt, str | bytes):
        try:
            found = read(receipt)
        except ValueError:
            return False
        return bool(found) and all(verify(one, keys) for one in found)
    head, _, signature = receipt.signature.partition("..")
    public = [one for one in public_keys(keys) if key_id(one) == receipt.key]
    try:
        message = f"{head}.{encoded(_canonical(receipt.document))}".encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return any(_signed(one, message, signature=signature) for one in public)


def public_keys(keys: Keys) -> list[bytes]:
    """Return public keys of 32 bytes; of a JSON Web Key Set those that can sign receipts."""
    if isinstance(keys, bytes):
        return [keys]
    if not isinstance(keys, Mapping):
        return [*keys]
    told = keys.get("keys", [])
    found = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    of_kind = [one for one in found if (one.get("kty"), one.get("crv")) == ("OKP", "Ed25519")]
    return [decoded(one["x"]) for one in of_kind if isinstance(one.get("x"), str)]


def _read(told: dict[str, Any]) -> Receipt:
    document = {name: value for name, value in told.items() if name != _SIGNATURE}
    signature = told[_SIGNATURE]
    header = json.loads(decoded(signature.partition("..")[0]))
    if header["alg"] not in _ALGORITHMS or header["typ"] != _KIND or "crit" in header:
        raise ValueError
    kantara = "consentReceiptID" in document
    own = document["consentReceiptID" if kantara else "dct:identifier"]
    if not isinstance(own, str) or not isinstance(header["kid"], str):
        raise TypeError
    return Receipt(
        format="kantara" if kantara else "iso-27560", id=own, key=header["kid"], document=document, signature=signature
    )


def _canonical(document: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed (RFC 8785, for texts, whole numbers, truths, lists and objects)."""
    _check(document)
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: object) -> None:
    if isinstance(value, Mapping):
        for one in value.values():
            _check(one)
    elif isinstance(value, list):
        for one in value:
            _check(one)
    elif not isinstance(value, str | bool) and not (isinstance(value, int) and -_LARGEST < value < _LARGEST):
        raise TypeError


def _signed(public: bytes, message: bytes, *, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(decoded(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
