"""The keyring: organization keys, unwrapped for five minutes at most, and fresh keys.

It only caches: what it forgets, the provider unwraps again. A clock that runs backwards makes it forget early, never
late. Customer keys are made here and never held: they are unwrapped where they are used, and go with the request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vault.base.clock import Clock, Entropy
from vault.crypto.box import KEY, SALT
from vault.crypto.provider import KeyProvider
from vault.crypto.wrap import Binding, WrappingKey, organization_key, wrap

LIFETIME: Final = timedelta(minutes=5)
ORGANIZATION: Final = "organization"


class Keyring:
    """Holds organization keys for a while."""

    __slots__ = ("_clock", "_entropy", "_held", "_provider")

    def __init__(self, provider: KeyProvider, *, clock: Clock, entropy: Entropy) -> None:
        self._provider = provider
        self._clock = clock
        self._entropy = entropy
        self._held: dict[tuple[UUID, int, bytes], tuple[datetime, WrappingKey]] = {}

    def organization_key(self, organization: UUID, epoch: int, *, wrapped: bytes) -> WrappingKey:
        """Return the key of that epoch, asking the provider only when it is not held. Errors are the provider's."""
        name = (organization, epoch, wrapped)
        now = self._clock.now()
        held = self._held.get(name)
        if held is not None and _is_fresh(held[0], now):
            return held[1]
        self.forget_expired()
        key = organization_key(organization, epoch, key=self._provider.unwrap(wrapped, _binding(organization, epoch)))
        self._held[name] = (now, key)
        return key

    def fresh_organization_key(self, organization: UUID, epoch: int) -> bytes:
        """Return a new organization key, wrapped by the provider."""
        return self._provider.wrap(self._entropy.draw(KEY), _binding(organization, epoch))

    def fresh_key(self, under: WrappingKey, binding: Binding) -> tuple[bytes, bytes]:
        """Return a new key and its wrapped form under an organization key."""
        key = self._entropy.draw(KEY)
        return key, wrap(under, key, binding=binding, salt=self._entropy.draw(SALT))

    def forget_expired(self) -> None:
        """Let go of what was held for five minutes. An idle process calls it now and then."""
        now = self._clock.now()
        self._held = {name: held for name, held in self._held.items() if _is_fresh(held[0], now)}


def _is_fresh(since: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - since < LIFETIME


def _binding(organization: UUID, epoch: int) -> Binding:
    return Binding(organization=organization, kind=ORGANIZATION, owner=organization, version=epoch)
