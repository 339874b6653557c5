"""Any channel: one question becomes one for each channel that may be asked, and the best answer is the answer.

The first that is allowed wins, in the customer's order of preference, then by what is verified, then by what disturbs
least; it alone reserves and releases. If none is, the answer is to wait for the earliest, or no.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.actions.decision import answers
from vault.actions.decision.answers import Prepared, Settled
from vault.actions.decision.gate import Asked
from vault.actions.vault import Here
from vault.domain.decision.question import Outcome
from vault.domain.organization import ANY, EVERY
from vault.store.decision.questions import Read

_BEST_FIRST: Final[dict[Outcome, int]] = {"allow": 0, "defer": 1, "deny": 2}


def prepare(here: Here, asked: Asked, *, now: datetime) -> Prepared:
    """Check a question, over whatever channel it is; `Invalid` or `Denied` when it cannot be asked."""
    question = asked.question
    if question.channel != ANY:
        return answers.prepare(here, asked, now=now)
    purpose = here.organization.purpose(question.purpose)
    each = [answers.prepare(here, _over(asked, channel), now=now) for channel in purpose.channels or (EVERY,)]
    may = tuple(one for one in each if one.gate.verdict.allowed)
    return msgspec.structs.replace((may or each)[0], asked=asked, each=may)


def settle(prepared: Prepared, read: Read) -> Settled:
    """Decide on what was read; of several channels, for the best."""
    if not prepared.each:
        return answers.settle(prepared, read)
    among = tuple(answers.settle(one, read) for one in prepared.each)
    return msgspec.structs.replace(min(among, key=_rank), among=among)


def _over(asked: Asked, channel: str) -> Asked:
    return msgspec.structs.replace(asked, question=msgspec.structs.replace(asked.question, channel=channel))


def _rank(settled: Settled) -> tuple[int, float, int, bool, bool]:
    person, rests, way = settled.person, settled.basis, settled.prepared.way
    order = person.preference.order if person is not None else ()
    channel = settled.prepared.channel
    waits = settled.defer_until
    point = rests.point if rests is not None else None
    return (
        _BEST_FIRST[settled.outcome],
        waits.timestamp() if waits is not None else 0.0,
        order.index(channel) if channel in order else len(order),
        point is None or not point.verified,
        way.channel is not None and way.channel.intrusive,
    )
