"""The bundled PostgreSQL: started in a folder of ours, for trying and testing.

Guarantees: it listens on a private socket and nowhere else; as many processes as like share the one server of a folder,
and the last one out stops it; after `kill -9` of anything the next start finds the data, and a server still running is
taken over. Its log holds no statement, no parameter and no message about a row: no personal value ever enters it.

Three locks of the operating system carry this, none of which outlives its holder: the *gate* is held while a server is
started or stopped, *users* is shared by all who use it, and *server* is inherited by the server itself, so that
whoever gets it knows that no process of an earlier server is left and that what it left behind is stale.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_SH, flock
from pathlib import Path
from typing import Final
from urllib.parse import quote

from vault.base.errors import Unavailable
from vault.store.bundled import server
from vault.store.bundled.locks import held, open_private, try_lock
from vault.store.bundled.place import Place, find, make_folder


class Bundled:
    """A server in use: it runs at least until `stop`."""

    def __init__(self, *, url: str, gate: Path, place: Place, users: int) -> None:
        self.url: Final = url
        self._gate = gate
        self._place = place
        self._users = users

    def stop(self) -> None:
        """Use it no more; the server stops if nobody else does. A second call changes nothing."""
        users, self._users = self._users, -1
        if users < 0:
            return
        os.close(users)
        if not self._place.home.is_dir():
            return  # removed under the server's feet, which then stops by itself
        with held(self._gate):
            last = try_lock(self._place.home / "users.lock")
            if last is not None:
                server.stop(self._place)
                os.close(last)


def start(folder: Path, *, throw_away: bool = False) -> Bundled:
    """Return the server of this folder, started if it was not running; `Unavailable` says what would help.

    Blocks for about a second, and some more the first time. `throw_away` gives up safety against power loss.
    """
    try:
        make_folder(folder)
        folder = folder.resolve()
        gate = folder / "postgres.lock"
        with held(gate):
            place = find(folder)
            sockets = server.serve(place, throw_away=throw_away)
            users = open_private(place.home / "users.lock")
            flock(users, LOCK_SH)
    except OSError as error:
        raise Unavailable(
            "bundled_failed", f"the bundled database cannot use {error.filename or folder}: {error.strerror}"
        ) from None
    url = f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='/')}"
    return Bundled(url=url, gate=gate, place=place, users=users)


@contextmanager
def running(folder: Path, *, throw_away: bool = False) -> Iterator[str]:
    """Yield the URL of the folder's server, in use as long as the block runs."""
    bundled = start(folder, throw_away=throw_away)
    try:
        yield bundled.url
    finally:
        bundled.stop()
