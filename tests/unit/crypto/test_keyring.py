"""The keyring: five minutes, never longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from vault.base.clock import SystemEntropy
from vault.crypto.box import SealError
from vault.crypto.keyring import Keyring
from vault.crypto.provider import Description, FileProvider, create
from vault.crypto.wrap import Binding, unwrap

ORGANIZATION = UUID(int=1)
CHANCE = SystemEntropy()


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Counting:
    """A provider in front of a file, which counts what it was asked."""

    def __init__(self, path: Path) -> None:
        create(path, entropy=CHANCE)
        self.file = FileProvider(path, entropy=CHANCE)
        self.unwrapped = 0

    def wrap(self, key: bytes, binding: Binding) -> bytes:
        return self.file.wrap(key, binding)

    def unwrap(self, wrapped: bytes, binding: Binding) -> bytes:
        self.unwrapped += 1
        return self.file.unwrap(wrapped, binding)

    def describe(self) -> Description:
        return self.file.describe()

    def health(self) -> None:
        self.file.health()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def provider(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "root.key")


@pytest.fixture
def keyring(provider: Counting, watch: Watch) -> Keyring:
    return Keyring(provider, clock=watch, entropy=CHANCE)


def test_an_organization_key_is_unwrapped_once_in_five_minutes(
    keyring: Keyring, provider: Counting, watch: Watch
) -> None:
    wrapped = keyring.fresh_organization_key(ORGANIZATION, 1)
    first = keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped)
    watch.time += timedelta(minutes=4, seconds=59)
    assert keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped) == first
    assert provider.unwrapped == 1
    watch.time += timedelta(seconds=1)
    assert keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped) == first
    assert provider.unwrapped == 2


def test_asking_does_not_lengthen_the_five_minutes(keyring: Keyring, provider: Counting, watch: Watch) -> None:
    wrapped = keyring.fresh_organization_key(ORGANIZATION, 1)
    for _ in range(6):
        keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped)
        watch.time += timedelta(minutes=1)
    assert provider.unwrapped == 2


def test_expired_keys_are_let_go_even_if_nobody_asks_for_them(keyring: Keyring, watch: Watch) -> None:
    keyring.organization_key(ORGANIZATION, 1, wrapped=keyring.fresh_organization_key(ORGANIZATION, 1))
    watch.time += timedelta(minutes=3)
    keyring.organization_key(ORGANIZATION, 2, wrapped=keyring.fresh_organization_key(ORGANIZATION, 2))
    watch.time += timedelta(minutes=3)
    keyring.forget_expired()
    assert [epoch for _, epoch, _ in keyring._held] == [2]


def test_a_clock_that_runs_backwards_makes_it_forget(keyring: Keyring, provider: Counting, watch: Watch) -> None:
    wrapped = keyring.fresh_organization_key(ORGANIZATION, 1)
    keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped)
    watch.time -= timedelta(seconds=1)
    keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped)
    assert provider.unwrapped == 2


def test_a_held_key_is_not_given_for_another_organization_or_epoch(keyring: Keyring) -> None:
    wrapped = keyring.fresh_organization_key(ORGANIZATION, 1)
    keyring.organization_key(ORGANIZATION, 1, wrapped=wrapped)
    for organization, epoch in ((UUID(int=2), 1), (ORGANIZATION, 2)):
        with pytest.raises(SealError):
            keyring.organization_key(organization, epoch, wrapped=wrapped)


def test_a_fresh_key_comes_with_its_wrapped_form(keyring: Keyring) -> None:
    above = keyring.organization_key(ORGANIZATION, 1, wrapped=keyring.fresh_organization_key(ORGANIZATION, 1))
    binding = Binding(organization=ORGANIZATION, kind="customer", owner=UUID(int=2), version=1)
    key, wrapped = keyring.fresh_key(above, binding)
    assert len(key) == 32
    assert unwrap(above, wrapped, binding=binding) == key
    assert keyring.fresh_key(above, binding)[0] != key
