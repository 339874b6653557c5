"""Before policies are put in force: whom the last decisions would have reached under them, and whom not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import make
from tests.command import run
from tests.e2e.test_console_log import Found, furnish, numbered
from tests.stage import Stage, codes, now, said
from vault.actions.organizations import apply
from vault.actions.policies.replaying import replay_last
from vault.base.errors import Invalid
from vault.policy.loader import candidate_texts, own_texts

SUNDAY = """
// Of this we write to nobody for now.
@id("fernhill.silence")
@reason("not_allowed")
forbid (principal, action == Action::"contact", resource == Purpose::"sales");
"""
NOT_OVER = """
// Over this channel we write to nobody for now.
@id("fernhill.not_over")
@reason("not_allowed")
forbid (principal, action == Action::"contact", resource == Purpose::"sales") when {{ context.channel == "{}" }};
"""
LOOSE = SUNDAY.replace("forbid", "permit").replace("not_allowed", "opted_in")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_down(tmp_path / "own", SUNDAY)


@pytest.fixture
async def found(stage: Stage, tmp_path: Path) -> Found:
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


async def test_the_policies_in_force_change_nothing(stage: Stage, found: Found) -> None:
    texts = stage.vault.memory.here[await stage.organization()].policies.texts()
    effect = await replay_last(stage.vault, await stage.operator(), texts=texts, last=1000)
    assert effect.decisions >= 2
    assert (effect.same, effect.reached, effect.lost, effect.changes) == (effect.decisions, 0, 0, ())
    [entry] = await stage.entries("policies_replayed")
    assert (entry["decisions"], entry["changed"]) == (effect.decisions, 0)


async def test_a_stricter_policy_names_whom_it_would_silence(stage: Stage, found: Found, folder: Path) -> None:
    effect = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=1000)
    assert (effect.reached, effect.lost) == (0, 1)
    [change] = effect.changes
    assert (change.before, change.after, change.reason, change.people) == ("yes", "no", "not_allowed", 1)
    assert found.allowed in change.examples
    nobody = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=0)
    assert nobody.decisions == 0


async def test_whom_a_looser_policy_would_reach_is_told_too(stage: Stage, found: Found, folder: Path) -> None:
    await put_in_force(stage, folder)
    assert not (await ask_again(stage, found.customer))["allowed"]
    await numbered(stage, folder.parent)
    (folder / "silence.cedar").unlink()
    effect = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=1000)
    assert (effect.reached, effect.lost) == (1, 0)
    [change] = effect.changes
    assert (change.before, change.after, change.reason) == ("no", "yes", "not_allowed")


@pytest.mark.parametrize(("channels", "lost"), [(["email", "sms"], 0), (["email"], 1)])
async def test_over_any_channel_nobody_is_lost_whom_another_channel_reaches(
    stage: Stage, folder: Path, channels: list[str], lost: int
) -> None:
    assert (await over_any(stage, folder, channels))["channel"] == "email"
    (folder / "silence.cedar").write_text(NOT_OVER.format("email"))
    effect = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=1000)
    assert (effect.decisions, effect.same, effect.reached, effect.lost) == (1, 1 - lost, 0, lost)
    assert [(one.channel, one.before, one.after, one.reason) for one in effect.changes] == [
        ("email", "yes", "no", "not_allowed")
    ] * lost


async def test_over_any_channel_to_wait_for_another_is_better_than_a_no(stage: Stage, folder: Path) -> None:
    clock = now().astimezone(ZoneInfo("Europe/London"))
    begin, end = (clock + timedelta(hours=hours) for hours in (-2, 2))
    wishes = {"quiet": {"sms": f"{begin:%H}:00-{end:%H}:00"}}
    assert (await over_any(stage, folder, ["email", "sms"], wishes=wishes))["channel"] == "email"
    (folder / "silence.cedar").write_text(NOT_OVER.format("email"))
    effect = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=1000)
    assert (effect.reached, effect.lost) == (0, 1)
    [change] = effect.changes
    assert (change.channel, change.before, change.after, change.reason) == ("email", "yes", "wait", "quiet_hours")


async def test_over_any_channel_whom_another_than_the_first_would_reach_is_reached(stage: Stage, folder: Path) -> None:
    (folder / "silence.cedar").write_text(NOT_OVER.format("sms"))
    await put_in_force(stage, folder)
    answer = await over_any(stage, folder, ["sms"])
    assert (answer["allowed"], answer["channel"]) == (False, "email")
    (folder / "silence.cedar").unlink()
    effect = await replay_last(stage.vault, await stage.operator(), texts=candidate_texts(folder), last=1000)
    assert (effect.reached, effect.lost) == (1, 0)
    [change] = effect.changes
    assert (change.channel, change.before, change.after, change.reason) == ("sms", "no", "yes", "not_allowed")


async def test_what_cannot_be_asked_again_is_counted_apart(stage: Stage, found: Found) -> None:
    [row] = await stage.rows(
        "DELETE FROM vault.log_entry WHERE id = (SELECT entry FROM vault.log_leaf WHERE kind = 'decision' LIMIT 1) "
        "RETURNING organization, id, body"
    )
    texts = stage.vault.memory.here[await stage.organization()].policies.texts()
    effect = await replay_last(stage.vault, await stage.operator(), texts=texts, last=1000)
    assert (effect.unread, effect.same) == (1, effect.decisions - 1)
    await stage.rows("INSERT INTO vault.log_entry (organization, id, body) VALUES ($1, $2, $3)", *row.values())


async def test_own_policies_count_from_the_next_decision_and_stay_until_others_come(stage: Stage, folder: Path) -> None:
    crm = await stage.client("crm")
    found = await crm.register()
    await crm.grant(found)
    await put_in_force(stage, folder)
    refused = await ask_again(stage, found)
    assert (refused["allowed"], codes(refused)) == (False, ["not_allowed"])
    changed = make.organization()
    changed["organization"]["name"] = "Fernhill Ltd"
    await apply(stage.vault, make.written(changed), name="organization.yaml")
    assert not (await ask_again(stage, found))["allowed"]
    await apply(stage.vault, make.written(changed), name="organization.yaml", own={})
    assert (await ask_again(stage, found))["allowed"]


async def test_own_policies_only_forbid(stage: Stage, folder: Path) -> None:
    (folder / "silence.cedar").write_text(LOOSE)
    with pytest.raises(Invalid, match="only add forbids"):
        await put_in_force(stage, folder)


def test_policies_are_explained_with_their_words_and_tests() -> None:
    told = run("policy", "explain", "opted_in").well()
    assert "You said yes to this, and you have not taken it back." in told
    assert "law: GDPR Art. 6(1)(a)" in told
    assert "no policy here is called opted_out" in run("policy", "explain", "opted_out").refused()


def put_down(folder: Path, text: str) -> Path:
    """Make a folder of policies."""
    folder.mkdir()
    (folder / "silence.cedar").write_text(text)
    return folder


async def put_in_force(stage: Stage, folder: Path) -> None:
    await apply(stage.vault, make.written(make.organization()), name="organization.yaml", own=own_texts(folder))


async def over_any(
    stage: Stage, folder: Path, channels: list[str], *, wishes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask over any channel about somebody who said yes to these, and let the entry have its number."""
    api = await stage.client("everything")
    customer = await api.register(contact_points=[make.point("email", make.email()), make.point("phone", make.phone())])
    for channel in channels:
        await api.grant(customer, channel=channel)
    if wishes is not None:
        said(await api.send("PUT", f"/v1/customers/{customer}/preferences", wishes))
    answer = await api.decide(customer=customer, channel="any")
    await numbered(stage, folder.parent)
    return answer


async def ask_again(stage: Stage, customer: str) -> dict[str, object]:
    return await (await stage.client("crm")).decide(customer=customer, purpose="sales", channel="email")
