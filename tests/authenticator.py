"""A device with passkeys, for tests: it makes them, signs with them and counts, and can be told to do it wrongly."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from vault.crypto.passkey import text

Json = dict[str, Any]
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

PRESENT: Final = 0x01
VERIFIED: Final = 0x04
ATTESTED: Final = 0x40


@dataclass
class Made:
    """One passkey on the device."""

    private: Private
    handle: bytes
    id: bytes = field(default_factory=lambda: uuid4().bytes)


@dataclass
class Device:
    """The device. `counts` says whether it tells how often it has signed; `flags` what it claims to have looked at."""

    origin: str = "http://localhost:8471"
    domain: str = "localhost"
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    count: int = 0
    passkeys: list[Made] = field(default_factory=list)
    framed: bool = False

    def create(
        self, options: Json, private: Private | None = None, *, named: bytes | None = None, **changes: Any
    ) -> str:
        """Make a passkey as `navigator.credentials.create` would; `changes` are of the client data."""
        made = Made(private or ec.generate_private_key(ec.SECP256R1()), _bytes(options["user"]["id"]))
        made.id = named or made.id
        self.passkeys.append(made)
        data = self._data(self.flags | ATTESTED) + bytes(16) + len(made.id).to_bytes(2, "big") + made.id
        attestation = {"fmt": "none", "attStmt": {}, "authData": data + cbor2.dumps(cose(made.private))}
        response = {
            "clientDataJSON": text(self._client_data("webauthn.create", options, **changes)),
            "attestationObject": text(cbor2.dumps(attestation)),
        }
        return self._answer(made, response)

    def get(self, options: Json, made: Made | None = None, **changes: Any) -> str:
        """Sign as `navigator.credentials.get` would, with the newest passkey unless another is given."""
        made = made or self.passkeys[-1]
        client_data = self._client_data("webauthn.get", options, **changes)
        data = self._data(self.flags)
        response = {
            "clientDataJSON": text(client_data),
            "authenticatorData": text(data),
            "signature": text(sign(made.private, data + sha256(client_data).digest())),
            "userHandle": text(made.handle),
        }
        return self._answer(made, response)

    def _answer(self, made: Made, response: Json) -> str:
        name = text(made.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def _client_data(self, kind: str, options: Json, **changes: Any) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": self.framed}
        return json.dumps(told | changes).encode()

    def _data(self, flags: int) -> bytes:
        self.count += self.counts
        return sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")


def cose(private: Private) -> dict[int, Any]:
    """Return a public key in COSE (RFC 9053)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: -8, -1: 6, -2: private.public_key().public_bytes_raw()}
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    point, size = private.public_key().public_numbers(), private.key_size // 8
    algorithm, curve = {32: (-7, 1), 48: (-35, 2)}[size]
    return {1: 2, 3: algorithm, -1: curve, -2: point.x.to_bytes(size, "big"), -3: point.y.to_bytes(size, "big")}


def sign(private: Private, message: bytes) -> bytes:
    """Sign as the key's algorithm wants it."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), SHA256())
    return private.sign(message, ec.ECDSA(SHA256()))


def _bytes(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))
