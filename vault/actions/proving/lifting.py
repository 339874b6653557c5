"""Lifting: a yes in person, from a contact point that was shown to be theirs just now, ends what a person stopped.

Only what was stopped before the code or link was sent, and only the stops a person makes: a bounce and a stop by hand
have causes of their own. It stays written down for whoever asks about the past.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from vault.actions.acting import Acting
from vault.actions.customer.points import Tagged
from vault.domain.own.points import LIFTED
from vault.domain.suppression import SuppressionKind
from vault.store.customer import customers, suppressions


async def lift(act: Acting, tagged: Tagged, *, before: datetime, kinds: Collection[SuppressionKind] = LIFTED) -> int:
    """End the stops of these kinds on a contact point that are older than `before`; return how many.

    Everybody who has the point has an entry; it does not name the stop, which outlives them.
    """
    lifted = await suppressions.lift(act.work, tagged.tag, kinds=sorted(kinds), before=before, at=act.now)
    for one in lifted:
        await act.log("suppression_lifted", suppression=one.id, cause=one.kind, channel=one.channel)
    if lifted:
        found = await customers.find(act.work, [tagged.sought])
        for subject in await customers.subjects(act.work, found.get(tagged.sought, [])):
            await act.log("contact_point_freed", subject=subject, causes=[*sorted({one.kind for one in lifted})])
    return len(lifted)
