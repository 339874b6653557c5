"""`consent-vault demo`: the vault at work on a sample company, from its exports to an answer over HTTP.

Each run has a folder, a database and keys of its own, so that it always tells the same story; they are removed when it
ends. The questions are asked of the real server, through the SDK.
"""

from __future__ import annotations

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from consent_vault import Problem, Vault

from vault.actions import organizations
from vault.actions.client import clients
from vault.actions.importing.batch import ASIDE
from vault.actions.importing.given import FileTold, Given, Told
from vault.actions.importing.running import run
from vault.base.clock import SystemClock, SystemEntropy
from vault.base.errors import Invalid, Unavailable
from vault.base.ids import CustomerId, OrganizationId
from vault.base.settings import PREFIX, Settings, read
from vault.cli import lines
from vault.cli.demo.company import KEY_ID, Company, askers, company, hand_out_keys
from vault.cli.demo.ending import listen, whole
from vault.cli.demo.server import Server, serving
from vault.cli.demo.story import Answer, Someone, Story, everybody
from vault.cli.opening import opened
from vault.cli.serve import free_place
from vault.cli.terminal import Commands, say, say_json
from vault.courier.parts import mail_folder
from vault.domain.actor import Actor
from vault.domain.organization import Client
from vault.parts import open_vault
from vault.store import log
from vault.store.bundled import running
from vault.store.imports import said
from vault.store.imports.said import Said

_ABOUT: Final = """
Starts a vault of its own on the bundled database, loads a sample company's exports, asks the running server about the
people in them, and stays up for you to go on. Ctrl-C stops it and removes everything.
"""
_SAYS: Final = {
    "new": "of somebody new",
    "fills": "adding something",
    "stricter": "adding a no",
    "conflict": "with a yes that a no outweighs, or a value that is not taken",
    "same": "saying nothing new",
}
_MEANS: Final = {
    "ambiguous_person": "a yes without a first name, and several people have the address",
    "date_in_future": "a date later than the export",
    "identity_conflict": "its record id and its name and address are of different customers",
    "no_identifier": "neither an address nor a record id",
    "not_accepted": "somebody who was erased",
    "repeated_header": "the header again",
    "unknown_country": "a country nobody declared",
    "unreadable_bytes": "bytes that are no text",
    "unreadable_date": "a date that is none",
    "unreadable_email": "an address that is none",
    "unreadable_phone": "a number that is none",
    "unreadable_value": "neither yes nor no nor empty",
    "wrong_column_count": "more or fewer cells than the header",
}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    customers: int
    facts: int
    decisions: tuple[Answer, ...]
    log_entries: int
    seconds: float


class _Prepared(msgspec.Struct, frozen=True, kw_only=True):
    organization: OrganizationId
    told: Told
    people: Mapping[CustomerId, Sequence[Said]]
    facts: int
    secrets: Mapping[str, str]


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("demo", help="see the vault at work on a sample company", description=_ABOUT)
    parser.add_argument("--data", metavar="DIR", type=Path, help="another company: organization.yaml and its exports")
    parser.add_argument("--once", action="store_true", help="tell the story and end")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the story; ends like --once")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    listen()
    lines.configure()
    begun = time.monotonic()
    shown = company(asked.data, now=SystemClock().now())
    asking = askers(shown.organization, now=SystemClock().now())
    if not asking:
        raise Invalid(
            "nobody_may_ask", "the organization file has no client with private_key_jwt that may decide and release"
        )
    with _place() as settings, running(settings.folder, throw_away=True) as url:
        demo = _Demo(settings, url, quiet=asked.json)
        return demo.run(shown, asking, begun=begun, once=asked.once or asked.json)


@contextmanager
def _place() -> Iterator[Settings]:
    """Yield settings of a throw-away vault in a folder of its own, and remove the folder in the end."""
    # Only VAULT_DATA counts here: a demo never touches a database of yours.
    given = {name: value for name, value in os.environ.items() if name == f"{PREFIX}DATA"}
    folder = read(given).folder / f"demo-{SystemEntropy().draw(4).hex()}"
    address, port = free_place(read({"VAULT_PORT": "0"}))
    try:
        yield read({"VAULT_DATA": str(folder), "VAULT_HOST": address, "VAULT_PORT": str(port)})
    finally:
        home = folder / "postgres"
        for place in (home.resolve(), folder):  # root's database may stand elsewhere, behind a link
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)


class _Demo:
    def __init__(self, settings: Settings, url: str, *, quiet: bool) -> None:
        self._settings = settings
        self._url = url
        self._keys = settings.folder / "keys"
        self._tell = _silent if quiet else say

    def run(self, shown: Company, asking: list[Client], *, begun: float, once: bool) -> int:
        """Bring everything up, tell the story, and stay until told to stop."""
        self._tell(f"{shown.name}: a vault of its own, empty, for this demo alone.\n")
        prepared = whole(self._prepare(shown, asking))
        self._tell_loaded(shown, prepared)
        people = everybody(prepared.people)
        with serving(self._settings, self._settings.folder / "server.log") as server:
            story = self._ask(shown, asking, people=people)
            entries = whole(self._entries(prepared.organization))
            outcome = Outcome(
                customers=prepared.told.customers + story.customers,
                facts=prepared.facts + story.facts,
                decisions=tuple(story.answers),
                log_entries=entries,
                seconds=round(time.monotonic() - begun, 1),
            )
            self._tell(_summary(outcome))
            if self._tell is _silent:
                say_json(outcome)
            if not once:
                self._tell_how_to_go_on(shown, asking, secrets=prepared.secrets, story=story)
                return _stay(server)
        return 0

    async def _prepare(self, shown: Company, asking: list[Client]) -> _Prepared:
        async with opened(self._settings, self._url) as vault:
            text = hand_out_keys(shown, asking, folder=self._keys)
            applied = await organizations.apply(vault, text, name="organization.yaml")
            actor = Actor(organization=applied.organization, kind="import")
            told = await run(vault, actor, given=Given(files=shown.files, exported_at=shown.exported_at))
            async with vault.database.work(applied.organization) as work:
                people, facts = await said.said(work, told.id), await said.count_facts(work, told.id)
            operator = Actor(organization=applied.organization, kind="operator")
            secrets = {
                key: await clients.add_secret(vault, operator, key=key)
                for key, client in shown.organization.clients.items()
                if client.authentication.method == "client_secret_basic"
            }
        return _Prepared(organization=applied.organization, told=told, people=people, facts=facts, secrets=secrets)

    async def _entries(self, organization: OrganizationId) -> int:
        async with open_vault(self._settings, self._url) as vault, vault.database.work(organization) as work:
            return await log.count(work)

    def _ask(self, shown: Company, asking: list[Client], *, people: Sequence[Someone]) -> Story:
        with ExitStack() as stack:
            vaults = {
                client.key: stack.enter_context(
                    Vault(
                        self._settings.issuer,
                        client_id=f"{shown.organization.slug}.{client.key}",
                        private_key=(self._keys / f"{client.key}.pem").read_bytes(),
                        kid=KEY_ID,
                    )
                )
                for client in asking
            }
            self._tell(f"\nThe server answers at {self._settings.issuer}. Its clients know people by an id, no more.")
            story = Story(shown.organization, vaults, now=SystemClock().now(), tell=self._tell)
            try:
                story.of_the_files(people)
                story.of_the_desk(people)
            except Problem as problem:
                raise Unavailable(problem.code, f"the demo's own server refused: {problem.detail}") from None
        return story

    def _tell_loaded(self, shown: Company, prepared: _Prepared) -> None:
        for file in prepared.told.files:
            self._tell(*_of_file(file))
        if shown.undeclared:
            self._tell(f"Not read, for no source declares them: {', '.join(shown.undeclared)}")
        self._tell(
            f"{prepared.told.customers} customers, {prepared.facts} facts about what they said. Their data is sealed."
        )

    def _tell_how_to_go_on(
        self, shown: Company, asking: list[Client], *, secrets: Mapping[str, str], story: Story
    ) -> None:
        url, slug = self._settings.issuer, shown.organization.slug
        self._tell(
            "\nGo on playing. Ctrl-C stops everything and removes it.\n",
            f"  the server     {url}",
            f"  its clients    {', '.join(f'{slug}.{one.key}' for one in asking)}",
            f"  their keys     {self._keys}/<client>.pem",
            f"  its portal     {url}/p/{slug}/ (sign in with an address from above; the code is in the mail)",
            f"  its mail       {mail_folder(self._settings)}/, for none of it is sent",
        )
        if story.example is not None:
            way, someone = story.example
            self._tell(
                f"  a customer     {someone.customer} ({someone.called})",
                "\n  In Python:\n",
                "    from pathlib import Path",
                "    from consent_vault import Vault",
                f'    key = Path("{self._keys}/{way.client.key}.pem").read_text()',
                f'    vault = Vault("{url}", client_id="{slug}.{way.client.key}", private_key=key, kid="{KEY_ID}")',
                f'    answer = vault.decide(customer="{someone.customer}", purpose="{way.purpose.key}",',
                f'                          channel="{way.channel}", release=["contact"])',
                "    print(answer.allowed, [reason.code for reason in answer.reasons], dict(answer.released))",
            )
        for key, secret in list(secrets.items())[:1]:
            self._tell(
                "\n  A token with curl:\n",
                f"    curl -u '{slug}.{key}:{secret}' -d grant_type=client_credentials {url}/oauth/token",
            )
        self._tell("")


def _stay(server: Server) -> int:
    try:
        server.wait()
    except KeyboardInterrupt:
        say("\nStopped; everything is removed.")
        return 0
    raise Unavailable("demo_server_failed", "the server ended by itself; start the demo again")


def _of_file(file: FileTold) -> list[str]:
    aside = sum(count for verdict, count in file.verdicts.items() if verdict in ASIDE)
    became = ", ".join(
        f"{file.verdicts[verdict]} {words}" for verdict, words in _SAYS.items() if verdict in file.verdicts
    )
    return [
        f"{file.path}: {file.rows} rows, {file.rows - aside} applied, {aside} put aside",
        f"    rows {became}" if became else "    nothing in it",
        *_by_reason("put aside", file.reasons),
        *_by_reason("cells set aside in rows that were applied", file.cells),
        "",
    ]


def _by_reason(what: str, found: Mapping[str, int]) -> Iterator[str]:
    for reason, count in found.items():
        yield f"    {what}: {_MEANS.get(reason, reason)} ({reason}), {count}"


def _summary(outcome: Outcome) -> str:
    yes = sum(answer.allowed for answer in outcome.decisions)
    return (
        f"{outcome.customers} customers, {outcome.facts} facts, {len(outcome.decisions)} questions: {yes} yes, "
        f"{len(outcome.decisions) - yes} no. The access log holds {outcome.log_entries} entries. "
        f"{outcome.seconds} seconds."
    )


def _silent(*_: str) -> None:
    """Say nothing: somebody wants JSON."""
