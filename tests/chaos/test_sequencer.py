"""`kill -9` of sequencers and database under load: three times here, more by `VAULT_TEST_KILLS` or by command."""

from __future__ import annotations

import os

import pytest

from tests.chaos import sequencer

ROUNDS = int(os.environ.get("VAULT_TEST_KILLS", "3"))


async def test_no_kill_leaves_a_gap_a_double_or_a_checkpoint_that_does_not_hold() -> None:
    figures = await sequencer.rounds(ROUNDS)
    assert figures["rounds"] == ROUNDS
    assert figures["entries"] >= figures["acknowledged"] > 100
    assert figures["checkpoints"] > ROUNDS


async def test_without_lock_and_compare_and_swap_this_test_fails() -> None:
    with pytest.raises(sequencer.Torn):
        await sequencer.rounds(40, reckless=True)  # the first tear ends it; not every round tears
