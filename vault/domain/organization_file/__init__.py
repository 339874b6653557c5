"""The organization file: YAML in, an `Organization` out, or every fault with line, path and what would be right.

The whole file is checked strictly, also the sections whose meaning the vault does not use yet; those are not kept.
A file that is refused leaves nothing behind. No personal value belongs in it, and no message repeats more of it than
forty characters.
"""

from __future__ import annotations

from vault.domain.organization_file.change import check_change, difference
from vault.domain.organization_file.fault import Fault, OrganizationFileError
from vault.domain.organization_file.reading import read

__all__ = ["Fault", "OrganizationFileError", "check_change", "difference", "read"]
