"""Waiting: the way to where a code is typed, with what waits for it in a sealed cookie of ten minutes."""

from __future__ import annotations

from litestar import Response

from vault.actions.proving.flows import Waiting
from vault.domain.sign_in.code import LASTS
from vault.pages.cookies import PROOF, kept
from vault.pages.frame import Frame
from vault.pages.page import go


def wait_for(frame: Frame, waiting: Waiting) -> Response[bytes]:
    """Return the way to where the code is typed."""
    place = frame.to(f"/contact-points/{waiting.point}/code")
    return go(place, cookies=[kept(PROOF, waiting.flow, lasts=LASTS["point"])])
