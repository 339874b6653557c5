"""Clients and token keys from the command line: secrets change over, clients stop and go on, nothing is shown twice."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote_plus

import httpx2
import pytest
from litestar import Litestar

from tests import make
from tests.command import run
from tests.stage import ISSUER, alive
from vault.app import create_app
from vault.base.settings import Settings

CLIENT = "fernhill.larkline_sms"


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """A trial that knows the sample organization."""
    file = tmp_path / "organization.yaml"
    file.write_text(make.written(make.organization()), "utf-8")
    found = {"database_url": database_url, "data": tmp_path, "mode": "trial", "issuer": ISSUER}
    run("apply", file, "--yes", **found).well()
    return found


def client(trial: dict[str, Any], *arguments: str) -> Any:
    return json.loads(run("client", *arguments, "--json", **trial).well())


def serving(trial: dict[str, Any], tell: Callable[[httpx2.AsyncClient], Any]) -> Any:
    """Do something with a server over the same database."""

    async def once() -> Any:
        app: Litestar = create_app(Settings(key_file=trial["data"] / "root.key"), trial["database_url"])
        async with alive(app):
            transport = httpx2.ASGITransport(cast("Any", app), raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
                return await tell(http)

    return asyncio.run(once())


def believed(trial: dict[str, Any], *secrets: str) -> list[bool]:
    """Return for each secret whether it gives a token."""

    async def tell(http: httpx2.AsyncClient) -> list[bool]:
        found = []
        for secret in secrets:
            pair = b64encode(f"{quote_plus(CLIENT)}:{quote_plus(secret)}".encode()).decode()
            headers = {"authorization": f"Basic {pair}"}
            answer = await http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
            found.append(answer.status_code == 200)
        return found

    found: list[bool] = serving(trial, tell)
    return found


def test_a_secret_changes_over_while_both_live(trial: dict[str, Any]) -> None:
    first = client(trial, "add", CLIENT)["client_secret"]
    second = client(trial, "rotate", CLIENT)["client_secret"]
    assert believed(trial, first, second, "made up") == [True, True, False]
    [shown] = client(trial, "show", CLIENT)
    assert (shown["secrets"], len(shown["credentials"])) == (2, 2)
    assert all(one["made_at"] and one["used_at"] for one in shown["credentials"])
    assert shown["used_at"] == max(one["used_at"] for one in shown["credentials"])
    assert client(trial, "rotate", CLIENT, "--finish") == {"client_id": CLIENT, "ended": 1}
    assert believed(trial, first, second) == [False, True]
    assert "no older secret" in run("client", "rotate", CLIENT, "--finish", **trial).well()


def test_the_next_rotation_ends_what_the_one_before_left(trial: dict[str, Any]) -> None:
    secrets = [client(trial, "add", CLIENT)["client_secret"]]
    secrets += [client(trial, "rotate", CLIENT)["client_secret"] for _ in range(2)]
    assert believed(trial, *secrets) == [False, True, True]
    assert "`consent-vault client rotate`" in run("client", "add", CLIENT, **trial).refused()
    shown = json.dumps(client(trial, "show", CLIENT))
    assert not [secret for secret in secrets if secret in shown]


def test_a_client_that_never_came_shows_it(trial: dict[str, Any]) -> None:
    client(trial, "add", CLIENT)
    [shown] = client(trial, "show", CLIENT)
    assert (shown["used_at"], [one["used_at"] for one in shown["credentials"]]) == (None, [None])
    table = run("client", "show", CLIENT, **trial).well()
    assert re.search(r"^CREDENTIAL +MADE +LAST USED$", table, re.MULTILINE)
    assert re.search(r"^[0-9a-f]{16} +\d{4}-\d\d-\d\d \d\d:\d\d +never$", table, re.MULTILINE)


def test_a_client_stops_and_goes_on(trial: dict[str, Any]) -> None:
    secret = client(trial, "add", CLIENT)["client_secret"]
    assert "`client resume`" in run("client", "suspend", CLIENT, **trial).well()
    assert believed(trial, secret) == [False]
    [shown] = client(trial, "show", CLIENT)
    assert shown["suspended_at"]
    assert re.search(
        rf"^{CLIENT} .* suspended \d{{4}}-", run("client", "show", "fernhill", **trial).well(), re.MULTILINE
    )
    run("client", "suspend", CLIENT, **trial).well()
    assert client(trial, "show", CLIENT)[0]["suspended_at"] == shown["suspended_at"]
    run("client", "resume", CLIENT, **trial).well()
    assert believed(trial, secret) == [True]
    assert "not suspended" in run("client", "resume", CLIENT, **trial).refused()
    assert client(trial, "end-tokens", CLIENT) == {"client_id": CLIENT, "ended": True}
    assert client(trial, "show", CLIENT)[0]["tokens_from"]


@pytest.mark.parametrize("action", ["add", "rotate", "suspend", "resume", "end-tokens"])
def test_a_client_nobody_declared_is_refused(trial: dict[str, Any], action: str) -> None:
    assert "declares no such client" in run("client", action, "fernhill.nobody", **trial).refused()
    assert "write ORGANIZATION.CLIENT" in run("client", action, "fernhill", **trial).refused()


def test_a_client_with_keys_changes_over_in_the_file(trial: dict[str, Any]) -> None:
    for arguments in (("rotate",), ("rotate", "--finish"), ("add",)):
        said = run("client", *arguments, "fernhill.crm", **trial).refused()
        assert "write its new public key beside the old one in the organization file" in said
    [shown] = client(trial, "show", "fernhill.crm")
    assert [one["name"] for one in shown["credentials"]] == ["k1"]


def test_token_keys_are_shown_and_changed(trial: dict[str, Any]) -> None:
    assert json.loads(run("token-key", "show", "--json", **trial).well()) == []
    secret = client(trial, "add", CLIENT)["client_secret"]
    assert believed(trial, secret) == [True]
    [first] = json.loads(run("token-key", "show", "--json", **trial).well())
    assert first["state"] == "signing"
    table = run("token-key", "rotate", **trial).well().splitlines()
    assert [line.split()[1] for line in table] == ["STATE", "pending", "signing"]
    assert "waiting for its turn" in run("token-key", "rotate", **trial).refused()
    assert believed(trial, secret) == [True]
    [*_, second] = json.loads(run("token-key", "rotate", "--at-once", "--json", **trial).well())
    assert (second["state"], second["kid"] != first["kid"]) == ("signing", True)
    assert believed(trial, secret) == [True]

    async def published(http: httpx2.AsyncClient) -> Any:
        return (await http.get("/.well-known/jwks.json")).json()["keys"]

    kids = [key["kid"] for key in serving(trial, published)]
    assert kids == [second["kid"]]
