"""`consent-vault policy replay`: who would become reachable or unreachable, before policies are put in force."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from vault.actions.organizations import find
from vault.actions.policies.replaying import replay_last
from vault.actions.vault import Vault
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json, say_table
from vault.domain.actor import Actor
from vault.domain.audit.effect import Effect
from vault.policy.loader import candidate_texts

_ABOUT: Final = """
Asks the last decisions of an organization's log again under the policies of a folder: a whole set with its schema, or
an organization's own policies, which stand beside the shipped ones. Nothing is put in force; `apply --policies` does
that. Exit status 1 when somebody would be reached who was not before.
"""


def add(actions: Any) -> None:
    """Register the action."""
    action = actions.add_parser("replay", help="ask the log again under other policies", description=_ABOUT)
    action.add_argument("organization", metavar="ORGANIZATION", help="whose log, such as fernhill")
    action.add_argument("folder", metavar="FOLDER", type=Path, help="the policies that might be put in force")
    action.add_argument("--last", metavar="N", type=int, default=100_000, help="how many decisions (100000)")
    action.add_argument("--json", action="store_true", help="for machines")
    action.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    texts = candidate_texts(asked.folder)
    effect = with_vault(partial(_replay, slug=asked.organization, texts=texts, last=asked.last))
    if asked.json:
        say_json(effect)
    else:
        _tell(effect)
    return 1 if effect.reached else 0


async def _replay(vault: Vault, *, slug: str, texts: Mapping[str, str], last: int) -> Effect:
    actor = Actor(organization=await find(vault, slug), kind="operator")
    return await replay_last(vault, actor, texts=texts, last=last)


def _tell(effect: Effect) -> None:
    changed = effect.decisions - effect.unread - effect.same
    say(f"{changed} of the last {effect.decisions} decisions would come out otherwise.")
    say(f"{effect.reached} people would be reached who were not, {effect.lost} no longer who were.")
    if effect.unread:
        say(f"{effect.unread} could not be asked again: they were let go of, or their client is gone.")
    if effect.changes:
        say("")
        say_table(
            ["purpose", "channel", "was", "would be", "reason", "decisions", "people", "such as"],
            [
                [one.purpose, one.channel, one.before, one.after, one.reason, str(one.decisions), str(one.people),
                 one.examples[0]]
                for one in effect.changes
            ],
        )  # fmt: skip
