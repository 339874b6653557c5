"""`kill -9` of server and database under load: three times here, more by `VAULT_TEST_KILLS` or `tests.chaos.kill`."""

from __future__ import annotations

import os

from tests.chaos import kill

ROUNDS = int(os.environ.get("VAULT_TEST_KILLS", "3"))


async def test_what_was_acknowledged_before_a_kill_is_there_once_with_its_entry() -> None:
    figures = await kill.rounds(ROUNDS)
    assert figures["rounds"] == ROUNDS
    assert figures["facts"] > kill.CUSTOMERS
    assert figures["decisions"] > kill.CUSTOMERS
    assert figures["unanswered"] > 0
