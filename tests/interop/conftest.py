"""A running vault for clients that are not ours."""

from __future__ import annotations

from tests.interop.strangers import empty, site

__all__ = ["empty", "site"]
