"""`consent-vault policy check | test`: what is wrong with policies, without a vault and without a database."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from vault.base.files import shipped
from vault.cli.terminal import say
from vault.policy.check import check, run_tests


def add(actions: Any) -> None:
    """Register the actions."""
    for name, purpose, run in (
        ("check", "say everything that is wrong with policies", _check),
        ("test", "run the tests beside policies", _test),
    ):
        action = actions.add_parser(name, help=purpose, description=f"Will {purpose}.")
        action.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=shipped("policies"))
        action.set_defaults(run=run)


def _check(asked: Namespace) -> int:
    found = check(asked.folder)
    say(*found or ["all is well: these policies may be loaded"])
    return 1 if found else 0


def _test(asked: Namespace) -> int:
    outcomes = run_tests(asked.folder)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    say(*(f"failed: {outcome.name}: {outcome.detail}" for outcome in failed))
    say(f"{len(outcomes) - len(failed)} of {len(outcomes)} tests passed")
    return 1 if failed else 0
