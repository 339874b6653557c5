"""A running vault for clients that are not ours."""

from __future__ import annotations

from tests.interop.strangers import site

__all__ = ["site"]
