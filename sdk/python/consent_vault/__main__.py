"""`python -m consent_vault COMMAND`: today one command, `verify`."""

from __future__ import annotations

import sys

from consent_vault.verify.command import main


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["verify"]:
        return main(arguments[1:])
    sys.stderr.write("usage: python -m consent_vault verify BUNDLE\n")
    return 2


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
