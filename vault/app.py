"""The application: the parts put together, for one server process."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException

from vault.actions.client.carriers import authenticate
from vault.actions.vault import Vault
from vault.api import (
    consents,
    customers,
    decisions,
    evaluations,
    health,
    me,
    problems,
    suppressions,
    tokens,
)
from vault.api.audience import audiences
from vault.api.audit import lent
from vault.api.audit import router as audit
from vault.api.bodies import check_body
from vault.api.carrying import carried
from vault.api.contract import CONFIG, PersonalSchema
from vault.api.imports import imports
from vault.api.imports import undoing as undone_imports
from vault.api.joining import prompts
from vault.api.merging import merges
from vault.api.parameters import LARGEST_BODY, read_personal
from vault.api.policies import drafts
from vault.api.promises import promised
from vault.api.rights import answers, own
from vault.base.clock import Clock
from vault.base.network import address, came_from
from vault.base.personal import Personal
from vault.base.settings import Settings
from vault.console import refusals as at_the_console
from vault.console import router as console
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.pages import script, stylesheet
from vault.parts import open_vault
from vault.portal import joining, leaving, refusals
from vault.portal import router as portal
from vault.portal.choices import signal

_COLLECT_AFTER: Final = 50_000

_V1: Final = (
    decisions.router,
    audiences.router,
    customers.router,
    imports.router,
    merges.router,
    consents.router,
    prompts.router,
    me.router,
    own.router,
    answers.router,
    drafts.router,
    suppressions.router,
    suppressions.inbound,
    undone_imports.router,
)


def create_app(settings: Settings, url: str, *, clock: Clock | None = None) -> Litestar:
    """Return the application; its parts open when it starts."""
    return application(lambda: open_vault(settings, url, clock=clock))


def application(opening: Callable[[], AbstractAsyncContextManager[Vault]]) -> Litestar:
    """Return the application over the parts that `opening` opens, each time it starts."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with opening() as vault:
            app.state.vault = vault
            # What stands now stays, and what a request makes is gone with it: seldom is there anything to collect.
            gc.freeze()
            gc.set_threshold(_COLLECT_AFTER)
            yield
        gc.unfreeze()

    return Litestar(
        route_handlers=[
            Router(
                path="/v1",
                route_handlers=_V1,
                dependencies={"actor": Provide(_actor)},
                security=[{"oauth": []}],
            ),
            Router(
                path="/",
                route_handlers=[evaluations.router],
                dependencies={"actor": Provide(_actor)},
                security=[{"oauth": []}],
            ),
            audit.router,
            lent.router,
            evaluations.metadata,
            tokens.router,
            health.router,
            portal.router,
            leaving.router,
            joining.router,
            signal.support,
            console.router,
            stylesheet.router,
            script.router,
        ],
        dependencies={
            "vault": Provide(_vault, sync_to_thread=False),
            "network": Provide(_network, sync_to_thread=False),
            "device": Provide(_device, sync_to_thread=False),
        },
        exception_handlers={**problems.HANDLERS, HTTPException: _of_framework},
        lifespan=[lifespan],
        logging_config=None,
        middleware=[promised],
        openapi_config=CONFIG,
        plugins=[PersonalSchema()],
        request_max_body_size=LARGEST_BODY,
        type_decoders=[(lambda kind: kind is Personal, read_personal)],
        type_encoders={Personal: Personal.reveal},
    )


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what no route was found for: a person with a page, a system with a problem."""
    if request.url.path.startswith(("/p/", "/u/", "/c/")):
        return refusals.of_framework(request, error)
    if request.url.path.startswith("/console/"):
        return at_the_console.of_framework(request, error)
    return problems.of_framework(request, error)


def _vault(state: State) -> Vault:
    vault: Vault = state.vault
    return vault


def _network(request: Request[Any, Any, Any]) -> str:
    peer, heard = _heard(request)
    return came_from(peer, heard, trusted=request.app.state.vault.proxies)


def _device(request: Request[Any, Any, Any], network: NamedDependency[str]) -> Device:
    """Return what the device of a person showed; of a system nobody asks."""
    peer, heard = _heard(request)
    shown = address(peer, heard, trusted=request.app.state.vault.proxies)
    user_agent = Personal(request.headers.get("user-agent", ""))
    return Device(address=shown, user_agent=user_agent, network=network)


def _heard(request: Request[Any, Any, Any]) -> tuple[str | None, list[str]]:
    peer = request.client.host if request.client is not None else None
    return peer, request.headers.getall("x-forwarded-for", [])


async def _actor(request: Request[Any, Any, Any], vault: NamedDependency[Vault]) -> Actor:
    actor = await authenticate(vault, carried(request))
    await check_body(request)  # nobody is told what is wrong with a body before the vault knows who sends it
    return actor
