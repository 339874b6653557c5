"""The file provider: which key files it takes, and what it says of those it does not."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import pytest

from vault.base.clock import SystemEntropy
from vault.base.errors import Conflict, Unavailable, VaultError
from vault.crypto.box import SealError
from vault.crypto.provider import FileProvider, KeyProvider, create
from vault.crypto.wrap import Binding

CHANCE = SystemEntropy()
KEY = bytes(range(32))
BINDING = Binding(organization=UUID(int=1), kind="organization", owner=UUID(int=1), version=1)


class Exhausted:
    def draw(self, size: int) -> bytes:
        if size == 32:
            raise OSError(28, "No space left on device")
        return bytes(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "root.key"


@pytest.fixture
def provider(path: Path) -> KeyProvider:
    create(path, entropy=CHANCE)
    return FileProvider(path, entropy=CHANCE)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _refusal(path: Path) -> VaultError:
    with pytest.raises(Unavailable) as refusal:
        FileProvider(path, entropy=CHANCE)
    return refusal.value


def test_a_new_key_file_is_ours_alone_and_nothing_else_is_left(path: Path) -> None:
    before = os.umask(0)
    try:
        create(path, entropy=CHANCE)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == 32
    assert _names(path.parent) == ["root.key"]


def test_a_key_file_is_never_overwritten(path: Path) -> None:
    create(path, entropy=CHANCE)
    kept = path.read_bytes()
    with pytest.raises(Conflict, match="never overwritten"):
        create(path, entropy=CHANCE)
    assert path.read_bytes() == kept
    assert _names(path.parent) == ["root.key"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="could not be made: No such file"):
        create(tmp_path / "nowhere" / "root.key", entropy=CHANCE)


def test_a_creation_that_fails_leaves_no_key(path: Path) -> None:
    with pytest.raises(Unavailable, match="No space left"):
        create(path, entropy=Exhausted())
    assert _names(path.parent) == []


def test_a_key_wrapped_by_the_provider_comes_back_after_a_restart(path: Path, provider: KeyProvider) -> None:
    wrapped = provider.wrap(KEY, BINDING)
    assert FileProvider(path, entropy=CHANCE).unwrap(wrapped, BINDING) == KEY
    assert provider.wrap(KEY, BINDING) != wrapped


def test_another_binding_is_refused(provider: KeyProvider) -> None:
    wrapped = provider.wrap(KEY, BINDING)
    with pytest.raises(SealError):
        provider.unwrap(wrapped, Binding(organization=UUID(int=2), kind="organization", owner=UUID(int=1), version=1))


def test_another_root_key_says_that_the_right_one_is_needed(tmp_path: Path, provider: KeyProvider) -> None:
    create(tmp_path / "other.key", entropy=CHANCE)
    other = FileProvider(tmp_path / "other.key", entropy=CHANCE)
    with pytest.raises(Unavailable, match="not the root key this database was made with") as refusal:
        other.unwrap(provider.wrap(KEY, BINDING), BINDING)
    assert refusal.value.code == "other_root_key"


def test_a_missing_key_file_is_one_clear_sentence(path: Path) -> None:
    refusal = _refusal(path)
    assert refusal.code == "no_key_file"
    assert refusal.detail == (
        f"there is no key file {path}; bring back the one this database was made with, "
        "or for a new one write 32 random bytes there with mode 0600"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_key_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    create(path, entropy=CHANCE)
    path.chmod(mode)
    assert _refusal(path).detail == f"the key file {path} is open to others; run: chmod 600 {path}"


def test_a_key_file_nobody_may_write_is_taken(path: Path) -> None:
    create(path, entropy=CHANCE)
    path.chmod(0o400)
    FileProvider(path, entropy=CHANCE).health()


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_file_of_another_size_is_refused(path: Path, size: int) -> None:
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    assert "exactly 32 bytes" in _refusal(path).detail


def test_a_key_file_of_somebody_else_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(path, entropy=CHANCE)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert "must belong to the user who runs the vault" in _refusal(path).detail


def test_a_folder_or_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        assert "must be an ordinary file" in _refusal(path).detail


def test_a_key_file_that_cannot_be_reached_is_refused(path: Path) -> None:
    path.write_bytes(KEY)
    assert "cannot be read: Not a directory" in _refusal(path / "root.key").detail


def test_a_file_cannot_destroy_a_version_and_says_so(provider: KeyProvider) -> None:
    described = provider.describe()
    assert described.name == "file"
    assert not described.can_destroy
    assert "no version of it can be destroyed" in described.note
    assert len(described.key_id) == 32


def test_health_notices_a_lost_an_opened_and_a_changed_file(path: Path, provider: KeyProvider) -> None:
    provider.health()
    path.chmod(0o644)
    with pytest.raises(Unavailable, match="open to others"):
        provider.health()
    path.chmod(0o600)
    path.write_bytes(bytes(32))
    with pytest.raises(Unavailable, match="changed since the start"):
        provider.health()
    path.unlink()
    with pytest.raises(Unavailable, match="there is no key file"):
        provider.health()


def test_no_key_shows_in_a_repr_or_an_error(path: Path, provider: KeyProvider) -> None:
    shown = f"{provider!r} {provider.describe()!r} {vars(type(provider))!r}"
    assert path.read_bytes().hex() not in shown
    assert repr(path.read_bytes())[2:-1] not in shown
