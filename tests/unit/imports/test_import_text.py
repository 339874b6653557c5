from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.imports.files.table import table
from vault.imports.files.text import decoded, encoding, is_broken
from vault.imports.row import FileRefused

LETTERS = "Größe;März;Ünal;François\r\n"


def decode(data: bytes, *, size: int = 1 << 16) -> str:
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    return "".join(decoded(chunks, encoding(chunks)))


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_encoding_is_found_out(name: str) -> None:
    assert decode(LETTERS.encode(name)) == decode(LETTERS.encode(name), size=1) == LETTERS


def test_big_endian_utf_16_is_read_by_its_mark() -> None:
    assert decode(b"\xfe\xff" + LETTERS.encode("utf-16-be")) == LETTERS


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_utf_8_is_always_read_as_it_was_written(text: str) -> None:
    assert decode(text.encode(), size=1) == decode(text.encode()) == text
    assert decode(b"\xff\xfe" + text.encode("utf-16-le")) == text


def test_a_broken_byte_in_a_file_of_utf_8_does_not_make_it_windows_1252() -> None:
    text = decode("François;Größe\n".encode() + b"caf\xe9\n")
    assert text.startswith("François;Größe")
    assert [letter for letter in text if is_broken(letter)] == ["\udce9"]


def test_a_pair_of_bytes_that_happens_to_be_utf_8_does_not_make_the_file_so() -> None:
    text = "Größe;Märchen;Ã¼\n"
    assert decode(text.encode("cp1252")) == text


def test_a_byte_that_windows_1252_does_not_have_stays_in_its_place() -> None:
    text = decode(b"caf\xe9 gr\xfc\xdfe \x81\n")
    assert text == "café grüße \udc81\n"


def test_a_file_cut_in_the_middle_of_a_character_is_refused() -> None:
    with pytest.raises(FileRefused, match="unreadable_bytes"):
        decode("Größe".encode("utf-16")[:-1])


def test_utf_16_without_its_mark_is_refused_and_not_read_as_something_else() -> None:
    with pytest.raises(FileRefused, match="byte order mark"):
        table([decode("email,name\na@b.example,Ann\n".encode("utf-16-le"))])


def test_nul_and_lone_surrogates_are_broken_and_other_letters_are_not() -> None:
    assert [is_broken(letter) for letter in "\0\ud800\udfffaü\u0001"] == [True, True, True, False, False, False]
