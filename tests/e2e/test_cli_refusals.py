"""What the operator gets wrong: one sentence on what to do, exit status 2, nothing half-written, no value told."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests import make
from tests.command import run, sql
from tests.stage import at, copy_of
from vault.base.clock import SystemEntropy
from vault.crypto.provider import create

PASSWORD = "quokka-of-the-login"
SMALL = Path(__file__).parents[1] / "unit/domain/small.yaml"
NEW = "or for a new one write 32 random bytes there with mode 0600"


@pytest_asyncio.fixture
async def trial(server_url: str, furnished: str, key_file: Path) -> AsyncIterator[dict[str, Any]]:
    """The settings of a trial in which the sample organization is in force."""
    async with copy_of(server_url, furnished) as url:
        yield {"mode": "trial", "database_url": url, "key_file": key_file}


def written(url: str) -> int:
    """How much there is that a command might have written."""
    counts = "+".join(
        f"(SELECT count(*) FROM {table})"  # noqa: S608 - tables of ours
        for table in ("vault.organization", "vault.configuration", "vault.log_entry", "keystore.signing_key")
    )
    return int(sql(url, f"SELECT {counts}"))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"database": PASSWORD}, "VAULT_DATABASE is no setting of the vault; there are VAULT_DATABASE_URL, "),
        ({"mode": PASSWORD}, "VAULT_MODE: write trial or production"),
        ({"port": PASSWORD}, "VAULT_PORT: write a whole number from 0 to 65535"),
        ({"workers": "0"}, "VAULT_WORKERS: write a whole number from 1 to 256"),
        ({"host": "8.8.8.8"}, "VAULT_HOST: a trial listens on 127.0.0.1 only; for more, set VAULT_MODE=production"),
        ({"mode": "production"}, "VAULT_MODE: production needs VAULT_DATABASE_URL as well"),
        ({"database_url": f"mysql://u:{PASSWORD}@h/x"}, "VAULT_DATABASE_URL: write postgresql://user@host:5432/name"),
        ({"database_url": f"postgresql://u:{PASSWORD}@h/x"}, "VAULT_ISSUER: production needs https://vault.example"),
    ],
)
def test_a_setting_that_cannot_be_right(settings: dict[str, str], sentence: str, tmp_path: Path) -> None:
    said = run("serve", **({"data": tmp_path / "data"} | settings)).refused()
    assert said.startswith(sentence)
    assert PASSWORD not in said
    assert not [*tmp_path.iterdir()]


def test_an_option_is_held_to_what_its_variable_is_held_to(tmp_path: Path) -> None:
    said = run("serve", "--host", "8.8.8.8", data=tmp_path / "data").refused()
    assert said.startswith("VAULT_HOST: a trial listens on 127.0.0.1 only")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            f"postgresql://u:{PASSWORD}@127.0.0.1:1/x",
            "no server answers there; is it running, and is the address right?",
        ),
        (f"postgresql://u:{PASSWORD}@no-such-host.invalid/x", "no server answers there"),
        (f"postgresql://u:{PASSWORD}@127.0.0.1:port/x", "write postgresql://user@host:5432/name"),
    ],
)
def test_a_server_that_does_not_answer(url: str, sentence: str, tmp_path: Path, key_file: Path) -> None:
    settings = {"mode": "trial", "database_url": url, "data": tmp_path / "data", "key_file": key_file}
    said = run("serve", "--port", "0", **settings).refused()
    assert said.startswith("cannot open the database in VAULT_DATABASE_URL: ")
    assert sentence in said
    assert PASSWORD not in said
    owner = {"mode": "trial", "owner_database_url": url, "data": tmp_path / "data"}
    assert run("migrate", **owner).refused().startswith("cannot open the database in VAULT_OWNER_DATABASE_URL: ")
    assert not [*tmp_path.iterdir()]


def test_a_database_that_is_not_there(trial: dict[str, Any]) -> None:
    trial["database_url"] = at(trial["database_url"], f"vault_test_{uuid4().hex}")
    assert "the server has no database of that name; create it first" in run("client", "show", "x", **trial).refused()


def test_a_login_that_may_not_become_the_service(trial: dict[str, Any]) -> None:
    url, login = trial["database_url"], f"quokka_{uuid4().hex[:12]}"
    sql(url, f"CREATE ROLE {login} LOGIN")
    try:
        less = trial | {"database_url": url.replace("://postgres@", f"://{login}@")}
        assert "its login may not become vault_service" in run("client", "show", "fernhill", **less).refused()
        assert "run `consent-vault migrate`" in run("migrate", **less).refused()
    finally:
        sql(url, f"DROP ROLE {login}")


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("client", "show", "fernhill")])
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM vault.migration", "the database lacks "),
        ("INSERT INTO vault.migration VALUES ('9999_quokka', '', now())", "the database has migration 9999_quokka, "),
        ("UPDATE vault.migration SET digest = 'x'", "migration 0001_vault is not the one that ran on this database"),
    ],
)
def test_a_database_at_another_migration(
    trial: dict[str, Any], command: tuple[str, ...], statement: str, sentence: str
) -> None:
    sql(trial["database_url"], statement)
    before = written(trial["database_url"])
    assert run(*command, **trial).refused().startswith(sentence)
    assert written(trial["database_url"]) == before


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("client", "add", "fernhill.larkline_sms")])
def test_a_key_file_that_is_gone_is_never_replaced_by_a_new_one(
    trial: dict[str, Any], command: tuple[str, ...], tmp_path: Path
) -> None:
    before = written(trial["database_url"])
    said = run(*command, **(trial | {"key_file": tmp_path / "root.key"})).refused()
    assert said == f"there is no key file {tmp_path}/root.key; bring back the one this database was made with, " + NEW
    assert not [*tmp_path.iterdir()]
    assert written(trial["database_url"]) == before


def test_a_key_file_others_can_read(trial: dict[str, Any], tmp_path: Path) -> None:
    key = tmp_path / "root.key"
    key.write_bytes(trial["key_file"].read_bytes())
    key.chmod(0o644)
    said = run("serve", "--port", "0", **(trial | {"key_file": key})).refused()
    assert said == f"the key file {key} is open to others; run: chmod 600 {key}"


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("client", "add", "fernhill.larkline_sms")])
def test_the_key_file_of_another_installation(trial: dict[str, Any], command: tuple[str, ...], tmp_path: Path) -> None:
    create(tmp_path / "root.key", entropy=SystemEntropy())
    before = written(trial["database_url"])
    said = run(*command, **(trial | {"key_file": tmp_path / "root.key"})).refused()
    assert "is not the root key this database was made with; bring back the file it was made with" in said
    assert written(trial["database_url"]) == before


def test_a_key_file_that_cannot_be_made(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = {"mode": "trial", "database_url": database_url, "key_file": tmp_path / "file/root.key"}
    assert "could not be made: " in run("client", "show", "x", **settings).refused()


def test_production_without_a_key_service(trial: dict[str, Any]) -> None:
    settings = trial | {"mode": "production", "issuer": "https://vault.example"}
    assert "set VAULT_ALLOW_KEY_FILE=true" in run("client", "show", "fernhill", **settings).refused()


def test_an_organization_file_with_a_cycle_in_its_purposes(trial: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "cycle.yaml"
    text = SMALL.read_text("utf-8").replace("  offers:\n", "  offers: &offers\n")
    file.write_text(text.replace("    children:\n", "    children:\n      again: *offers\n"), encoding="utf-8")
    said = run("apply", file, **trial).refused()
    assert said.startswith(f"{file}:")
    assert "again" in said
    assert sql(trial["database_url"], "SELECT count(*) FROM vault.organization") == 1


def test_each_fault_of_an_organization_file_is_a_line(trial: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    wrong = make.organization("heron")
    wrong["purposes"]["offers"]["basis"] = "hope"
    wrong["purposes"]["service"]["basis"] = "hope"
    file.write_text(make.written(wrong), encoding="utf-8")
    ran = run("apply", file, **trial)
    assert (ran.status, ran.out) == (2, "")
    assert [line.partition(" ")[0] for line in ran.err.splitlines()] == ["consent-vault:", "consent-vault:"]
    assert ran.err.count("hope") == 2
    assert sql(trial["database_url"], "SELECT count(*) FROM vault.organization") == 1


def test_an_organization_file_that_cannot_be_read(trial: dict[str, Any], tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Jürgen".encode("latin-1"))
    assert run("apply", latin, **trial).refused() == f"{latin} is not UTF-8 text; save it as UTF-8"
    assert "No such file" in run("apply", tmp_path / "none.yaml", **trial).refused()
    assert "Is a directory" in run("apply", tmp_path, **trial).refused()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("client", "show", "heron"), "there is no organization heron here; `consent-vault apply FILE` makes one"),
        (("client", "add", "heron.shop"), "there is no organization heron here; `consent-vault apply FILE` makes one"),
        (("client", "show", "fernhill.owl"), "the organization file declares no such client; there are "),
        (("client", "add", "fernhill.owl"), "the organization file declares no such client; there are "),
        (("client", "add", "fernhill"), "write ORGANIZATION.CLIENT, such as fernhill.shop"),
        (("erase", "heron", "cus_06h0090m41t835kpwqjv10s1y0", "--yes"), "there is no organization heron here"),
        (("erase", "fernhill", "cus_06h0090m41t835kpwqjv10s1y0", "--yes"), "there is no such customer"),
        (("erase", "fernhill", "quokka@example.com", "--yes"), "an id of this kind is cus_ and 26 characters"),
        (("erase", "fernhill", "sub_06h0090m41t835kpwqjv10s1y0"), "an id of this kind is cus_ and 26 characters"),
    ],
)
def test_whom_nobody_knows(trial: dict[str, Any], command: tuple[str, ...], sentence: str) -> None:
    said = run(*command, **trial).refused()
    assert said.startswith(sentence)
    assert "quokka" not in said


def test_a_folder_without_policies(tmp_path: Path) -> None:
    assert "vault.cedarschema" in run("policy", "test", tmp_path).refused()


def test_a_key_file_of_somebody_else(trial: dict[str, Any], tmp_path: Path) -> None:
    key = Path("/etc/passwd")  # root's, who is somebody else to everybody but root
    if os.geteuid() == 0:
        key = tmp_path / "root.key"
        key.write_bytes(trial["key_file"].read_bytes())
        key.chmod(0o600)
        os.chown(key, 65534, 65534)
    assert "must belong to the user who runs the vault" in run("client", "show", "x", **(trial | {"key_file": key})).err
