"""The limits of the house: lengths, parameters, folders, names, docstrings, and what stands at the top level."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
HOUSE = (CHECKOUT / "vault", CHECKOUT / "sdk/python/consent_vault")
GENERATED = "_generated.py"
NAMES_WE_DO_NOT_USE = re.compile(r"(util|helper|common|misc|manager|handler|processor|service|impl)s?")
CLASSES_WE_DO_NOT_USE = re.compile(NAMES_WE_DO_NOT_USE.pattern + "|base|abstract")
TOP_LEVEL = {
    "vault",
    "migrations",
    "policies",
    "sdk",
    "tests",
    "openapi.yaml",
    "README.md",
    "pyproject.toml",
    "uv.lock",
    ".ci",
    ".gitignore",
    "LICENSE",
    "Dockerfile",
    "compose.yaml",
    "CHANGELOG.md",
    "SECURITY.md",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of ours with its path from the top."""
    for path in sources():
        yield str(path.relative_to(CHECKOUT)), ast.parse(path.read_text("utf-8"))


def sources() -> list[Path]:
    return [path for floor in HOUSE for path in sorted(floor.rglob("*.py")) if path.name != GENERATED]


def functions() -> Iterator[tuple[str, Function, bool]]:
    """Every function with its place, and whether its first parameter is the object it belongs to."""
    for path, module in modules():
        for node in ast.walk(module):
            body = node.body if isinstance(node, ast.ClassDef | ast.Module | Function) else []
            for inner in body:
                if isinstance(inner, Function):
                    of_object = isinstance(node, ast.ClassDef) and not _is_static(inner)
                    yield f"{path}:{inner.lineno} {inner.name}", inner, of_object


def _is_static(function: Function) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "staticmethod" for name in function.decorator_list)


def _is_protocol_of_python(function: Function) -> bool:
    return function.name.startswith("__") and function.name not in {"__init__", "__new__", "__call__"}


def positional(function: Function, *, of_object: bool) -> int:
    return len(function.args.posonlyargs) + len(function.args.args) - of_object


def words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def test_files_are_under_400_lines() -> None:
    lengths = {path.relative_to(CHECKOUT): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert [(str(path), lines) for path, lines in lengths.items() if lines >= 400] == []


def test_functions_are_under_60_lines() -> None:
    lengths = [(place, (node.end_lineno or 0) - node.lineno + 1) for place, node, _ in functions()]
    assert [found for found in lengths if found[1] >= 60] == []


def test_functions_take_at_most_five_parameters() -> None:
    counts = [(place, positional(node, of_object=own) + len(node.args.kwonlyargs)) for place, node, own in functions()]
    assert [found for found in counts if found[1] > 5] == []


def test_beyond_two_parameters_the_rest_are_named() -> None:
    # Litestar calls a route by names: every parameter there is a keyword already.
    found = [
        place
        for place, node, own in functions()
        if positional(node, of_object=own) > 2
        and not place.startswith(("vault/api/", "vault/portal/", "vault/console/"))
        and not _is_protocol_of_python(node)
    ]
    assert found == []


def test_a_folder_holds_at_most_15_files() -> None:
    # `__init__.py` is the folder's own docstring.
    counts = Counter(path.parent for path in sources() if path.name != "__init__.py")
    assert {str(folder): count for folder, count in counts.items() if count > 15} == {}


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    files = [
        str(path.relative_to(CHECKOUT))
        for path in sources()
        if any(NAMES_WE_DO_NOT_USE.fullmatch(word) for part in path.parts[-2:] for word in words(Path(part).stem))
    ]
    classes = [
        f"{path}:{node.lineno} {node.name}"
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef) and any(CLASSES_WE_DO_NOT_USE.fullmatch(word) for word in words(node.name))
    ]
    assert files + classes == []


def test_every_module_says_in_its_first_sentence_what_lives_here() -> None:
    first_lines = {path: (ast.get_docstring(module) or "").partition("\n")[0] for path, module in modules()}
    assert [path for path, line in first_lines.items() if not line.strip()] == []


def test_the_top_level_is_fixed() -> None:
    lines = (CHECKOUT / ".gitignore").read_text("utf-8").splitlines()
    ignored = [line.strip("/") for line in lines if line] + [".git"]
    found = {path.name for path in CHECKOUT.iterdir()} - TOP_LEVEL
    assert [name for name in found if not any(fnmatch(name, pattern) for pattern in ignored)] == []
