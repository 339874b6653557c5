"""Where the bundled PostgreSQL lives, and as whom it runs.

A normal user's cluster stands in `postgres` inside the folder given. PostgreSQL refuses to run as root, so root's runs
as an unprivileged system user. Where that user cannot walk into the folder, the cluster stands in a folder of its own
under `/var/lib/consent-vault`, and `postgres` is a link to it. Rights are only ever set on what was made here: no
folder that stood before is widened.
"""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import msgspec

from vault.base.errors import Unavailable
from vault.store.bundled import programs
from vault.store.bundled.programs import OWN, Account, Programs

_SYSTEM: Final = Path("/var/lib/consent-vault")
_ACCOUNTS: Final = ("postgres", "nobody")
_PRIVATE: Final = 0o700
_WALK: Final = 0o711


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster's home, and the programs that serve it."""

    home: Path
    programs: Programs

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    def own(self, folder: Path) -> Path:
        """Give a folder that was just made to the server's user."""
        if self.programs.account is not None:
            os.chown(folder, self.programs.account.uid, self.programs.account.gid)
        return folder


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there. Nobody else may list it; made by root, others may walk through it.

    It comes to be with its rights: of several who begin at once, each finds it as it should be.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    if _is_root():
        made.chmod(_WALK)
    try:
        made.rename(folder)
    except OSError as error:
        made.rmdir()
        if not folder.is_dir():  # else somebody was faster
            raise OSError(error.errno, error.strerror, str(folder)) from None


def find(folder: Path) -> Place:
    """Return the place of the folder's cluster, made if there was none; `Unavailable` says what would help.

    Call it with the folder's gate held.
    """
    link = folder / "postgres"
    if link.is_symlink() and not link.exists():
        raise Unavailable("bundled_gone", f"the database {link} points to is gone; remove {link} to begin anew")
    account = _account(link) if _is_root() else None
    if not link.exists():
        _make_home(link, account)
    home = link.resolve()
    return Place(home=home, programs=programs.find(home, account))


def _is_root() -> bool:
    return os.geteuid() == 0


def _account(link: Path) -> Account:
    """Return the owner of the cluster that is there, else a system user that exists."""
    for made in (link / "data", link):
        if made.exists() and made.stat().st_uid != 0:
            return Account(uid=made.stat().st_uid, gid=made.stat().st_gid)
    for name in _ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise Unavailable(
        "bundled_account",
        "PostgreSQL does not run as root: add its user with `useradd --system postgres`, "
        f"run as another user, or {OWN}",
    )


def _make_home(link: Path, account: Account | None) -> None:
    if account is None:
        link.mkdir(mode=_PRIVATE)
    elif _may_walk(account, link.parent):
        link.mkdir()
        link.chmod(_WALK)
    else:
        link.symlink_to(_system_home(account, link.parent))


def _system_home(account: Account, folder: Path) -> Path:
    with suppress(OSError):
        if not _SYSTEM.exists():
            _SYSTEM.mkdir(parents=True)
            _SYSTEM.chmod(_WALK)
        if _may_walk(account, _SYSTEM):
            home = Path(mkdtemp(prefix="cluster-", dir=_SYSTEM))
            home.chmod(_WALK)
            return home
    raise Unavailable(
        "bundled_place",
        f"PostgreSQL does not run as root, and its user can reach neither {folder} nor {_SYSTEM}: "
        f"give VAULT_DATA a folder others may walk into, run as another user, or {OWN}",
    )


def _may_walk(account: Account, folder: Path) -> bool:
    """Whether the rights of the folder and all its parents let the account pass."""
    for part in (folder.resolve(), *folder.resolve().parents):
        status = part.stat()
        mine, ours = status.st_uid == account.uid, status.st_gid == account.gid
        if not status.st_mode & (0o100 if mine else 0o010 if ours else 0o001):
            return False
    return True
