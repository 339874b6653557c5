"""Undoing an import over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from vault.actions.undoing import undoing
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS
from vault.base.ids import SHOWN, ImportId
from vault.domain.actor import Actor
from vault.domain.importing.undone import NewUndoing, Undoing

ImportPath = Annotated[ImportId, PathParameter(pattern="^imp" + SHOWN, description="the import's id")]


@post("/{import_id:str}/undo", operation_id="undo_import", status_code=200, opt=CONFLICTS)
async def undo(
    import_id: ImportPath, data: JSONBody[NewUndoing], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Undoing:
    """Take back what an import of yours brought, for good; with `dry` only say what would go.

    Nothing of it counts any more but its noes and stops, and not those either if you say `with_noes`, and why. What
    anybody said since stays. Whom it made, and nobody else spoke of, is erased after that.
    """
    return await undoing.undo(vault, actor, import_=import_id, new=data)


router = Router(path="/imports", route_handlers=[undo], tags=["imports"])
