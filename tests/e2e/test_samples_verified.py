"""A sample drawn again offline: from the bundle alone, by code that shares nothing with the vault."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import pytest_asyncio
from consent_vault.verify import Key, Refused, Sample, check_sample, read_key, verify
from consent_vault.verify.bundle import Leaf
from consent_vault.verify.command import main
from consent_vault.verify.sample import Watch

from tests.e2e.test_log_witnesses import House, house  # noqa: F401 - a fixture
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage
from vault.actions.audit import samples
from vault.actions.log.bundles import bundle
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.audit.sample import NewSample
from vault.domain.audit.sampled import Shown

Json = dict[str, Any]

ANOTHER: Final = "smp_06h0090m41t835kpwqjv10s1y0"


class Drawn:
    """A sample that was drawn, and the bundle it stands in."""

    def __init__(self, shown: Shown, raw: bytes, keys: tuple[Key, ...] = ()) -> None:
        self.shown = shown
        self.raw = raw
        self.keys = keys

    def check(self) -> Sample:
        return check_sample(io.BytesIO(self.raw), sample=self.shown.id, keys=self.keys)

    def changed(self, kind: str, **members: object) -> Sample:
        """Check as if an entry of the sample said something else, and the log had held that all the time."""
        watch = Watch(sample=self.shown.id)
        verified = verify(io.BytesIO(self.raw), keys=self.keys, each=watch.see)
        [(number, leaf, body)] = watch.told[kind]
        body = {name: told for name, told in (body | members).items() if told is not None}
        watch.told[kind] = [(number, leaf, body)]
        return watch.check(verified)


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """A log without a witness."""
    async with sequencing(stage, tmp_path / "guard") as own:
        log = Sequencer(stage, await stage.client("everything"), await stage.organization(), own)
        await log.grow(await log.crm.register(), rounds=9)
        yield log


async def drawn(vault: Vault, log: Sequencer, new: NewSample, *, house: House | None = None) -> Drawn:  # noqa: F811
    """Draw a sample and take the log home."""
    actor = Actor(organization=log.organization, kind="operator")
    sample = (await samples.draw(vault, actor, new=new)).id
    await log.step()
    if house is not None:
        assert await house.ask()
    shown = await samples.show(vault, actor, sample=sample)
    assert shown.state == "drawn"
    await log.step()
    if house is not None:
        assert await house.ask()
    raw = b"".join([part async for part in await bundle(vault, actor)])
    own = verify(io.BytesIO(raw)).signed
    keys = (*own, read_key(house.witness.verifier.vkey)) if house is not None else ()
    return Drawn(shown, raw, keys)


@pytest_asyncio.fixture
async def witnessed(house: House) -> Drawn:  # noqa: F811
    """A sample of one kind, of which a witness gave the seed."""
    await house.log.grow(house.customer, rounds=6)
    vault = msgspec.structs.replace(house.log.stage.vault, witnesses=(house.witness.verifier.vkey,))
    return await drawn(vault, house.log, NewSample(size=3, kind="decision"), house=house)


async def test_the_numbers_come_out_again_and_the_witness_is_named(witnessed: Drawn, house: House) -> None:  # noqa: F811
    found = witnessed.check()
    assert [*found.numbers] == [one.number for one in witnessed.shown.entries]
    assert (found.rule, found.earlier) == (witnessed.shown.rule.number, ())
    assert found.witness is not None
    assert found.witness.name == house.witness.verifier.name
    assert witnessed.changed("sample_drawn") == found


async def test_without_a_witness_they_come_out_too_and_that_is_said(
    log: Sequencer, stage: Stage, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = await drawn(stage.vault, log, NewSample(size=5))
    assert [*own.check().numbers] == [one.number for one in own.shown.entries]
    path = tmp_path / "bundle.zip"
    path.write_bytes(own.raw)
    assert main([str(path), "--sample", own.shown.id]) == 0
    told = capfd.readouterr().out
    assert f"DRAWN AGAIN  {own.shown.id}" in told
    assert f"5: {', '.join(str(one.number) for one in own.shown.entries)}" in told
    assert "No witness gave the seed, so the vault could have tried twice." in told
    assert main([str(path), "--json", "--sample", own.shown.id]) == 0
    sample = json.loads(capfd.readouterr().out)["sample"]
    assert (sample["numbers"], sample.get("witness")) == ([one.number for one in own.shown.entries], None)
    assert main([str(path), "--sample", ANOTHER]) == 1
    assert "no_sample" in capfd.readouterr().out


async def test_a_witness_is_named_by_the_command(
    witnessed: Drawn, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(witnessed.raw)
    assert main([str(path), "--sample", witnessed.shown.id]) == 0
    assert "by witness witness.example/ours (" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("kind", "members", "code"),
    [
        ("sample_drawn", {"seed": "00" * 32}, "wrong_seed"),
        ("sample_drawn", {"numbers": "00" * 32}, "wrong_numbers"),
        ("sample_drawn", {"checkpoint": 1}, "checkpoint_missing"),
        ("sample_drawn", {"checkpoint": 10_000}, "checkpoint_missing"),
        ("sample_drawn", {"checkpoint": []}, "malformed_sample"),
        ("sample_drawn", {"generation": 2}, "checkpoint_missing"),
        ("sample_drawn", {"ruled": 0}, "wrong_order"),
        ("sample_drawn", {"witness": None}, "wrong_witness"),
        ("sample_drawn", {"witness": "another+00000000+AAAA"}, "wrong_witness"),
        ("sample_ruled", {"witnesses": []}, "wrong_witness"),
        ("sample_ruled", {"size": 2}, "wrong_numbers"),
        ("sample_ruled", {"size": 0}, "wrong_population"),
        ("sample_ruled", {"size": 1001}, "wrong_population"),
        ("sample_ruled", {"size": "3"}, "malformed_sample"),
        ("sample_ruled", {"end": 10_000}, "wrong_order"),
        ("sample_ruled", {"population": 3}, "wrong_population"),
        ("sample_ruled", {"of": "denied"}, "wrong_population"),
        ("sample_ruled", {"of": None}, "wrong_population"),
        ("sample_ruled", {"generation": 2}, "range_missing"),
    ],
)
async def test_whatever_does_not_follow_from_the_rule_is_refused(
    witnessed: Drawn, kind: str, members: Json, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        witnessed.changed(kind, **members)
    assert refused.value.code == code


async def test_a_later_checkpoint_than_the_first_is_noticed(house: House) -> None:  # noqa: F811
    """With a witness it is told of; the log's own is refused, for of that the first one is known to everybody."""
    log, vault = house.log, house.log.stage.vault
    actor = Actor(organization=log.organization, kind="operator")
    for witnesses in ((house.witness.verifier.vkey,), ()):
        vault = msgspec.structs.replace(vault, witnesses=witnesses)
        sample = (await samples.draw(vault, actor, new=NewSample(size=2))).id
        await log.step()
        assert await house.ask()
        [first] = (await log.sizes())[-1:]
        await log.grow(house.customer)
        assert await house.ask()
        for table in ("log_cosignature", "log_checkpoint"):
            statement = f"CREATE TABLE put_away_{table} AS SELECT * FROM vault.{table} WHERE size = {first}"  # noqa: S608 - ours
            await log.stage.rows(statement)
            await log.stage.rows(f"DELETE FROM vault.{table} WHERE size = {first}")  # noqa: S608 - likewise
        shown = await samples.show(vault, actor, sample=sample)
        for table in ("log_cosignature", "log_checkpoint"):
            await log.stage.rows(f"INSERT INTO vault.{table} SELECT * FROM put_away_{table}")  # noqa: S608 - likewise
            await log.stage.rows(f"DROP TABLE put_away_{table}")
        await log.step()
        raw = b"".join([part async for part in await bundle(vault, actor)])
        own = Drawn(shown, raw)
        if witnesses:
            assert own.check().earlier == (first,)
        else:
            with pytest.raises(Refused, match="not_first"):
                own.check()


async def test_of_what_the_bundle_does_not_hold_nothing_is_said(log: Sequencer, stage: Stage) -> None:
    whole = await drawn(stage.vault, log, NewSample(size=2, kind="decision"))
    actor = Actor(organization=log.organization, kind="operator")
    assert whole.shown.drawing is not None
    parts = [part async for part in await bundle(stage.vault, actor, end=whole.shown.drawing.checkpoint)]
    with pytest.raises(Refused, match="no_sample"):
        Drawn(whole.shown, b"".join(parts)).check()
    with pytest.raises(Refused, match="damaged_bundle"):
        Drawn(whole.shown, whole.raw.replace(b'"sample_drawn"', b'"sample_DRAWN"')).check()


async def test_a_bundle_keeps_the_checkpoints_that_gave_a_seed_however_many_there_are(
    log: Sequencer, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.actions.log.bundles._MOST_CHECKPOINTS", 2)
    own = await drawn(stage.vault, log, NewSample(size=2))
    assert len(verify(io.BytesIO(own.raw)).checkpoints) <= 4
    assert [*own.check().numbers] == [one.number for one in own.shown.entries]


def test_entries_that_cannot_be_read_are_of_no_kind() -> None:
    watch = Watch(sample=ANOTHER)
    for number, entry in enumerate((b"{", b"[" * 100_000, b"[]", b"{}")):
        watch.see(Leaf(number, bytes(32), entry))
    watch.see(Leaf(4, bytes(32), None))
    assert (watch.told, {kind: [*numbers] for kind, numbers in watch.kinds.items()}) == ({}, {"None": [3]})
