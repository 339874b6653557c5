"""An import shown: to whoever gave it, to other systems that may import, and at the console. Never a value.

What a file is called is told to whoever gave it alone: its name may be a person's.
"""

from __future__ import annotations

from vault.actions.importing.given import FileTold, Told
from vault.domain.importing.told import ImportFile, ImportProgress, ImportTold, rows_told


def shown(told: Told, *, paths: bool) -> ImportTold:
    """Return an import as it is told of outside. `paths`: to whoever knows them."""
    return ImportTold(
        id=told.id,
        state=told.state,
        dry=told.dry,
        exported_at=told.exported_at,
        made_at=told.made_at,
        ended_at=told.ended_at,
        customers=told.customers,
        progress=ImportProgress(settled=sum(told.verdicts.values()), of=told.rows),
        rows=rows_told(told.rows, told.verdicts, reasons=told.reasons, cells=told.cells),
        files=tuple(file_shown(file, paths=paths) for file in told.files),
        code=told.code,
        repeated=told.repeated,
    )


def file_shown(file: FileTold, *, paths: bool) -> ImportFile:
    """Return how a file was read, and what became of its rows."""
    return ImportFile(
        path=file.path if paths else None,
        source=file.source,
        pattern=file.pattern,
        encoding=file.encoding,
        separator=file.separator,
        digest=file.digest,
        rows=rows_told(file.rows, file.verdicts, reasons=file.reasons, cells=file.cells),
    )
