"""Notes read as strictly as Go's sumdb/note reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.signers import ARCHE, ENOCH, PETER, PETER_LINE, PETER_NOTE, PETER_TEXT, WITNESSES
from vault.tlog.key import COSIGNATURE, PLAIN, Verifier, read_vkey
from vault.tlog.line import Malformed, encode
from vault.tlog.note import Note, Signature, is_name, read, read_lines, write

letters = st.characters(exclude_categories=["Cs"], min_codepoint=32)
names = st.text(letters, min_size=1).filter(is_name)
texts = st.lists(st.text(letters)).map(lambda lines: "".join([f"{line}\n" for line in lines]) + "\n")
signatures = st.builds(
    Signature, name=names, key_id=st.binary(min_size=4, max_size=4), signature=st.binary(min_size=1, max_size=80)
)


@settings(max_examples=50)
@given(st.builds(Note, text=texts, signatures=st.lists(signatures, min_size=1, max_size=4).map(tuple)))
def test_a_note_reads_back(note: Note) -> None:
    assert read(write(note)) == note


def test_the_text_ends_at_the_last_empty_line() -> None:
    found = read(f"one\n\ntwo\n\n{PETER_LINE}".encode())
    assert found.text == "one\n\ntwo\n"
    assert [signature.name for signature in found.signatures] == ["PeterNeumann"]


def test_signature_lines_are_kept_as_they_are_even_twice() -> None:
    assert len(read(PETER_NOTE + PETER_LINE.encode()).signatures) == 2
    assert len(read(PETER_NOTE + PETER_LINE.encode() * 99).signatures) == 100


B64 = encode(b"12345")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"\n\n", PETER_TEXT.encode(), PETER_TEXT.encode() + b"\n", PETER_NOTE[:-1], PETER_NOTE + b"\n",
        b"\x01" + PETER_NOTE, b"\xff" + PETER_NOTE, b"\xed\xa0\x80" + PETER_NOTE, b"a\r\n" + PETER_NOTE,
        b"a\tb\n" + PETER_NOTE, b"\x00\n" + PETER_NOTE, PETER_NOTE + b"Unexpected line.\n",
        PETER_NOTE + PETER_LINE.encode() * 100,
        *(
            f"text\n\n{line}\n".encode()
            for line in (
                f"— Bad Name {B64}", f"—  {B64}", f"— plus+name {B64}", f"— no\u00a0break {B64}", f"- name {B64}",
                f"— li\u2028ne {B64}",
                f"— next\u0085line {B64}", f"— wide\u3000space {B64}", f"—name {B64}", f"-- name {B64}",
                f"name {B64}", f" — name {B64}", f"— name {B64} ", f"— name {B64} more", f"— name  {B64}", "— name",
                "— name ", "— name !", f"— name {B64}=", f"— name {encode(b'1234')}", f"— name {encode(b'')}",
                f"— name\t{B64}", "— name MTIzNDV=", "— name MTIzNDU", "— name MTIzND\u01fcU=", "— name MTIz_DU=",
            )
        ),
    ],
)  # fmt: skip
def test_what_go_refuses_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw)


@pytest.mark.parametrize(
    "note",
    [
        Note(text="no break", signatures=()),
        Note(text="text\n", signatures=()),
        Note(text="no break", signatures=read(PETER_NOTE).signatures),
        Note(text="", signatures=read(PETER_NOTE).signatures),
        Note(text="bell\x07\n", signatures=read(PETER_NOTE).signatures),
        Note(text="\ud800\n", signatures=read(PETER_NOTE).signatures),
        Note(text="text\n", signatures=(Signature(name="a b", key_id=b"1234", signature=b"5"),)),
        Note(text="text\n", signatures=(Signature(name="a", key_id=b"123", signature=b"45"),)),
        Note(text="text\n", signatures=(Signature(name="a", key_id=b"1234", signature=b""),)),
        Note(text="text\n", signatures=(Signature(name="a b\n\n— c", key_id=b"1234", signature=b"5"),)),
    ],
)
def test_what_would_not_read_back_is_not_written(note: Note) -> None:
    with pytest.raises(Malformed):
        write(note)


@pytest.mark.parametrize("block", ["", "\n", PETER_LINE + "\n", "\n" + PETER_LINE, PETER_LINE[:-1]])
def test_signature_lines_alone_hold_nothing_else(block: str) -> None:
    with pytest.raises(Malformed):
        read_lines(block)


@pytest.mark.parametrize("text", [PETER, ENOCH, ARCHE, *WITNESSES])
def test_a_published_verifier_key_reads_back(text: str) -> None:
    verifier = read_vkey(text)
    assert verifier.vkey == text
    assert verifier.kind == (COSIGNATURE if text in WITNESSES else PLAIN)
    assert text.startswith(f"{verifier.name}+{verifier.key_id.hex()}+")


def test_the_specifications_verifier_key_holds_the_public_key_it_names() -> None:
    verifier = read_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert verifier.public.hex() == "e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4"
    assert read_vkey(verifier.vkey.replace("530d903a", "530D903A")) == verifier


def test_a_mangled_verifier_key_is_refused() -> None:
    mangled = {PETER[start:end] for start in range(len(PETER)) for end in range(start, len(PETER) + 1)} - {PETER}
    mangled |= {PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))}
    mangled |= {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, its own id
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # no known kind, its own id
        PETER + "+", PETER + "\n", " " + PETER, PETER.replace("+c74f20a3", "+0xc74f20a3"), PETER.replace("Neu", "+"),
        PETER.replace("+c74f20a3", "+\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661"),
    }  # fmt: skip
    for text in mangled:
        with pytest.raises(Malformed):
            read_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x00", "\u2003", "half\ud800"])
def test_a_key_has_a_name_that_a_signature_line_can_hold(name: str) -> None:
    with pytest.raises(Malformed):
        Verifier(name=name, kind=PLAIN, public=bytes(32))
