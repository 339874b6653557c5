"""Settings: read once, and whatever cannot be right stops the start with a sentence that says what would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from vault.base import settings
from vault.base.errors import Invalid
from vault.base.settings import Settings, read

URL = "postgresql://vault@db.example:5432/vault"
PRODUCTION = {"VAULT_DATABASE_URL": URL, "VAULT_ISSUER": "https://vault.example"}


def refusal(**given: str) -> str:
    """What is said of these settings; each name is without its prefix."""
    with pytest.raises(Invalid) as refused:
        read({f"VAULT_{name.upper()}": value for name, value in given.items()})
    assert refused.value.__cause__ is None
    return refused.value.detail


def test_without_settings_it_is_a_trial_on_this_machine() -> None:
    found = read({"PATH": "/bin"})
    assert found == Settings()
    assert not found.production
    assert (found.host, found.port, found.database_url) == ("127.0.0.1", 8471, None)
    assert found.folder == Path.home() / ".local/share/consent-vault"
    assert found.root_key == found.folder / "root.key"


def test_every_setting_can_be_given() -> None:
    given = PRODUCTION | {
        "VAULT_OWNER_DATABASE_URL": "postgres://owner@db.example/vault",
        "VAULT_MODE": "production",
        "VAULT_DATA": "/srv/vault",
        "VAULT_KEY_FILE": "/run/secrets/root.key",
        "VAULT_ALLOW_KEY_FILE": "true",
        "VAULT_HOST": "0.0.0.0",  # noqa: S104 - production may
        "VAULT_PORT": "80",
        "VAULT_WORKERS": "4",
        "VAULT_POOL": "20",
        "VAULT_SMTP_URL": "smtps://vault:p%40ss@mail.example",
        "VAULT_MAIL_FROM": "vault@mail.example",
        "VAULT_TRUSTED_HOSTS": "keys.internal,10.0.0.7",
        "VAULT_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        "VAULT_REQUESTS_PER_NETWORK": "7",
        "VAULT_LOG_GUARD": "/srv/guard",
        "VAULT_ON_FORK": "refuse",
        "VAULT_LOG_WITNESSES": "/srv/witnesses",
    }
    found = read(given)
    assert {f"VAULT_{name.upper()}" for name in Settings.__struct_fields__} == {*given}
    assert found.production
    assert (found.data, found.root_key, found.folder) == (
        Path("/srv/vault"),
        Path("/run/secrets/root.key"),
        Path("/srv/vault"),
    )
    assert (found.allow_key_file, found.port, found.workers, found.pool) == (True, 80, 4, 20)
    assert found.trusted == {"keys.internal", "10.0.0.7"}
    assert (found.requests_per_network, [str(proxy) for proxy in found.proxies]) == (7, ["10.0.0.0/8", "::1/128"])
    assert read({}).proxies == ()


@pytest.mark.parametrize("proxies", ["quokka", "10.0.0.0/8,", "10.0.0.0/40", "10.0.0.0/8;::1"])
def test_proxies_are_networks(proxies: str) -> None:
    assert "VAULT_TRUSTED_PROXIES" in refusal(trusted_proxies=proxies)


def test_a_database_means_production_unless_it_is_called_a_trial() -> None:
    assert read(PRODUCTION).production
    assert not read({"VAULT_DATABASE_URL": URL, "VAULT_MODE": "trial"}).production


def test_a_variable_nobody_knows_stops_the_start_and_its_value_is_not_told() -> None:
    said = refusal(database="postgresql://u:hunter2@h/x")
    assert said.startswith("VAULT_DATABASE is no setting of the vault; there are VAULT_DATABASE_URL, ")
    assert "hunter2" not in said


def test_variables_of_others_and_of_the_tests_are_left_alone() -> None:
    assert read({"VAULTED": "x", "MY_VAULT_PORT": "x", "VAULT_TEST_RUN": "x"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("mode", "staging", "VAULT_MODE: write trial or production"),
        ("allow_key_file", "perhaps", "VAULT_ALLOW_KEY_FILE: write true or false"),
        ("port", "http", "VAULT_PORT: write a whole number from 0 to 65535"),
        ("port", "65536", "VAULT_PORT: write a whole number from 0 to 65535"),
        ("port", "-1", "VAULT_PORT: write a whole number from 0 to 65535"),
        ("workers", "0", "VAULT_WORKERS: write a whole number from 1 to 256"),
        ("workers", "257", "VAULT_WORKERS: write a whole number from 1 to 256"),
        ("workers", "1.5", "VAULT_WORKERS: write a whole number from 1 to 256"),
        ("pool", "1", "VAULT_POOL: write a whole number from 2 to 200"),
        ("pool", "201", "VAULT_POOL: write a whole number from 2 to 200"),
        ("data", "~nobody-of-that-name/x", "VAULT_DATA: there is no such home folder; write the path without ~"),
        (
            "key_file",
            "~nobody-of-that-name/x",
            "VAULT_KEY_FILE: there is no such home folder; write the path without ~",
        ),
        ("database_url", "db.example:5432", "VAULT_DATABASE_URL: write postgresql://user@host:5432/name"),
        ("database_url", "mysql://u@h/x", "VAULT_DATABASE_URL: write postgresql://user@host:5432/name"),
        ("database_url", "postgresql://[::1/x", "VAULT_DATABASE_URL: write postgresql://user@host:5432/name"),
        ("owner_database_url", "sqlite:///x", "VAULT_OWNER_DATABASE_URL: write postgresql://user@host:5432/name"),
        ("issuer", "vault.example", "VAULT_ISSUER: write https://vault.example"),
        ("issuer", "https://", "VAULT_ISSUER: write https://vault.example"),
        ("issuer", "ftp://vault.example", "VAULT_ISSUER: write https://vault.example"),
        ("issuer", "https://vault.example?a=b", "VAULT_ISSUER: write https://vault.example"),
        ("issuer", "https://vault.example#a", "VAULT_ISSUER: write https://vault.example"),
        (
            "host",
            "0.0.0.0",  # noqa: S104 - it is refused
            "VAULT_HOST: a trial listens on 127.0.0.1 only; for more, set VAULT_MODE=production",
        ),
    ],
)
def test_a_bad_value_is_refused_with_what_would_be_right(name: str, value: str, right: str) -> None:
    assert refusal(**{name: value}) == right


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_an_empty_value_is_refused(name: str) -> None:
    assert refusal(**{name: ""}) == f"VAULT_{name.upper()}: it is empty; give it a value, or do not set it"


def test_the_words_about_numbers_are_those_of_the_types() -> None:
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        for meta in get_args(hint):
            if isinstance(meta, msgspec.Meta) and meta.ge is not None:
                assert settings._FORMS[name] == f"a whole number from {meta.ge} to {meta.le}"


def test_production_needs_a_database_of_its_own() -> None:
    assert "VAULT_DATABASE_URL" in refusal(mode="production")


@pytest.mark.parametrize("issuer", [{}, {"issuer": "http://vault.example"}])
def test_production_needs_https(issuer: dict[str, Any]) -> None:
    assert refusal(database_url=URL, **issuer).startswith("VAULT_ISSUER: production needs https://")


@pytest.mark.parametrize(
    ("given", "issuer"),
    [
        ({}, "http://127.0.0.1:8471"),
        ({"VAULT_PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"VAULT_HOST": "localhost"}, "http://localhost:8471"),
        ({"VAULT_HOST": "::1"}, "http://[::1]:8471"),
        ({"VAULT_PORT": "9000", "VAULT_ISSUER": "http://vault.test"}, "http://vault.test"),
    ],
)
def test_a_trial_is_reached_where_it_listens_unless_it_is_told_otherwise(given: dict[str, str], issuer: str) -> None:
    assert read(given).issuer == issuer


@given(some.sampled_from(Settings.__struct_fields__), some.text(alphabet="canary-bird./:@~0123456789", max_size=12))
def test_no_sentence_repeats_a_value(name: str, text: str) -> None:
    value = f"canarybird{text}"
    said = ""
    try:
        read({f"VAULT_{name.upper()}": value})
    except Invalid as refused:
        said = str(refused)
    assert "canarybird" not in said


@pytest.mark.parametrize(
    "url",
    [
        "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:99999", "smtp://mail.example:0",
        "smtps://mail.example/inbox", "smtp://mail.example?tls=off", "smtp://[::1",
    ],
)  # fmt: skip
def test_a_mail_server_is_named_by_a_url_of_its_own(url: str) -> None:
    assert "VAULT_SMTP_URL: write smtp://" in refusal(smtp_url=url, mail_from="vault@mail.example")


def test_who_sends_messages_must_be_said_and_be_one_address() -> None:
    assert "VAULT_MAIL_FROM" in refusal(smtp_url="smtp://mail.example")
    for address in (
        "vault",
        "Vault <vault@mail.example>",
        "a@b.example,c@d.example",
        "v@mail.example\nBcc: x@y.example",
    ):
        assert "VAULT_MAIL_FROM" in refusal(mail_from=address)


def test_what_is_wrong_with_a_mail_server_is_said_without_its_password() -> None:
    assert "hunter2" not in refusal(smtp_url="smtp://vault:hunter2@mail.example/x", mail_from="v@mail.example")


def test_no_host_is_trusted_unless_it_is_named_in_full() -> None:
    assert Settings().trusted == frozenset()
    assert read({"VAULT_TRUSTED_HOSTS": "localhost,keys.internal,::1"}).trusted == {"localhost", "keys.internal", "::1"}
    for hosts in ("*", "*.internal", "keys.internal,", "https://keys.internal", "keys.internal:443", "10.0.0.0/8"):
        assert "VAULT_TRUSTED_HOSTS" in refusal(trusted_hosts=hosts)


def test_the_guard_of_the_log_stands_with_the_data_unless_it_is_given_another_place() -> None:
    assert read({"VAULT_DATA": "/srv/vault"}).guard == Path("/srv/vault/log-guard")
    assert read({"VAULT_LOG_GUARD": "/srv/guard"}).guard == Path("/srv/guard")
