"""What several routes about the log share: ids and numbers in the path and the query."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.params import PathParameter, QueryParameter

from vault.base.ids import SHOWN, CapabilityId, EntryId, Subject

MOST: Final = 2**53 - 1  # what every reader of JSON holds exactly
EntryPath = Annotated[EntryId, PathParameter(pattern="^ent" + SHOWN, description="the entry's id")]
SubjectPath = Annotated[Subject, PathParameter(pattern="^sub" + SHOWN, description="the pseudonym")]
CapabilityPath = Annotated[CapabilityId, PathParameter(pattern="^cap" + SHOWN, description="the capability's id")]
LeafPath = Annotated[int, PathParameter(ge=0, le=MOST, description="the entry's number")]
Size = Annotated[int | None, QueryParameter(ge=1, le=MOST, description="of the tree; else the last signed")]
Generation = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="of the log; else the one it is in")]
