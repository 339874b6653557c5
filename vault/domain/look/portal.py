"""What an organization's file says of its pages: colours, type, and whom to turn to."""

from __future__ import annotations

from typing import Literal

import msgspec

Font = Literal["own", "system"]


class Portal(msgspec.Struct, frozen=True, kw_only=True):
    """The look of an organization's pages. Without an accent they have the vault's own colours.

    `email` is where to write about one's data, `complaints` the authority to complain to.
    """

    accent: str | None = None
    accent_dark: str | None = None
    font: Font = "own"
    email: str | None = None
    complaints: str | None = None
