"""The command line, command by command, as an operator types it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests import make
from tests.command import COMMAND, Ran, environment, run, sql
from tests.stage import at, copy_of
from vault.actions import organizations
from vault.actions.customer import customers
from vault.base.personal import Personal
from vault.base.settings import Settings
from vault.cli.main import main
from vault.domain.actor import Actor
from vault.domain.customer import NewContactPoint, Registration
from vault.parts import open_vault


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """The settings of a trial on a database of its own."""
    return {"mode": "trial", "database_url": database_url, "data": tmp_path / "data"}


@pytest_asyncio.fixture
async def furnished_trial(server_url: str, furnished: str, key_file: Path) -> AsyncIterator[dict[str, Any]]:
    """The same, where the sample organization is in force already."""
    async with copy_of(server_url, furnished) as url:
        yield {"mode": "trial", "database_url": url, "key_file": key_file}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "organization.yaml"
    path.write_text(make.written(make.organization()), encoding="utf-8")
    return path


@contextmanager
def typing(answer: str) -> Iterator[int]:
    """A terminal at which somebody has typed an answer."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    try:
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


def count(url: str, table: str) -> int:
    return int(sql(url, f"SELECT count(*) FROM {table}"))  # noqa: S608 - a table of ours


def register(trial: dict[str, Any]) -> str:
    """Register somebody and return the customer's id."""

    async def once() -> str:
        settings = Settings(key_file=trial["key_file"], mode="trial")
        async with open_vault(settings, trial["database_url"]) as vault:
            operator = Actor(organization=await organizations.find(vault, "fernhill"), kind="operator")
            point = NewContactPoint(kind="email", value=Personal(make.email()))
            return (await customers.register(vault, operator, registration=Registration(contact_points=(point,)))).id

    return asyncio.run(once())


def test_help_teaches_at_each_level(capsys: pytest.CaptureFixture[str]) -> None:
    said = helped(capsys)
    for command in ("demo", "serve", "worker", "migrate", "apply", "client", "policy", "erase", "doctor"):
        assert re.search(rf"^ +{command} +\w", said, re.MULTILINE)
    for arguments in ("serve", "worker", "migrate", "apply", "client", "client add", "policy test", "erase", "doctor"):
        assert len(helped(capsys, *arguments.split()).splitlines()) > 5


def helped(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_a_command_nobody_knows_is_refused_with_those_there_are() -> None:
    ran = run("serv")
    assert ran.status == 2
    assert re.fullmatch(r"consent-vault \d+\.\d+\.\d+\n", run("--version").well())
    assert "'serve', 'worker', 'migrate'" in ran.err


def test_help_loads_nothing_it_does_not_need() -> None:
    command = [sys.executable, "-X", "importtime", str(COMMAND), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    assert "vault.cli.terminal" in done.stderr
    assert not re.search(r"litestar|asyncpg|cedarpy|granian|structlog|cryptography", done.stderr)


def test_applying_says_what_changes_first_and_the_second_time_nothing(trial: dict[str, Any], file: Path) -> None:
    dry = run("apply", file, "--dry-run", **trial).well()
    assert dry.splitlines()[0] == "fernhill:"
    assert dry.splitlines()[-1] == "nothing was changed: this was a dry run"
    assert count(trial["database_url"], "vault.organization") == 0
    done = run("apply", file, **trial).well()
    assert done.splitlines()[:-1] == dry.splitlines()[:-1]
    assert done.splitlines()[-1] == "in force: fernhill"
    assert run("apply", file, **trial).well() == "nothing to do: fernhill is in force as the file has it\n"
    assert count(trial["database_url"], "vault.configuration") == 1


@pytest.mark.parametrize("answer", ["\n", "\x04", "n\n", "sure\n"])
def test_at_a_terminal_applying_asks_and_anything_but_a_yes_is_a_no(
    trial: dict[str, Any], file: Path, answer: str
) -> None:
    with typing(answer) as terminal:
        ran = run("apply", file, stdin=terminal, **trial)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.splitlines()[-1].endswith("nothing was changed")
    assert count(trial["database_url"], "vault.organization") == 0


def test_at_a_terminal_a_yes_applies(trial: dict[str, Any], file: Path) -> None:
    with typing("y\n") as terminal:
        assert run("apply", file, stdin=terminal, **trial).well().endswith("in force: fernhill\n")
    assert count(trial["database_url"], "vault.organization") == 1


def test_with_yes_nobody_is_asked(trial: dict[str, Any], file: Path) -> None:
    with typing("") as terminal:
        assert "[y/N]" not in run("apply", file, "--yes", stdin=terminal, **trial).well()


def test_a_trial_makes_its_root_key_once_for_its_owner_only(trial: dict[str, Any], file: Path) -> None:
    run("apply", file, **trial).well()
    key = trial["data"] / "root.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    before = key.read_bytes()
    run("client", "show", "fernhill", **trial).well()
    assert key.read_bytes() == before


def test_a_secret_is_shown_once_and_kept_nowhere(furnished_trial: dict[str, Any]) -> None:
    told = json.loads(run("client", "add", "fernhill.larkline_sms", "--json", **furnished_trial).well())
    assert told["client_id"] == "fernhill.larkline_sms"
    assert len(told["client_secret"]) == 43
    said = run("client", "add", "fernhill.larkline_sms", **furnished_trial).well()
    assert re.search(r"^client_secret  [\w-]{43}$", said, re.MULTILINE)
    assert "2 live secrets" in run("client", "add", "fernhill.larkline_sms", **furnished_trial).refused()
    [shown] = json.loads(run("client", "show", "fernhill.larkline_sms", "--json", **furnished_trial).well())
    assert (shown["client_id"], shown["secrets"]) == ("fernhill.larkline_sms", 2)
    assert told["client_secret"] not in json.dumps(shown)


def test_a_client_with_keys_needs_no_secret(furnished_trial: dict[str, Any]) -> None:
    assert "there is no secret to make" in run("client", "add", "fernhill.crm", **furnished_trial).refused()


def test_clients_stand_in_a_table(furnished_trial: dict[str, Any]) -> None:
    titles, *rows = run("client", "show", "fernhill", **furnished_trial).well().splitlines()
    assert re.split(r"  +", titles) == [
        "CLIENT ID", "AUTHENTICATION", "SECRETS", "LAST USED", "STATE", "MAY", "FOR", "OVER",
    ]  # fmt: skip
    assert {row.split()[0] for row in rows} >= {"fernhill.crm", "fernhill.larkline_sms", "fernhill.importer"}
    assert len({row.index("private_key_jwt") for row in rows if "private_key_jwt" in row}) == 1


def test_erasing_prints_the_certificate(furnished_trial: dict[str, Any]) -> None:
    said = run("erase", "fernhill", register(furnished_trial), "--yes", **furnished_trial).well()
    assert said.splitlines()[0] == "Certificate of erasure"
    assert re.search(r"^ +2  keys$", said, re.MULTILINE)
    assert re.search(r"^ +1  contact points$", said, re.MULTILINE)
    assert re.search(r"has no date: the root key is a file", said)
    assert "quokka" not in said
    told = json.loads(run("erase", "fernhill", register(furnished_trial), "--yes", "--json", **furnished_trial).well())
    assert (told["gone"]["contact_points"], told["no_backup_after"]) == (1, None)


def test_erasing_asks_first_and_without_anybody_to_ask_it_does_not(furnished_trial: dict[str, Any]) -> None:
    customer = register(furnished_trial)
    assert "add --yes" in run("erase", "fernhill", customer, **furnished_trial).refused()
    with typing("no\n") as terminal:
        ran = run("erase", "fernhill", customer, stdin=terminal, **furnished_trial)
    assert (ran.status, ran.err) == (1, "")
    assert "This cannot be undone." in ran.out
    assert count(furnished_trial["database_url"], "keystore.customer_key") == 2
    with typing("yes\n") as terminal:
        assert "Certificate of erasure" in run("erase", "fernhill", customer, stdin=terminal, **furnished_trial).well()
    assert count(furnished_trial["database_url"], "keystore.customer_key") == 0


def test_migrating_prints_what_ran_and_uses_the_owners_login_where_there_is_one(
    server_url: str, trial: dict[str, Any]
) -> None:
    assert run("migrate", **trial).well() == "nothing to do: the database is up to date\n"
    name = f"vault_test_empty_{os.getpid()}"
    sql(server_url, f"CREATE DATABASE {name}")
    try:
        logins = {"owner_database_url": at(server_url, name), "database_url": "postgresql://u@127.0.0.1:1/x"}
        assert run("migrate", mode="trial", **logins).well().splitlines()[0] == "ran 0001_vault"
        assert "up to date" in run("migrate", mode="trial", **logins).well()
    finally:
        sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_policies_shipped_are_well_and_pass_their_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check"]) == 0
    assert main(["policy", "test"]) == 0
    assert re.search(r"(\d+) of \1 tests passed", capsys.readouterr().out)


def test_policies_that_fail_are_told_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = Path(__file__).parents[2] / "policies"
    folder = tmp_path / "policies"
    (folder / "tests").mkdir(parents=True)
    for path in [*shipped.glob("*.cedar*"), *shipped.glob("tests/*.json")]:
        (folder / path.relative_to(shipped)).write_bytes(path.read_bytes())
    cases = json.loads((folder / "tests/contact.json").read_text())
    cases[0]["decision"] = "deny" if cases[0]["decision"] == "allow" else "allow"
    (folder / "tests/contact.json").write_text(json.dumps(cases))
    assert main(["policy", "test", str(folder)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("failed: ")
    assert len(said) == 2
    (folder / "contact.cedar").write_text("permit (principal, action, resource) when {")
    assert main(["policy", "check", str(folder)]) == 1
    assert "contact.cedar" in capsys.readouterr().out


def test_a_reader_who_leaves_early_is_no_error() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    process = subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, "policy", "test"], stdout=theirs, stderr=subprocess.PIPE, text=True, env=environment()
    )
    os.close(theirs)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (141, "")


def test_an_error_of_ours_is_told_by_kind_and_place(furnished_trial: dict[str, Any]) -> None:
    sql(furnished_trial["database_url"], "ALTER TABLE vault.client RENAME TO quokka")
    ran = run("client", "show", "fernhill", **furnished_trial)
    assert ran == Ran(70, "", ran.err)
    assert re.fullmatch(
        r"consent-vault: an error of ours, UndefinedTableError at [\w.]+:\d+; report it with these words\n", ran.err
    )
