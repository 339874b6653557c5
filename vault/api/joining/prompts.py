"""Prompts over HTTP: what to ask with, rendered by the vault, and what was answered."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.joining import prompts
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS
from vault.domain.actor import Actor
from vault.domain.joining.prompt import NewPrompt, Prompt, PromptAnswer, PromptAnswered


@post("/", operation_id="make_prompt", status_code=200)
async def make(data: JSONBody[NewPrompt], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Prompt:
    """Render what a form, a kiosk or a call script asks with: words, choices, version. It is answered once."""
    return await prompts.make(vault, actor, wanted=data)


@post("/answers", operation_id="answer_prompt", status_code=200, opt=CONFLICTS)
async def answer(
    data: JSONBody[PromptAnswer], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> PromptAnswered:
    """Record what a customer chose. Of a prompt that is altered, over or stale no yes is taken; a no always is."""
    return await prompts.answer(vault, actor, given=data)


router = Router(path="/prompts", route_handlers=[make, answer], tags=["consents"])
