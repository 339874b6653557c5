"""The published vectors: our code makes and reads them; `python -m tests.unit.crypto.test_vectors` writes the file.

Other people's code checks the same file in `test_second_implementation.py`. A changed vector is a changed format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from vault.crypto import box, seal, wrap
from vault.crypto.box import SealError
from vault.crypto.seal import Place, open_sealed
from vault.crypto.tag import index_tag, suppression_tag
from vault.crypto.wrap import Binding, Source, WrappingKey, unwrap

FILE: Final = Path(__file__).with_name("vectors.json")
Case = dict[str, Any]


def _some(name: str, size: int = 32) -> bytes:
    """Return bytes that look like chance and are the same every time."""
    return b"".join(sha256(f"{name}/{part}".encode()).digest() for part in range(size // 32 + 1))[:size]


def _id(name: str) -> str:
    return str(UUID(bytes=_some(name, 16)))


PLACE: Final = {
    "organization": _id("organization"), "customer": _id("customer"),
    "table": "contact_point", "column": "value", "row": _id("row"),
}  # fmt: skip
BINDING: Final = {"organization": _id("organization"), "kind": "customer", "owner": _id("customer"), "version": 1}
KEY: Final = _some("key").hex()


def _place(case: Case) -> Place:
    ids = {name: UUID(case["place"][name]) for name in ("organization", "customer", "row")}
    return Place(table=case["place"]["table"], column=case["place"]["column"], **ids)


def _binding(case: Case) -> Binding:
    bound = case["binding"]
    owner = bound["owner"] if "owner_is_label" in case else UUID(bound["owner"])
    organization = UUID(bound["organization"])
    return Binding(organization=organization, kind=bound["kind"], owner=owner, version=bound["version"])


def _under(case: Case) -> WrappingKey:
    above = case["under"]
    named = Source(provider=above["provider"], key_id=bytes.fromhex(above["key_id"]), epoch=above["epoch"])
    return WrappingKey(source=named, key=bytes.fromhex(above["key"]))


def _sealed(name: str, plaintext: bytes, *, version: int = 1, place: dict[str, str] | None = None) -> Case:
    case: Case = {"name": name, "key": KEY, "place": place or PLACE, "plaintext": plaintext.hex(), "version": version}
    salt = _some(name, 24)
    sealed = seal.seal(bytes.fromhex(KEY), _place(case), plaintext=plaintext, version=version, salt=salt)
    return {**case, "salt": salt.hex(), "sealed": sealed.hex()}


def _fields() -> Iterator[Case]:
    for size in (0, 1, 30, 31, 32, 33, 62, 63, 64, 127, 128, 255, 256, 1000):
        yield _sealed(f"{size} bytes", _some("plaintext", size))
    yield _sealed("plaintext that ends like padding", b"a\x80\x00\x00")
    yield _sealed("plaintext of zeros", bytes(32))
    yield _sealed("version 0", b"name@mail.example", version=0)
    yield _sealed("highest version", b"name@mail.example", version=2**32 - 1)
    yield _sealed("empty labels", b"name@mail.example", place={**PLACE, "table": "", "column": ""})
    yield _sealed("labels beyond ASCII", b"name@mail.example", place={**PLACE, "table": "größe", "column": "名前"})


def _flipped(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]


def _fields_refused() -> Iterator[Case]:
    right = _sealed("right", _some("plaintext", 60))
    sealed = bytes.fromhex(right["sealed"])

    def wrong(name: str, reason: str, changed: bytes = sealed, **change: Any) -> Case:
        return {"name": name, "key": KEY, "place": PLACE, "sealed": changed.hex(), "reason": reason, **change}

    regions = (("magic", 0, "magic"), ("suite", 1, "suite"), ("version", 5, "commitment"), ("salt", 6, "commitment"),
               ("commitment", 61, "commitment"), ("ciphertext", 62, "tag"), ("tag", 141, "tag"))  # fmt: skip
    for region, at, reason in regions:
        yield wrong(f"flipped bit in the {region}", reason, _flipped(sealed, at))
    for part in ("organization", "customer", "row"):
        yield wrong(f"another {part}", "commitment", place={**PLACE, part: _id("another")})
    yield wrong("another table", "commitment", place={**PLACE, "table": "attribute"})
    yield wrong("another column", "commitment", place={**PLACE, "column": "note"})
    yield wrong("customer and row exchanged", "commitment",
                place={**PLACE, "customer": PLACE["row"], "row": PLACE["customer"]})  # fmt: skip
    yield wrong("a letter moved between labels", "commitment",
                place={**PLACE, "table": "contact_poin", "column": "tvalue"})  # fmt: skip
    yield wrong("another key", "commitment", key=_some("another key").hex())
    yield wrong("another version written in", "commitment", sealed[:2] + bytes((0, 0, 0, 2)) + sealed[6:])
    yield wrong("magic of a wrapped key", "magic", b"\xc2" + sealed[1:])
    yield wrong("unknown magic", "magic", b"\xc0" + sealed[1:])
    for suite in (0, 2, 255):
        yield wrong(f"unknown suite {suite}", "suite", sealed[:1] + bytes((suite,)) + sealed[2:])
    for size in (0, 1, 62, 78, 109):
        yield wrong(f"cut to {size} bytes", "length", sealed[:size])
    yield wrong("last byte missing", "tag", sealed[:-1])
    yield wrong("one byte too many", "tag", sealed + b"\x00")
    paddings = (("no mark", bytes(32)), ("another mark", bytes(31) + b"\x01"), ("no bucket", b"\x80" + bytes(47)),
                ("a bucket too large", b"\x80" + bytes(63)), ("one byte over", b"a" * 32 + b"\x80"))  # fmt: skip
    for name, padded in paddings:
        head = sealed[:6] + _some(name, 24)
        locked = box.lock(
            bytes.fromhex(KEY), padded, label=seal._LABEL, head=head, context=seal._context(_place(right))
        )
        yield wrong(f"padding: {name}", "padding", locked)


def _wrapped(name: str, *, provider: int = 0, epoch: int = 1, **bound: Any) -> Case:
    key_id = UUID(PLACE["organization"]).bytes if provider == 0 else _some("root", 16)
    above = {"provider": provider, "key_id": key_id.hex(), "epoch": epoch, "key": _some(f"above {epoch}").hex()}
    case: Case = {"name": name, "under": above, "binding": {**BINDING, **bound}, "plaintext": _some(name).hex()}
    if bound.get("kind") == "index":
        case["owner_is_label"] = True
    salt = _some(f"salt {name}", 24)
    wrapped = wrap.wrap(_under(case), bytes.fromhex(case["plaintext"]), binding=_binding(case), salt=salt)
    return {**case, "salt": salt.hex(), "wrapped": wrapped.hex()}


def _keys() -> Iterator[Case]:
    yield _wrapped("a customer key")
    yield _wrapped("its second version, in another epoch", version=2, epoch=7)
    yield _wrapped("a proof key", kind="proof")
    yield _wrapped("an index key of a field", kind="index", owner="email")
    yield _wrapped("an organization key under a root file",
                   provider=1, epoch=0, kind="organization", owner=PLACE["organization"])  # fmt: skip
    yield _wrapped("highest epoch and version", epoch=2**32 - 1, version=2**32 - 1)


def _keys_refused() -> Iterator[Case]:
    right = _wrapped("right")
    wrapped = bytes.fromhex(right["wrapped"])

    def wrong(name: str, reason: str, changed: bytes = wrapped, **change: Any) -> Case:
        shown = {"under": right["under"], "binding": BINDING, "wrapped": changed.hex(), "reason": reason}
        return {"name": name, **shown, **change}

    regions = (("magic", 0, "magic"), ("suite", 1, "suite"), ("provider", 2, "wrapping_key"),
               ("key id", 3, "wrapping_key"), ("epoch", 22, "wrapping_key"), ("salt", 23, "commitment"),
               ("commitment", 47, "commitment"), ("key", 79, "tag"), ("tag", 126, "tag"))  # fmt: skip
    for region, at, reason in regions:
        yield wrong(f"flipped bit in the {region}", reason, _flipped(wrapped, at))
    for part, value in (("organization", _id("another")), ("kind", "proof"), ("owner", _id("another")), ("version", 2)):
        yield wrong(f"another {part}", "commitment", binding={**BINDING, part: value})
    yield wrong("another wrapping key", "commitment", under={**right["under"], "key": _some("another key").hex()})
    yield wrong("another epoch's key", "wrapping_key", under={**right["under"], "epoch": 2})
    yield wrong("a sealed field", "magic", b"\xc1" + wrapped[1:])
    yield wrong("last byte missing", "length", wrapped[:-1])
    yield wrong("one byte too many", "length", wrapped + b"\x00")


def _tags() -> Iterator[Case]:
    for parts in (["name@mail.example"], [""], ["crm", "4711"], ["crm4711"], ["größe@xn--gre-6ka8i.example"]):
        tag = index_tag(bytes.fromhex(KEY), *(part.encode() for part in parts))
        yield {"name": f"index {parts}", "key": KEY, "parts": parts, "tag": tag.hex()}
    for kind, value in (("email", "name@mail.example"), ("phone", "+441632960001"), ("fax_number", "+441632960001")):
        tag = suppression_tag(bytes.fromhex(KEY), kind, value=value.encode())
        parts = ["suppression/1", kind, value]
        yield {"name": f"suppression {kind}", "key": KEY, "parts": parts, "tag": tag.hex()}


def publish() -> dict[str, list[Case]]:
    return {
        "sealed_fields": list(_fields()),
        "sealed_fields_refused": list(_fields_refused()),
        "wrapped_keys": list(_keys()),
        "wrapped_keys_refused": list(_keys_refused()),
        "tags": list(_tags()),
    }


def _published(part: str) -> list[Any]:
    cases = json.loads(FILE.read_text()) if FILE.exists() else {}
    return [pytest.param(case, id=case["name"]) for case in cases.get(part, ())]


def test_the_published_vectors_are_sixty_or_more_and_the_code_still_makes_them_byte_for_byte() -> None:
    published = json.loads(FILE.read_text())
    assert published == publish()
    assert sum(len(cases) for cases in published.values()) >= 60


@pytest.mark.parametrize("case", _published("sealed_fields"))
def test_a_published_sealed_field_opens(case: Case) -> None:
    sealed = bytes.fromhex(case["sealed"])
    assert open_sealed(bytes.fromhex(case["key"]), _place(case), sealed=sealed).hex() == case["plaintext"]
    assert seal.key_version(sealed) == case["version"]


@pytest.mark.parametrize("case", _published("sealed_fields_refused"))
def test_a_published_wrong_field_is_refused_for_its_reason(case: Case) -> None:
    with pytest.raises(SealError) as refusal:
        open_sealed(bytes.fromhex(case["key"]), _place(case), sealed=bytes.fromhex(case["sealed"]))
    assert refusal.value.reason == case["reason"]


@pytest.mark.parametrize("case", _published("wrapped_keys"))
def test_a_published_wrapped_key_unwraps(case: Case) -> None:
    key = unwrap(_under(case), bytes.fromhex(case["wrapped"]), binding=_binding(case))
    assert key.hex() == case["plaintext"]


@pytest.mark.parametrize("case", _published("wrapped_keys_refused"))
def test_a_published_wrong_wrapped_key_is_refused_for_its_reason(case: Case) -> None:
    with pytest.raises(SealError) as refusal:
        unwrap(_under(case), bytes.fromhex(case["wrapped"]), binding=_binding(case))
    assert refusal.value.reason == case["reason"]


if __name__ == "__main__":
    FILE.write_text(json.dumps(publish(), indent=1, ensure_ascii=False) + "\n")
