"""When somebody may be reached: not now is an answer of its own, with the instant from which on it would be yes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import make
from tests.stage import Api, Json, Stage, codes, now, said

SECOND = timedelta(seconds=1)


async def someone(api: Api, phone: str | None = None, *, channel: str = "sms", **given: Any) -> str:
    """Register somebody who said yes in March, and return who."""
    points = [make.point("phone", phone or make.phone()), make.point("email", make.email())]
    body = {"contact_points": points, **given}
    customer = str((await api.post("/v1/customers", body))["id"])
    await api.grant(customer, channel=channel, at="2025-03-05T00:00:00Z")
    return customer


async def wish(api: Api, customer: str, **wishes: Any) -> None:
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", wishes))


async def ask(api: Api, customer: str, at: datetime, *, channel: str = "sms", **asked: Any) -> Json:
    return await api.decide(customer=customer, channel=channel, at=at.isoformat(), **asked)


async def deferred(api: Api, customer: str, at: datetime, **asked: Any) -> datetime:
    """Ask at an instant that is none, and hold the instant told against its promise; return it."""
    answer = await ask(api, customer, at, **asked)
    assert (answer["outcome"], answer["allowed"]) == ("defer", False), answer
    until = datetime.fromisoformat(answer["defer_until"])
    then, before = await ask(api, customer, until, **asked), await ask(api, customer, until - SECOND, **asked)
    assert (then["outcome"], before["outcome"]) == ("allow", "defer")
    assert before["defer_until"] == answer["defer_until"]
    return until


def local(zone: str, year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:  # noqa: PLR0913, PLR0917 - as `datetime` has it
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "at", "until"),
    [
        ("Europe/London", (2025, 7, 1, 23, 30), (2025, 7, 2, 7)),
        ("Europe/London", (2025, 7, 2, 3), (2025, 7, 2, 7)),
        ("Europe/Berlin", (2025, 3, 29, 23), (2025, 3, 30, 7)),  # the night that is an hour shorter
        ("Europe/Berlin", (2025, 10, 25, 23), (2025, 10, 26, 7)),  # and the one that is longer
        ("Asia/Kathmandu", (2025, 7, 1, 22), (2025, 7, 2, 7)),
    ],
)
async def test_own_quiet_hours_defer_to_their_end_on_the_persons_clock(
    api: Api, zone: str, at: tuple[int, ...], until: tuple[int, ...]
) -> None:
    customer = await someone(api, time_zone=zone)
    await wish(api, customer, quiet={"*": "22:00-07:00"})
    assert await deferred(api, customer, local(zone, *at)) == local(zone, *until)


async def test_a_public_holiday_defers_to_the_day_after_on_the_persons_clock(stage: Stage) -> None:
    declared = make.organization()
    declared["quiet_hours"] = {"open": {}, "closed_on_public_holidays": ["GB"]}
    await stage.apply(declared)
    api = await stage.client("everything")
    customer = await someone(api, time_zone="Europe/London")
    christmas = local("Europe/London", 2025, 12, 25, 10)
    assert await deferred(api, customer, christmas) == local("Europe/London", 2025, 12, 27, 0)


async def test_a_pause_defers_to_its_end_and_the_entry_tells_it(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    until = (now() + timedelta(days=30)).isoformat()
    await wish(api, customer, paused_until=until)
    answer = await api.decide(customer=customer, channel="sms", release=["contact"])
    assert (answer["outcome"], codes(answer)) == ("defer", ["paused"])
    assert "released" not in answer
    assert "withdrawal_link" not in answer
    assert datetime.fromisoformat(answer["defer_until"]) == datetime.fromisoformat(until)
    entry = await stage.entry(answer)
    assert (entry["outcome"], entry["flat"]["paused"]) == ("defer", True)
    assert datetime.fromisoformat(entry["defer_until"]) == datetime.fromisoformat(until)


async def test_what_is_no_matter_of_time_is_a_no_and_time_binds_offers_alone(api: Api) -> None:
    customer = await someone(api)
    await wish(api, customer, paused_until=(now() + timedelta(days=30)).isoformat())
    refused = await api.decide(customer=customer, channel="email")
    assert (refused["outcome"], codes(refused)) == ("deny", ["never_asked", "paused"])
    assert "defer_until" not in refused
    assert (await api.decide(customer=customer, purpose="service", channel="email"))["allowed"]


async def test_a_yes_that_runs_out_before_the_pause_does_is_a_no(api: Api) -> None:
    customer = await api.register()
    ends = now() + timedelta(days=10)
    await api.grant(customer, channel="email", until=ends.isoformat())
    await wish(api, customer, paused_until=(now() + timedelta(days=30)).isoformat())
    answer = await api.decide(customer=customer, channel="email")
    assert (answer["outcome"], codes(answer)) == ("deny", ["paused"])


async def test_quiet_hours_of_the_organization_bind_what_disturbs(stage: Stage, api: Api) -> None:
    file = make.organization()
    file["quiet_hours"] = {"open": {"default": {"mon-fri": ["09:00-20:00"]}}}
    await stage.apply(file)
    customer = await someone(api, time_zone="Europe/London")
    await api.grant(customer, channel="email", at="2025-03-05T00:00:00Z")
    friday = local("Europe/London", 2025, 7, 4, 20)
    assert await deferred(api, customer, friday) == local("Europe/London", 2025, 7, 7, 9)
    assert (await ask(api, customer, friday, channel="email"))["outcome"] == "allow"


async def office_hours(stage: Stage) -> Api:
    """Let a client declare when it reaches anybody, and return it."""
    file = make.organization()
    file["clients"]["everything"]["hours"] = {"mon-fri": ["09:00-18:00"]}
    await stage.apply(file)
    return await stage.client("everything")


async def test_the_hours_of_the_client_that_asks_bind_what_disturbs(stage: Stage) -> None:
    api, other = await office_hours(stage), await stage.client("discreet")
    customer = await someone(api, time_zone="Europe/London")
    await api.grant(customer, channel="email", at="2025-03-05T00:00:00Z")
    friday = local("Europe/London", 2025, 7, 4, 18)
    answer = await ask(api, customer, friday)
    assert (codes(answer), (await stage.entry(answer))["flat"]["quiet"]) == (["quiet_hours"], "client")
    assert await deferred(api, customer, friday) == local("Europe/London", 2025, 7, 7, 9)
    assert (await ask(api, customer, friday, channel="email"))["outcome"] == "allow"
    assert (await ask(other, customer, friday))["outcome"] == "allow"


async def test_they_bind_the_number_too_that_is_free_by_then_on_its_own_clock(stage: Stage) -> None:
    api = await office_hours(stage)
    stopped = make.point("phone", "+14165550123")  # Toronto
    points = [stopped | {"primary": True}, make.point("phone", "+442079460123")]
    customer = str((await api.post("/v1/customers", {"contact_points": points}))["id"])
    await api.grant(customer, channel="sms", at="2025-03-05T00:00:00Z")
    stop = {"contact": stopped, "at": "2025-07-01T00:00:00Z", "until": "2025-07-06T00:00:00Z"}
    await api.post("/v1/suppressions", stop)
    friday = local("Europe/London", 2025, 7, 4, 18)
    assert await deferred(api, customer, friday) == local("America/Toronto", 2025, 7, 7, 9)


@pytest.mark.parametrize(
    ("number", "at", "until"),
    [
        ("+12125550123", "2025-07-02T01:00:00Z", "2025-07-02T12:00:00Z"),  # New York, 21:00 to 08:00
        ("+18085550123", "2025-07-02T12:00:00Z", "2025-07-02T18:00:00Z"),  # Honolulu
        ("+442079460123", "2025-07-02T01:00:00Z", None),
    ],
)
async def test_the_law_closes_telephones_of_the_united_states_at_night(
    api: Api, number: str, at: str, until: str | None
) -> None:
    customer = await someone(api, number)
    instant = datetime.fromisoformat(at)
    if until is None:
        assert (await ask(api, customer, instant))["outcome"] == "allow"
        return
    answer = await ask(api, customer, instant)
    assert [reason["policy"] for reason in answer["reasons"]] == ["lawful_hours"]
    assert await deferred(api, customer, instant) == datetime.fromisoformat(until)


async def test_somebody_who_may_not_know_is_not_told_to_wait(stage: Stage, api: Api) -> None:
    email = make.point("email", make.email())
    customer = str((await api.post("/v1/customers", {"contact_points": [email]}))["id"])
    await api.grant(customer, channel="email")
    await wish(api, customer, paused_until=(now() + timedelta(days=30)).isoformat())
    blind = await stage.client("only_decide")
    answer = await blind.decide(contact=email, channel="email")
    assert (answer["outcome"], codes(answer), "defer_until" in answer) == ("deny", ["never_asked"], False)
