"""Settings: one frozen struct, read once from `VAULT_*`. A variable nobody knows stops the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid
from vault.base.mail_server import LOOPBACK, MailServer, mail_server
from vault.base.network import Network, networks

Mode = Literal["trial", "production"]
OnFork = Literal["answer", "refuse"]
PREFIX: Final = "VAULT_"
_SMTP: Final = "write smtp://user:password@mail.example:587, or smtps:// for TLS from the first byte"
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*")
_HOST: Final = re.compile(r"[0-9a-z](?:[0-9a-z.-]*[0-9a-z])?|[0-9a-f]*:[0-9a-f:.]+")
_FORMS: Final = {
    "mode": "trial or production",
    "allow_key_file": "true or false",
    "on_fork": "answer or refuse",
    "port": "a whole number from 0 to 65535",
    "workers": "a whole number from 1 to 256",
    "pool": "a whole number from 2 to 200",
    "requests_per_network": "a whole number from 1 to 1000000000",
}


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
    issuer: Annotated[
        str,
        Meta(description="the address under which clients reach the vault; none: a trial's `VAULT_HOST` and port"),
    ] = "http://127.0.0.1:8471"
    host: Annotated[str, Meta(description="address to listen on; `trial` listens on 127.0.0.1 only")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on")] = 8471
    workers: Annotated[int, Meta(ge=1, le=256, description="server processes")] = 1
    pool: Annotated[int, Meta(ge=2, le=200, description="database connections of each server process")] = 8
    smtp_url: Annotated[
        str | None,
        Meta(description="mail server: `smtp://` with STARTTLS, `smtps://` with TLS; none: a trial writes files"),
    ] = None
    mail_from: Annotated[str | None, Meta(description="address messages come from; goes with `VAULT_SMTP_URL`")] = None
    trusted_hosts: Annotated[
        str | None,
        Meta(description="hosts, by comma, whose keys are fetched though their address is private; none: none"),
    ] = None
    trusted_proxies: Annotated[
        str | None,
        Meta(description="networks, by comma, of proxies whose `X-Forwarded-For` is believed; none: nobody's"),
    ] = None
    log_guard: Annotated[
        Path | None,
        Meta(
            description="folder for the last checkpoint of each log, apart from the database; "
            "none: `log-guard` in `VAULT_DATA`"
        ),
    ] = None
    log_witnesses: Annotated[
        str | None,
        Meta(description="witnesses asked to cosign checkpoints, `VKEY=https://host/path` by comma; none: nobody"),
    ] = None
    on_fork: Annotated[
        OnFork,
        Meta(description="`answer` or `refuse` decisions while a log is stopped because it is not what was signed"),
    ] = "answer"
    requests_per_network: Annotated[
        int, Meta(ge=1, le=1_000_000_000, description="tokens, introspections and sign-ins a network may ask a second")
    ] = 100

    @property
    def post(self) -> MailServer | None:
        """The mail server; none where messages are written into a folder, or wait."""
        return None if self.smtp_url is None else mail_server(self.smtp_url)

    @property
    def production(self) -> bool:
        """Whether real people's data is to be expected."""
        return self.mode == "production" or (self.mode is None and self.database_url is not None)

    @property
    def trusted(self) -> frozenset[str]:
        """The hosts that may have a private address."""
        return frozenset((self.trusted_hosts or "").split(",")) - {""}

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of trusted proxies."""
        return networks(self.trusted_proxies) if self.trusted_proxies else ()

    @property
    def folder(self) -> Path:
        """The data folder, with `~` spelled out."""
        return self.data.expanduser()

    @property
    def guard(self) -> Path:
        """The folder of the log's guard."""
        return (self.log_guard or self.folder / "log-guard").expanduser()

    @property
    def root_key(self) -> Path:
        """The file of the root key."""
        return (self.key_file or self.folder / "root.key").expanduser()


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in `environment`; `Invalid` names the variable and what would be right."""
    fields = Settings.__struct_fields__
    given: dict[str, str] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name.startswith("VAULT_TEST_"):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in fields:
            known = ", ".join(f"{PREFIX}{known.upper()}" for known in fields)
            raise Invalid("unknown_setting", f"{name} is no setting of the vault; there are {known}")
        if not value:
            raise _bad(field, "it is empty; give it a value, or do not set it")
        given[field] = value
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        field = str(error).partition("$.")[2].strip("`")
        raise _bad(field, f"write {_FORMS[field]}") from None
    _check(settings)
    if "issuer" not in given and not settings.production:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        settings = msgspec.structs.replace(settings, issuer=f"http://{host}:{settings.port}")
    return settings


def _path(kind: type, value: object) -> Path:
    del kind  # the one kind of setting msgspec does not read by itself
    return Path(str(value))


def _bad(field: str, what: str) -> Invalid:
    return Invalid("bad_setting", f"{PREFIX}{field.upper()}: {what}")


def _check(settings: Settings) -> None:
    for field, path in (
        ("data", settings.data),
        ("key_file", settings.key_file),
        ("log_guard", settings.log_guard),
    ):
        if path is not None and not _has_home(path):
            raise _bad(field, "there is no such home folder; write the path without ~")
    for field, url in (("database_url", settings.database_url), ("owner_database_url", settings.owner_database_url)):
        if url is not None and _split(url).scheme not in {"postgresql", "postgres"}:
            raise _bad(field, "write postgresql://user@host:5432/name")
    issuer = _split(settings.issuer)
    if issuer.scheme not in {"http", "https"} or not issuer.netloc or issuer.query or issuer.fragment:
        raise _bad("issuer", "write https://vault.example")
    _check_network(settings)
    if settings.production:
        _check_production(settings)
    elif settings.host not in LOOPBACK:
        raise _bad("host", "a trial listens on 127.0.0.1 only; for more, set VAULT_MODE=production")


def _has_home(path: Path) -> bool:
    try:
        path.expanduser()
    except RuntimeError:
        return False
    return True


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _check_network(settings: Settings) -> None:
    if settings.smtp_url is not None:
        if settings.post is None:
            raise _bad("smtp_url", _SMTP)
        if settings.mail_from is None:
            raise _bad("mail_from", "VAULT_SMTP_URL needs it as well: write vault@mail.example")
    if settings.mail_from is not None and not _ADDRESS.fullmatch(settings.mail_from):
        raise _bad("mail_from", "write one address, such as vault@mail.example")
    if settings.trusted_hosts is not None and not all(map(_HOST.fullmatch, settings.trusted_hosts.split(","))):
        raise _bad("trusted_hosts", "write host names in small letters, by comma: keys.internal,login.internal")
    try:
        _ = settings.proxies
    except ValueError:
        raise _bad("trusted_proxies", "write networks, by comma: 10.0.0.0/8,fd00::/8") from None


def _check_production(settings: Settings) -> None:
    if settings.database_url is None:
        raise _bad("mode", "production needs VAULT_DATABASE_URL as well, for the bundled database is for trying")
    if not settings.issuer.startswith("https://"):
        raise _bad("issuer", "production needs https://vault.example, for tokens travel over it")
