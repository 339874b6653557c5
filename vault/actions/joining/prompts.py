"""Prompts: rendered and sealed for a client that asks for us, and answered by it for the customer it asked.

Nothing is kept of a prompt until it is answered. The noes of an answer are written first, in a work of their own: they
count whatever becomes of its yeses.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.consents import check_ceiling, granted_in, refused_in
from vault.actions.vault import Here, Vault
from vault.base.errors import Conflict, Denied, Unavailable
from vault.base.ids import ClientId
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.domain.actor import Actor
from vault.domain.joining.prompt import (
    LASTS,
    USE,
    Choice,
    ChoiceStated,
    NewPrompt,
    Prompt,
    PromptAnswer,
    PromptAnswered,
    Sealed,
    check,
    check_once,
    cited,
    rendered,
    ways,
)
from vault.domain.statement import NewGrant, NewNo, Stated
from vault.store import prompts

_CHANCE: Final = 16


async def make(vault: Vault, actor: Actor, *, wanted: NewPrompt) -> Prompt:
    """Render what to ask with, and seal it."""
    async with acting(vault, actor, name="make_prompt") as act:
        organization, client = act.here.organization, _client(actor)
        asked = ways(organization, wanted, ceiling=act.here.client(actor, act.now).ceiling.channels)
        for purpose, channel in asked:
            check_ceiling(act, NewGrant(purpose=purpose, channel=channel))
        shown = rendered(organization, asked, locale=wanted.locale, at=act.now)
        sealed = Sealed(
            id=vault.entropy.draw(_CHANCE).hex(),
            client=client,
            method=wanted.method,
            ends_at=act.now + LASTS,
            asks=tuple(cited(one) for one in shown),
        )
        await act.log(
            "prompt_made",
            method=wanted.method,
            purposes=[one.purpose for one in shown],
            words=[one.words for one in shown],
        )
        return Prompt(prompt=_spelled(act.here, sealed), expires_at=sealed.ends_at, asks=shown)


async def answer(vault: Vault, actor: Actor, *, given: PromptAnswer) -> PromptAnswered:
    """Write down what somebody chose. `Invalid` or `Conflict` for a yes there cannot be; a no counts."""
    yeses = [one for one in given.choices if one.say == "yes"]
    stated: dict[tuple[str, str], Stated] = {}
    async with acting(vault, actor, name="answer_prompt") as act:
        sealed = _read(act.here, given.prompt)
        if not yeses and sealed is not None and sealed.client == actor.client and act.now < sealed.ends_at:
            await _first(act, given, sealed=sealed)  # before the customer, as a yes does: or both wait for ever
        for one in given.choices:
            if one.say == "no":
                stated[one.purpose, one.channel] = await _refuse(act, given, choice=one, sealed=sealed)
    if yeses:
        check_once(given.choices)
        async with acting(vault, actor, name="answer_prompt") as act:
            stated |= await _grant(act, given, yeses=yeses)
    return PromptAnswered(
        stated=tuple(_told(one, stated[one.purpose, one.channel]) for one in given.choices),
    )


async def _refuse(act: Acting, given: PromptAnswer, *, choice: Choice, sealed: Sealed | None) -> Stated:
    no = NewNo(purpose=choice.purpose, channel=choice.channel, method="api" if sealed is None else sealed.method)
    return await refused_in(act, given.customer, said=no, repeat=None if sealed is None else _repeat(sealed, choice))


async def _grant(act: Acting, given: PromptAnswer, *, yeses: list[Choice]) -> dict[tuple[str, str], Stated]:
    sealed = _read(act.here, given.prompt)
    words = check(act.here.organization, sealed, yeses=yeses, client=act.actor.client, at=act.now)
    assert sealed is not None  # noqa: S101 - for mypy: `check` refused none
    if not await _first(act, given, sealed=sealed):
        raise Conflict("prompt_answered", "this prompt was answered otherwise: make a new one for another answer")
    stated: dict[tuple[str, str], Stated] = {}
    for one in yeses:
        shown = words[one.purpose, one.channel]
        said = NewGrant(
            purpose=one.purpose,
            channel=one.channel,
            notice=shown.notice,
            locale=shown.locale,
            evidence=given.evidence,
            method=sealed.method,
            contact_point=one.contact_point,
        )
        stated[one.purpose, one.channel] = await granted_in(act, given.customer, said=said, repeat=_repeat(sealed, one))
    return stated


async def _first(act: Acting, given: PromptAnswer, *, sealed: Sealed) -> bool:
    """Whether this is the answer the prompt has: the first, or the same sent again."""
    said = sorted((one.purpose, one.channel, one.say, one.contact_point or "") for one in given.choices)
    tag = act.here.safe.repeat(b"prompt", given.customer.encode(), msgspec.json.encode(said))
    return await prompts.answer(act.work, UUID(hex=sealed.id), tag=tag, expires_at=sealed.ends_at) == tag


def _client(actor: Actor) -> ClientId:
    if actor.client is None:
        raise Denied("not_allowed", "a prompt is made for a client")
    return actor.client


def _repeat(sealed: Sealed, choice: Choice) -> str:
    return f"prompt {sealed.id} {choice.purpose} {choice.channel}"


def _spelled(here: Here, sealed: Sealed) -> str:
    if (key := here.safe.links(USE)) is None:
        raise Unavailable("no_link_key", "apply the organization's file once more: it has no key for links yet")
    return spelled(key.issue(msgspec.json.encode(sealed)))


def _read(here: Here, prompt: str) -> Sealed | None:
    """Return what a prompt says; none for one that was altered, or not made for this organization."""
    if (key := here.safe.links(USE)) is None:
        return None
    try:
        return msgspec.json.decode(key.read(unspelled(prompt)), type=Sealed)
    except SealError:
        return None


def _told(choice: Choice, stated: Stated) -> ChoiceStated:
    return ChoiceStated(
        purpose=choice.purpose,
        channel=choice.channel,
        say=choice.say,
        id=stated.id,
        at=stated.at,
        repeated=stated.repeated,
    )
