"""Mail servers, as an address names them: where, how the way there is sealed, and who logs in."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SUBMISSION: Final = 587  # RFC 6409
_SECURE: Final = 465  # RFC 8314 section 3.3


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server. `tls`: from the first byte, by STARTTLS which must be there, or none, to this machine only."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.tls})"


def mail_server(url: str, *, port: int = _SUBMISSION) -> MailServer | None:
    """Return the server of `smtp://user:password@host:port` or `smtps://…`; none for what is no such address.

    `port` is that of `smtp` where the address names none.
    """
    try:
        parts = urlsplit(url)
        named, host = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"smtp", "smtps"} or not host or named == 0:
        return None
    if parts.path.strip("/") or parts.query or parts.fragment:
        return None
    secure = parts.scheme == "smtps"
    return MailServer(
        host=host,
        port=named or (_SECURE if secure else port),
        tls="implicit" if secure else "none" if host in LOOPBACK else "starttls",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
