"""The floors: imports look down and never up, and every folder has chosen its floor."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from importlinter.cli import lint_imports

CHECKOUT = Path(__file__).parents[2]
PYPROJECT = CHECKOUT / "pyproject.toml"


def contracts() -> dict[str, dict[str, Any]]:
    declared = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return {contract["name"]: contract for contract in declared}


def parts() -> set[str]:
    return {f"vault.{path.stem}" for path in (CHECKOUT / "vault").iterdir() if _is_part(path)}


def _is_part(path: Path) -> bool:
    return (path / "__init__.py").is_file() or (path.suffix == ".py" and path.stem != "__init__")


def test_the_floors_hold() -> None:
    assert lint_imports(config_filename=str(PYPROJECT), no_cache=True) == 0


def test_nothing_is_excepted_from_the_floors() -> None:
    for contract in contracts().values():
        assert not contract.keys() & {"ignore_imports", "exhaustive_ignores"}
    assert any(contract.get("exhaustive") for contract in contracts().values())


def test_every_part_but_the_store_is_kept_from_sql() -> None:
    assert {*contracts()["SQL lives in the store"]["source_modules"]} == parts() - {"vault.store"}


def test_every_part_below_the_api_is_kept_from_http() -> None:
    above = {"vault.api", "vault.app", "vault.cli", "vault.console", "vault.pages", "vault.portal"} & parts()
    assert {*contracts()["HTTP lives in the api, the pages and the roof"]["source_modules"]} == parts() - above


def test_every_part_but_the_courier_is_kept_from_the_network() -> None:
    # The gate passes on mail that is not the vault's.
    others = parts() - {"vault.courier", "vault.gate"}
    assert {*contracts()["What goes out goes by the courier"]["source_modules"]} == others
