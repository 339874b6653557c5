"""The log as Go reads it: `golang.org/x/mod/sumdb`, which guards Go's checksum database, opens our checkpoints,
follows our proofs, and makes the same ones from our tiles.

Go and its packages come from Debian (`.ci/packages`), so that nothing is fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.tlog.shelf import Shelf, flipped, leaf, leaves, merkle
from tests.unit.tlog.signers import head, signed, signer
from vault.tlog import checkpoint
from vault.tlog.hashes import Hash
from vault.tlog.key import COSIGNATURE, COSIGNATURE_ML_DSA
from vault.tlog.line import decode, encode
from vault.tlog.tile import path, read_tile, tiles

SOURCE: Final = Path(__file__).parent / "go_tlog/main.go"
GOPATH: Final = Path("/usr/share/gocode")
OFFLINE: Final = {
    "GO111MODULE": "off",
    "GOPATH": str(GOPATH),
    "GOFLAGS": "",
    "GOTOOLCHAIN": "local",
    "GOPROXY": "off",
    "CGO_ENABLED": "0",
}
SIZES: Final = (1, 2, 3, 7, 8, 255, 256, 257, 511, 700, 66_000)
PATIENCE_SECONDS: Final = 300

Question = dict[str, Any]
Answer = dict[str, Any]
Ask = Callable[[list[Question]], list[Answer]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Builds the program, and returns what asks it."""
    go = shutil.which("go")
    if go is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("Go is not there, or not its package golang-golang-x-mod-dev: run .ci/packages")
    program = tmp_path_factory.mktemp("go") / "go_tlog"
    _run([go, "build", "-o", str(program), str(SOURCE)])
    return lambda questions: json.loads(_run([str(program)], stdin=json.dumps(questions)))


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.append(leaves(max(SIZES)))
    return shelf


def _run(command: list[str], stdin: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - Go, and a program of ours
        command,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | OFFLINE,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def spelled(size: int) -> str:
    return encode(merkle(0, size))


def edges(size: int) -> list[int]:
    """Leaves of a tree at every kind of edge."""
    return sorted({0, 1, size // 3, size // 2, 255, 256, size - 2, size - 1} & {*range(size)})


def inclusion(index: int, size: int, *, leaf: Hash, root: Hash, proof: list[Hash]) -> Question:
    return {
        "ask": "inclusion", "index": index, "size": size, "leaf": encode(leaf), "root": encode(root),
        "proof": [encode(one) for one in proof],
    }  # fmt: skip


def consistency(old: int, size: int, *, old_root: Hash, root: Hash, proof: list[Hash]) -> Question:
    return {
        "ask": "consistency", "old": old, "size": size, "oldroot": encode(old_root), "root": encode(root),
        "proof": [encode(one) for one in proof],
    }  # fmt: skip


def test_go_opens_a_checkpoint_and_passes_over_the_signatures_it_does_not_know(ask: Ask) -> None:
    text = checkpoint.write(head())
    others = (signer(COSIGNATURE_ML_DSA), signer(COSIGNATURE, name="witness"))
    for raw in (signed(head(), signer()), signed(head(), signer(), *others), signed(head(), *others, signer())):
        [answer] = ask([{"ask": "open", "vkey": signer().verifier.vkey, "note": raw.decode()}])
        assert (answer["ok"], answer["text"]) == (True, text), answer["error"]


def test_go_refuses_a_checkpoint_with_a_flipped_bit_or_another_key(ask: Ask) -> None:
    raw = signed(head(), signer()).decode()
    start, _, spelling = raw.strip().rpartition(" ")
    signature = decode(spelling)
    spoiled = [start[:at] + chr(ord(letter) ^ 1) + raw[at + 1 :] for at, letter in enumerate(start)]
    for at, byte in enumerate(signature):
        spoiled.append(f"{start} {encode(signature[:at] + bytes([byte ^ 1]) + signature[at + 1 :])}\n")
    vkey, other = signer().verifier.vkey, signer(name="other").verifier.vkey
    answers = ask([{"ask": "open", "vkey": vkey, "note": note} for note in spoiled])
    assert [answer["text"] for answer in answers if answer["ok"]] == []
    assert "no verifiable signatures" in ask([{"ask": "open", "vkey": other, "note": raw}])[0]["error"]


def test_go_follows_our_inclusion_proofs_and_no_flipped_bit(ask: Ask, shelf: Shelf) -> None:
    right: list[Question] = []
    wrong: list[Question] = []
    for size in SIZES:
        for index in edges(size):
            said = [leaf(index), Hash(merkle(0, size)), *shelf.tree(size).inclusion(index)]
            for into, (one, root, *proof) in [(right, said), *((wrong, flipped(said, bit)) for bit in _bits(said))]:
                into.append(inclusion(index, size, leaf=one, root=root, proof=proof))
    assert all(answer["ok"] for answer in ask(right))
    assert not any(answer["ok"] for answer in ask(wrong))


def test_go_follows_our_consistency_proofs_and_no_flipped_bit(ask: Ask, shelf: Shelf) -> None:
    right: list[Question] = []
    wrong: list[Question] = []
    for size in SIZES:
        for old in [index + 1 for index in edges(size)]:
            said = [Hash(merkle(0, old)), Hash(merkle(0, size)), *shelf.tree(size).consistency(old)]
            for into, (old_root, root, *proof) in [
                (right, said),
                *((wrong, flipped(said, bit)) for bit in _bits(said)),
            ]:
                into.append(consistency(old, size, old_root=old_root, root=root, proof=proof))
    assert all(answer["ok"] for answer in ask(right))
    assert not any(answer["ok"] for answer in ask(wrong))


def test_go_makes_the_same_proofs_from_our_tiles(ask: Ask, shelf: Shelf, tmp_path: Path) -> None:
    questions: list[Question] = []
    ours: list[list[Hash]] = []
    for size in SIZES:
        folder = served(shelf, size, tmp_path / str(size))
        tree = shelf.tree(size)
        common = {"size": size, "root": spelled(size), "folder": str(folder)}
        for index in edges(size):
            old = index + 1
            questions += [
                {"ask": "prove inclusion", "index": index, "leaf": encode(leaf(index)), **common},
                {"ask": "prove consistency", "old": old, "oldroot": spelled(old), **common},
            ]
            ours += [tree.inclusion(index), tree.consistency(old)]
    for question, answer, proof in zip(questions, ask(questions), ours, strict=True):
        assert answer["ok"], (question, answer["error"])
        assert answer["proof"] == [encode(one) for one in proof]


@pytest.mark.parametrize("name", ["tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"])
def test_go_notices_a_flipped_bit_in_a_tile(ask: Ask, shelf: Shelf, tmp_path: Path, name: str) -> None:
    tile = served(shelf, 700, tmp_path) / name
    asked = {"size": 700, "root": spelled(700), "folder": str(tmp_path)}
    questions = [
        {"ask": "prove inclusion", "index": 300, "leaf": encode(leaf(300)), **asked},
        {"ask": "prove consistency", "old": 300, "oldroot": spelled(300), **asked},
    ]
    assert [answer["ok"] for answer in ask(questions)] == [True, True]
    whole = tile.read_bytes()
    tile.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert [answer["ok"] for answer in ask(questions)] == [False, False]


def served(shelf: Shelf, size: int, folder: Path) -> Path:
    """Lay the tiles of a tree down where a log serves them."""
    for tile in tiles(size):
        place = folder / path(tile)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(read_tile(tile, shelf.read))
    return folder


def _bits(hashes: list[Hash]) -> list[int]:
    """One bit in each hash, never the same one."""
    return [256 * number + (37 * number + 5) % 256 for number in range(len(hashes))]
