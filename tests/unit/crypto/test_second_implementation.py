"""The published vectors by other people's code: keys by the standard library's HMAC, AES-GCM by tink.

Written from `SECURITY.md`; it imports nothing of the vault.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import tink
from tink import aead, secret_key_access

VECTORS: Final = json.loads(Path(__file__).with_name("vectors.json").read_text())
Case = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _tink() -> None:
    aead.register()


def lp(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def hkdf_expand(key: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869 section 2.3."""
    okm = block = b""
    while len(okm) < size:
        block = hmac.digest(key, block + info + bytes((len(okm) // 32 + 1,)), "sha256")
        okm += block
    return okm[:size]


def aes_gcm(key: bytes, box: bytes, associated: bytes) -> bytes:
    """Open ciphertext and tag under a zero nonce; tink reads its nonce from the front, and its keys from keysets."""
    value = b"\x1a\x20" + key  # the message AesGcmKey: field 3, 32 bytes
    data = {
        "typeUrl": "type.googleapis.com/google.crypto.tink.AesGcmKey",
        "value": base64.b64encode(value).decode(),
        "keyMaterialType": "SYMMETRIC",
    }
    raw = {"keyData": data, "status": "ENABLED", "keyId": 1, "outputPrefixType": "RAW"}
    keyset = json.dumps({"primaryKeyId": 1, "key": [raw]})
    handle = tink.json_proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
    opened: bytes = handle.primitive(aead.Aead).decrypt(bytes(12) + box, associated)  # type: ignore[type-abstract]  # as tink wants it
    return opened


def unlock(key: bytes, box: bytes, *, size: int, label: str, context: list[bytes]) -> bytes:
    head, commitment, body = box[:size], box[size : size + 32], box[size + 32 :]
    hashed = hashlib.sha256(b"".join(map(lp, context))).digest()
    okm = hkdf_expand(key, f"cv/{label}".encode() + b"\x00" + head + hashed, 64)
    if not hmac.compare_digest(okm[32:], commitment):
        raise ValueError("commitment")
    return aes_gcm(okm[:32], body, head)


def open_field(case: Case) -> bytes:
    sealed, place = bytes.fromhex(case["sealed"]), case["place"]
    if len(sealed) < 110 or sealed[:2] != b"\xc1\x01":
        raise ValueError("head")
    context = [
        b"field/1", UUID(place["organization"]).bytes, UUID(place["customer"]).bytes,
        place["table"].encode(), place["column"].encode(), UUID(place["row"]).bytes,
    ]  # fmt: skip
    padded = unlock(bytes.fromhex(case["key"]), sealed, size=30, label="field/1", context=context)
    end = max(at for at in range(-1, len(padded)) if at < 0 or padded[at])
    bucket = 32
    while bucket < end + 1:
        bucket *= 2
    if end < 0 or padded[end] != 0x80 or len(padded) != bucket:
        raise ValueError("padding")
    return padded[:end]


def open_key(case: Case) -> bytes:
    wrapped, above, bound = bytes.fromhex(case["wrapped"]), case["under"], case["binding"]
    named = bytes((above["provider"],)) + bytes.fromhex(above["key_id"]) + above["epoch"].to_bytes(4, "big")
    if len(wrapped) != 127 or wrapped[:23] != b"\xc2\x01" + named:
        raise ValueError("head")
    owner = bound["owner"].encode() if "owner_is_label" in case else UUID(bound["owner"]).bytes
    version = bound["version"].to_bytes(4, "big")
    context = [b"wrap/1", UUID(bound["organization"]).bytes, bound["kind"].encode(), owner, version]
    return unlock(bytes.fromhex(above["key"]), wrapped, size=47, label="wrap/1", context=context)


@pytest.mark.parametrize("case", VECTORS["sealed_fields"], ids=lambda case: case["name"])
def test_a_second_implementation_opens_each_sealed_field(case: Case) -> None:
    assert open_field(case).hex() == case["plaintext"]


@pytest.mark.parametrize("case", VECTORS["wrapped_keys"], ids=lambda case: case["name"])
def test_a_second_implementation_unwraps_each_key(case: Case) -> None:
    assert open_key(case).hex() == case["plaintext"]


@pytest.mark.parametrize("case", VECTORS["sealed_fields_refused"], ids=lambda case: case["name"])
def test_a_second_implementation_refuses_each_wrong_field(case: Case) -> None:
    with pytest.raises((ValueError, tink.TinkError)):
        open_field(case)


@pytest.mark.parametrize("case", VECTORS["wrapped_keys_refused"], ids=lambda case: case["name"])
def test_a_second_implementation_refuses_each_wrong_wrapped_key(case: Case) -> None:
    with pytest.raises((ValueError, tink.TinkError)):
        open_key(case)


@pytest.mark.parametrize("case", VECTORS["tags"], ids=lambda case: case["name"])
def test_a_second_implementation_makes_the_same_tag(case: Case) -> None:
    message = b"".join(lp(part.encode()) for part in case["parts"])
    assert hmac.digest(bytes.fromhex(case["key"]), message, "sha256")[:16].hex() == case["tag"]
