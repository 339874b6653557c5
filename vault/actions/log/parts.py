"""What the worker has to keep the log by."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.store.database import Database
from vault.store.log.guard import Guard
from vault.tlog.key import COSIGNATURE, COSIGNATURE_ML_DSA, Verifier, read_vkey
from vault.tlog.line import Malformed

_COSIGNING: Final = (COSIGNATURE, COSIGNATURE_ML_DSA)


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A witness that is asked to cosign, and where: what C2SP tlog-witness calls the submission prefix."""

    verifier: Verifier
    url: str


class Sequencing(msgspec.Struct, frozen=True, kw_only=True):
    """A way to the log in the role `vault_sequencer`, the guard outside the database, and the witnesses to ask.

    `retention` is the way by which bodies go, in the role `vault_retention`; without it none do.
    """

    database: Database
    guard: Guard
    witnesses: tuple[Witness, ...] = ()
    retention: Database | None = None


def witnesses(setting: str | None) -> tuple[Witness, ...]:
    """Return the witnesses a setting names; `Invalid` says what to write."""
    return tuple(_witness(one) for one in (setting or "").split(",") if one.strip())


def _witness(text: str) -> Witness:
    vkey, _, url = text.strip().partition("=https://")
    try:
        verifier = read_vkey(vkey)
    except Malformed:
        raise _bad() from None
    if verifier.kind not in _COSIGNING or not url:
        raise _bad()
    return Witness(verifier=verifier, url=f"https://{url.rstrip('/')}")


def _bad() -> Invalid:
    return Invalid("bad_setting", "VAULT_LOG_WITNESSES: write VKEY=https://host/path, by comma; it cosigns")
