"""Detached signatures of documents: JWS in its compact form (RFC 7515) with the payload left out (its appendix F).

What is signed is the document's canonical bytes, so that it may be indented or stored anew and still verifies. An
inclusion promise begins otherwise than any JWS, so neither can be taken for the other though one key signs both.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from vault.base.canonical import Json, canonical
from vault.crypto import note_keys
from vault.crypto.note_keys import NoteKey


def sign(key: NoteKey, document: dict[str, Json], *, kid: str, kind: str) -> str:
    """Return the signature of an Ed25519 key (RFC 8037); `kind` is the `typ` that says of what."""
    header = _encoded(canonical({"alg": "EdDSA", "kid": kid, "typ": kind}))
    signed = note_keys.sign(key, f"{header}.{_encoded(canonical(document))}".encode())
    return f"{header}..{_encoded(signed)}"


def public_jwk(key: NoteKey, *, kid: str) -> dict[str, str]:
    """Return the public half of an Ed25519 key as a JWK."""
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": _encoded(key.public)}


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
