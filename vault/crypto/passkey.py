"""Passkeys (W3C Web Authentication, Level 3): what a browser is asked, and whether its answer is to be believed.

The device always looks who holds it (user verification), a passkey is found without a name (discoverable), and nobody
asks which device it is (no attestation). What `read` returns anybody may have written until `enrolled` or `signed` has
passed. Who a passkey belongs to, and whether its challenge is one of ours, stands one floor up.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import webauthn
from msgspec import Meta
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Cose
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from vault.base.errors import Denied

Kind = TypeVar("Kind")

LARGEST: Final = 16_384
"""Characters of an answer at most; a real one has about 1,500."""
_MILLISECONDS: Final = 300_000
_ALGORITHMS: Final = [Cose.ECDSA_SHA_256, Cose.EDDSA, Cose.RSASSA_PKCS1_v1_5_SHA_256]  # the last is Windows' own
_PORTS: Final = {"http": 80, "https": 443}
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")


class PasskeyError(Denied):
    """An answer that is not to be believed. Why is nobody's business."""

    def __init__(self) -> None:
        super().__init__("passkey_refused", "this passkey's answer is not one to this question")


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys work: the origin a browser must be at, and the domain (relying party) they are of."""

    origin: str
    domain: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a device shows a passkey as. `handle` is at most 64 bytes and says nothing about anybody."""

    handle: bytes
    name: str
    at: str


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as it is kept: the public key in COSE, and how often it has signed, 0 where its device never says."""

    id: bytes
    public_key: bytes
    count: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of itself. `handle` is missing where a passkey is new."""

    id: bytes
    challenge: bytes
    handle: bytes | None


class _Response(msgspec.Struct, frozen=True):
    client_data: str = msgspec.field(name="clientDataJSON")
    handle: str | None = msgspec.field(name="userHandle", default=None)


class _Credential(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)] = msgspec.field(name="rawId")
    response: _Response


class _ClientData(msgspec.Struct, frozen=True):
    challenge: str
    framed: bool = msgspec.field(name="crossOrigin", default=False)


def site(issuer: str) -> Site | None:
    """Return where passkeys of a vault with this issuer work; None where it has a number for a name.

    No passkey can be of an IP address (Level 3, section 5.1.3). A vault on this very machine has a name all the same.
    """
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    try:
        if not ip_address(host).is_loopback:
            return None
        host = "localhost"
    except ValueError:
        pass
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    return Site(origin=f"{parts.scheme}://{host}{port}", domain=host)


def to_enrol(site: Site, account: Account, *, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create`; `known` are the passkeys this account has already."""
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=account.at,
        user_id=account.handle,
        user_name=account.name,
        challenge=challenge,
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
        supported_pub_key_algs=_ALGORITHMS,
    )
    return options_to_json_dict(options)


def to_sign(site: Site, *, challenge: bytes) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`: whoever it is, the device knows."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=challenge,
        timeout=_MILLISECONDS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def read(answer: str) -> Answer:
    """Return what an answer (`PublicKeyCredential.toJSON`) says of itself; `PasskeyError` for anything else."""
    if len(answer) > LARGEST:
        raise PasskeyError
    credential = _decoded(answer.encode("utf-8", "replace"), _Credential)
    client_data = _decoded(_bytes(credential.response.client_data), _ClientData)
    if client_data.framed:  # another site has put ours into a frame, to have a finger laid on it
        raise PasskeyError
    handle = credential.response.handle
    return Answer(
        id=_bytes(credential.id),
        challenge=_bytes(client_data.challenge),
        handle=None if handle is None else _bytes(handle),
    )


def enrolled(answer: str, *, site: Site, challenge: bytes) -> Passkey:
    """Return the new passkey (Level 3, section 7.1); `PasskeyError` when the answer is not one to this challenge."""
    found = _believed(
        lambda: webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    )
    return Passkey(id=found.credential_id, public_key=found.credential_public_key, count=found.sign_count)


def signed(answer: str, *, site: Site, challenge: bytes, passkey: Passkey) -> Passkey:
    """Return the passkey with its new count (Level 3, section 7.2); `PasskeyError` when it did not sign this.

    Only a count that was signed is one to judge by: whether it grew is asked after this, with `is_copied`.
    """
    found = _believed(
        lambda: webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    if found.credential_id != passkey.id:
        raise PasskeyError
    return msgspec.structs.replace(passkey, count=found.new_sign_count)


def is_copied(kept: Passkey, signed: Passkey) -> bool:
    """Whether a passkey that counts did not count on: there are two of it (Level 3, section 6.1.1)."""
    return bool(kept.count or signed.count) and signed.count <= kept.count


def text(value: bytes) -> str:
    """Return base64url without padding, as browsers write it."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _believed(verify: Callable[[], Kind]) -> Kind:
    try:
        return verify()
    except Exception:  # noqa: BLE001 - bytes of a stranger, read by three libraries: whatever goes wrong is a no
        raise PasskeyError from None


def _decoded(document: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PasskeyError from None


def _bytes(value: str) -> bytes:
    if not _BASE64URL.fullmatch(value) or len(value) % 4 == 1:
        raise PasskeyError
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))
