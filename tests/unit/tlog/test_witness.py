"""A witness cosigns what extends the tree it cosigned before, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.shelf import Shelf, leaves, merkle
from tests.unit.tlog.signers import NOW, ORIGIN, PETER_NOTE, head, signed, signer
from vault.tlog import checkpoint
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import EMPTY, Hash, leaf_hash
from vault.tlog.key import COSIGNATURE, COSIGNATURE_ML_DSA
from vault.tlog.line import LARGEST, Malformed, encode
from vault.tlog.note import Signature
from vault.tlog.sign import Unverified, sign
from vault.tlog.witness import (
    CONFLICT,
    INCONSISTENT,
    MALFORMED,
    UNKNOWN,
    UNSIGNED,
    Accepted,
    Log,
    Refused,
    Request,
    judge,
    read_conflict,
    read_request,
    read_response,
    write_conflict,
    write_request,
    write_response,
)

LARGE = 400
OTHER = Hash(leaf_hash(b"another history"))
hashes = st.binary(min_size=32, max_size=32).map(Hash)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.append(leaves(LARGE))
    return shelf


def root(size: int) -> Hash:
    return Hash(merkle(0, size))


def known(size: int = 0, at: Hash | None = None) -> dict[str, Log]:
    return {ORIGIN: Log(verifiers=(signer().verifier,), size=size, root=root(size) if at is None else at)}


def asked(shelf: Shelf, old: int, size: int) -> Request:
    note = signed(head(size=size, root=root(size)), signer())
    return Request(old_size=old, proof=tuple(shelf.tree(size).consistency(old)), note=note)


@settings(max_examples=50)
@given(
    st.builds(
        Request, old_size=st.integers(0, LARGEST), proof=st.lists(hashes, max_size=63).map(tuple),
        note=st.just(PETER_NOTE),
    )
)  # fmt: skip
def test_a_request_reads_back(request: Request) -> None:
    assert read_request(write_request(request)) == request


def test_a_request_is_written_as_the_specification_has_it() -> None:
    request = Request(old_size=20852014, proof=(EMPTY,), note=PETER_NOTE)
    assert write_request(request) == (b"old 20852014\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" + PETER_NOTE)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, LARGE), st.data())
def test_a_tree_that_extends_the_known_one_is_cosigned(shelf: Shelf, size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    verdict = judge(write_request(asked(shelf, old, size)), known(old))
    assert verdict == Accepted(
        checkpoint=head(size=size, root=root(size)), text=checkpoint.write(head(size=size, root=root(size)))
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, LARGE), st.data())
def test_whoever_knows_another_size_is_told_which(shelf: Shelf, size: int, data: st.DataObject) -> None:
    old, true = data.draw(st.integers(0, size)), data.draw(st.integers(0, LARGE))
    verdict = judge(write_request(asked(shelf, old, size)), known(true))
    assert (verdict == Refused(status=CONFLICT, size=true)) == (old != true)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, LARGE), st.data())
def test_another_history_is_never_cosigned(shelf: Shelf, size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    verdict = judge(write_request(asked(shelf, old, size)), known(old, at=OTHER))
    assert verdict == Refused(status=INCONSISTENT)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_flipped_bit_of_a_request_is_refused(shelf: Shelf, data: st.DataObject) -> None:
    body = bytearray(write_request(asked(shelf, 123, 300)))
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    assert isinstance(judge(bytes(body), known(123)), Refused)


def test_the_first_tree_needs_no_proof_and_takes_none(shelf: Shelf) -> None:
    first = asked(shelf, 0, 5)
    assert isinstance(judge(write_request(first), known()), Accepted)
    proven = Request(old_size=0, proof=(EMPTY,), note=first.note)
    assert judge(write_request(proven), known()) == Refused(status=INCONSISTENT)


def test_an_empty_tree_has_the_root_of_the_empty_tree() -> None:
    for claimed, verdict in ((EMPTY, Accepted), (OTHER, Refused)):
        body = write_request(Request(old_size=0, proof=(), note=signed(head(size=0, root=claimed), signer())))
        assert isinstance(judge(body, known()), verdict)


def test_the_same_tree_is_cosigned_again_and_another_of_the_same_size_is_not(shelf: Shelf) -> None:
    assert isinstance(judge(write_request(asked(shelf, 9, 9)), known(9)), Accepted)
    assert judge(write_request(asked(shelf, 9, 9)), known(9, at=OTHER)) == Refused(status=INCONSISTENT)


def test_a_log_nobody_told_the_witness_of_is_unknown(shelf: Shelf) -> None:
    assert judge(write_request(asked(shelf, 0, 5)), {}) == Refused(status=UNKNOWN)


def test_a_checkpoint_the_log_did_not_sign_is_refused_before_anything_is_told(shelf: Shelf) -> None:
    stranger, wrong = signed(head(), signer(name="stranger")), signed(head(size=8), signer())
    mixed = wrong.replace(b"\n8\n", b"\n7\n")
    for note in (stranger, mixed):
        body = write_request(Request(old_size=4, proof=(), note=note))
        assert judge(body, known(3)) == Refused(status=UNSIGNED)
    assert judge(write_request(asked(shelf, 4, 7)), known(3)) == Refused(status=CONFLICT, size=3)


def test_a_request_from_a_larger_tree_to_a_smaller_makes_no_sense() -> None:
    body = write_request(Request(old_size=8, proof=(), note=signed(head(), signer())))
    assert judge(body, known(8)) == Refused(status=MALFORMED)


@pytest.mark.parametrize(
    "start",
    [
        "", "\n", "\n\n", "old 1", "old 1\n", "old\n\n", "old \n\n", "old 01\n\n", "old -1\n\n", "old  1\n\n",
        "Old 1\n\n", f"old {2**63}\n\n", "old 1\n!\n\n", f"old 1\n{encode(bytes(31))}\n\n", "old 1\r\n\n",
        "old 1\n" + f"{encode(EMPTY)}\n" * 64 + "\n", "öld 1\n\n",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(start: str) -> None:
    body = start.encode() + signed(head(), signer())
    with pytest.raises(Malformed):
        read_request(body)
    assert judge(body, known()) == Refused(status=MALFORMED)


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    assert judge(b"old 0\n\n" + PETER_NOTE, known()) == Refused(status=MALFORMED)
    assert judge(b"old 0\n\n" + PETER_NOTE[:-1], known()) == Refused(status=MALFORMED)


def test_what_would_not_read_back_is_not_sent() -> None:
    for request in (
        Request(old_size=-1, proof=(), note=PETER_NOTE),
        Request(old_size=1, proof=(Hash(b"short"),), note=PETER_NOTE),
        Request(old_size=1, proof=(), note=b""),
    ):
        with pytest.raises(Malformed):
            write_request(request)


def test_cosignatures_come_back_in_the_answer_and_those_of_strangers_are_passed_over() -> None:
    text = checkpoint.write(head())
    one, two = signer(COSIGNATURE, name="w1"), signer(COSIGNATURE_ML_DSA, name="w2")
    made = tuple(sign(text, witness, at=NOW) for witness in (one, two))
    body = write_response(made)
    assert body.startswith("— w1 ".encode())
    assert read_response(body, text, verifiers=[one.verifier, two.verifier]) == made
    assert read_response(body, text, verifiers=[two.verifier]) == made[1:]
    assert read_response(body, text, verifiers=[]) == ()


def test_an_answer_whose_cosignature_does_not_hold_is_refused() -> None:
    witness = signer(COSIGNATURE, name="w1")
    body = write_response((sign(checkpoint.write(head(size=8)), witness, at=NOW),))
    with pytest.raises(Unverified, match="wrong_signature"):
        read_response(body, checkpoint.write(head()), verifiers=[witness.verifier])


def test_an_answer_cannot_bring_a_text_of_its_own() -> None:
    witness = signer(name="w1")
    other = "another text\n"
    line = write_response((sign(other, witness, at=NOW),))
    for body in (b"", b"\n", b"\xff", other.encode() + b"\n" + line, b"\n" + line, line + b"\n" + line):
        with pytest.raises(Malformed):
            read_response(body, checkpoint.write(head()), verifiers=[witness.verifier])


def test_a_conflict_tells_the_size() -> None:
    assert write_conflict(50) == b"50\n"
    assert read_conflict(b"50\n") == 50
    for body in (b"", b"\n", b"50", b"050\n", b"50\n\n", b" 50\n", b"-1\n", "\u0665\n".encode(), b"\xff\n"):
        with pytest.raises(Malformed):
            read_conflict(body)


def test_a_checkpoint_is_stored_with_what_it_says(shelf: Shelf) -> None:
    verdict = judge(write_request(asked(shelf, 3, 7)), known(3))
    assert isinstance(verdict, Accepted)
    assert verdict.checkpoint == Checkpoint(origin=ORIGIN, size=7, root=root(7))
    cosigned = sign(verdict.text, signer(COSIGNATURE, name="w1"), at=NOW)
    assert isinstance(cosigned, Signature)
