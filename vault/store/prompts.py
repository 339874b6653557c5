"""Prompts that were answered, by their ids, until they are over. Nothing of an answer can be read from here."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.prompt (organization, id, answer, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (organization, id) DO NOTHING
"""
_ANSWER: Final = "SELECT answer FROM vault.prompt WHERE organization = $1 AND id = $2"
_SWEEP: Final = "DELETE FROM vault.prompt WHERE organization = $1 AND expires_at < clock_timestamp()"


async def answer(work: Work, prompt: UUID, *, tag: bytes, expires_at: datetime) -> bytes:
    """Keep the answer to a prompt, and return the one that counts: the first. Two at once wait for each other."""
    await work.fetch(_ADD, work.own, prompt, tag, expires_at)
    [row] = await work.fetch(_ANSWER, work.own, prompt)
    kept: bytes = row["answer"]
    return kept


async def sweep(work: Work) -> None:
    """Forget the prompts that are over."""
    await work.fetch(_SWEEP, work.own)
