"""Why a bundle is not believed, and where: the first entry, or the size of the tree, that is not as it should be."""

from __future__ import annotations


class Refused(Exception):
    """The bundle does not show what it claims. `index` is the first bad entry, `size` the tree that is not so.

    Where only a tree of that size is known to be wrong, `index` is the first entry that may be.
    """

    def __init__(self, code: str, detail: str, *, index: int | None = None, size: int | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.index = index
        self.size = size

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"
