# Written by `python -m consent_vault._generate`: change the other half.
"""The vault, as a client sees it: one method for each thing a client can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote, urlencode

from httpx2 import Client

from consent_vault._generated.connection import SyncConnection
from consent_vault._generated.decisions import SyncDecisions
from consent_vault.access import Access, Options
from consent_vault.answers import (
    Answered,
    Chosen,
    Consent,
    Consents,
    Customer,
    Decision,
    Found,
    Heard,
    KeySet,
    Outcome,
    PermitKey,
    PointAdded,
    PolicyEffect,
    PolicyProblems,
    Preferences,
    Prompt,
    Registered,
    RevokedPermit,
    RevokedPermits,
    RightsRequest,
    RightsRequests,
    Stated,
    Suppression,
    Suppressions,
)
from consent_vault.audiences import NDJSON, Audience, AudienceLine, heard, listed
from consent_vault.calls import Call
from consent_vault.gathering import SyncAsker, Decision
from consent_vault.imports import Import, ImportPage, ImportRowsPage, ImportSent, ImportUndone
from consent_vault.machine import fresh
from consent_vault.questions import (
    Answer,
    Ask,
    Contact,
    ContactPoint,
    Correction,
    Dealing,
    No,
    Question,
    Reference,
    Registration,
    Screening,
    Stop,
    TextMessage,
    Wishes,
    Yes,
    body,
    identifier,
    without_none,
)

Kind = TypeVar("Kind")


class Vault:
    """A consent vault.

        with Vault("https://vault.example", client_id="fernhill.crm", private_key=key) as vault:
            answer = vault.decide(
                customer="cus_…", purpose="newsletter", channel="email", release=["contact", "first_name"]
            )
            if answer.allowed:
                send(answer.released["contact"])

    No answer means no: on any failure a `Problem` is raised. For the rest of the options see `Options`; `http` is a
    client of `httpx2` with proxies or certificates of your own, which you close yourself.
    """

    def __init__(
        self, url: str, *, client_id: str, http: Client | None = None, **options: Unpack[Options]
    ) -> None:
        access = Access(url, client_id, options=options)
        self._v1 = f"{access.url}/v1"
        self._connection = SyncConnection(access, http)
        self._decisions = SyncDecisions(self._connection, access.url)
        self._asker = SyncAsker(self._decisions.one, self._decisions.many)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._asker.close()
        self._connection.close()

    def decide(self, *, idempotency_key: str | None = None, **question: Unpack[Question]) -> Decision:
        """Ask: may I contact this person, for this purpose, over this channel, now? No is an answer, not an error."""
        return self._asker.ask(question, idempotency_key)

    def decide_batch(
        self, questions: Sequence[Question], *, idempotency_key: str | None = None
    ) -> tuple[Decision, ...]:
        """Ask up to 1,000 questions at once. One that makes no sense refuses the whole batch."""
        return self._decisions.many(questions, idempotency_key)

    def outcome(self, decision: str, outcome: str) -> Outcome:
        """Tell what became of a message you were allowed to send: `sent`, `not_sent`, `bounced` or `complained`.

        What was not sent is given back to the customer's budget; the last two stop the address or number.
        """
        path = f"/decisions/{identifier('dec', decision)}/outcome"
        return self._write(path, {"outcome": outcome}, kind=Outcome)

    def permit_key(self) -> PermitKey:
        """Fetch the key by which you recognise the address that a permit is for. Keep it like a secret of yours."""
        return self._read("/permits/key", PermitKey)

    def revoked_permits(self) -> tuple[RevokedPermit, ...]:
        """List the permits for you that were taken back."""
        return (self._read("/permits/revoked", RevokedPermits)).revoked

    def signing_keys(self) -> dict[str, Any]:
        """Fetch the public keys by which the vault's permits are verified, as a JSON Web Key Set."""
        call = Call(method="GET", url=self._v1.removesuffix("/v1") + "/.well-known/jwks.json")
        return {"keys": [dict(key) for key in (self._connection.ask(call, KeySet)).keys]}

    def audience(
        self, customers: Iterable[str | Reference] | None = None, *, idempotency_key: str | None = None,
        **screening: Unpack[Screening],
    ) -> Audience:  # fmt: skip
        """Screen many at once: these, by id or reference, or everyone. Nothing leaves before the result is read."""
        key = {"idempotency-key": idempotency_key or fresh()}
        if customers is None:
            headers, sent, path = {"content-type": "application/json"}, body({"everyone": True, **screening}), ""
        else:
            headers, sent = {"content-type": NDJSON}, listed(customers)
            path = "?" + urlencode(without_none(screening), doseq=True)
        call = Call(method="POST", url=f"{self._v1}/audiences{path}", headers={**headers, **key}, body=sent)
        return self._connection.ask(call, Audience)

    def audience_so_far(self, audience: str) -> Audience:
        """Show how far an audience is, with totals."""
        return self._read(f"/audiences/{identifier('aud', audience)}", Audience)

    def audience_result(self, audience: str) -> tuple[AudienceLine, ...]:
        """Read what came out. What is handed out is decided now, and counts as messages that are sent."""
        path = f"/audiences/{identifier('aud', audience)}/result"
        return heard(self._connection.fetch(Call(method="GET", url=self._v1 + path)))

    def cancel_audience(self, audience: str) -> Audience:
        """Call an audience off. What is answered stays."""
        return self._write(f"/audiences/{identifier('aud', audience)}/cancel", {}, kind=Audience)

    def register(self, **registration: Unpack[Registration]) -> Registered:
        """Register a customer. Without an external reference the same one again is another customer."""
        known = bool(registration.get("external"))
        return self._write("/customers", registration, kind=Registered, repeatable=known)

    def lookup(self, *, contact: Contact | None = None, external: Reference | None = None) -> Found:
        """Find customers by a contact point's value or by an external reference."""
        return self._write("/customers/lookup", {"contact": contact, "external": external}, kind=Found)

    def show_customer(self, customer: str) -> Customer:
        """Show a customer: ids, kinds, states, which fields are filled. Never a value."""
        return self._read(_of(customer), Customer)

    def correct_customer(self, customer: str, **correction: Unpack[Correction]) -> Customer:
        """Correct attributes, locale and time zone, and add references. An attribute that is None is taken away."""
        return self._write(_of(customer), correction, kind=Customer, method="PATCH")

    def merge(self, customer: str, other: str) -> Customer:
        """Make one person of a customer, which stays, and another, which joins it; each id means both from then on."""
        return self._write(_of(customer, "/merge"), {"customer": identifier("cus", other)}, kind=Customer)

    def unmerge(self, customer: str) -> Customer:
        """Take back the merge by which a customer joined another."""
        return self._write(_of(customer, "/unmerge"), {}, kind=Customer)

    def preferences(self, customer: str) -> Preferences:
        """Show when and how a customer wishes to be reached."""
        return self._read(_of(customer, "/preferences"), Preferences)

    def prefer(self, customer: str, **wishes: Unpack[Wishes]) -> Preferences:
        """Put these wishes in the place of all earlier ones. Only the customer in person ends or shortens a break."""
        return self._write(_of(customer, "/preferences"), wishes, kind=Preferences, method="PUT")

    def add_contact_point(self, customer: str, point: ContactPoint) -> PointAdded:
        """Add a way to reach a customer."""
        fields = {"kind": point.kind, "value": point.value, "primary": point.primary}
        return self._write(_of(customer, "/contact-points"), fields, kind=PointAdded)

    def remove_contact_point(self, customer: str, contact_point: str) -> None:
        """Take a contact point away."""
        path = _of(customer, f"/contact-points/{identifier('ctp', contact_point)}")
        self._connection.ask(Call(method="DELETE", url=self._v1 + path), type(None))

    def grant(self, customer: str, *, idempotency_key: str | None = None, **said: Unpack[Yes]) -> Stated:
        """Record a yes you captured, with its evidence."""
        return self._state(_of(customer, "/grants"), said, key=idempotency_key)

    def refuse(self, customer: str, *, idempotency_key: str | None = None, **said: Unpack[No]) -> Stated:
        """Record a no to being asked."""
        return self._state(_of(customer, "/refusals"), said, key=idempotency_key)

    def withdraw(self, customer: str, *, idempotency_key: str | None = None, **said: Unpack[No]) -> Stated:
        """Record that a yes is taken back. The very next decision sees it."""
        return self._state(_of(customer, "/withdrawals"), said, key=idempotency_key)

    def object(self, customer: str, *, idempotency_key: str | None = None, **said: Unpack[No]) -> Stated:
        """Record an objection (GDPR Art. 21). Only the customer in person can lift it."""
        return self._state(_of(customer, "/objections"), said, key=idempotency_key)

    def deal(self, customer: str, *, idempotency_key: str | None = None, **told: Unpack[Dealing]) -> Stated:
        """Record that a customer bought or inquired. No yes, though a law may imply one from it for a while."""
        return self._state(_of(customer, "/dealings"), told, key=idempotency_key)

    def prompt(self, **asked: Unpack[Ask]) -> Prompt:
        """Have the vault render what a form, a kiosk or a call script asks with."""
        return self._write("/prompts", asked, kind=Prompt)

    def answer_prompt(self, **answer: Unpack[Answer]) -> tuple[Chosen, ...]:
        """Record what a customer chose. A prompt that is altered, over or stale takes no yes; a no always counts."""
        return (self._write("/prompts/answers", answer, kind=Answered)).stated

    def consents(
        self, customer: str, *, at: datetime | None = None, known_at: datetime | None = None
    ) -> tuple[Consent, ...]:
        """Show what a customer allowed, now or then."""
        instants = {name: value.isoformat() for name, value in (("at", at), ("known_at", known_at)) if value}
        return (self._read(f"{_of(customer, '/consents')}?{urlencode(instants)}", Consents)).consents

    def suppress(self, contact: Contact, **stop: Unpack[Stop]) -> Suppression:
        """Stop a contact point, whoever has it."""
        return self._write("/suppressions", {**stop, "contact": contact}, kind=Suppression)

    def suppressions(self, *, after: str | None = None, limit: int = 100) -> tuple[Suppression, ...]:
        """List suppressions, a page at a time; `after` is the last id of the page before."""
        page = without_none({"after": identifier("sup", after) if after else None, "limit": limit})
        return (self._read(f"/suppressions?{urlencode(page)}", Suppressions)).suppressions

    def rights_requests(
        self, *, after: str | None = None, limit: int = 100, answered: bool = False
    ) -> tuple[RightsRequest, ...]:
        """List what customers asked for by right, a page at a time; with `answered` also what needs nothing more."""
        page = without_none({"after": identifier("rgt", after) if after else None, "limit": limit})
        query = urlencode({**page, "all": "true"} if answered else page)
        return (self._read(f"/rights-requests?{query}", RightsRequests)).rights_requests

    def rights_request(self, request: str) -> RightsRequest:
        """Show one request."""
        return self._read(f"/rights-requests/{identifier('rgt', request)}", RightsRequest)

    def finish_rights_request(self, request: str) -> RightsRequest:
        """Say that it is done. An erasure is done by erasing."""
        return self._write(f"/rights-requests/{identifier('rgt', request)}/done", {}, kind=RightsRequest)

    def refuse_rights_request(self, request: str, *, reason: str) -> RightsRequest:
        """Refuse it, with a reason that the customer reads."""
        path = f"/rights-requests/{identifier('rgt', request)}/refuse"
        return self._write(path, {"reason": reason}, kind=RightsRequest)

    def extend_rights_request(self, request: str, *, reason: str) -> RightsRequest:
        """Take two months more, once and within the first, with a reason that the customer reads."""
        path = f"/rights-requests/{identifier('rgt', request)}/extend"
        return self._write(path, {"reason": reason}, kind=RightsRequest)

    def check_policies(self, policies: Mapping[str, str]) -> tuple[str, ...]:
        """Say what is wrong with policies of the organization's own, by the names of their files."""
        return (self._write("/policies/check", {"policies": policies}, kind=PolicyProblems)).problems

    def replay_policies(self, policies: Mapping[str, str], *, last: int = 10_000) -> PolicyEffect:
        """Ask the last decisions again as if these were in force: whom they would reach, and whom not. None is kept."""
        return self._write("/policies/replay", {"policies": policies, "last": last}, kind=PolicyEffect)

    def hear_sms(self, message: TextMessage) -> Heard:
        """Hand on a text message you received: every one, whatever it says. Send the answer's `reply`, if any, once."""
        fields = {"from": message.sender, "text": message.text, "id": message.id, "received_at": message.received_at}
        return self._write("/inbound/sms", fields, kind=Heard)

    def new_import(self, *, exported_at: datetime, dry: bool = False) -> Import:
        """Begin to bring files in that speak for an instant; `dry`: only to see what would become of each row."""
        return self._write("/imports", {"exported_at": exported_at, "dry": dry}, kind=Import, repeatable=False)

    def send_file(self, import_id: str, path: str, *, data: bytes) -> ImportSent:
        """Send a file of an import, packed with gzip or not; by its path a source of the organization is found."""
        url = f"{self._v1}{_imported(import_id)}/files/{quote(path)}"
        headers = {"content-type": "application/octet-stream"}
        return self._connection.ask(Call(method="PUT", url=url, headers=headers, body=data), ImportSent)

    def run_import(self, import_id: str) -> Import:
        """Read what was sent, in the background; or carry out what a dry run showed."""
        return self._write(_imported(import_id, "/run"), {}, kind=Import)

    def imports(self, *, before: str | None = None) -> tuple[Import, ...]:
        """List imports, the newest first; `before` is the last id of the page before."""
        query = f"?before={identifier('imp', before)}" if before else ""
        return (self._read(f"/imports{query}", ImportPage)).imports

    def import_so_far(self, import_id: str) -> Import:
        """Show how far an import is, and what became of its rows."""
        return self._read(_imported(import_id), Import)

    def import_rows(self, import_id: str, verdict: str, *, after: int = 0) -> ImportRowsPage:
        """List rows of a verdict by file and record; `after` is `next` of the page before."""
        query = urlencode({"verdict": verdict, "after": after})
        return self._read(_imported(import_id, f"/rows?{query}"), ImportRowsPage)

    def discard_import(self, import_id: str) -> None:
        """Take an import away of which nothing was written."""
        self._connection.ask(Call(method="DELETE", url=self._v1 + _imported(import_id)), type(None))

    def undo_import(
        self, import_id: str, *, dry: bool = False, with_noes: bool = False, reason: str | None = None
    ) -> ImportUndone:
        """Take back what an import brought, for good; `dry`: only say what would go. Noes stay, unless for a reason."""
        fields = {"dry": dry, "with_noes": with_noes, "reason": reason}
        return self._write(_imported(import_id, "/undo"), fields, kind=ImportUndone)

    def _read(self, path: str, kind: type[Kind]) -> Kind:
        return self._connection.ask(Call(method="GET", url=self._v1 + path), kind)

    def _state(self, path: str, said: Mapping[str, Any], *, key: str | None) -> Stated:
        headers = {"content-type": "application/json", "idempotency-key": key or fresh()}
        call = Call(method="POST", url=self._v1 + path, headers=headers, body=body(said))
        return self._connection.ask(call, Stated)

    def _write(
        self, path: str, fields: Mapping[str, Any], *, kind: type[Kind], method: str = "POST", repeatable: bool = True
    ) -> Kind:
        headers = {"content-type": "application/json"}
        call = Call(method=method, url=self._v1 + path, headers=headers, body=body(fields), repeatable=repeatable)
        return self._connection.ask(call, kind)


def _imported(import_id: str, rest: str = "") -> str:
    return f"/imports/{identifier('imp', import_id)}{rest}"


def _of(customer: str, rest: str = "") -> str:
    return f"/customers/{identifier('cus', customer)}{rest}"
