"""Networks: where a request comes from, as far as it can be believed. An address is personal: it is never written down.

An address of IPv4 is a network by itself; of IPv6 whoever has one has all of its /64.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from vault.base.personal import Personal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOWHERE: Final = "nowhere"
"""Whoever comes by a way that has no address, such as a socket of the machine."""
_OF_ONE: Final = 64


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks named in `text`, with commas between; `ValueError` for what is none."""
    return tuple(ip_network(one.strip(), strict=False) for one in text.split(","))


def came_from(peer: str | None, forwarded: Iterable[str], *, trusted: tuple[Network, ...] = ()) -> str:
    """Return the network a request comes from.

    `forwarded` holds the lines of X-Forwarded-For, to which each proxy adds at the end whom it heard: so they are read
    from their end, and only as long as a trusted proxy tells.
    """
    address = _believed(peer, forwarded, trusted=trusted)
    return NOWHERE if address is None else _network(address)


def address(peer: str | None, forwarded: Iterable[str], *, trusted: tuple[Network, ...] = ()) -> Personal:
    """Return the very address a request comes from, as `came_from` believes it; nothing where it has none."""
    found = _believed(peer, forwarded, trusted=trusted)
    return Personal("" if found is None else str(found))


def _believed(peer: str | None, forwarded: Iterable[str], *, trusted: tuple[Network, ...]) -> Address | None:
    address = _address(peer or "")
    if address is None:
        return None
    heard = [one for line in forwarded for one in line.split(",")] if trusted else []
    while heard and any(address in network for network in trusted):
        before = _address(heard.pop())
        if before is None:
            break
        address = before
    return address


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """Return an address, which a proxy may write with its port; None for anything else."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=1024)
def _network(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _OF_ONE), strict=False))
