"""Replaying: a logged decision is taken again from its entry alone, years later, and what differs is named.

It decides nothing: nothing is released, reserved or told to a client. It is an entry itself, under the subject the
decision was about.
"""

from __future__ import annotations

from vault.actions.acting import Acting, acting
from vault.actions.audit.rules import kept
from vault.actions.vault import Vault
from vault.base.errors import Gone, Invalid, Unknown
from vault.base.ids import ENTRY, EntryId, read
from vault.domain.actor import Actor
from vault.domain.audit.replay import NOTHING, Logged, Replay, differences, fold, read_decision, words
from vault.policy.decide import Policies, Verdict
from vault.store import log
from vault.store.log import history, pruned


async def replay(vault: Vault, actor: Actor, *, entry: EntryId) -> Replay:
    """Take a decision again from its entry, and say in which fields it comes out otherwise.

    `Invalid` for an entry of no decision, `Unknown` for one that is not here, `Gone` for one let go of after its
    years, `Conflict` for one nobody can read.
    """
    read(ENTRY, entry)
    async with acting(vault, actor, name="replay_decision") as act:
        if (number := await pruned.covered(act.work, entry)) is not None:
            raise Gone("entry_gone", f"what entry {number} rested on was let go of after its years; its proof holds")
        if (body := await log.read(act.work, entry)) is None:
            raise Unknown("unknown_entry", "this log has no such entry")
        logged = read_decision(body)
        done = await _again(act, entry, logged=logged)
        await act.log("decision_replayed", replayed=entry, subject=logged.subject, same=done.same)
    return done


async def _again(act: Acting, entry: EntryId, *, logged: Logged) -> Replay:
    """Decide on what the entry lists. What of it cannot be found again stands among the differences."""
    told = {
        "configuration": logged.configuration,
        "actor": logged.actor.client,
        "outcome": logged.outcome,
        "reasons": words(logged.reasons),
        "policies": words(logged.policies),
    }
    rules, client = await kept(act, logged.configuration), _client(act, logged.actor.client)
    again = {"configuration": logged.configuration if rules else NOTHING, "actor": logged.actor.client}
    verdict, standing = None, None
    if client is None:
        again["actor"] = NOTHING
    elif rules is not None:
        declared, policies = rules
        verdict = _verdict(policies, logged, client=client)
        listed = await history.facts(act.work, logged.facts or ())
        try:
            folded, anew = fold(declared, logged, facts=listed)
        except Invalid as error:  # the purpose or channel is not what was asked about then
            folded, anew = {"purpose": f"{logged.purpose} {logged.channel}"}, {"purpose": error.code}
        over, over_again = _over_each(policies, logged, client=client)
        told |= folded | over
        again |= anew | over_again
        standing = anew.get("standing")
    codes = verdict.codes if verdict else ()
    again["outcome"] = NOTHING if verdict is None else _outcome(verdict, waited=logged.defer_until is not None)
    again |= {"reasons": words(codes), "policies": words(verdict.policies if verdict else ())}
    found = differences(told, again)
    return Replay(
        entry=entry,
        decided_at=logged.at,
        asked_at=logged.asked_at,
        purpose=logged.purpose,
        channel=logged.channel,
        client=client or NOTHING,
        same=not found,
        outcome=again["outcome"],
        reasons=codes,
        policies=verdict.policies if verdict else (),
        configuration=logged.configuration,
        checked=tuple(told),
        differences=found,
        facts=len(logged.facts or ()),
        subject=logged.subject,
        standing=standing,
    )


def _client(act: Acting, shown: str) -> str | None:
    """Return the key of a client; a client that was ever declared keeps its id."""
    return next((key for key, kept in act.here.clients.items() if kept.id == shown), None)


def _over_each(policies: Policies, logged: Logged, *, client: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the entry says of each channel, and the same made again, where any channel was asked about."""
    told, again, flats = {}, {}, logged.over_each()
    for channel, one in (logged.any or {}).items():
        field = f"any.{channel}"
        told[field], again[field] = words((one.outcome, *one.reasons, *one.policies)), NOTHING
        if channel in flats:
            verdict = policies.contact(flats[channel], client=client, purpose=logged.purpose)
            outcome = _outcome(verdict, waited=one.outcome == "defer")
            again[field] = words((outcome, *verdict.codes, *verdict.policies))
    return told, again


def _outcome(verdict: Verdict, *, waited: bool) -> str:
    """Return the answer in a word. When to come back the entry alone tells: no wish is kept for history."""
    if verdict.passes and waited:
        return "defer"
    return "allow" if verdict.allowed else "deny"


def _verdict(policies: Policies, logged: Logged, *, client: str) -> Verdict:
    if logged.flat is None:
        return policies.ask(logged.asked_with or {}, client=client, purpose=logged.purpose)
    return policies.contact(logged.flat, client=client, purpose=logged.purpose)
