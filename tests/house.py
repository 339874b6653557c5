"""The inspection after every end-to-end test: what was written, what was said, and whether anything personal shows.

It shares no code with what it inspects but the ids, the seals and the canonical bytes, and looks as the superuser.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from tests.make import ADDRESS, MARK
from vault.actions.vault import Vault
from vault.base.canonical import canonical
from vault.base.ids import DECISION, ENTRY, FACT, ORGANIZATION, show
from vault.crypto.box import SealError
from vault.store import keys
from vault.store.database import INSTALLATION
from vault.store.keys import CustomerKey, Safe
from vault.tlog import checkpoint, note
from vault.tlog.growth import grow
from vault.tlog.hashes import Hash, leaf_hash
from vault.tlog.key import PLAIN, Verifier
from vault.tlog.sign import opened
from vault.tlog.tile import Tile

Json = dict[str, Any]

LARGEST_ENTRY: Final = 65_535
_TABLES: Final = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""
_READS: Final = {
    "customer_read": re.compile(r"GET /v1/(customers/[^/]+/?|me)"),
    "consents_read": re.compile(r"GET /v1/(customers/[^/]+|me)/consents"),
    "suppressions_read": re.compile(r"GET /v1/suppressions/?"),
}
_BROUGHT: Final = {"imported", "restored"}
"""Kinds of entries that tell of many facts."""
_LOOKUP: Final = re.compile(r"POST /v1/customers/lookup")
_DECIDED: Final = re.compile(r"POST /v1/decisions(/batch)?")
_OUTCOME: Final = re.compile(r"POST /v1/decisions/[^/]+/outcome")
_AUDIENCE: Final = re.compile(r"GET /v1/audiences/[^/]+/result")
_EVALUATED: Final = re.compile(r"POST /access/v1/evaluations?")
_TOKEN: Final = re.compile(r"POST /oauth/(token|revoke|introspect)")
_UNBELIEVED: Final = {"invalid_token", "invalid_dpop_proof"}  # 401; only who carries a real token has an entry
_PAGE: Final = re.compile(r"/(p|u|c|console|v1/log)/")
_OPENED: Final = re.compile(r"POST (/v1/log/[^/]+/(entries/[^/]+/details|names)|/console/[^/]+/entry/[^/]+/details)")
_ECHO: Final = re.compile(r"(GET|POST) /p/[^/]+/(sign-in|sign-in/code|in|stop-address)")
_OWN: Final = re.compile(r"GET /p/[^/]+/|POST /p/[^/]+/preferences")
_DETAILS: Final = re.compile(r"(GET|POST) /p/[^/]+/(details|contact-points)(/.*)?")
_SHOWN: Final = re.compile(rb"<bdi>[^<]*</bdi>| value=\"[^\"]*\"")
_RIGHTS: Final = re.compile(r"(GET|POST) /p/[^/]+/(rights|rights-requests)")
_WRITTEN: Final = re.compile(rb"<p><bdi>[^<]*</bdi></p>|>[^<]*</textarea>")
_MASKED: Final = re.compile("<bdi>[^<]*•••[^<]*</bdi>".encode())
_ECHOED: Final = re.compile(rb'<b><bdi>[^<]*</bdi></b>|(?<=type="text") value="[^"]*"')
_THEIRS: Final = (
    (_ECHO, _ECHOED),
    (_DETAILS, _SHOWN),  # all that is kept of whoever is signed in
    (_RIGHTS, _WRITTEN),  # what they wrote themselves, and what was answered to them
    (_OWN, _MASKED),  # which of their own addresses is meant
)
"""Pages that show somebody what is theirs, and how it looks there."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_LONG_NUMBER: Final = 9
_TOO_MANY: Final = "too_many_requests"


@dataclass
class Exchange:
    """One request and what came back."""

    method: str
    url: str
    sent: bytes
    status: int
    got: bytes

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def path(self) -> str:
        return self.url.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.got)


@dataclass
class Seen:
    """What a test saw from outside: every exchange, every line of the service, how many answers and tokens got lost."""

    exchanges: list[Exchange] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    lost: int = 0
    lost_tokens: int = 0


Tables = Mapping[str, Sequence[Mapping[str, Any]]]


async def check_house(url: str, vault: Vault, seen: Seen) -> None:
    """Inspect everything; `vault` lends its keys."""
    await inspect(vault, await read_tables(url), seen)


async def read_tables(url: str) -> Tables:
    """Return every row of every table, view and the like that is not PostgreSQL's own."""
    connection = await asyncpg.connect(url)
    try:
        names = [f"{schema}.{name}" for schema, name in await connection.fetch(_TABLES)]
        # Most are empty: to ask which is quicker than to read each.
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)  # noqa: S608
        return dict.fromkeys(names, ()) | {
            name: [dict(row) for row in await connection.fetch(f"SELECT * FROM {name}")]  # noqa: S608 - from the catalogue
            for (name,) in await connection.fetch(filled)
        }
    finally:
        await connection.close()


async def inspect(vault: Vault, tables: Tables, seen: Seen) -> None:
    """Inspect what was written and what was seen."""
    entries = check_entries(tables)
    check_told(entries, tables, seen)
    check_messages(entries, tables)
    await check_seals(vault, tables)
    check_canaries(tables, seen)


# ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_log(tables: Tables) -> None:
    """Every log is numbered without gaps, hashes what was written, and each checkpoint is signed for its root."""
    bodies = {(row["organization"], row["id"]): row["body"] for row in tables["vault.log_entry"]}
    leaves: dict[tuple[UUID, int], list[tuple[int, bytes]]] = {}
    for row in tables["vault.log_leaf"]:
        assert row["hash"] == leaf_hash(bodies[row["organization"], row["entry"]])
        leaves.setdefault((row["organization"], row["generation"]), []).append((row["number"], row["hash"]))
    for found in leaves.values():
        assert [number for number, _ in sorted(found)] == [*range(len(found))]
    keys = [(row["organization"], row["public"]) for row in tables["vault.log_verifier"] if len(row["public"]) == 32]
    for row in tables["vault.log_checkpoint"]:
        hashes = [leaf for _, leaf in sorted(leaves[row["organization"], row["generation"]])[: row["size"]]]
        origin = note.read(row["note"]).text.partition("\n")[0]
        known = [Verifier(name=origin, kind=PLAIN, public=key) for own, key in keys if own == row["organization"]]
        head = checkpoint.read(opened(row["note"], known).text)
        nothing: dict[Tile, bytes] = {}
        assert (head.size, head.root) == (
            row["size"],
            grow(0, [Hash(leaf) for leaf in hashes], read=nothing.__getitem__).root,
        )


def check_entries(tables: Tables) -> list[Json]:
    """Every entry is canonical, small, of its organization, numbered or waiting, and names no person."""
    entries: list[Json] = []
    for row in tables["vault.log_entry"]:
        body: bytes = row["body"]
        entry = json.loads(body)
        assert canonical(entry) == body
        assert len(body) <= LARGEST_ENTRY
        assert entry["id"] == show(ENTRY, row["id"])
        assert entry["organization"] == show(ORGANIZATION, row["organization"])
        assert b"cus_" not in body
        assert b"ctp_" not in body
        entries.append(entry)
    waiting = {(row["organization"], row["entry"]) for row in tables["vault.log_pending"]}
    numbered = {(row["organization"], row["entry"]) for row in tables["vault.log_leaf"]}
    assert waiting.isdisjoint(numbered)
    assert waiting | numbered == {(row["organization"], row["id"]) for row in tables["vault.log_entry"]}
    check_log(tables)
    return entries


def check_told(entries: list[Json], tables: Tables, seen: Seen) -> None:
    """Each fact, decision, read, refusal and token has exactly one entry."""
    facts = Counter(entry["fact"] for entry in entries if entry["kind"] == "fact")
    facts += Counter(one["fact"] for entry in entries if entry["kind"] in _BROUGHT for one in entry["facts"])
    assert facts == Counter(show(FACT, row["id"]) for row in tables["vault.fact"])
    entries = [entry for entry in entries if entry["actor"]["kind"] != "import"]  # an import comes by no request
    kinds = Counter(entry["kind"] for entry in entries)
    read = Counter(entry["kind"] for entry in entries if "session" not in entry["actor"])  # people come by sessions
    answers = Counter((one["id"], one["log"]["entry"]) for one in decisions(seen.exchanges))
    decided = Counter((entry["decision"], entry["id"]) for entry in entries if entry["kind"] == "decision")
    assert answers <= decided
    screened = {show(DECISION, one) for row in tables["vault.audience_result"] for one in row["decisions"] if one}
    read_later = [one for one in results(seen.exchanges) if one not in screened]
    assert {*screened, *read_later} <= {decision for decision, _ in decided}
    assert decided.total() == answers.total() + len(screened) + len(read_later) + seen.lost
    for kind, route in _READS.items():
        assert read[kind] == sum(1 for one in seen.exchanges if one.status == 200 and route.fullmatch(one.route)), kind
    outcomes = [one for one in seen.exchanges if one.status == 200 and _OUTCOME.fullmatch(one.route)]
    assert kinds["outcome"] == sum(not one.json["repeated"] for one in outcomes)
    lookups = [one for one in seen.exchanges if one.status == 200 and _LOOKUP.fullmatch(one.route)]
    assert kinds["lookup"] == sum(max(1, len(one.json["customers"])) for one in lookups)
    documents = [one for one in seen.exchanges if not _PAGE.match(one.path)]  # people come by sessions
    refused = [one.json["code"] for one in documents if one.status == 403 and not _TOKEN.fullmatch(one.route)]
    refused += ["subject_not_client" for one in evaluated(seen.exchanges) if one.get("error", {}).get("status") == 403]
    by_token = [entry for entry in entries if entry["kind"] == "denied" and "session" not in entry["actor"]]
    told = [entry for entry in by_token if entry["reason"] != _TOO_MANY]
    denied = [entry["reason"] for entry in told for _ in range(entry.get("times", 1))]
    limited = [entry.get("times", 1) for entry in entries if entry.get("reason") == _TOO_MANY]
    assert sum(limited) == sum(one.status == 429 for one in seen.exchanges)
    assert Counter(refused) == Counter(reason for reason in denied if reason not in _UNBELIEVED)
    tokens = [one for one in seen.exchanges if _TOKEN.fullmatch(one.route) and one.status < 404]
    assert kinds["token_refused"] == sum(1 for one in tokens if one.status != 200)
    for kind, path in (("issued", "token"), ("revoked", "revoke"), ("introspected", "introspect")):
        served = [one for one in tokens if one.status == 200 and one.path == f"/oauth/{path}"]
        assert kinds[f"token_{kind}"] == len(served) + (seen.lost_tokens if kind == "issued" else 0), path


def check_messages(entries: list[Json], tables: Tables) -> None:
    """Each message has an entry when it comes, and one when it ends, unless it waits or went with its customer."""
    kinds = Counter(entry["kind"] for entry in entries)
    ended = sum(kinds[f"message_{end}"] for end in ("sent", "failed", "unknown"))
    gone = sum(entry["gone"].get("messages", 0) for entry in entries if entry["kind"] == "erased")
    waiting = len(tables["vault.outbox"])
    assert ended + waiting <= kinds["message_queued"] <= ended + waiting + gone


def results(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield the decision of every line of the audiences that were read."""
    for one in exchanges:
        if one.status == 200 and _AUDIENCE.fullmatch(one.route):
            lines = [json.loads(line) for line in one.got.splitlines()]
            assert lines[-1] == {"end": len(lines) - 1}
            yield from (line["decision"] for line in lines[:-1] if "decision" in line)


def decisions(exchanges: Iterable[Exchange]) -> Iterator[Json]:
    """Yield every decision that was answered."""
    for one in exchanges:
        if one.status == 200 and _DECIDED.fullmatch(one.route):
            yield from one.json.get("decisions", [one.json])
    yield from (one for one in evaluated(exchanges) if "id" in one)


def evaluated(exchanges: Iterable[Exchange]) -> Iterator[Json]:
    """Yield what AuthZEN was told of each evaluation beside its decision."""
    for one in exchanges:
        if one.status == 200 and _EVALUATED.fullmatch(one.route):
            yield from (each["context"] for each in one.json.get("evaluations", [one.json]))


# ── Seals ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Sealed:
    """A sealed field and the place it lies in."""

    organization: UUID
    customer: UUID
    kind: str
    table: str
    column: str
    row: UUID
    value: bytes


async def check_seals(vault: Vault, tables: Tables) -> None:
    """Each sealed field opens with its own key in its own place, and nowhere else."""
    safes: dict[UUID, Safe] = {}
    for row in tables["vault.organization"]:
        shown = show(ORGANIZATION, row["id"])
        async with vault.database.work(shown) as work:
            if shown != INSTALLATION:
                safes[row["id"]] = await keys.read(work, vault.keyring, entropy=vault.entropy)
    own = {
        (row["organization"], row["customer"], row["kind"]): safes[row["organization"]].open_key(
            row["customer"], row["kind"], version=row["version"], wrapped=row["wrapped"]
        )
        for row in tables["keystore.customer_key"]
    }
    own |= {(place, place, "details"): safe.nobodys_key() for place, safe in safes.items() if safe.has(keys.DETAILS)}
    bodies = {(row["organization"], row["id"]): row["body"] for row in tables["vault.log_entry"]}
    stranger = CustomerKey(customer=uuid4(), version=1, key=bytes(32))
    for sealed in _sealed(tables):
        safe, key = safes[sealed.organization], own[sealed.organization, sealed.customer, sealed.kind]
        text = safe.open(key, sealed.table, column=sealed.column, row=sealed.row, sealed=sealed.value).reveal()
        assert text
        if sealed.table == "log_detail":
            check_commitment(bodies[sealed.organization, sealed.row], sealed.column, text)
        others = [other for place, other in own.items() if place[:2] != (sealed.organization, sealed.customer)][:2]
        for wrong in (stranger, *others):
            _shut(safe, wrong, sealed)
            _shut(safe, CustomerKey(customer=wrong.customer, version=key.version, key=key.key), sealed)
        for table, column, place in (
            (sealed.table, sealed.column, uuid4()),
            (sealed.table, "another", sealed.row),
            ("another", sealed.column, sealed.row),
        ):
            _shut(safe, key, Sealed(**(vars(sealed) | {"table": table, "column": column, "row": place})))
        for elsewhere in safes.values():
            if elsewhere is not safe:
                _shut(elsewhere, key, sealed)


def check_commitment(body: bytes, what: str, packed: str) -> None:
    """What lies sealed beside an entry is what the entry committed to."""
    member = {"details": "details"}.get(what, f"{'text' if what == 'finding' else what}_sealed")
    salt, text = bytes.fromhex(packed[:64]), packed[64:]
    assert json.loads(body)[member] == sha256(salt + text.encode()).hexdigest(), f"another {what} than committed to"


def _sealed(tables: Tables) -> Iterator[Sealed]:
    for row in tables["vault.attribute"]:
        who = row["organization"], row["customer"]
        yield Sealed(*who, "data", "attribute", row["name"], row["customer"], row["sealed"])
    for table, column in (("contact_point", "value"), ("external_reference", "id")):
        for row in tables[f"vault.{table}"]:
            yield Sealed(row["organization"], row["customer"], "data", table, column, row["id"], row["sealed"])
    for row in tables["vault.claimed_point"]:
        who = row["organization"], row["customer"]
        yield Sealed(*who, "data", "contact_point", "value", row["id"], row["sealed"])
    for row in tables["vault.outbox"]:
        yield Sealed(row["organization"], row["customer"], "data", "outbox", "message", row["id"], row["message"])
    bridge = {(row["organization"], row["subject"]): row["customer"] for row in tables["keystore.subject"]}
    for row in tables["vault.fact"]:
        customer = bridge.get((row["organization"], row["subject"]))
        if row["evidence"] is not None and customer is not None:
            yield Sealed(row["organization"], customer, "proof", "fact", "evidence", row["id"], row["evidence"])
    for row in tables["vault.log_detail"]:
        # With a subject it is sealed for that customer, without one for nobody: under a key of the organization.
        whose = row["organization"] if row["subject"] is None else bridge[row["organization"], row["subject"]]
        kind = "details" if row["subject"] is None else "data"
        yield Sealed(row["organization"], whose, kind, "log_detail", row["what"], row["entry"], row["sealed"])


def _shut(safe: Safe, key: CustomerKey, sealed: Sealed) -> None:
    try:
        safe.open(key, sealed.table, column=sealed.column, row=sealed.row, sealed=sealed.value)
    except SealError:
        return
    raise AssertionError(f"a sealed {sealed.table}.{sealed.column} opens in a place or with a key that is not its own")


# ── Canaries ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_canaries(tables: Tables, seen: Seen) -> None:
    """Nothing anybody sent as personal is readable in the database, a log line, a URL or an answer but a release."""
    canaries = Canaries(seen.exchanges)
    for name, rows in tables.items():
        for column, found in _columns(rows):
            assert not (shown := canaries.within(found)), f"{shown} in {name}.{column}"
    for line in seen.lines:
        assert not (shown := canaries.within(line.encode())), f"{shown} in a log line: {line}"
    for one in seen.exchanges:
        assert not (shown := canaries.within(one.url.encode())), f"{shown} in the URL {one.url}"
        assert not (shown := canaries.within(without_releases(one))), f"{shown} in the answer to {one.route}"


class Canaries:
    """What is looked for: the mark in every spelling, and the numbers and dates of these requests."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        words = (MARK, MARK.capitalize(), MARK.upper())
        self._exact = {form for word in (*words, ADDRESS) for form in _base64(word.encode())}
        self._folded = {MARK.encode(), ADDRESS.encode()}
        self._folded |= {word.encode().hex().encode() for word in (*words, ADDRESS)}
        for value in {value for one in exchanges for value in personal(one)}:
            digits = re.sub(r"\D", "", value)
            if _DATE.match(value):
                self._folded |= {value[:10].encode(), value[:10].encode().hex().encode()}
            elif len(digits) >= _LONG_NUMBER and MARK not in value.lower():
                national = digits[-_LONG_NUMBER:].encode()
                self._folded |= {national, national.hex().encode()}
                self._exact |= _base64(national)

    def within(self, text: bytes) -> list[str]:
        """Return which of them can be read in `text`."""
        folded = text.lower()
        return [form.decode() for form in self._folded if form in folded] + [
            form.decode() for form in self._exact if form in text
        ]


def personal(one: Exchange) -> Iterator[str]:
    """Yield the personal values of a request, wherever they stand."""
    if not one.path.startswith("/v1") or not one.sent.startswith((b"{", b"[")):
        return
    try:
        yield from _personal(json.loads(one.sent))
    except (ValueError, RecursionError):
        return


def _personal(value: Any, *, inside: bool = False) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _personal(
                    item, inside=inside or key in {"value", "attributes", "evidence", "id", "from", "text"}
                )
        case list():
            for item in value:
                yield from _personal(item, inside=inside)
        case str() if inside:
            yield value


def without_releases(one: Exchange) -> bytes:
    """Return an answer without what was released or opened, and a page of the sign-in without what was just typed."""
    if one.status == 200 and _OPENED.fullmatch(one.route):
        return b""
    for route, theirs in _THEIRS:
        if route.fullmatch(one.route):
            return theirs.sub(b"", one.got)
    if one.status == 200 and _AUDIENCE.fullmatch(one.route):
        lines = [json.loads(line) for line in one.got.splitlines()]
        kept = [{name: value for name, value in line.items() if name != "released"} for line in lines]
        return json.dumps(kept, ensure_ascii=False).encode()
    if one.status != 200 or not _DECIDED.fullmatch(one.route):
        return one.got
    answer = one.json
    for decision in answer.get("decisions", [answer]):
        decision.pop("released", None)
    return json.dumps(answer, ensure_ascii=False).encode()


def _columns(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    for column in rows[0].keys() if rows else ():
        yield column, b"\n".join(_bytes(row[column]) for row in rows)


def _bytes(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case UUID():
            return value.bytes + str(value).encode()
        case _:
            return str(value).encode()


def _base64(word: bytes) -> set[bytes]:
    """Return what is the same of a word in base64 wherever in a longer text it stands."""
    forms = set()
    for before in range(3):
        encoded = b64encode(b"\0" * before + word).rstrip(b"=")
        whole = (before + len(word)) * 8 // 6
        forms.add(encoded[-(-before * 8 // 6) : whole])
    return {form for plain in forms for form in (plain, plain.replace(b"+", b"-").replace(b"/", b"_"))}
