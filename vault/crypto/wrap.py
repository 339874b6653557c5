"""Wrapped keys: one 32-byte key under another, bound to whose it is and what for.

The construction is that of sealed fields, without padding. A wrapped key opens under its own wrapping key and for its
own organization, kind, owner and version only. Chance is a parameter; no key shows in a `repr`.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from vault.crypto.box import COMMITMENT, KEY, SALT, SUITE, TAG, SealError, framed, lock, unlock

MAGIC: Final = 0xC2
ORGANIZATION_KEY: Final = 0  # provider numbers of the format: what the wrapping key is
ROOT_FILE: Final = 1

_LABEL: Final = b"cv/wrap/1\x00"
_FORMAT: Final = framed(b"wrap/1")
_START: Final = 3 + 16 + 4
_HEAD: Final = _START + SALT
_SIZE: Final = _HEAD + COMMITMENT + KEY + TAG


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is and what for.

    `kind` is a frozen label such as `customer` or `index`. `owner` is an id, or the label of a field where the key
    belongs to a field. `version` counts the owner's keys of this kind; for an organization key it is the epoch.
    """

    organization: UUID
    kind: str
    owner: UUID | str
    version: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What the head of a wrapped key says of the key above it: kind of provider, 16 bytes of id, epoch."""

    provider: int
    key_id: bytes
    epoch: int


class WrappingKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that wraps others, and how their heads name it."""

    source: Source
    key: bytes

    def __repr__(self) -> str:
        return f"WrappingKey(source={self.source!r})"


def organization_key(organization: UUID, epoch: int, *, key: bytes) -> WrappingKey:
    """Return the organization's key of one epoch, ready to wrap and unwrap."""
    return WrappingKey(source=Source(provider=ORGANIZATION_KEY, key_id=organization.bytes, epoch=epoch), key=key)


def wrap(under: WrappingKey, key: bytes, *, binding: Binding, salt: bytes) -> bytes:
    """Return the 127 bytes of the wrapped key. `salt` is 24 bytes of chance never used before."""
    if len(key) != KEY or len(salt) != SALT or len(under.source.key_id) != 16:  # noqa: PLR2004 - the format's width
        raise ValueError("a key has 32 bytes, a salt 24, a key id 16")
    above = under.source
    head = b"".join((bytes((MAGIC, SUITE, above.provider)), above.key_id, above.epoch.to_bytes(4, "big"), salt))
    return lock(under.key, key, label=_LABEL, head=head, context=_context(binding))


def unwrap(under: WrappingKey, wrapped: bytes, *, binding: Binding) -> bytes:
    """Return the 32-byte key; `SealError` when wrapping key, binding or bytes are not those of the wrapping."""
    if source_of(wrapped) != under.source:
        raise SealError("wrapping_key")
    return unlock(under.key, wrapped, label=_LABEL, head=_HEAD, context=_context(binding))


def source_of(wrapped: bytes) -> Source:
    """Return which key is above, to choose it. Nothing is proven before it unwraps."""
    if len(wrapped) != _SIZE:
        raise SealError("length")
    if wrapped[0] != MAGIC:
        raise SealError("magic")
    if wrapped[1] != SUITE:
        raise SealError("suite")
    return Source(provider=wrapped[2], key_id=wrapped[3:19], epoch=int.from_bytes(wrapped[19:_START], "big"))


def _context(binding: Binding) -> bytes:
    owner = binding.owner
    return b"".join((
        _FORMAT,
        framed(binding.organization.bytes),
        framed(binding.kind.encode()),
        framed(owner.bytes if isinstance(owner, UUID) else owner.encode()),
        framed(binding.version.to_bytes(4, "big")),
    ))  # fmt: skip
