"""Samples: a rule is fixed, then a signature nobody could know gives the seed, then anybody draws the same entries.

Rule, drawing and each finding are entries, and so is each look. A drawing is written once: two who look at once see
the same. An auditor draws by looking; who may not draw sees that the seed is there.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.audit.details import Secret
from vault.actions.log.naming import head_of, verifiers
from vault.actions.vault import Vault
from vault.base.canonical import Json
from vault.base.errors import Conflict, Denied, Invalid, Unknown
from vault.base.ids import SAMPLE, SampleId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audit import sample as rules
from vault.domain.audit.commitment import unpacked
from vault.domain.audit.sample import NewFinding, NewSample, Rule, WaitsFor
from vault.domain.audit.sampled import DrawingTold, Drawn, FindingTold, Listed, RuleTold, Shown
from vault.store import log
from vault.store.database import Work
from vault.store.keys import Safe
from vault.store.log import details as sealed
from vault.store.log import keys, samples
from vault.store.log import state as states
from vault.store.log.details import Detail, Holder
from vault.store.log.samples import Drawing, Found, Kept, Leaf, Signed
from vault.tlog.key import PLAIN, Verifier, read_vkey
from vault.tlog.sign import opened

_DRAW: Final = "draw_sample"
_FIND: Final = "find_in_sample"
_LOCK: Final = 7_310_411_602_240_034


async def draw(vault: Vault, actor: Actor, *, new: NewSample) -> Shown:
    """Fix a rule. What is drawn by it nobody can know before its entry was cosigned."""
    rules.check_new(new)
    async with acting(vault, actor, name=_DRAW) as act:
        rule, size = await _ruled(act, new)
        rules.check(rule, size=size)
        entry = await act.detailed(
            "sample_ruled",
            sample=(sample := act.id(SAMPLE)),
            size=rule.size,
            generation=rule.generation,
            start=rule.start,
            end=rule.end,
            of=rule.kind,
            population=rule.population,
            witnesses=[*rule.witnesses],
            tree=size,
        )
        await log.add(act.work, [entry])
        await samples.add(act.work, sample, entry=entry[0], rule=rule, now=act.now)
        return await _shown(act, await _kept(act.work, sample), waits_for="number")


async def show(vault: Vault, actor: Actor, *, sample: SampleId) -> Shown:
    """Return a sample; one whose seed is there is drawn now, if whoever looks may draw."""
    async with acting(vault, actor, name="show_sample") as act:
        kept = await _kept(act.work, sample)
        waits_for = await _drawn(act, kept) if kept.drawing is None else None
        await act.log("sample_read", sample=sample)
        return await _shown(act, await _kept(act.work, sample), waits_for=waits_for)


async def page(vault: Vault, actor: Actor, *, after: SampleId | None = None, limit: int = 50) -> list[Listed]:
    """Return samples, the newest first, a page at a time."""
    async with acting(vault, actor, name="list_samples") as act:
        await act.log("samples_read")
        found = await samples.page(act.work, after=after, limit=limit)
        return [
            Listed(
                id=one.id,
                state=rules.state(one.drawing.numbers if one.drawing else None, found=one.found),
                rule=_rule_told(one),
                count=len(one.drawing.numbers) if one.drawing else None,
                found=one.found,
            )
            for one in found
        ]


async def find(vault: Vault, actor: Actor, *, sample: SampleId, new: NewFinding) -> FindingTold:
    """Write down what was found of a drawn entry. What was found of it before stays in the log."""
    async with acting(vault, actor, name=_FIND) as act:
        kept = await _kept(act.work, sample)
        rules.check_finding(new, kept.drawing.numbers if kept.drawing else None)
        words = [Secret(what="finding", text=new.text, whose=None, of_staff=True)] if new.text else []
        entry = await act.detailed("sample_finding", *words, sample=sample, number=new.number, verdict=new.verdict)
        await log.add(act.work, [entry])
        found = Found(number=new.number, entry=entry[0], verdict=new.verdict, found_at=act.now)
        await samples.find(act.work, sample, found=found)
        return _finding_told(found, new.text or None)


async def _kept(work: Work, sample: SampleId) -> Kept:
    kept = await samples.read(work, sample)
    if kept is None:
        raise Unknown("unknown_sample", "there is no such sample here")
    return kept


async def _ruled(act: Acting, new: NewSample) -> tuple[Rule, int]:
    """Return the rule that is meant, and how many entries the log has."""
    state = await states.read(act.work)
    size, generation = (state.size, state.generation) if state is not None else (0, 1)
    start, end = new.start or 0, new.end if new.end is not None else size
    if new.since is not None or new.until is not None:
        found = await samples.between(act.work, generation, since=new.since, until=new.until)
        start, end = found or (0, 0)
    population = await samples.count(act.work, generation, start=start, end=end, kind=new.kind)
    rule = Rule(
        size=new.size,
        generation=generation,
        start=start,
        end=end,
        kind=new.kind,
        population=population,
        witnesses=act.vault.witnesses,
    )
    return rule, size


async def _drawn(act: Acting, kept: Kept) -> WaitsFor | None:
    """Draw, if there is what gives the seed; else return what it waits for."""
    rule, leaf = kept.rule, kept.leaf
    if leaf is None:
        return "number"
    if rule.witnesses:
        signed = await samples.cosigned(act.work, leaf, witnesses=rule.witnesses)
    else:
        signed = await samples.signed(act.work, leaf)
    if signed is None:
        state = await states.read(act.work)
        return "witness" if state is not None and state.generation == leaf.generation else "nothing"
    if not _may(act, _DRAW):
        return "auditor"
    await act.work.lock([_LOCK])
    if (await _kept(act.work, kept.id)).drawing is None:  # of two who look at once, one draws
        await _draw(act, kept, leaf=leaf, by=signed)
    return None


async def _draw(act: Acting, kept: Kept, *, leaf: Leaf, by: Signed) -> None:
    rule, seed = kept.rule, rules.seed(leaf.hash, await _signature(act.work, by))
    places = rules.places(seed, population=rule.population, size=rule.size)
    numbers = await samples.members(act.work, rule, places=places)
    told: dict[str, Json | None] = {
        "ruled": leaf.number,
        "generation": leaf.generation,
        "checkpoint": by.size,
        "witness": by.witness,
        "seed": seed.hex(),
        "count": len(numbers),
        "numbers": rules.digest(numbers),
    }
    entry = await act.detailed("sample_drawn", sample=kept.id, rule=kept.entry, **told)
    drawing = Drawing(
        entry=entry[0],
        generation=leaf.generation,
        checkpoint=by.size,
        witness=by.witness,
        seed=seed,
        numbers=tuple(numbers),
        drawn_at=act.now,
    )
    await samples.draw(act.work, kept.id, drawing=drawing)
    await log.add(act.work, [entry])


async def _signature(work: Work, signed: Signed) -> bytes:
    """Return the bytes of the signature that gives the seed, once it was seen to hold."""
    if signed.witness is not None:
        by = read_vkey(signed.witness)
    else:
        by = _own(verifiers(head_of(signed.note).origin, await keys.public(work)))
    try:
        [signature] = opened(signed.note + signed.line.encode(), [by]).signatures
    except Invalid:
        raise Conflict("log_damaged", f"the signature kept under the tree of {signed.size} is not one of it") from None
    return signature.signature


def _own(known: list[Verifier]) -> Verifier:
    """Return the log's Ed25519 key: of one tree it makes one signature only."""
    [own] = [one for one in known if one.kind == PLAIN]
    return own


def _may(act: Acting, name: str) -> bool:
    try:
        act.here.admit(act.actor, name, now=act.now)
    except Denied:
        return False
    return True


async def _shown(act: Acting, kept: Kept, *, waits_for: WaitsFor | None) -> Shown:
    drawing, rule = kept.drawing, kept.rule
    numbers = drawing.numbers if drawing is not None else ()
    members = await samples.shown(act.work, rule.generation, numbers=numbers)
    found = {one.number: one for one in await samples.findings(act.work, kept.id)}
    may_read = _may(act, _FIND)
    findings = {
        number: _finding_told(one, _words(act.here.safe, one) if may_read else None) for number, one in found.items()
    }
    entries = []
    for member in [members[number] for number in numbers if number in members]:
        told = {name: getattr(member, name) for name in ("number", "entry", "kind", "outcome", "at")}
        entries.append(Drawn(**told, finding=findings.get(member.number)))
    return Shown(
        id=kept.id,
        state=rules.state(drawing.numbers if drawing is not None else None, found=len(found)),
        waits_for=waits_for,
        vault_could_retry=not rule.witnesses,
        rule=_rule_told(kept),
        drawing=_drawing_told(drawing) if drawing is not None else None,
        entries=tuple(entries),
        tally=rules.tally(one.verdict for one in found.values()),
    )


def _words(safe: Safe, found: Found) -> Personal | None:
    if found.sealed is None:
        return None
    detail = Detail(entry=found.entry, what="finding", subject=None, sealed=found.sealed)
    holder = Holder(subject=None, key=safe.nobodys_key())
    return unpacked(sealed.unseal(safe, holder, detail=detail)).text


def _rule_told(kept: Kept) -> RuleTold:
    return RuleTold(
        **msgspec.structs.asdict(kept.rule),
        entry=kept.entry,
        number=kept.leaf.number if kept.leaf is not None else None,
        at=kept.ruled_at,
    )


def _drawing_told(drawing: Drawing) -> DrawingTold:
    return DrawingTold(
        entry=drawing.entry,
        generation=drawing.generation,
        checkpoint=drawing.checkpoint,
        witness=drawing.witness,
        seed=drawing.seed.hex(),
        digest=rules.digest(drawing.numbers),
        at=drawing.drawn_at,
    )


def _finding_told(found: Found, text: Personal | None) -> FindingTold:
    return FindingTold(entry=found.entry, number=found.number, verdict=found.verdict, text=text, at=found.found_at)
