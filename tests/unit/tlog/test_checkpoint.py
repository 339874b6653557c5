from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.test_note import letters
from vault.tlog.checkpoint import Checkpoint, read, write
from vault.tlog.hashes import EMPTY, Hash
from vault.tlog.line import LARGEST, Malformed, encode

lines = st.text(letters, min_size=1, max_size=60)
checkpoints = st.builds(
    Checkpoint, origin=lines, size=st.integers(0, LARGEST), root=st.binary(min_size=32, max_size=32).map(Hash),
    extensions=st.lists(lines, max_size=3).map(tuple),
)  # fmt: skip
ROOT = encode(EMPTY)


@settings(max_examples=50)
@given(checkpoints)
def test_a_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    assert read(write(checkpoint)) == checkpoint


def test_the_specifications_example_is_read_and_written_to_the_letter() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = read(text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert write(checkpoint) == text


def test_an_origin_is_any_line_of_up_to_255_bytes() -> None:
    for origin in ("example log+origin", "a" * 255, "é" * 127 + "a", "line\u2028separator"):
        assert read(f"{origin}\n0\n{ROOT}\n").origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\n\n\n", "origin\n", "origin\n1\n", f"origin\n1\n{ROOT}", f"\n1\n{ROOT}\n", f"origin\n\n{ROOT}\n",
        f"origin\n1\n\n{ROOT}\n", "origin\n1\n\n", f"origin\n01\n{ROOT}\n", f"origin\n-1\n{ROOT}\n",
        f"origin\n1 \n{ROOT}\n", f"origin\n{2**63}\n{ROOT}\n", f"origin\n1\n{ROOT} \n", f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{encode(bytes(31))}\n", f"origin\n1\n{encode(bytes(33))}\n", f"origin\n1\n{EMPTY.hex()}\n",
        f"origin\n1\n{ROOT}\n\n", f"origin\n1\n{ROOT}\n\nextension\n", f"origin\n1\n{ROOT}\nextension",
        f"origin\r\n1\n{ROOT}\n", f"or\x00igin\n1\n{ROOT}\n", f"{'a' * 256}\n1\n{ROOT}\n", f"{'é' * 128}\n1\n{ROOT}\n",
        f"\ud800\n1\n{ROOT}\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(origin="", size=1, root=EMPTY),
        Checkpoint(origin="two\nlines", size=1, root=EMPTY),
        Checkpoint(origin="a", size=-1, root=EMPTY),
        Checkpoint(origin="a", size=1, root=Hash(b"")),
        Checkpoint(origin="a", size=1, root=EMPTY, extensions=("",)),
        Checkpoint(origin="a", size=1, root=EMPTY, extensions=("one\ntwo",)),
    ],
)
def test_what_would_not_read_back_is_not_written(checkpoint: Checkpoint) -> None:
    with pytest.raises(Malformed):
        write(checkpoint)
