"""The console's own verifier, run by Node, says of each bundle what the offline verifier says: verdict, place, root."""

# ruff: noqa: S603 - a Node of ours
from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from consent_vault.verify import Refused, read_checkpoint, read_key

from tests import javascript
from tests.e2e.logged import OTHERS, OURS, Logged, check, logged
from tests.e2e.test_log_tampering import CELLS
from vault.actions.log import generations, sequencer
from vault.actions.log.archive import Archive
from vault.actions.log.pruning import prune
from vault.base.ids import raw
from vault.domain.actor import Actor
from vault.store.database import open_database
from vault.store.log import state
from vault.store.log.pruned import RETENTION
from vault.tlog.bundle import unpack
from vault.tlog.growth import Grown
from vault.tlog.hashes import Hash

SCRIPT = Path(__file__).parents[2] / "vault/console/verify.js"
RUNNER = Path(javascript.__file__).parent / "verify.mjs"


@pytest_asyncio.fixture
async def kept(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Logged]:
    async with logged(server_url, furnished, key_file=key_file, guard=tmp_path / "guard") as kept:
        yield kept


def node(lines: str) -> str:
    """Return what the browser's verifier prints."""
    done = subprocess.run(
        [javascript.NODE, RUNNER, SCRIPT], input=lines, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Both:
    """Asks both verifiers and holds what they say against each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: list[dict[str, Any]] = []
        self._wanted: list[dict[str, Any]] = []

    def ask(self, bundle: bytes, *, keys: Sequence[str] = (), since: bytes | None = None) -> dict[str, Any]:
        """Return what the offline verifier says, and remember what the other has to."""
        path = self._folder / f"{len(self._asked)}.zip"
        path.write_bytes(bundle)
        asked: dict[str, Any] = {"bundle": str(path), "keys": [*keys]}
        if since is not None:
            path.with_suffix(".note").write_bytes(since)
            asked["since"] = str(path.with_suffix(".note"))
        said = self._offline(bundle, keys=keys, since=since)
        self._asked.append(asked)
        self._wanted.append(said)
        return said

    def compare(self) -> list[dict[str, Any]]:
        """Return what the browser's verifier says, which is the same."""
        lines = "".join([f"{json.dumps(one)}\n" for one in self._asked])
        found = [json.loads(line) for line in node(lines).splitlines()]
        assert [{name: one.get(name) for name in wanted} for one, wanted in zip(found, self._wanted, strict=True)] == [
            *self._wanted
        ]
        return found

    @staticmethod
    def _offline(bundle: bytes, *, keys: Sequence[str], since: bytes | None) -> dict[str, Any]:
        kept = None if since is None else read_checkpoint(since)
        try:
            found = check(bundle, keys=[read_key(key) for key in keys], since=kept)
        except Refused as no:
            return {"verified": False, "code": no.code, "detail": no.detail, "index": no.index, "size": no.size}
        return {
            "verified": True,
            "start": found.manifest.start,
            "end": found.manifest.end,
            "pruned": found.manifest.pruned,
            "announced": found.announced,
            "root": found.root.hex(),
            "found": [*found.found],
            "signed": [
                [key.id.hex(), key.algorithm, None if key.algorithm == "ML-DSA-44" else count]
                for key, count in found.signed.items()
            ],
        }


@pytest.fixture
def both(tmp_path: Path) -> Both:
    folder = tmp_path / "bundles"
    folder.mkdir()
    return Both(folder)


def files(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(bundle)) as file:
        return {name: file.read(name) for name in file.namelist()}


def rebuilt(found: dict[str, bytes], **changed: bytes) -> bytes:
    archive = Archive()
    return b"".join([*[archive.file(name, changed.get(name, data)) for name, data in found.items()], archive.end()])


async def vkeys(kept: Logged) -> tuple[str, ...]:
    return (await generations.show(kept.vault, Actor(organization=kept.organization, kind="operator"))).vkeys


async def test_good_bundles_hold_for_both_with_the_same_root(kept: Logged, both: Both) -> None:
    keys = await vkeys(kept)
    newest = files(await kept.export())
    for start, end in ((0, None), (0, 1), (41, 290), (256, None), (300, 512), (520, 600)):
        assert both.ask(await kept.export(start=start, end=end))["verified"]
    both.ask(await kept.export(subject=OURS), keys=keys)
    both.ask(await kept.export(), keys=keys[:1], since=newest["checkpoint/300"])
    both.ask(await kept.export(end=512), since=newest["checkpoint/619"])
    both.ask(await kept.export(start=512), since=newest["checkpoint/300"])
    both.ask(await kept.export(), keys=["sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"])
    both.compare()


GIVEN_OUT = (
    "log_entry update", "log_entry reorder", "log_entry truncate", "log_entry swap", "log_checkpoint update",
    "log_checkpoint reorder", "log_checkpoint swap",
)  # fmt: skip
"""Cells of the tamper matrix whose bundle is given out at all; of the others there is nothing to verify."""


@pytest.mark.parametrize("cell", GIVEN_OUT)
async def test_whatever_is_done_to_a_table_both_name_the_same(kept: Logged, both: Both, cell: str) -> None:
    await kept.execute(*CELLS[cell][0])
    assert not both.ask(await kept.export())["verified"]
    both.compare()


async def test_entries_tiles_and_trees_made_wrong_are_named_alike(kept: Logged, both: Both) -> None:
    found = files(await kept.export())
    entries = unpack(found["tile/entries/001"], width=256)
    for forged in (
        [*entries[:44], *entries[45:]],
        [*entries[:44], entries[44], *entries[44:]],
        [*entries[:44], entries[45], entries[44], *entries[46:]],
        [*entries[:44], entries[44] + b" ", *entries[45:]],
    ):
        packed = b"".join([len(one).to_bytes(2, "big") + one for one in forged])
        assert both.ask(rebuilt(found, **{"tile/entries/001": packed}))["index"] is not None
    for name in ("tile/0/000", "tile/0/002.p/107", "tile/1/000.p/2", "tile/entries/000", "checkpoint/300", "keys"):
        data = found[name]
        for at in (0, 60, len(data) - 1):
            both.ask(rebuilt(found, **{name: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]}))
        both.ask(rebuilt(found, **{name: data[:-32]}))
        both.ask(rebuilt({one: held for one, held in found.items() if one != name}))
    both.ask(rebuilt(found, **{"checkpoint/300": found["checkpoint/512"]}))
    for name in ("checkpoint/300", "checkpoint/619"):
        both.ask(rebuilt(found, **{name: found[name].replace(b"/log/fernhill/g1", b"/log/fernhill/g2", 1)}))
    said = both.compare()
    assert all(not one["verified"] and one["step"] for one in said)
    assert all(len(one["values"]) == 2 for one in said if one["code"] in {"wrong_entry", "wrong_tile", "wrong_root"})


async def test_entries_and_tiles_made_to_agree_are_told_by_the_root_alike(kept: Logged, both: Both) -> None:
    changed = "sha256('\\x00'::bytea || (SELECT body FROM vault.log_entry WHERE organization = $1 AND id = ({})))"
    of = "SELECT entry FROM vault.log_leaf WHERE organization = $1 AND number = 310"
    await kept.execute(
        f"UPDATE vault.log_entry SET body = body || ' ' WHERE organization = $1 AND id = ({of})",  # noqa: S608
        f"UPDATE vault.log_leaf SET hash = {changed.format(of)} WHERE organization = $1 AND number = 310",  # noqa: S608
        f"UPDATE vault.log_tile SET data = overlay(data placing {changed.format(of)} FROM {54 * 32 + 1}) "  # noqa: S608
        "WHERE organization = $1 AND level = 0 AND number = 1 AND width = 256",
    )
    said = both.ask(await kept.export())
    assert (said["code"], said["index"], said["size"]) == ("wrong_root", 300, 512)
    both.compare()


async def test_a_manifest_that_claims_other_things_is_refused_alike(kept: Logged, both: Both) -> None:
    found = files(await kept.export(subject=OURS))
    told = json.loads(found["manifest.json"])
    changes: tuple[dict[str, Any], ...] = (
        {"end": 620}, {"start": 256}, {"start": 1}, {"organization": "aster"}, {"generation": 2}, {"generation": True},
        {"checkpoints": [619, 612]}, {"checkpoints": []}, {"entries": told["entries"][1:]}, {"entries": [619]},
        {"entries": [*told["entries"], 618]}, {"subject": "sub_06h0090m41t835kpwqjv10s1y4"}, {"subject": None},
        {"format": "consent-vault-bundle/2"}, {"more": 1}, {"pruned": 0}, {"pruned": 256}, {"pruned": "256"},
        {"pruned": 700}, {"end": 619.0}, {"start": -0.0}, {"checkpoints": "619"}, {"organization": 1}, {"end": None},
    )  # fmt: skip
    for change in changes:
        forged = json.dumps(told | change, sort_keys=True, separators=(",", ":")).encode()
        assert not both.ask(rebuilt(found, **{"manifest.json": forged}))["verified"], change
    for forged in (b"", b"null", b"[]", b"1", b"{", b"\xff", b"\xef\xbb\xbf" + found["manifest.json"], b"{}\n"):
        both.ask(rebuilt(found, **{"manifest.json": forged}))
    both.compare()


async def test_a_story_that_keeps_an_entry_back_is_named_alike(kept: Logged, both: Both) -> None:
    ours, others = [check(await kept.export(subject=one)).found[3] for one in (OURS, OTHERS)]
    hide = "UPDATE vault.log_leaf SET subject = {} WHERE organization = $1 AND number = {}"
    await kept.execute(hide.format(f"'{raw(OURS)}'", others))
    assert both.ask(await kept.export(subject=OURS))["index"] == others
    await kept.execute(hide.format("NULL", others), hide.format("NULL", ours))
    assert both.ask(await kept.export(subject=OURS))["index"] == ours
    both.compare()


async def test_two_trees_signed_for_one_size_are_a_fork_for_both(kept: Logged, both: Both) -> None:
    async with kept.sequencing.database.work(kept.organization) as work:
        before = await state.read(work)
        assert before is not None
        other = Grown(size=619, root=Hash(bytes(32)), tiles={})
        forked = await sequencer.sign_next(kept.vault, work, before=before, grown=other)
    assert both.ask(await kept.export(), since=forked)["code"] == "forked"
    both.compare()


async def test_a_pruned_bundle_holds_for_both_and_a_body_missing_elsewhere_does_not(kept: Logged, both: Both) -> None:
    await kept.execute(
        "UPDATE vault.log_leaf SET at = at - interval '7 years' WHERE organization = $1 AND number < 300"
    )
    retention = await open_database(kept.url, size=1, role=RETENTION)
    await prune(kept.vault, retention, actor=Actor(organization=kept.organization, kind="operator"))
    await retention.close()
    await kept.write(1)
    found = files(await kept.export())
    said = both.ask(rebuilt(found))
    assert (said["pruned"], said["announced"]) == (256, 619)
    both.ask(await kept.export(subject=OURS))
    both.ask(await kept.export(end=40))
    tile = found["tile/0/000"]
    both.ask(rebuilt(found, **{"tile/0/000": tile[:320] + bytes(32) + tile[352:]}))
    both.ask(rebuilt({name: data for name, data in found.items() if name != "tile/entries/001"}))
    both.compare()


async def test_one_byte_changed_or_cut_anywhere_is_refused_alike(kept: Logged, both: Both) -> None:
    bundle = await kept.export(end=40, subject=OURS)
    chance = Random(1)  # noqa: S311 - a sample
    for offset in [*range(60), *chance.choices(range(len(bundle)), k=200), *range(len(bundle) - 60, len(bundle))]:
        changed = bytearray(bundle)
        changed[offset] ^= 1 << chance.randrange(8)
        assert not both.ask(bytes(changed))["verified"]
    for length in (0, 1, 29, 500, len(bundle) // 2, len(bundle) - 22, len(bundle) - 1):
        both.ask(bundle[:length])
    both.ask(bundle + b"\0")
    both.compare()


async def test_an_ml_dsa_signature_is_named_as_not_checked_and_never_counted(kept: Logged, tmp_path: Path) -> None:
    """The one thing in which the two differ: what a browser cannot check, it says so."""
    found = files(await kept.export())
    note = found["checkpoint/619"].split(b"\n")
    lines = [at for at, line in enumerate(note) if line.startswith("\u2014".encode())]
    long = max(lines, key=lambda at: len(note[at]))
    note[long] = note[long][:100] + (b"B" if note[long][100:101] == b"A" else b"A") + note[long][101:]
    forged = rebuilt(found, **{"checkpoint/619": b"\n".join(note)})
    with pytest.raises(Refused, match="ML-DSA-44 signature"):
        check(forged)
    path = tmp_path / "forged.zip"
    path.write_bytes(forged)
    asked = json.dumps({"bundle": str(path)})
    said = json.loads(node(asked))
    assert said["verified"]
    assert [(algorithm, count) for _, algorithm, count in said["signed"]] == [("Ed25519", 5), ("ML-DSA-44", None)]
