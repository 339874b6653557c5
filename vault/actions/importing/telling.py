"""What became of an import, told from what is stored of it: how many rows, and why. Never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from vault.actions.acting import Acting
from vault.actions.importing.batch import ASIDE, VERDICTS
from vault.actions.importing.given import FileTold, Told
from vault.base.ids import ImportId
from vault.domain.importing.told import CellCount, Count
from vault.store.imports import files, jobs, rows, sealing
from vault.store.imports.files import KeptFile


async def of(act: Acting, import_: ImportId) -> Told:
    """Return what became of an import so far; `Unknown` when there is none of this id."""
    work, job = act.work, await jobs.found(act.work, import_)
    seals = await sealing.sought(work, act.here.safe, import_=job.id)
    counts, cells = await rows.counts(work, job.id), await rows.cells(work, job.id)
    told = [_file(file, counts, cells=cells) for file in await files.of(work, job.id, sealing=seals)]
    return Told(
        id=job.id,
        state=job.state,
        dry=job.dry,
        exported_at=job.exported_at,
        made_at=job.made_at,
        ended_at=job.ended_at,
        files=told,
        rows=sum(file.rows for file in told),
        verdicts=_verdicts(file.verdicts for file in told),
        reasons=_sum(file.reasons for file in told),
        cells=_sum(file.cells for file in told),
        customers=job.made,
        code=job.code,
    )


def _file(file: KeptFile, counts: Sequence[Count], *, cells: Sequence[CellCount]) -> FileTold:
    own = [one for one in counts if one.number == file.number]
    how = file.how
    return FileTold(
        number=file.number,
        path=file.path,
        source="" if how is None else how.source,
        pattern="" if how is None else how.pattern,
        digest=file.digest,
        size=file.size,
        encoding="" if how is None else how.survey.encoding,
        separator="" if how is None else how.survey.separator,
        day_first=None if how is None else how.survey.day_first,
        rows=file.records,
        verdicts=_verdicts({one.verdict: one.times} for one in own if one.verdict is not None),
        reasons=_sum({one.reason: one.times} for one in own if one.verdict in ASIDE and one.reason is not None),
        cells=_sum({one.reason: one.times} for one in cells if one.number == file.number),
        code=file.code,
    )


def _verdicts(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found = _sum(parts)
    return {verdict: found[verdict] for verdict in VERDICTS if verdict in found}


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part)
    return dict(sorted(found.items()))
