"""The clients of a file: how each proves itself, with public keys only, and a ceiling of things that exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vault.domain import organization
from vault.domain.organization import Authentication
from vault.domain.organization_file.fault import Faults, Path, quoted
from vault.domain.organization_file.known import Known
from vault.domain.organization_file.shape import File
from vault.domain.timing.week import week

# RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2: members only a private or shared key has.
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_EDWARDS: Final = ({"kty": "OKP", "crv": "Ed25519"}, ("x",))
_KEYS: Final[Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]]] = {
    "ES256": ({"kty": "EC", "crv": "P-256"}, ("x", "y")),
    "EdDSA": _EDWARDS,
    "Ed25519": _EDWARDS,
    "PS256": ({"kty": "RSA"}, ("n", "e")),
}


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note what is wrong with the clients."""
    fields = tuple(dict.fromkeys((*file.attributes, *known.contacts)))
    for key, client in file.clients.items():
        path: Path = ("clients", key)
        ceiling = (*path, "ceiling")
        faults.references((*ceiling, "purposes"), client.ceiling.purposes, to="purpose", known=known.purposes)
        faults.references((*ceiling, "channels"), client.ceiling.channels, to="channel", known=known.channels)
        faults.references((*ceiling, "fields"), client.ceiling.fields, to="field", known=fields)
        if not client.ceiling.actions:
            faults.add(ceiling, "without actions it may do nothing; write actions such as [decide, release]")
        _check_authentication(client.authentication, (*path, "authentication"), faults=faults)


def build(file: File) -> dict[str, organization.Client]:
    """Return the clients of a file without faults, by key."""
    return {
        key: organization.Client(
            key=key,
            title=client.title,
            authentication=client.authentication,
            ceiling=client.ceiling,
            expires=client.expires,
            limits=client.limits,
            acts_for_customers=client.acts_for_customers,
            hours=None if client.hours is None else week(client.hours),
        )
        for key, client in file.clients.items()
    }


def _check_authentication(how: Authentication, path: Path, *, faults: Faults) -> None:
    if how.method == "private_key_jwt":
        _check_keys(how, path, faults=faults)
        return
    for key in ("algorithm", "jwks", "jwks_uri", "profile"):
        if getattr(how, key) is not None:
            faults.add((*path, key), f"client_secret_basic has no {key}; leave it out, or write private_key_jwt")


def _check_keys(how: Authentication, path: Path, *, faults: Faults) -> None:
    if how.algorithm is None:
        faults.add(path, "algorithm is missing; write one of ES256, EdDSA, Ed25519, PS256")
    if how.expires is not None:
        faults.add((*path, "expires"), "only a secret expires here; write expires beside authentication instead")
    if (how.jwks is None) == (how.jwks_uri is None):
        faults.add(path, "private_key_jwt needs its public keys in one place; write either jwks or jwks_uri")
    if how.jwks_uri is not None and not how.jwks_uri.startswith("https://"):
        faults.add((*path, "jwks_uri"), "keys come over https only; write an address such as https://crm.example/jwks")
    if how.jwks is not None:
        _check_set(how.jwks, how.algorithm, path=(*path, "jwks"), faults=faults)


def _check_set(jwks: Mapping[str, Any], algorithm: str | None, *, path: Path, faults: Faults) -> None:
    keys = jwks.get("keys")
    if set(jwks) != {"keys"} or not isinstance(keys, list) or not keys:
        faults.add(path, "write a JWK set: keys: [{kty: EC, crv: P-256, x: …, y: …}]")
        return
    for index, key in enumerate(keys):
        _check_key(key, algorithm, path=(*path, "keys", index), faults=faults)


def _check_key(key: object, algorithm: str | None, *, path: Path, faults: Faults) -> None:
    """RFC 7517: a public key that fits the algorithm."""
    if not isinstance(key, dict):
        faults.add(path, "write a public key as JWK: {kty: EC, crv: P-256, x: …, y: …}")
        return
    for member in sorted(_PRIVATE & key.keys()):
        detail = f"{quoted(member)} belongs to a private key; leave only the public part here, and make a new key"
        faults.add((*path, member), detail)
    if algorithm is None:
        return
    fixed, values = _KEYS[algorithm]
    for member, value in fixed.items():
        if key.get(member) != value:
            faults.add((*path, member), f"{algorithm} needs {member}: {value}")
    for member in values:
        if not isinstance(key.get(member), str):
            faults.add((*path, member), f"{algorithm} needs {member}, a value in base64url")
