"""Sessions: how long they last, and what a browser carries of one. What it carries is kept nowhere."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac
from typing import Final, Literal

import msgspec

from vault.base.ids import SessionId

Role = Literal["customer", "auditor", "admin"]
How = Literal["code", "link", "passkey", "provider"]

SECRET: Final = 32
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_CSRF: Final = b"consent-vault/csrf/1"


class Lasting(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lasts: without a request, and at most."""

    idle: timedelta
    whole: timedelta


LASTING: Final[Mapping[Role, Lasting]] = {
    "customer": Lasting(idle=timedelta(minutes=30), whole=timedelta(hours=12)),
    "auditor": Lasting(idle=timedelta(minutes=30), whole=timedelta(hours=8)),
    "admin": Lasting(idle=timedelta(minutes=15), whole=timedelta(hours=8)),
}


class SessionToken(msgspec.Struct, frozen=True, kw_only=True):
    """A session just opened; `secret` goes into the cookie and nowhere else."""

    id: SessionId
    secret: str

    def __repr__(self) -> str:
        return f"SessionToken(id={self.id!r})"


def spelled(secret: bytes) -> str:
    """Return 32 bytes of chance as a cookie or a link carries them."""
    return urlsafe_b64encode(secret).rstrip(b"=").decode("ascii")


def read(text: str) -> bytes | None:
    """Return the bytes of a cookie or link; none for what was never one of ours."""
    return urlsafe_b64decode(text + "=") if _FORM.fullmatch(text) else None


def digest(secret: bytes) -> bytes:
    """Return what is kept of a secret: with 256 bits of chance in it, its SHA-256 leads nowhere."""
    return sha256(secret).digest()


def csrf(secret: str) -> str:
    """Return what each form of a session carries. Whoever cannot read the cookie cannot make it."""
    return hmac(secret.encode("ascii", "replace"), _CSRF, "sha256")[:16].hex()


def is_csrf(given: str, secret: str) -> bool:
    """Whether a form came from a page of this session; in constant time."""
    return compare_digest(given.encode("utf-8", "replace"), csrf(secret).encode())
