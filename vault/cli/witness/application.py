"""The witness over HTTP: one address, one answer (C2SP tlog-witness). An application of its own."""

from __future__ import annotations

from typing import Any, Final

from litestar import Litestar, Request, Response, post
from litestar.di import NamedDependency, Provide

from vault.actions.log.witness import Witnessing
from vault.api import problems

_LARGEST: Final = 65_536


@post("/add-checkpoint", operation_id="add_checkpoint")
async def add_checkpoint(request: Request[Any, Any, Any], witness: NamedDependency[Witnessing]) -> Response[bytes]:
    """Cosign a checkpoint that extends the last one."""
    said = await witness.add(await request.body())
    return Response(said.body, status_code=said.status, media_type=said.kind)


def create_witness(witness: Witnessing) -> Litestar:
    """Return the application of a witness."""
    return Litestar(
        route_handlers=[add_checkpoint],
        dependencies={"witness": Provide(lambda: witness, sync_to_thread=False)},
        exception_handlers=problems.HANDLERS,
        logging_config=None,
        openapi_config=None,
        request_max_body_size=_LARGEST,
    )
