"""`consent-vault export`: a folder for nobody else's eyes, whole or named for what it is not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from stat import S_IMODE

import pytest

from tests import make
from tests.command import run
from tests.e2e.restoring import empty
from tests.stage import Stage
from vault.base.errors import VaultError
from vault.cli.exporting.command import written
from vault.cli.exporting.folder import draft
from vault.cli.exporting.restoring import is_export
from vault.cli.main import main


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_everything_goes_into_a_folder_for_its_owner_alone_and_the_key_lies_beside_it(
    stage: Stage, key_file: Path, tmp_path: Path
) -> None:
    api = await stage.client("everything")
    address = make.email()
    await api.grant(await api.register(contact_points=[make.point("email", address)]))
    await api.post("/v1/suppressions", {"contact": make.point("phone", make.phone())})
    out, key = tmp_path / "out", tmp_path / "out.key"
    settings = {"mode": "trial", "database_url": stage.url, "key_file": key_file}
    said = (await asyncio.to_thread(run, "export", "fernhill", "--to", out, **settings)).well()
    assert said.startswith(f"{out} holds 1 customers, 1 facts, 1 consent records.\n")
    assert str(key) in said
    assert address.lower() not in said.lower()
    assert S_IMODE(out.stat().st_mode) == 0o700
    assert {S_IMODE(path.stat().st_mode) for path in [key, *out.iterdir()]} == {0o600}
    assert address.lower() in (out / "customers.ndjson").read_text("utf-8").lower()
    assert {path.suffix for path in out.iterdir()} == {".ndjson", ".csv", ".json", ".yaml"}
    [entry] = await stage.entries("exported")
    assert (entry["actor"], entry["found"]["customers"], entry["carried"]) == ({"kind": "operator"}, 1, True)
    for to, own in ((out, tmp_path / "more.key"), (tmp_path / "more", key)):
        with pytest.raises(VaultError, match=r"not_empty|key_exists"):
            await written(stage.vault, await stage.operator(), to=to, key=own)
    assert names(tmp_path) == ["out", "out.key"]
    sheets, none = await written(
        stage.vault, await stage.operator(), forms=("csv",), to=tmp_path / "sheets", key=tmp_path / "none"
    )
    assert (sheets.forms, sheets.left_out["nobodys_stops"], none) == (("csv",), 1, None)


async def test_an_export_is_restored_by_the_command_that_brings_files_in(
    stage: Stage, key_file: Path, tmp_path: Path, server_url: str, template: str
) -> None:
    api = await stage.client("everything")
    await api.grant(await api.register())
    await written(stage.vault, await stage.operator(), to=tmp_path / "out", key=tmp_path / "key")
    async with empty(server_url, template, key_file) as other:
        await other.apply(make.organization())
        settings = {"mode": "trial", "database_url": other.url, "key_file": key_file}
        told = await asyncio.to_thread(run, "import", tmp_path / "out", **settings)
        assert (told.status, told.out) == (
            0,
            "1 customers and 1 facts of fernhill are restored; they stand as they stood\n",
        )
        assert (await other.count("vault.customer"), await other.count("vault.fact")) == (1, 1)


# ── The folder ───────────────────────────────────────────────────────────────────────────────────────────────────────
def write(to: Path, **files: bytes) -> None:
    with draft(to) as folder:
        for name, data in files.items():
            folder.add(name, data, lines=1)
        folder.files()
        folder.finish(b"{}")


def test_a_folder_is_called_incomplete_until_its_manifest_is_written(tmp_path: Path) -> None:
    to, unfinished = tmp_path / "out", tmp_path / "out.incomplete"
    to.mkdir()  # an empty one makes way
    with draft(to) as folder:
        folder.add("customers.ndjson", b"{}\n", lines=1)
        assert folder.files()["customers.ndjson"].bytes == 3
        assert (unfinished.is_dir(), [*to.iterdir()]) == (True, [])
        with pytest.raises(VaultError, match="export_unfinished"):
            is_export(unfinished)
        assert not is_export(to)
        folder.finish(b"{}")
    assert (unfinished.exists(), is_export(to)) == (False, True)


def test_what_fails_leaves_nothing_and_what_was_killed_is_not_written_over(tmp_path: Path) -> None:
    to = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), draft(to) as folder:
        folder.add("customers.ndjson", b"{}\n", lines=1)
        raise KeyboardInterrupt
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "out.incomplete").mkdir()
    with pytest.raises(VaultError, match="export_unfinished"):
        write(to)


@pytest.mark.parametrize("where", ["file/out", "missing/out", "file"])
def test_a_folder_that_cannot_be_written_is_told_of(where: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(VaultError, match=r"folder_unwritable|not_empty"):
        write(tmp_path / where)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["files", "--key", "k"], "--key and --without-tags are for"),
        (["out", "files"], "is an export: restore it by itself"),
        (["out", "--encoding", "utf-8"], "is an export: restore it by itself"),
    ],
)
def test_an_export_is_restored_by_itself_and_files_take_no_key(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").mkdir()
    write(tmp_path / "out")
    status = main(["import", *words])
    assert (status, told in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("key", ["out", "out/sub.key"])
def test_the_key_never_lies_in_the_folder(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["export", "fernhill", "--to", str(tmp_path / "out"), "--key", str(tmp_path / key)])
    assert (status, "must lie apart" in capsys.readouterr().err) == (2, True)
