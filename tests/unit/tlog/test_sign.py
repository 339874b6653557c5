"""Whose signatures hold: published notes, all three kinds of keys, and what is wrong with notes nearly right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.signers import (
    ARCHE,
    ENOCH,
    ENOCH_LINE,
    KINDS,
    LITEWITNESS_SEED,
    NOW,
    ORIGIN,
    PETER,
    PETER_LINE,
    PETER_NOTE,
    PETER_SECRET,
    PETER_TEXT,
    WITNESSES,
    head,
    published,
    signed,
    signer,
)
from vault.crypto import note_keys
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import EMPTY
from vault.tlog.key import COSIGNATURE, COSIGNATURE_ML_DSA, PLAIN, Kind, Verifier, read_vkey
from vault.tlog.line import LARGEST, Malformed
from vault.tlog.note import Note, Signature
from vault.tlog.sign import Signer, Unverified, cosigned_at, holds, opened, sign, sorted_out

COLLISION = (11_685, 19_221)  # public keys whose ids under one name are equal


def test_the_example_of_gos_note_package_is_signed_and_opened_to_the_letter() -> None:
    peter = Signer(name="PeterNeumann", kind=PLAIN, key=note_keys.read("ed25519", PETER_SECRET[1:]))
    assert peter.verifier.vkey == PETER
    assert signed(PETER_TEXT, peter) == PETER_NOTE
    found = opened(PETER_NOTE, [read_vkey(PETER)])
    assert (found.text, note.lines(found.signatures), found.others) == (PETER_TEXT, PETER_LINE, ())


def test_a_second_signature_stands_below_the_first_as_in_gos_example() -> None:
    enoch = Signer(name="EnochRoot", kind=PLAIN, key=note_keys.read("ed25519", bytes(32)))
    first = note.read(PETER_NOTE)
    both = note.write(Note(text=PETER_TEXT, signatures=(*first.signatures, sign(PETER_TEXT, enoch, at=0))))
    assert both == PETER_NOTE + ENOCH_LINE.encode()
    assert len(opened(both, [read_vkey(PETER), read_vkey(ENOCH)]).signatures) == 2
    assert note.lines(opened(both, [read_vkey(ENOCH)]).others) == PETER_LINE


def test_a_running_logs_checkpoint_holds_for_the_log_and_for_its_witnesses() -> None:
    raw = published("arche2025h1.note")
    found = opened(raw, [read_vkey(ARCHE), *map(read_vkey, WITNESSES)])
    assert checkpoint.read(found.text).size == 1_432_088_532
    assert [signature.name for signature in found.signatures] == [
        vkey.partition("+")[0] for vkey in (ARCHE, *WITNESSES)
    ]
    assert {cosigned_at(signature) for signature in found.signatures[1:]} == {1_779_573_024}
    assert len(found.others) == 1  # an RFC 6962 signature, which is none of ours
    for vkey in (ARCHE, *WITNESSES):
        with pytest.raises(Unverified, match="wrong_signature"):
            opened(raw.replace(b"1432088532", b"1432088533"), [read_vkey(vkey)])


def test_another_implementations_ml_dsa_checkpoint_holds() -> None:
    key = note_keys.read("ml-dsa-44", bytes.fromhex(LITEWITNESS_SEED))
    verifier = Signer(name="example.com/mldsa-log", kind=COSIGNATURE_ML_DSA, key=key).verifier
    raw = published("litewitness.note")
    assert verifier.key_id.hex() == "b5df45c5"
    found = opened(raw, [verifier])
    assert cosigned_at(found.signatures[0]) == 0
    with pytest.raises(Unverified, match="wrong_signature"):
        opened(raw.replace(b"\n1\n", b"\n2\n"), [verifier])


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_checkpoint_opens_with_its_key(kind: Kind) -> None:
    found = opened(signed(head(), signer(kind)), [signer(kind).verifier])
    assert checkpoint.read(found.text) == head()
    if kind != PLAIN:
        assert cosigned_at(found.signatures[0]) == NOW


def test_one_seed_signs_differently_as_a_log_and_as_a_witness() -> None:
    key = note_keys.read("ed25519", bytes(32))
    log, witness = (Signer(name="same", kind=kind, key=key) for kind in (PLAIN, COSIGNATURE))
    text = checkpoint.write(head())
    assert log.verifier.key_id != witness.verifier.key_id
    as_log = sign(text, log, at=NOW)
    assert not holds(text, as_log, verifier=witness.verifier)
    assert not holds(f"cosignature/v1\ntime {NOW}\n{text}", as_log, verifier=witness.verifier)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_any_flipped_bit_of_a_signed_checkpoint_is_refused(kind: Kind, data: st.DataObject) -> None:
    raw = bytearray(signed(head(), signer(kind)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Unverified, Malformed)):
        opened(bytes(raw), [signer(kind).verifier])


@pytest.mark.parametrize("kind", [COSIGNATURE, COSIGNATURE_ML_DSA])
def test_a_cosignature_tells_no_other_time_than_it_was_made_for(kind: Kind) -> None:
    text = checkpoint.write(head())
    made = sign(text, signer(kind), at=NOW)
    for time in (NOW + 1, 0, 2**63, 2**64 - 1):
        other = Signature(name=made.name, key_id=made.key_id, signature=time.to_bytes(8, "big") + made.signature[8:])
        assert not holds(text, other, verifier=signer(kind).verifier)
    for cut in (b"", made.signature[:7], made.signature[:8], made.signature[:-1]):
        other = Signature(name=made.name, key_id=made.key_id, signature=cut)
        assert not holds(text, other, verifier=signer(kind).verifier)


def test_an_ml_dsa_cosignature_is_bound_to_the_cosigners_name() -> None:
    text = checkpoint.write(head())
    made = sign(text, signer(COSIGNATURE_ML_DSA), at=NOW)
    other = Verifier(name="other", kind=COSIGNATURE_ML_DSA, public=signer(COSIGNATURE_ML_DSA).key.public)
    assert not holds(text, made, verifier=other)


def test_ed25519_covers_extensions_and_ml_dsa_does_not_sign_them() -> None:
    extended = checkpoint.write(Checkpoint(origin=ORIGIN, size=0, root=EMPTY, extensions=("more",)))
    for kind in (PLAIN, COSIGNATURE):
        raw = signed(extended, signer(kind))
        opened(raw, [signer(kind).verifier])
        with pytest.raises(Unverified):
            opened(raw.replace(b"more", b"less"), [signer(kind).verifier])
    with pytest.raises(Malformed, match="malformed_signature"):
        sign(extended, signer(COSIGNATURE_ML_DSA), at=NOW)
    bare = checkpoint.write(Checkpoint(origin=ORIGIN, size=0, root=EMPTY))
    made = sign(bare, signer(COSIGNATURE_ML_DSA), at=NOW)
    assert holds(bare, made, verifier=signer(COSIGNATURE_ML_DSA).verifier)
    assert not holds(extended, made, verifier=signer(COSIGNATURE_ML_DSA).verifier)


@pytest.mark.parametrize("kind", [COSIGNATURE, COSIGNATURE_ML_DSA])
def test_what_is_no_checkpoint_is_not_cosigned(kind: Kind) -> None:
    with pytest.raises(Malformed, match="malformed_checkpoint"):
        sign(PETER_TEXT, signer(kind), at=NOW)


def test_nothing_is_signed_out_of_time_or_by_a_key_of_another_kind() -> None:
    text = checkpoint.write(head())
    swapped = Signer(name="a", kind=COSIGNATURE_ML_DSA, key=signer(PLAIN).key)
    longest = signer(COSIGNATURE_ML_DSA, name="n" * 255)
    for at in (0, LARGEST):
        assert holds(text, sign(text, longest, at=at), verifier=longest.verifier)
    for one, at in ((signer(COSIGNATURE), -1), (signer(PLAIN), 2**63), (swapped, NOW)):
        with pytest.raises(Malformed, match="malformed_signature"):
            sign(text, one, at=at)
    with pytest.raises(Malformed, match="malformed_signature"):
        sign(text, signer(COSIGNATURE_ML_DSA, name="n" * 256), at=NOW)
    with pytest.raises(Malformed, match="malformed_note"):
        sign("half\ud800\n", signer(PLAIN), at=NOW)


def test_a_note_nobody_trusted_signed_is_refused() -> None:
    stranger = signer(PLAIN, name="stranger").verifier
    same_name = Verifier(name="PeterNeumann", kind=PLAIN, public=stranger.public)
    for verifiers in ([], [stranger], [same_name]):
        with pytest.raises(Unverified, match="unsigned_note"):
            opened(PETER_NOTE, verifiers)


def test_one_signature_of_a_trusted_key_that_does_not_hold_is_enough_to_refuse() -> None:
    log, witness = signer(PLAIN), signer(COSIGNATURE, name="witness")
    text = checkpoint.write(head())
    wrong = sign(checkpoint.write(head(size=8)), witness, at=NOW)
    raw = note.write(Note(text=text, signatures=(sign(text, log, at=NOW), wrong)))
    assert len(opened(raw, [log.verifier]).signatures) == 1
    with pytest.raises(Unverified, match="wrong_signature"):
        opened(raw, [log.verifier, witness.verifier])


def test_of_several_signatures_by_one_key_the_first_counts() -> None:
    log = signer(PLAIN)
    text = checkpoint.write(head())
    right, wrong = sign(text, log, at=NOW), sign(checkpoint.write(head(size=8)), log, at=NOW)
    assert sorted_out(text, [right, wrong, right], verifiers=[log.verifier]) == ((right,), ())
    with pytest.raises(Unverified, match="wrong_signature"):
        sorted_out(text, [wrong, right], verifiers=[log.verifier])
    assert sorted_out(text, [right, wrong, right], verifiers=[]) == ((), (right, wrong))


def test_two_trusted_keys_that_nobody_can_tell_apart_are_refused() -> None:
    one, two = (Verifier(name="ambiguous", kind=PLAIN, public=number.to_bytes(32, "big")) for number in COLLISION)
    assert (one.name, one.key_id) == (two.name, two.key_id)
    with pytest.raises(Malformed, match="ambiguous_vkey"):
        opened(PETER_NOTE, [read_vkey(PETER), one, two])
    assert opened(PETER_NOTE, [read_vkey(PETER), read_vkey(PETER)]).signatures
