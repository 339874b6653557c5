"""The courier's parts, as the settings ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from vault.base.settings import Settings
from vault.courier.fetch import Fetcher
from vault.courier.mail import FolderPost, Post, SmtpPost

_NOBODY: Final = "vault@localhost.invalid"


class Courier(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault reaches others by. Without a `post` no message goes out: all wait until they are too old."""

    fetcher: Fetcher
    post: Post | None


def courier(settings: Settings) -> Courier:
    """Return the courier of these settings; it connects to nobody before it is asked to."""
    return Courier(fetcher=Fetcher(trusted=settings.trusted), post=_post(settings))


def mail_folder(settings: Settings) -> Path | None:
    """Return the folder into which messages are written instead of being sent, where that is so."""
    return None if settings.production or settings.smtp_url is not None else settings.folder / "mail"


def _post(settings: Settings) -> Post | None:
    if settings.post is not None and settings.mail_from is not None:
        return SmtpPost(settings.post, address=settings.mail_from)
    written = mail_folder(settings)
    return FolderPost(written, address=settings.mail_from or _NOBODY) if written is not None else None
