"""What a client sends to record a yes or a no, and what it is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Denied, Invalid
from vault.base.ids import ContactPointIdText, FactId
from vault.base.personal import Personal
from vault.domain.decision.question import Asked
from vault.domain.fact import Instant
from vault.domain.organization import EVERY, Key, Organization
from vault.domain.standing import Standing, State
from vault.domain.timing.implied import Condition, Deal, Law

Evidence = Annotated[Mapping[Key, Personal], Meta(max_length=20)]
Captured = Literal["form", "phone", "paper", "kiosk", "api"]
"""How a client came by it; the other methods are the vault's own to name."""
GUARDIAN: Final = "guardian"
"""The class of evidence that shows that somebody may speak for a child."""
Caption = Annotated[str, Meta(min_length=1, max_length=200)]


class NewGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes a client captured: for one purpose and channel, to a version of its notice, with evidence.

    `at` is when it was said, if not now; `until` an end earlier than the purpose's. `reference` is the client's own
    name for this yes: sent again it is no second one. `guardian`: somebody who may speak for a child said it (GDPR
    Art. 8); it needs the evidence that the organization file declares as `guardian`, and ends at majority.
    """

    purpose: Key
    channel: Asked
    notice: Annotated[int, Meta(ge=1)] | None = None
    locale: Caption | None = None
    evidence: Evidence = {}
    method: Captured = "api"
    at: Instant | None = None
    until: Instant | None = None
    contact_point: ContactPointIdText | None = None
    reference: Caption | None = None
    guardian: bool = False


class NewNo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A no: it covers the purpose and all below it, and with the channel `*` every channel.

    One about a contact point binds everybody who has that point. `guardian`: somebody who may speak for a child said
    it; only such a no can a guardian's yes lift.
    """

    purpose: Key
    channel: Asked = EVERY
    method: Captured = "api"
    at: Instant | None = None
    contact_point: ContactPointIdText | None = None
    reference: Caption | None = None
    guardian: bool = False


class NewDealing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody did: bought or inquired. No statement, though a law that the file names may imply a yes from it.

    `met` is what was so at it: `email_at_purchase`, the address was given at the purchase, and `refusal_offered`, they
    could refuse and did not. `at` is when, if not now; `reference` the client's own name for it: told again it is one.
    """

    what: Deal
    met: Annotated[tuple[Condition, ...], Meta(max_length=2)] = ()
    at: Instant | None = None
    reference: Caption | None = None


class OwnNo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A no of who acts: it covers the purpose and all below it, and with the channel `*` every channel."""

    purpose: Key
    channel: Asked = EVERY


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that stands for it. `repeated`: it stood already."""

    id: FactId
    at: datetime
    recorded_at: datetime
    repeated: bool


class ConsentShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a customer stands to one purpose over one channel.

    `implied` is the law by which a `granted` rests on a dealing, until its clock runs out.
    """

    purpose: str
    channel: str
    state: State | Literal["not_allowed"]
    since: datetime | None = None
    until: datetime | None = None
    implied: Law | None = None


def shown(purpose: str, channel: str, *, found: Standing, full: bool = True) -> ConsentShown:
    """Return a standing as it is told; that somebody objected only to whom finer reasons are told (`full`)."""
    hidden = found.state == "objected" and not full
    return ConsentShown(
        purpose=purpose,
        channel=channel,
        state="not_allowed" if hidden else found.state,
        since=None if hidden else found.since,
        until=found.until,
        implied=found.implied or None,
    )


def suffices(organization: Organization, evidence: Mapping[str, Personal], *, purpose: str, channel: str) -> bool:
    """Whether evidence is complete for a yes: where the purpose wants a double opt-in on the channel, for that."""
    if proves(organization, evidence, double_opt_in=True):
        return True
    wants_double = channel in organization.purpose(purpose).double_opt_in
    return not wants_double and proves(organization, evidence, double_opt_in=False)


def proves(organization: Organization, evidence: Mapping[str, Personal], *, double_opt_in: bool) -> bool:
    """Whether evidence is complete for a class; a double opt-in needs one of its own. An empty value is no evidence."""
    classes = organization.double_opt_in_needs if double_opt_in else organization.evidence
    return any(_is_complete(organization, evidence, kind=kind) for kind in classes if kind != GUARDIAN)


def check_age(organization: Organization, said: NewGrant, *, minor: bool, full: bool) -> None:
    """Law 15: refuse an offer to a minor, but for the proven yes of a guardian, and profiling whoever allows it.

    Whose systems may not know an age (not `full`) are told that it is not allowed, and no more.
    """
    kind = organization.purpose(said.purpose).kind
    if said.guardian:
        needs = organization.evidence.get(GUARDIAN, ())
        if not needs:
            raise Invalid("no_guardians", "the organization file declares no class of evidence called guardian")
        if not _is_complete(organization, said.evidence, kind=GUARDIAN):
            raise Invalid("evidence_missing", f"a guardian's yes comes with this evidence: {', '.join(needs)}")
        if not minor:
            raise _refused("not_minor", "this customer is of age, and nobody else says yes for them", full=full)
    if minor and (kind == "profiling" or (kind == "offer" and not said.guardian)):
        raise _refused("minor", "this customer is a minor: an offer takes a guardian's yes", full=full)


def majority(minor_until: date) -> datetime:
    """Return the instant at which a guardian's word ends."""
    return datetime.combine(minor_until, time(), UTC)


def _refused(code: str, detail: str, *, full: bool) -> Denied:
    return Denied(code, detail) if full else Denied("not_allowed", "the rules do not allow this yes")


def _is_complete(organization: Organization, evidence: Mapping[str, Personal], *, kind: str) -> bool:
    needs = organization.evidence.get(kind, ())
    return bool(needs) and all(evidence.get(name) for name in needs)
