"""Writes the half of the SDK that does not await from the half that does: `python -m consent_vault._generate`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from unasync import Rule, unasync_files

_FROM: Final = "_asynchronous"
_TO: Final = "_generated"
_NAMES: Final = {
    "_asynchronous": "_generated",
    "AsyncClient": "Client",
    "AsyncDecision": "Decision",
    "AsyncVault": "Vault",
    "Awaitable": "Returned",
    "aclose": "close",
    "async_sleep": "sleep",
}
_HEADER: Final = "# Written by `python -m consent_vault._generate`: change the other half.\n"


def generate(package: Path) -> list[Path]:
    """Write `_generated` beside `_asynchronous` in the folder `package`; return what was written."""
    sources = sorted((package / _FROM).glob("*.py"))
    unasync_files([str(source) for source in sources], [Rule(f"/{_FROM}/", f"/{_TO}/", _NAMES)])  # type: ignore[no-untyped-call]  # it ships no types
    written = [package / _TO / source.name for source in sources]
    for path in written:
        path.write_text(_HEADER + _words(path.read_text("utf-8")), "utf-8")
    return written


def _words(text: str) -> str:
    """Put right what stands in docstrings and imports, where no token is."""
    text = re.sub(r"\b(await|async(?= with)) ", "", text)
    return text.replace("AsyncVault", "Vault").replace("Returned[Response]", "Response").replace("Returned, ", "")


if __name__ == "__main__":
    generate(Path(__file__).parent)
