from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.shelf import Shelf, leaf, leaves
from tests.unit.tlog.signers import PETER, PETER_NOTE, head, signed, signer
from vault.tlog.hashes import EMPTY, Hash
from vault.tlog.key import read_vkey
from vault.tlog.line import LARGEST, Malformed, encode
from vault.tlog.proof_file import ProofFile, check, read, write
from vault.tlog.sign import Unverified
from vault.tlog.verify import Unproven

SIZE = 300
KEYS = [signer().verifier]
hashes = st.binary(min_size=32, max_size=32).map(Hash)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.append(leaves(SIZE))
    return shelf


def proven(shelf: Shelf, index: int) -> ProofFile:
    note = signed(head(size=SIZE, root=shelf.tree().root()), signer())
    return ProofFile(index=index, proof=tuple(shelf.tree().inclusion(index)), note=note)


@settings(max_examples=50)
@given(
    st.builds(
        ProofFile, index=st.integers(0, LARGEST), proof=st.lists(hashes, max_size=63).map(tuple),
        note=st.just(PETER_NOTE), extra=st.binary(max_size=40),
    )
)  # fmt: skip
def test_a_proof_file_reads_back(file: ProofFile) -> None:
    assert read(write(file)) == file


def test_a_proof_file_is_written_as_the_specification_has_it() -> None:
    file = ProofFile(index=73894, proof=(EMPTY,), note=PETER_NOTE, extra=b"more")
    assert write(file) == (
        b"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 73894\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
        + PETER_NOTE
    )
    longest = ProofFile(index=0, proof=(EMPTY,) * 63, note=PETER_NOTE)
    assert read(write(longest)) == longest
    bare = ProofFile(index=0, proof=(), note=PETER_NOTE)
    assert write(bare) == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + PETER_NOTE


@pytest.mark.parametrize("index", [0, 1, 255, 256, SIZE - 1])
def test_a_proof_file_is_believed_for_its_entry_and_no_other(shelf: Shelf, index: int) -> None:
    file = read(write(proven(shelf, index)))
    assert check(file, leaf(index), verifiers=KEYS).size == SIZE
    with pytest.raises(Unproven):
        check(file, leaf(index + 1), verifiers=KEYS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_flipped_bit_of_a_proof_file_is_refused(shelf: Shelf, data: st.DataObject) -> None:
    raw = bytearray(write(proven(shelf, 123)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Malformed, Unverified, Unproven)):
        check(read(bytes(raw)), leaf(123), verifiers=KEYS)


def test_a_note_that_is_no_checkpoint_proves_nothing() -> None:
    with pytest.raises(Malformed, match="malformed_checkpoint"):
        check(ProofFile(index=0, proof=(), note=PETER_NOTE), EMPTY, verifiers=[read_vkey(PETER)])


FIRST = "c2sp.org/tlog-proof@v1\n"
LINE = encode(EMPTY) + "\n"


@pytest.mark.parametrize(
    "start",
    [
        "", "\n", "\n\n", FIRST, FIRST + "\n", FIRST + "index 0\n", "wrong\nindex 0\n\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n", FIRST + "\nindex 0\n\n", FIRST + "index\n\n", FIRST + "index 01\n\n",
        FIRST + "index -5\n\n", FIRST + "index a\n\n", FIRST + "index  1\n\n", FIRST + "Index 1\n\n",
        FIRST + f"index {2**63}\n\n", FIRST + "extra \nindex 0\n\n", FIRST + "extra !\nindex 0\n\n",
        FIRST + "extra AA==\n\n", FIRST + "index 0\nextra AA==\n\n", FIRST + "extra AA==\nextra AA==\nindex 0\n\n",
        FIRST + "index 0\n!!\n\n", FIRST + f"index 0\n{encode(bytes(31))}\n\n",
        FIRST + f"index 0\n{encode(bytes(64))}\n\n",
        FIRST + "index 0\n" + LINE * 64 + "\n", FIRST + "index 0\n \n\n", FIRST + "index 0\r\n\n",
        FIRST + "indéx 0\n\n",
        FIRST + LINE + "index 0\n\n",
    ],
)  # fmt: skip
def test_what_is_no_proof_file_is_refused(start: str) -> None:
    with pytest.raises(Malformed):
        read(start.encode() + PETER_NOTE)


@pytest.mark.parametrize("note", [b"", b"\n" + PETER_NOTE[:-1], b"text\n", PETER_NOTE + b"\n"])
def test_a_proof_file_without_a_note_is_refused(note: bytes) -> None:
    with pytest.raises(Malformed):
        read(FIRST.encode() + b"index 0\n\n" + note)


def test_what_would_not_read_back_is_not_written() -> None:
    for file in (
        ProofFile(index=-1, proof=(), note=PETER_NOTE),
        ProofFile(index=0, proof=(Hash(b"short"),), note=PETER_NOTE),
        ProofFile(index=0, proof=(EMPTY,) * 64, note=PETER_NOTE),
        ProofFile(index=0, proof=(), note=b""),
    ):
        with pytest.raises(Malformed):
            write(file)
