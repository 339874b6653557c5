"""Law 14: every statement leaves out what an undone import brought, or says why it does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

STORE: Final = Path(__file__).parents[2] / "vault/store"
TABLES: Final = (
    "vault.fact",
    "vault.attribute",
    "vault.contact_point",
    "vault.external_reference",
    "vault.suppression",
    "keystore.blind_index",
)
READS: Final = re.compile(rf"\b(?:FROM|JOIN|USING|UPDATE) ({'|'.join(map(re.escape, TABLES))})\b")
PICCOLO: Final = re.compile(
    r"\b(Facts|Attributes|ContactPoints|ExternalReferences|Suppressions|BlindIndex)\s*\.(select|objects|exists|count)\b"
)
CONDITIONS: Final = {"stands", "stops", "counts"}

# A statement, by its file and its name there: why it looks at what an undone import brought, too.
_BY_ID: Final = "it asks for facts by their ids, which somebody read before"
_TIME: Final = "time only grows, whatever was undone"
_GOES: Final = "who is erased is erased whole"
_COUNTED: Final = "it counts all there is, and what was undone beside it"
REASONS: Final = {
    ("customer/brought.py", "_VOUCH"): "a reference stands where its tag does",
    ("customer/consents.py", "_EVERY"): "the customer's own history shows what was undone, and that it was",
    ("customer/consents.py", "_INSTANT"): _TIME,
    ("customer/consents.py", "_EVIDENCE"): _BY_ID,
    ("customer/customers.py", "_VERIFY"): "whoever shows that a contact point is theirs has it from now on",
    ("customer/erasure.py", "_ERASE"): _GOES,
    ("customer/erasure.py", "_TAGS"): _GOES,
    ("customer/erasure.py", "references"): _GOES,
    ("customer/undoing.py", "_COUNT"): "it tells what an undoing takes back",
    ("customer/undoing.py", "_NO_COUNTRY"): "it is the undoing",
    (
        "decision/permits.py",
        "_SUSPECTS",
    ): "who is suspected for nothing is found innocent; an undoing suspects everybody",
    ("decision/reservations.py", "_ADD"): "the decision it is of has left out the rest",
    ("decision/reservations.py", "_SHARING"): "the contact point a message went to; whoever else has it, stands",
    ("exporting/pages.py", "_COUNT"): _COUNTED,
    ("exporting/pages.py", "_KINDS"): "it asks which keys are needed",
    ("exporting/writing.py", "_KNOWN_FACTS"): _BY_ID,
    ("exporting/writing.py", "_EMPTY"): "what was undone is there",
    ("imports/held.py", "_INSTANT"): _TIME,
    ("imports/said.py", "_SAID"): "it tells of one import what that one brought",
    ("imports/said.py", "_FACTS"): "likewise, it tells of one import",
    ("imports/writing.py", "_DROP"): "what is dropped was looked at before",
    ("imports/writing.py", "_VERIFY"): "what is verified was looked at before",
    ("log/history.py", "_HELD"): "history asks what was known before an undoing, too, and leaves out by itself",
    ("log/history.py", "_FACTS"): _BY_ID,
}


def statements() -> Iterator[tuple[str, str, int, int]]:
    """Yield each text of the store that reads: file, name, how many tables it reads, how many conditions it has."""
    for path in sorted(STORE.rglob("*.py")):
        body = ast.parse(path.read_text()).body
        conditions = {_name(named) for named in body if any(map(_is_call, ast.walk(named)))}
        for named in body:
            name = _name(named)
            reads = sum(len(READS.findall(text)) for text in _texts(named))
            reads += len(PICCOLO.findall(ast.unparse(named)))
            if reads:
                yield (
                    str(path.relative_to(STORE)),
                    name,
                    reads,
                    sum(_is_condition(one, conditions) for one in ast.walk(named)),
                )


def _name(node: ast.stmt) -> str:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.ClassDef(name=name):
            return name
        case _:
            return "?"


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts in a piece of code; what is put into one stands as a gap."""
    whole = {id(part) for one in ast.walk(node) if isinstance(one, ast.JoinedStr) for part in one.values}
    for one in ast.walk(node):
        if isinstance(one, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in one.values)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in whole:
            yield one.value


def _is_call(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name in CONDITIONS
        case _:
            return False


def _is_condition(node: ast.AST, conditions: set[str]) -> bool:
    """Whether this is a condition of `brought`, or the place in a text where one is put."""
    match node:
        case ast.FormattedValue(value=ast.Name(id=name)):
            return name in {"point", "stop", "fact", "found", "index", "attribute", *conditions}
        case _:
            return _is_call(node)


def test_every_statement_leaves_out_what_an_undone_import_brought_or_says_why_not() -> None:
    found = {(path, name): (reads, conditions) for path, name, reads, conditions in statements()}
    bare = {place for place, (reads, conditions) in found.items() if conditions < reads}
    assert bare - REASONS.keys() == set(), "these read what an undone import may have brought"
    assert REASONS.keys() - bare == set(), "these no longer do"


@pytest.mark.parametrize("place", [*REASONS])
def test_every_reason_is_a_sentence(place: tuple[str, str]) -> None:
    assert len(REASONS[place].split()) >= 3
