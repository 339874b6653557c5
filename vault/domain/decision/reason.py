"""Reasons: why the answer is yes or no, as a code, a sentence for the customer and one for the developer.

The table stands in order of strength, and every list of reasons is told in that order:

1. What the client may not ask comes first, for then nothing was read about anybody: not at all just now, not by its
   ceiling, not by this token. Then what it may not be given.
2. A person nobody knows: nothing else can be said about them.
3. Hard stops, which no yes of the customer lifts: locked, too young, suppressed, forbidden whatever was said.
4. Noes, the most lasting first: an objection, a withdrawal, a refusal.
5. A missing yes, by how much it takes to get one: it ran out, the words changed, the proof is missing, it was not
   confirmed, nobody asked.
6. Reachability: a yes is there, the way to the person is not.
7. Time: a yes and a way are there, and it passes by itself.
8. An error of a policy last: it takes nothing back from the reasons that were established.

Pure data. No sentence ever holds a value, a name, or the fact that somebody else exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

Code = Literal[
    "client_suspended", "purpose_not_granted_to_client", "channel_not_granted_to_client", "outside_token",
    "field_not_granted_to_client", "field_not_for_purpose", "field_not_for_channel",
    "unknown_customer",
    "restricted", "minor", "suppressed", "not_allowed",
    "objected", "withdrawn", "refused",
    "consent_expired", "notice_outdated", "evidence_missing", "double_opt_in_pending", "never_asked",
    "unreachable", "unverified",
    "paused", "quiet_hours", "budget_spent",
    "policy_error",
    "opted_in", "implied_consent", "legitimate_interest", "service_message", "legal_obligation",
]  # fmt: skip


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One code with its sentences. `law` is the paragraph every shipped policy with this reason rests on."""

    code: Code
    to_customer: str
    to_developer: str
    law: str | None = None
    allows: bool = False


_TABLE: Final = (
    Reason(
        code="client_suspended",
        to_customer="Whoever asked may not ask anything for now.",
        to_developer="Your client is suspended; the organization resumes it with `consent-vault client resume`.",
    ),
    Reason(
        code="purpose_not_granted_to_client",
        to_customer="Whoever asked is not trusted with this purpose.",
        to_developer="This purpose is not in your client's ceiling; purposes below or above it do not count.",
        law="GDPR Art. 5(1)(b)",
    ),
    Reason(
        code="channel_not_granted_to_client",
        to_customer="Whoever asked is not trusted with this way of reaching you.",
        to_developer="This channel is not in your client's ceiling.",
    ),
    Reason(
        code="outside_token",
        to_customer="Whoever asked was not sent to ask for this.",
        to_developer="Your ceiling holds this purpose and channel, but the authorization_details of this token do not.",
    ),
    Reason(
        code="field_not_granted_to_client",
        to_customer="Whoever asked is not trusted with this part of your data.",
        to_developer="This field is not in your client's ceiling, or this token leaves it out.",
        law="GDPR Art. 5(1)(c)",
    ),
    Reason(
        code="field_not_for_purpose",
        to_customer="We do not keep this part of your data for this purpose.",
        to_developer="The organization does not hand out this attribute for this purpose or one above it.",
        law="GDPR Art. 5(1)(b)",
    ),
    Reason(
        code="field_not_for_channel",
        to_customer="This address or number is not needed for this way of reaching you.",
        to_developer="A contact point's value leaves only for the channel the decision allowed.",
        law="GDPR Art. 5(1)(c)",
    ),
    Reason(
        code="unknown_customer",
        to_customer="We know nobody by this id.",
        to_developer="There is no customer with this id in this organization, or they were erased.",
    ),
    Reason(
        code="restricted",
        to_customer="Your data is locked, so nobody may use it.",
        to_developer="The customer restricted the use of their data; until they end it, nothing may be sent.",
        law="GDPR Art. 18",
    ),
    Reason(
        code="minor",
        to_customer="You are too young for us to send you offers or to guess what you like.",
        to_developer="The customer is a minor: offers wait for the yes of a guardian, and there is no profiling.",
        law="GDPR Art. 8",
    ),
    Reason(
        code="suppressed",
        to_customer="Messages to this address or number are stopped.",
        to_developer="The contact point is suppressed for purposes of this kind.",
    ),
    Reason(
        code="not_allowed",
        to_customer="Our rules do not allow this message.",
        to_developer="Refused; your client's ceiling or the policy tells no finer reason.",
    ),
    Reason(
        code="objected",
        to_customer="You told us to stop using your data for this.",
        to_developer="The customer objected; only the customer in person can lift it.",
        law="GDPR Art. 21",
    ),
    Reason(
        code="withdrawn",
        to_customer="You said yes once and took it back.",
        to_developer="The customer withdrew consent for this purpose or one above it.",
        law="GDPR Art. 7(3)",
    ),
    Reason(
        code="refused",
        to_customer="You said no when we asked.",
        to_developer="The customer was asked and declined.",
    ),
    Reason(
        code="consent_expired",
        to_customer="Your yes was for a time, and that time is over.",
        to_developer="The grant ran out; ask the customer again.",
    ),
    Reason(
        code="notice_outdated",
        to_customer="You said yes to an older text, and what it says has changed since.",
        to_developer="The grant was given to an incompatible older version of the notice; ask with the current one.",
        law="GDPR Art. 4(11)",
    ),
    Reason(
        code="evidence_missing",
        to_customer="Somebody told us you said yes, but we have no proof of it.",
        to_developer="A grant is recorded without the evidence its class needs; it does not count yet.",
        law="GDPR Art. 7(1)",
    ),
    Reason(
        code="double_opt_in_pending",
        to_customer="We asked you to confirm your yes, and you have not done so yet.",
        to_developer="The double opt-in message was sent and not confirmed.",
        law="GDPR Art. 7(1)",
    ),
    Reason(
        code="never_asked",
        to_customer="You have not said yes to this.",
        to_developer="Nothing was said for this purpose and channel, and nothing said means no.",
        law="GDPR Art. 6(1)(a)",
    ),
    Reason(
        code="unreachable",
        to_customer="We have no address or number of yours for this.",
        to_developer="The customer has no usable contact point for this channel.",
    ),
    Reason(
        code="unverified",
        to_customer="We do not know yet that this address or number is yours.",
        to_developer="This purpose needs a verified contact point, and there is none to pick.",
        law="GDPR Art. 5(1)(d)",
    ),
    Reason(
        code="paused",
        to_customer="You asked us to leave you in peace for a while.",
        to_developer="The customer paused messages of this kind; `defer_until` tells when to come back.",
    ),
    Reason(
        code="quiet_hours",
        to_customer="At this hour we do not disturb you.",
        to_developer="It is no hour for this channel on the customer's clock; `defer_until` tells when it is.",
    ),
    Reason(
        code="budget_spent",
        to_customer="You had as many messages for now as you were promised at most, or asked for.",
        to_developer="The customer had as many as a budget or their own wish allows; `defer_until` tells when to come "
        "back, and without it no time will do.",
    ),
    Reason(
        code="policy_error",
        to_customer="Something went wrong on our side, and then we do not write to you.",
        to_developer="A policy could not be evaluated, so the answer is no; the operator has been told.",
    ),
    Reason(
        code="opted_in",
        to_customer="You said yes to this.",
        to_developer="The customer gave consent for this purpose and channel, and it stands.",
        law="GDPR Art. 6(1)(a)",
        allows=True,
    ),
    Reason(
        code="implied_consent",
        to_customer="The law allows it for a while after you bought or asked something, unless you say no.",
        to_developer="No yes was said: a law implies one for a while after a dealing; `standing.until` tells its end.",
        allows=True,
    ),
    Reason(
        code="legitimate_interest",
        to_customer="We have a good reason that does not outweigh your rights, and you have not objected.",
        to_developer="The purpose rests on legitimate interest, and the customer has not objected.",
        law="GDPR Art. 6(1)(f)",
        allows=True,
    ),
    Reason(
        code="service_message",
        to_customer="This is part of something you ordered or signed up for.",
        to_developer="The purpose rests on a contract with the customer.",
        law="GDPR Art. 6(1)(b)",
        allows=True,
    ),
    Reason(
        code="legal_obligation",
        to_customer="The law says that we must tell you this.",
        to_developer="The purpose rests on a legal obligation of the organization.",
        law="GDPR Art. 6(1)(c)",
        allows=True,
    ),
)

REASONS: Final[Mapping[str, Reason]] = {reason.code: reason for reason in _TABLE}
MADE_BY_THE_ENGINE: Final = frozenset[Code]({"policy_error"})
"""Codes no policy may carry."""

MATTERS_OF_TIME: Final = frozenset[Code]({"paused", "quiet_hours", "budget_spent"})
"""Codes of what passes by itself: where nothing else refuses, the answer is to come back."""

_STRENGTH: Final[Mapping[Code, int]] = {reason.code: place for place, reason in enumerate(_TABLE)}
_COARSE: Final = frozenset[Code]({"restricted", "minor", "suppressed", "objected", "policy_error"})


def strength(code: Code) -> int:
    """Return the place of a code in the order; the strongest is 0."""
    return _STRENGTH[code]


def ordered(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Return the codes once each, the strongest first."""
    return tuple(sorted(set(codes), key=_STRENGTH.__getitem__))


def plain(code: Code) -> Code:
    """Return what a client with the ceiling `reasons: plain` is told. Order again afterwards: several become one."""
    return "not_allowed" if code in _COARSE else code
