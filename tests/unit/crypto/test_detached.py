"""Detached signatures: a JWS library of others believes them once the payload is put back."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Final

import jwt
import pytest

from tests.make import SeededEntropy
from vault.base.canonical import Json, canonical
from vault.crypto import detached, note_keys

DOCUMENT: Final[dict[str, Json]] = {"b": ["ü", 1, True], "a": {"z": "quokka"}}
KEY: Final = note_keys.fresh("ed25519", SeededEntropy())


def put_back(signature: str, document: dict[str, Json]) -> str:
    payload = urlsafe_b64encode(canonical(document)).rstrip(b"=").decode()
    return signature.replace("..", f".{payload}.")


def test_whoever_knows_jws_verifies_it_with_the_public_jwk() -> None:
    signature = detached.sign(KEY, DOCUMENT, kid="k", kind="consent-receipt")
    jwk = jwt.PyJWK(detached.public_jwk(KEY, kid="k"))
    told = jwt.api_jws.decode_complete(put_back(signature, DOCUMENT), jwk, algorithms=["EdDSA"])
    assert told["header"] == {"alg": "EdDSA", "kid": "k", "typ": "consent-receipt"}
    assert json.loads(told["payload"]) == DOCUMENT


def test_another_document_does_not_verify() -> None:
    signature = detached.sign(KEY, DOCUMENT, kid="k", kind="consent-receipt")
    jwk = jwt.PyJWK(detached.public_jwk(KEY, kid="k"))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.api_jws.decode_complete(put_back(signature, DOCUMENT | {"a": 1}), jwk, algorithms=["EdDSA"])


def test_the_private_half_is_nowhere_in_what_is_published() -> None:
    assert detached.public_jwk(KEY, kid="k").keys() == {"kty", "crv", "alg", "use", "kid", "x"}
