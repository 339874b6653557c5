"""The frame of pages that a link from a message opens: whose link it is, with nobody signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Here
from vault.pages.frame import Frame
from vault.portal.entrance import FRAME, framed


def enter(request: Request[Any, Any, Any], here: Here, *, now: datetime, path: str) -> None:
    """Make the frame of the pages at a link's path."""
    made = framed(request, Visit(here=here, now=now, actor=None), passkeys=False)
    request.scope["state"][FRAME] = msgspec.structs.replace(made, path=path)


def frame(request: Request[Any, Any, Any], opened: NamedDependency[object]) -> Frame:
    """Return what stands around a page of a link."""
    del opened  # it comes first: it made the frame
    made: Frame = request.scope["state"][FRAME]
    return made
