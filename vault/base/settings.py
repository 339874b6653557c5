"""Settings: one frozen struct, read once from `VAULT_*`. A variable nobody knows stops the start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid

Mode = Literal["trial", "production"]
PREFIX: Final = "VAULT_"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may set. Each field's description stands in the README's table, held there by a test."""

    database_url: Annotated[
        str | None, Meta(description="PostgreSQL to use at run time; none: a bundled one in `VAULT_DATA`")
    ] = None
    owner_database_url: Annotated[
        str | None, Meta(description="PostgreSQL login for `migrate`; none: the same as `VAULT_DATABASE_URL`")
    ] = None
    mode: Annotated[
        Mode | None,
        Meta(description="`trial` or `production`; none: `production` when `VAULT_DATABASE_URL` is given"),
    ] = None
    data: Annotated[Path, Meta(description="folder of the bundled database and the trial key")] = Path(
        "~/.local/share/consent-vault"
    )
    key_file: Annotated[Path | None, Meta(description="file with the root key; none: `root.key` in `VAULT_DATA`")] = (
        None
    )
    allow_key_file: Annotated[bool, Meta(description="let production use a key file, where no key service exists")] = (
        False
    )
    issuer: Annotated[str, Meta(description="the address under which clients reach the vault")] = (
        "http://127.0.0.1:8471"
    )
    host: Annotated[str, Meta(description="address to listen on; `trial` listens on 127.0.0.1 only")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on")] = 8471
    workers: Annotated[int, Meta(ge=1, le=256, description="server processes")] = 1
    pool: Annotated[int, Meta(ge=2, le=200, description="database connections of each server process")] = 8

    @property
    def production(self) -> bool:
        """Whether real people's data is to be expected."""
        return self.mode == "production" or (self.mode is None and self.database_url is not None)

    @property
    def folder(self) -> Path:
        """The data folder, with `~` spelled out."""
        return self.data.expanduser()

    @property
    def root_key(self) -> Path:
        """The file of the root key."""
        return (self.key_file or self.folder / "root.key").expanduser()


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in `environment`; `Invalid` names the variable and what would be right."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    given: dict[str, str] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name.startswith("VAULT_TEST_"):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in fields:
            known = ", ".join(f"{PREFIX}{known.upper()}" for known in fields)
            raise Invalid("unknown_setting", f"{name} is no setting of the vault; there are {known}")
        given[field] = value
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        field = str(error).partition("$.")[2].strip("`") or "?"
        raise Invalid("bad_setting", f"{PREFIX}{field.upper()}: {str(error).partition(' - ')[0]}") from None
    _check(settings)
    return settings


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError


def _check(settings: Settings) -> None:
    for name, url in (
        ("DATABASE_URL", settings.database_url),
        ("OWNER_DATABASE_URL", settings.owner_database_url),
    ):
        if url is not None and urlsplit(url).scheme not in {"postgresql", "postgres"}:
            raise Invalid("bad_setting", f"{PREFIX}{name}: write postgresql://user@host:5432/name")
    if urlsplit(settings.issuer).scheme not in {"http", "https"}:
        raise Invalid("bad_setting", f"{PREFIX}ISSUER: write https://vault.example")
    if settings.production:
        _check_production(settings)
    elif settings.host not in _LOOPBACK:
        raise Invalid("bad_setting", f"{PREFIX}HOST: a trial listens on 127.0.0.1 only; set VAULT_MODE=production")


def _check_production(settings: Settings) -> None:
    if settings.database_url is None:
        raise Invalid(
            "bad_setting",
            "VAULT_MODE=production needs VAULT_DATABASE_URL: the bundled database is for trying",
        )
    if not settings.issuer.startswith("https://"):
        raise Invalid("bad_setting", "VAULT_ISSUER: production needs https://, for tokens travel over it")
