"""Forgetting rows that were put aside: their key goes, and with it what they say. What became of them stays."""

from __future__ import annotations

from typing import Final

from vault.base.ids import ImportId, raw
from vault.store.database import Work

_KEY: Final = "DELETE FROM keystore.import_key WHERE organization = $1 AND import = $2 RETURNING import"
_TAGS: Final = "DELETE FROM keystore.import_tag WHERE organization = $1 AND import = $2"
_ROWS: Final = """
UPDATE vault.import_row SET sealed = NULL WHERE organization = $1 AND import = $2 AND sealed IS NOT NULL
"""


async def forget(work: Work, import_: ImportId) -> bool:
    """Let go of what of an import lies sealed; false if nothing did."""
    gone = await work.fetch(_KEY, work.own, raw(import_))
    for statement in (_TAGS, _ROWS):
        await work.long(statement, work.own, raw(import_))
    return bool(gone)
