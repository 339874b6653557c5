"""When a permit is over: after fifteen minutes, and no later than the yes or the open hours it was given in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tests import make
from tests.stage import Api, Json, Stage, now

QUARTER: Final = timedelta(minutes=15)
LONDON: Final = ZoneInfo("Europe/London")


async def somebody(api: Api, **yes: Any) -> str:
    """Register somebody in London who said yes, also to what disturbs."""
    points = [make.point("email", make.email()), make.point("phone", make.phone())]
    customer = await api.register(contact_points=points, time_zone=LONDON.key)
    for channel in ("email", "sms"):
        await api.grant(customer, channel=channel, **yes)
    return customer


async def given(api: Api, customer: str, **asked: Any) -> tuple[int, int]:
    """Ask for a permit; return when it was given, and when it is over."""
    answer = await api.decide(customer=customer, permit_for="discreet", **asked)
    claims: Json = json.loads(urlsafe_b64decode(answer["permit"].split(".")[1] + "=="))
    return claims["iat"], claims["exp"]


async def test_it_holds_for_a_quarter_of_an_hour(api: Api) -> None:
    begin, end = await given(api, await somebody(api))
    assert timedelta(seconds=end - begin) == QUARTER


async def test_it_ends_with_the_yes(stage: Stage, api: Api) -> None:
    until = (now() + timedelta(minutes=5)).replace(microsecond=0)
    _, end = await given(api, await somebody(api, until=until.isoformat()))
    assert end == until.timestamp()
    [row] = await stage.rows("SELECT expires_at FROM vault.permit")
    assert row["expires_at"] == until


@pytest.mark.parametrize("whose", ["client", "organization"])
async def test_it_ends_where_the_hours_do_it_was_given_in(stage: Stage, whose: str) -> None:
    closes, declared = closing(), make.organization()
    opens = (closes.astimezone(UTC) - timedelta(hours=2)).astimezone(LONDON)
    hours = [f"{opens:%H:%M}-{closes:%H:%M}"]
    if opens.date() != closes.date():  # declared hours lie within one day
        hours = [f"{opens:%H:%M}-24:00", f"00:00-{closes:%H:%M}"]
    if whose == "client":
        declared["clients"]["everything"]["hours"] = {"mon-sun": hours}
    else:
        declared["quiet_hours"] = {"open": {"default": {"mon-sun": hours}}}
    await stage.apply(declared)
    api = await stage.client("everything")
    customer = await somebody(api)
    assert (await given(api, customer, channel="sms"))[1] == closes.timestamp()
    begin, end = await given(api, customer)  # an e-mail disturbs nobody
    assert timedelta(seconds=end - begin) == QUARTER


def closing() -> datetime:
    """Return a minute in London that comes soon, and not at once."""
    return (now() + timedelta(minutes=4)).astimezone(LONDON).replace(second=0, microsecond=0)
