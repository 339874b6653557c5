"""A bundle of the log: whoever takes it home proves with other code that nothing was changed, left out or kept back."""

# ruff: noqa: S608 - every statement is made of words that stand here
from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from consent_vault.verify import Refused, read_checkpoint, read_key
from consent_vault.verify.archive import Archive

from tests.command import run
from tests.e2e.logged import OTHERS, OURS, STEPS, Logged, check, logged
from vault.actions.log import generations, sequencer
from vault.base.errors import Denied, Invalid, Unknown
from vault.base.ids import raw
from vault.domain.actor import Actor
from vault.store.log import state
from vault.tlog.growth import Grown
from vault.tlog.hashes import Hash

SIZE = sum(STEPS)


@pytest_asyncio.fixture
async def kept(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Logged]:
    async with logged(server_url, furnished, key_file=key_file, guard=tmp_path / "guard") as kept:
        yield kept


async def vkeys(kept: Logged) -> tuple[str, ...]:
    return (await generations.show(kept.vault, Actor(organization=kept.organization, kind="operator"))).vkeys


def member(bundle: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        return file.read(name)


def refusal(bundle: bytes, **asked: Any) -> Refused:
    """Return why a bundle is refused; it must be."""
    with pytest.raises(Refused) as caught:
        check(bundle, **asked)
    return caught.value


def rebuilt(bundle: bytes, **changed: bytes) -> bytes:
    """Return the bundle with other files in it and its framing made right again."""
    from vault.actions.log.archive import Archive as Writing  # noqa: PLC0415 - what a forger would use

    archive = Writing()
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        parts = [archive.file(name, changed.get(name, file.read(name))) for name in file.namelist()]
    return b"".join([*parts, archive.end()])


async def test_the_whole_log_verifies_with_the_keys_of_the_log(kept: Logged) -> None:
    found = check(await kept.export(), keys=[read_key(one) for one in await vkeys(kept)])
    assert (found.manifest.start, found.manifest.end) == (0, SIZE)
    assert found.manifest.checkpoints == (40, 300, 512, 612, 619)
    assert [(key.algorithm, count) for key, count in found.signed.items()] == [("Ed25519", 5), ("ML-DSA-44", 5)]
    assert not found.own_keys
    assert found.root == await kept.value("SELECT root FROM vault.log_state WHERE organization = $1")


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [(0, 1, (0, 40)), (41, 290, (0, 300)), (256, None, (256, SIZE)), (300, 512, (256, 512)), (520, 600, (512, 612))],
)
async def test_any_range_verifies(kept: Logged, start: int, end: int | None, held: tuple[int, int]) -> None:
    found = check(await kept.export(start=start, end=end))
    assert (found.manifest.start, found.manifest.end) == held


async def test_everybodys_tools_open_a_bundle(kept: Logged) -> None:
    bundle = await kept.export()
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        assert file.testzip() is None
        assert {"manifest.json", "keys", "checkpoint/619", "tile/0/000", "tile/entries/002.p/107"} <= set(
            file.namelist()
        )
    assert rebuilt(bundle) == bundle


async def test_a_story_is_every_entry_of_the_subject_in_its_range(kept: Logged) -> None:
    found = check(await kept.export(subject=OURS))
    assert found.found == found.manifest.entries
    assert [*found.found] == await kept.value(
        "SELECT array_agg(number ORDER BY number) FROM vault.log_entry e JOIN vault.log_leaf l ON l.entry = e.id "
        "WHERE e.organization = $1 AND convert_from(e.body, 'UTF8') LIKE '%sub_06h0090m41t835kpwqjv10s1y0%'"
    )


async def test_what_the_search_columns_hide_from_a_story_is_found_and_named(kept: Logged) -> None:
    number = check(await kept.export(subject=OURS)).found[3]
    await kept.execute(f"UPDATE vault.log_leaf SET subject = NULL WHERE organization = $1 AND number = {number}")
    refused = refusal(await kept.export(subject=OURS))
    assert (refused.code, refused.index) == ("incomplete_story", number)


async def test_a_story_with_somebody_elses_entry_is_refused(kept: Logged) -> None:
    number = check(await kept.export(subject=OTHERS)).found[3]
    ours = raw(OURS)
    await kept.execute(f"UPDATE vault.log_leaf SET subject = '{ours}' WHERE organization = $1 AND number = {number}")
    refused = refusal(await kept.export(subject=OURS))
    assert (refused.code, refused.index) == ("wrong_story", number)


async def test_the_export_is_an_entry_and_told_to_nobody_who_may_not_ask(kept: Logged) -> None:
    await kept.export(subject=OURS)
    body = await kept.value("SELECT body FROM vault.log_entry WHERE organization = $1 ORDER BY id DESC LIMIT 1")
    told = json.loads(body)
    assert (told["kind"], told["subject"], told["start"], told["end"]) == ("log_exported", OURS, 0, SIZE)


async def test_an_admin_is_refused_and_an_auditor_is_not(kept: Logged) -> None:
    from vault.actions.log.bundles import bundle  # noqa: PLC0415 - asked as somebody else than the operator

    at = kept.vault.clock.now()
    auditor = Actor(organization=kept.organization, kind="auditor", signed_in_at=at)
    assert check(b"".join([part async for part in await bundle(kept.vault, auditor)])).manifest.end == SIZE
    with pytest.raises(Denied):
        await bundle(kept.vault, Actor(organization=kept.organization, kind="admin", signed_in_at=at))


async def test_a_range_that_is_none_is_refused(kept: Logged) -> None:
    for start, end in ((SIZE, None), (5, 5), (-1, 4), (0, SIZE + 1)):
        with pytest.raises(Invalid):
            await kept.export(start=start, end=end)
    await kept.execute("DELETE FROM vault.log_state WHERE organization = $1")
    with pytest.raises(Unknown):
        await kept.export()


async def test_an_older_tree_shown_as_the_newest_is_refused(kept: Logged) -> None:
    bundle = await kept.export()
    newest = read_checkpoint(member(bundle, "checkpoint/619"))
    refused = refusal(await kept.export(end=512), since=newest)
    assert (refused.code, refused.index, refused.size) == ("older_checkpoint", 512, 619)
    kept_before = read_checkpoint(member(bundle, "checkpoint/300"))
    assert check(bundle, since=kept_before).since == 300
    assert refusal(await kept.export(start=512), since=kept_before).code == "not_comparable"


async def test_a_checkpoint_or_a_key_of_another_log_is_refused(kept: Logged) -> None:
    bundle = await kept.export()
    for name in ("checkpoint/300", "checkpoint/619"):
        note = member(bundle, name).replace(b"/log/fernhill/g1", b"/log/fernhill/g2", 1)
        refused = refusal(rebuilt(bundle, **{name: note}))
        assert (refused.code, refused.size) == ("wrong_log", int(name.partition("/")[2]))
    other = read_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert refusal(bundle, keys=[other]).code == "unsigned"


async def test_two_trees_signed_for_one_size_are_a_fork(kept: Logged) -> None:
    bundle = await kept.export()
    async with kept.sequencing.database.work(kept.organization) as work:
        before = await state.read(work)
        assert before is not None
        other = Grown(size=619, root=Hash(bytes(32)), tiles={})
        forked = read_checkpoint(await sequencer.sign_next(kept.vault, work, before=before, grown=other))
    refused = refusal(bundle, since=forked)
    assert (refused.code, refused.size) == ("forked", 619)


async def test_a_manifest_that_claims_more_than_is_there_is_refused(kept: Logged) -> None:
    bundle = await kept.export(subject=OURS)
    told = json.loads(member(bundle, "manifest.json"))
    changes: tuple[dict[str, Any], ...] = (
        {"end": SIZE + 1},
        {"start": 256},
        {"start": 1},
        {"organization": "aster"},
        {"generation": 2},
        {"generation": True},
        {"checkpoints": [619, 612]},
        {"checkpoints": []},
        {"entries": told["entries"][1:]},
        {"entries": [SIZE]},
        {"subject": "sub_06h0090m41t835kpwqjv10s1y4"},
        {"subject": None},
        {"format": "consent-vault-bundle/2"},
        {"more": 1},
    )
    for change in changes:
        forged = json.dumps(told | change, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(Refused):
            check(rebuilt(bundle, **{"manifest.json": forged}))
    with pytest.raises(Refused):
        check(rebuilt(bundle, **{"manifest.json": member(bundle, "manifest.json") + b"\n"}))


async def test_the_command_says_what_it_checked_and_names_what_is_wrong(kept: Logged, tmp_path: Path) -> None:
    bundle = await kept.export(subject=OURS)
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle)
    keys = [part for vkey in await vkeys(kept) for part in ("--key", vkey)]
    said = command(path, *keys)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("VERIFIED  127.0.0.1:8471/log/fernhill/g1\n")
    assert "ML-DSA-44" in said.stdout
    assert "agree with itself" not in said.stdout
    assert "agree with itself" in command(path).stdout
    entries = member(bundle, "tile/entries/001")
    path.write_bytes(rebuilt(bundle, **{"tile/entries/001": entries.replace(b'"deny"', b'"okay"', 1)}))
    said = command(path, "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout) == {
        "verified": False,
        "code": "wrong_entry",
        "detail": "entry 256 is not the one the tree holds",
        "index": 256,
    }
    assert command(tmp_path / "none.zip").returncode == 2
    assert command(path, "--key", "nonsense").returncode == 2


async def test_the_operator_writes_a_bundle_and_overwrites_nothing(
    kept: Logged, key_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "home.zip"
    asked = ("log", "export", "fernhill", path, "--subject", OURS)
    settings: dict[str, Any] = {"mode": "trial", "database_url": kept.url, "key_file": key_file}
    assert "Verify it with" in run(*asked, **settings).well()
    assert check(path.read_bytes()).subject == OURS
    assert "is there already" in run(*asked, **settings).refused()
    await kept.execute("DELETE FROM vault.log_leaf WHERE organization = $1 AND number = 600")
    assert "entry 600 is gone" in run(*asked[:3], tmp_path / "half.zip", **settings).refused()
    assert names(tmp_path) == {"home.zip", "guard"}


def names(folder: Path) -> set[str]:
    return {found.name for found in folder.iterdir()}


def command(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "consent_vault", "verify", str(path), *more], capture_output=True, text=True, check=False
    )


def test_what_is_no_bundle_is_refused_before_it_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", b"{" + b" " * 100_000_000 + b"}")
    for junk in (b"", b"PK", b"nonsense" * 100, packed.getvalue()):
        assert refusal(junk).code == "damaged_bundle"
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as file:
        file.writestr("../../manifest.json", b"{}")
    with pytest.raises(Refused):
        Archive(io.BytesIO(stored.getvalue())).read("manifest.json", most=100)
