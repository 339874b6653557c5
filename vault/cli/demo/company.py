"""The company a demo shows: its organization file, its exports, and keys for its clients, all of them throw-away.

The sample company lies in `data`; another may lie in any folder. Clients' private keys are made anew for each
demo: the organization file that is applied names their public halves instead of the addresses it was written with.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vault.actions.importing.given import File
from vault.base.errors import Invalid
from vault.domain import organization_file
from vault.domain.organization import Client, Organization
from vault.imports.layout import matching

SAMPLE: Final = Path(__file__).parent / "data"
KEY_ID: Final = "demo"
_EXPORTED: Final = datetime(2026, 10, 31, 18, tzinfo=UTC)
_FILE: Final = "organization.yaml"
_COORDINATE_BYTES: Final = 32


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """An organization file as written, what it declares, and the exports beside it.

    `undeclared` are files that no source of the organization file declares. Nobody read them.
    """

    name: str
    text: str
    organization: Organization
    files: tuple[File, ...]
    undeclared: tuple[str, ...]
    exported_at: datetime


def company(folder: Path | None, *, now: datetime) -> Company:
    """Return the company of a folder, or the sample; `Invalid` says what is wrong with the folder.

    A folder's files speak for the time they were last written.
    """
    place = SAMPLE if folder is None else folder
    if not place.is_dir():
        raise Invalid("no_such_folder", f"{place} is no folder; give one with an {_FILE} and exports beside it")
    text = _text(place / _FILE)
    organization = organization_file.read(text, name=str(place / _FILE))
    files = {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if path.is_file()}
    files.pop(_FILE)
    declared = {name: path for name, path in files.items() if matching(organization.sources, name)}
    if not declared:
        raise Invalid("no_exports", f"{place} holds no file that a source in its {_FILE} declares")
    written = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in declared.values()]
    return Company(
        name=organization.name,
        text=text,
        organization=organization,
        files=tuple(File(path=name, opened=partial(_opened, path)) for name, path in declared.items()),
        undeclared=tuple(name for name in files if name not in declared),
        exported_at=min(now, _EXPORTED if folder is None else max(written)),
    )


def askers(organization: Organization, *, now: datetime) -> list[Client]:
    """Return the clients that prove themselves by a key and may both decide and release."""
    return [
        client
        for client in organization.clients.values()
        if client.authentication.method == "private_key_jwt"
        and {"decide", "release"} <= {*client.ceiling.actions}
        and (client.expires is None or client.expires >= now.date())
    ]


def hand_out_keys(company: Company, clients: list[Client], *, folder: Path) -> str:
    """Write a private key for each client into the folder, and return the organization file with the public ones."""
    folder.mkdir(mode=0o700)
    methods: dict[str, str] = {}
    for client in clients:
        key = generate_private_key(SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = folder / f"{client.key}.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)
        how = {"method": "private_key_jwt", "algorithm": "ES256", "jwks": {"keys": [_public(key)]}}
        methods[client.key] = json.dumps(how)
    return _with_authentication(company.text, methods)


def _with_authentication(text: str, methods: Mapping[str, str]) -> str:
    """Put other words in the place of clients' `authentication`, and leave every other letter as it is."""
    clients = _child(yaml.compose(text, Loader=yaml.SafeLoader), "clients")
    places = []
    for key, method in methods.items():
        node = _child(_child(clients, key), "authentication")
        start, end = node.start_mark.index, node.end_mark.index
        places.append((start, start + len(text[start:end].rstrip()), method))
    for start, end, method in sorted(places, reverse=True):
        text = text[:start] + method + text[end:]
    return text


def _child(node: Any, key: str) -> Any:  # PyYAML's nodes have no types worth the name
    return next(value for name, value in node.value if name.value == key)


def _public(key: EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    point = {"x": numbers.x, "y": numbers.y}
    written = {name: urlsafe_b64encode(value.to_bytes(_COORDINATE_BYTES, "big")) for name, value in point.items()}
    return {"kty": "EC", "crv": "P-256", "kid": KEY_ID} | {
        name: value.rstrip(b"=").decode() for name, value in written.items()
    }


def _opened(path: Path) -> list[bytes]:
    return [_bytes(path)]


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError:
        raise Invalid("unreadable_file", f"{path} is not UTF-8 text; save it as UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}") from None
