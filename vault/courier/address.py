"""Addresses: which of them are out on the internet, and which only look so. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal

Address = IPv4Address | IPv6Address
Reach = Literal["public", "private", "never"]

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_UNICAST: Final = IPv6Network("2000::/3")  # all that IANA has given out
# Where an organization keeps servers of its own: RFC 1918, RFC 6598, RFC 4193, and this machine.
_PRIVATE: Final = tuple(
    map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"))
) + tuple(map(IPv6Network, ("fc00::/7", "::1/128")))
# The rest of IANA's special-purpose registries: nobody's servers, or, as 169.254.169.254, nobody's business.
_NEVER: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
) + tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))  # fmt: skip


def reach(text: str) -> Reach:
    """Return how far an address as the resolver spells it reaches; what carries another reaches no further than it.

    `never` is for what no server of anybody's has: link-local, multicast, reserved, documentation.
    """
    try:
        address = _carried(ip_address(text))
    except ValueError:
        return "never"
    if any(address.version == network.version and address in network for network in _PRIVATE):
        return "private"
    if any(address.version == network.version and address in network for network in _NEVER):
        return "never"
    return "public" if isinstance(address, IPv4Address) or address in _UNICAST else "never"


def _carried(address: Address) -> Address:
    """Return the IPv4 address to which an IPv6 one leads through a translator or tunnel, or the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address
