"""Consent records (ISO/IEC TS 27560) of a customer: one of each yes and no that rests on consent.

A claim that nobody could show has none, and stands among the facts alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from vault.actions.acting import Acting
from vault.actions.record.history import Shown
from vault.base.ids import ReceiptId
from vault.domain.fact import Fact
from vault.domain.receipt.told import Said, Told, covered, events, has_receipt
from vault.domain.record.worth import worth
from vault.store.exporting.opening import Opened


class Recorder:
    """Makes the records of one export; configurations of the past are read once each."""

    def __init__(self, act: Acting) -> None:
        self._act = act
        self._shown = Shown(act)

    async def records(self, one: Opened) -> AsyncIterator[Told]:
        """Yield what each record of a customer tells. A record is called by its fact."""
        said = [await self._said(one, fact) for fact in one.own]
        site = f"{self._act.vault.issuer}/p/{self._act.here.organization.slug}/"
        for each in said:
            organization = await self._shown.declared(each.fact)
            if has_receipt(each.fact, organization):
                yield Told(
                    id=ReceiptId(each.fact.id),
                    created=self._act.now,
                    customer=one.person.id,
                    site=site,
                    organization=organization,
                    said=each,
                    covered=covered(each.fact, organization),
                    events=events(each, said, organization=organization),
                )

    async def _said(self, one: Opened, fact: Fact) -> Said:
        notice = await self._shown.notice(fact)
        return Said(
            fact=fact,
            worth=worth(fact, one.own, shared=one.shared, organization=self._act.here.organization, now=self._act.now),
            notice=notice,
            words=None if notice is None else notice.texts[fact.locale or ""],
        )
