"""Bringing files in over HTTP: an import is made, its files are sent as streams, and then the worker runs it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from vault.actions.importing import receiving, showing
from vault.actions.vault import Vault
from vault.api.contract import BYTES
from vault.api.imports.undoing import ImportPath
from vault.api.parameters import CONFLICTS
from vault.base.ids import SHOWN, ImportId
from vault.domain.actor import Actor
from vault.domain.importing.told import (
    LONGEST_PATH,
    ImportFileReceived,
    ImportRowsPage,
    Imports,
    ImportTold,
    NewImport,
    Verdict,
)

_LARGEST: Final = 4 << 30
_HIGHEST: Final = 2**62

FilePath = Annotated[
    str,
    PathParameter(
        min_length=1,
        max_length=LONGEST_PATH,
        description="folder and name, with /: by them a source of the organization file is found",
    ),
]
Before = Annotated[
    ImportId | None, QueryParameter(pattern="^imp" + SHOWN, description="the last id of the page before")
]
Of = Annotated[Verdict, QueryParameter(description="of which rows")]
After = Annotated[int, QueryParameter(ge=0, le=_HIGHEST, description="`next` of the page before")]


@post("/", operation_id="make_import", status_code=200)
async def make(data: JSONBody[NewImport], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> ImportTold:
    """Begin to bring files in. Send them, and then run the import. What is not run within a day is let go of."""
    return await receiving.make(vault, actor, new=data)


@put(
    "/{import_id:str}/files/{path:path}", operation_id="upload_import", status_code=200, request_max_body_size=_LARGEST,
    opt={BYTES: True, "problems": (409, 413)},
)  # fmt: skip
async def upload(
    request: Request[Any, Any, Any], import_id: ImportPath, path: FilePath, vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
) -> ImportFileReceived:  # fmt: skip
    """Send a file as it is, packed with gzip or not. The same path again replaces what was sent before."""
    name = path.removeprefix("/")
    return await receiving.receive(vault, actor, import_=import_id, path=name, parts=request.stream())


@post("/{import_id:str}/run", operation_id="run_import", status_code=200, opt=CONFLICTS)
async def run(import_id: ImportPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> ImportTold:
    """Read what was sent, in the background; or carry out what a dry run showed. Ask how far it is."""
    return await receiving.start(vault, actor, import_=import_id)


@get("/", operation_id="list_imports")
async def page(vault: NamedDependency[Vault], actor: NamedDependency[Actor], before: Before = None) -> Imports:
    """List imports, the newest first, twenty at a time."""
    return await showing.page(vault, actor, before=before)


@get("/{import_id:str}", operation_id="show_import")
async def show(import_id: ImportPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> ImportTold:
    """Show how far an import is, how its files were read, and what became of their rows."""
    return await showing.show(vault, actor, import_=import_id)


@get("/{import_id:str}/rows", operation_id="import_rows")
async def rows(
    import_id: ImportPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    verdict: Of = "review", after: After = 0,
) -> ImportRowsPage:  # fmt: skip
    """List rows of a verdict by file and record, a thousand at a time. What stands in them nobody is told."""
    return await showing.rows(vault, actor, import_=import_id, verdict=verdict, after=after)


@delete("/{import_id:str}", operation_id="discard_import", status_code=204, opt=CONFLICTS)
async def discard(import_id: ImportPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> None:
    """Take an import away of which nothing was written: a dry run, or one that was not started."""
    await showing.discard(vault, actor, import_=import_id)


router = Router(path="/imports", route_handlers=[make, upload, run, page, show, rows, discard], tags=["imports"])
