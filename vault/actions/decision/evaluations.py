"""AuthZEN's evaluations: the same decisions as anywhere, asked by an enforcement point in its own standard's words."""

from __future__ import annotations

from collections.abc import Sequence

from vault.actions.acting import acting, deny
from vault.actions.decision.decisions import answer_each
from vault.actions.limits import let_in
from vault.actions.vault import Vault, here
from vault.base.errors import Denied, Invalid, VaultError
from vault.domain.actor import Actor
from vault.domain.decision.evaluation import Evaluation, Semantic, question
from vault.domain.decision.question import Decision, Question

Answer = Decision | Invalid | Denied


async def evaluate(vault: Vault, actor: Actor, *, asked: Evaluation) -> Decision:
    """Answer one evaluation."""
    [answer] = await evaluate_all(vault, actor, asked=[asked], name="evaluate")
    if isinstance(answer, VaultError):
        raise answer
    return answer


async def evaluate_all(
    vault: Vault,
    actor: Actor,
    *,
    asked: Sequence[Evaluation | Invalid],
    semantic: Semantic = "execute_all",
    name: str = "evaluate_batch",
) -> list[Answer]:
    """Answer up to 1,000 in order, each with its decision or its error; an error counts as a no.

    What the semantic leaves out is not decided, not answered and not logged: then they are asked one after the other.
    """
    await let_in(vault, actor, name=name, questions=len(asked))
    own = await _client_id(vault, actor)
    questions = [_question(one, client_id=own) for one in asked]
    if semantic == "execute_all":
        answers = await _all(vault, actor, questions=questions, name=name)
    else:
        answers = await _until(vault, actor, questions=questions, yes=semantic == "permit_on_first_permit", name=name)
    if not any(isinstance(one, Decision) for one in answers):
        async with acting(vault, actor, name=name):  # no decision has asked yet whether this client may ask at all
            pass
    if refused := [one for one in answers if isinstance(one, Denied)]:
        await deny(vault, actor, name=name, refusal=refused[0], times=len(refused))
    return answers


async def _all(
    vault: Vault, actor: Actor, *, questions: Sequence[Question | Invalid | Denied], name: str
) -> list[Answer]:
    good = [one for one in questions if isinstance(one, Question)]
    answers = iter(await answer_each(vault, actor, asked=good, name=name) if good else ())
    return [next(answers) if isinstance(one, Question) else one for one in questions]


async def _until(
    vault: Vault, actor: Actor, *, questions: Sequence[Question | Invalid | Denied], yes: bool, name: str
) -> list[Answer]:
    """Answer up to and with the first yes, or the first no."""
    answers: list[Answer] = []
    for one in questions:
        [answer] = await _all(vault, actor, questions=[one], name=name)
        answers.append(answer)
        if (isinstance(answer, Decision) and answer.allowed) == yes:
            break
    return answers


def _question(asked: Evaluation | Invalid, *, client_id: str) -> Question | Invalid | Denied:
    if isinstance(asked, Invalid):
        return asked
    try:
        return question(asked, client_id=client_id)
    except (Invalid, Denied) as error:
        return error


async def _client_id(vault: Vault, actor: Actor) -> str:
    """Return what the acting client is called outside. An organization's slug never changes."""
    current = vault.memory.here.get(actor.organization)
    if current is None:
        async with vault.database.work(actor.organization) as work:
            current, _ = await here(vault, work)
    return f"{current.organization.slug}.{actor.key}"
