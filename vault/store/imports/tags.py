"""Which rows may be about the same people: those that share a tag, and so on from row to row.

Done by PostgreSQL in its own memory, however many rows there are. Each round every component takes the least place of
those it shares a tag with; a long chain is cut short by following places to their own. Rounds end when nothing moves.
"""

from __future__ import annotations

from typing import Final

from vault.base.ids import ImportId, raw
from vault.store.database import Work

# Nobody has counted what was just written: without this it would be looked up row by row, each time in all of it.
_PLAN: Final = """
SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true),
  set_config('plan_cache_mode', 'force_custom_plan', true)
"""
_BEGIN: Final = """
INSERT INTO keystore.import_label (organization, import, place, label)
SELECT DISTINCT $1::uuid, $2::uuid, place, place FROM (
  SELECT place, count(*) OVER (PARTITION BY tag) AS n FROM keystore.import_tag
  WHERE organization = $1 AND import = $2 AND place > 0
) AS tagged WHERE n > 1
"""
_HOOK: Final = """
WITH edge AS (
  SELECT t.tag, l.label FROM keystore.import_tag t
  JOIN keystore.import_label l ON l.organization = $1 AND l.import = $2 AND l.place = t.place
  WHERE t.organization = $1 AND t.import = $2 AND t.place > 0
), least AS (
  SELECT tag, min(label) AS label FROM edge GROUP BY tag
), moved AS (
  SELECT edge.label, min(least.label) AS least FROM edge JOIN least USING (tag)
  GROUP BY edge.label HAVING min(least.label) < edge.label
)
UPDATE keystore.import_label l SET label = moved.least FROM moved
WHERE l.organization = $1 AND l.import = $2 AND l.label = moved.label
"""
_JUMP: Final = """
UPDATE keystore.import_label l SET label = root.label FROM keystore.import_label root
WHERE l.organization = $1 AND l.import = $2 AND root.organization = $1 AND root.import = $2
  AND root.place = l.label AND root.label < l.label
"""
_SET: Final = """
UPDATE vault.import_row r SET component = l.label FROM keystore.import_label l
WHERE r.organization = $1 AND r.import = $2 AND l.organization = $1 AND l.import = $2
  AND r.place = l.place AND l.label <> l.place
"""
_CLEAR: Final = "DELETE FROM keystore.import_label WHERE organization = $1 AND import = $2"
_OPEN: Final = """
INSERT INTO keystore.import_tag (organization, import, tag, place)
SELECT organization, import, tag, -place FROM keystore.import_tag WHERE organization = $1 AND import = $2 AND place < 0
"""
_MOVED: Final = "DELETE FROM keystore.import_tag WHERE organization = $1 AND import = $2 AND place < 0"
# What is left are the tags of rows that were put aside.
_FORGET: Final = """
DELETE FROM keystore.import_tag t USING vault.import_row r
WHERE t.organization = $1 AND t.import = $2 AND r.organization = $1 AND r.import = $2 AND r.place = t.place
  AND r.verdict NOT IN ('reject', 'review')
"""


async def join(work: Work, import_: ImportId) -> None:
    """Give every row its component. From then on a row that was put aside is found by its tags."""
    own, of = work.own, raw(import_)
    await work.fetch(_PLAN)
    await work.long(_BEGIN, own, of)
    while _moved(await work.long(_HOOK, own, of)):
        while _moved(await work.long(_JUMP, own, of)):
            pass
    await work.long(_SET, own, of)
    await work.long(_CLEAR, own, of)
    await work.long(_OPEN, own, of)
    await work.long(_MOVED, own, of)


async def forget(work: Work, import_: ImportId) -> None:
    """Take away the tags of rows that were applied."""
    await work.fetch(_PLAN)
    await work.long(_FORGET, work.own, raw(import_))


def _moved(status: str) -> bool:
    return status != "UPDATE 0"
