"""`consent-vault policy explain`: what a policy says, to whom, by which law; or why a logged decision came out so."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from vault.actions.audit.grounds import Ground, grounds
from vault.actions.audit.replays import replay
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.files import shipped
from vault.base.ids import EntryId
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json
from vault.domain.actor import Actor
from vault.domain.audit.replay import Replay
from vault.domain.decision.reason import REASONS
from vault.policy.explaining import Explained, explain

_ABOUT: Final = """
Without names, every policy is explained in the order it is written. With --organization, the names are entries of its
access log (ent_…, as each answer tells them): each decision is taken again from its entry, and the policies that
determined it are shown as they stood then.
"""


def add(actions: Any) -> None:
    """Register the action."""
    action = actions.add_parser(
        "explain", help="say what policies say, or why a decision came out so", description=_ABOUT
    )
    action.add_argument("names", metavar="NAME", nargs="*", help="a policy, or with --organization an entry")
    action.add_argument("--folder", metavar="FOLDER", type=Path, default=shipped("policies"), help="of the policies")
    action.add_argument("--organization", metavar="ORGANIZATION", help="whose log, such as fernhill")
    action.add_argument("--json", action="store_true", help="for machines")
    action.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    if asked.organization is not None:
        found = with_vault(partial(_decisions, slug=asked.organization, entries=asked.names))
        say_json([{"decision": told, "policies": ground} for told, ground in found]) if asked.json else say(
            *(line for told, ground in found for line in _decision(told, ground))
        )
        return 0
    explained = explain(asked.folder, asked.names)
    say_json(explained) if asked.json else say(*(line for one in explained for line in _policy(one)))
    return 0


async def _decisions(vault: Vault, *, slug: str, entries: list[str]) -> list[tuple[Replay, list[Ground]]]:
    actor = Actor(organization=await find(vault, slug), kind="operator")
    found = []
    for entry in entries:
        told = await replay(vault, actor, entry=EntryId(entry))
        rests_on = await grounds(vault, actor, configuration=told.configuration, policies=told.policies)
        found.append((told, rests_on))
    return found


def _policy(one: Explained) -> Iterator[str]:
    yield from (one.text, "")
    if one.to_customer is not None:
        yield f"  to the customer:  {one.to_customer}"
        yield f"  to the developer: {one.to_developer}"
    yield from [f"  law: {one.law}"] * (one.law is not None)
    yield f"  tests: {len(one.tests)}{', such as: ' + one.tests[0] if one.tests else ''}"
    yield ""


def _decision(told: Replay, rests_on: list[Ground]) -> Iterator[str]:
    answers = {"allow": "yes", "deny": "no", "defer": "not now"}
    yield f"{told.entry}: {answers.get(told.outcome, 'nobody can say')} to {told.purpose} over {told.channel}"
    yield f"  decided {told.decided_at:%Y-%m-%d %H:%M:%S} UTC for {told.client}, by configuration {told.configuration}"
    yield from (f"  {code}: {REASONS[code].to_developer}" for code in told.reasons if code in REASONS)
    yield from (f"  differs in {one.field}: {one.logged} then, {one.replayed} now" for one in told.differences)
    for ground in rests_on:
        yield ""
        yield from (f"  {line}" for line in ground.text.splitlines())
    yield ""
