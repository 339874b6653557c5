"""Suppressions: hard stops on a contact point, which bind everybody who has it and outlive erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from vault.base.ids import SuppressionId
from vault.domain.contact_point import ContactValue
from vault.domain.fact import Instant
from vault.domain.organization import Channel, Key, Organization, Purpose
from vault.domain.standing import Instants

SuppressionKind = Literal["bounce", "complaint", "stop_word", "do_not_call", "manual"]


class Suppression(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One hard stop: from `at` on, until `until` or for good; on `channel`, or on those its kind declares."""

    id: SuppressionId
    kind: SuppressionKind
    at: datetime
    channel: str | None = None
    until: datetime | None = None

    def stops(self, organization: Organization, purpose: Purpose, *, channel: Channel, instants: Instants) -> bool:
        """Whether it refuses this purpose over this channel, as the organization declares its kind.

        It may begin later than a question about the past; for one about now a clock that went back lifts nothing.
        """
        if instants.at is not None and instants.at < self.at:
            return False
        if self.until is not None and instants.instant >= self.until:
            return False
        declared = organization.suppressions[self.kind]
        channels = (self.channel,) if self.channel else declared.channels
        return purpose.kind in declared.stops and (channel.key in channels or not channels)


class NewSuppression(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact point to stop: on `channel` or all its kind declares; from `at` or now; until `until` or for good."""

    contact: ContactValue
    kind: SuppressionKind = "manual"
    channel: Key | None = None
    at: Instant | None = None
    until: Instant | None = None
