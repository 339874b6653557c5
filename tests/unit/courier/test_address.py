"""Which addresses are out on the internet: whoever names a server must not reach what stands beside us."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vault.courier.address import reach

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0",
          "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "64:ff9b::808:808", "2002:808:808::1"]  # fmt: skip
PRIVATE = ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.8.8.8",
           "100.64.0.1", "100.127.255.255", "::1", "fc00::1", "fdff::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
           "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2002:a00:1::", "2002:c0a8:101::1"]  # fmt: skip
NEVER = ["0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
         str(IPv4Address(0)), "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
         "203.0.113.1", "::", "fe80::1", "fe80::1%1", "ff02::1", "2001:db8::1", "2001::1", "64:ff9b:1::1", "fec0::1",
         "100::1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::7f00:1",
         "4000::1", "3fff::1", "", "localhost", "127.1", "0x7f000001", "1.1.1.1:443", "1.1.1.1 "]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "found"),
    [*((one, "public") for one in PUBLIC), *((one, "private") for one in PRIVATE), *((one, "never") for one in NEVER)],
)
def test_an_address_reaches_as_far_as_the_registries_say(address: str, found: str) -> None:
    assert reach(address) == found


def carriers(inner: IPv4Address) -> list[str]:
    number = int(inner)
    return [
        str(IPv6Address(int(IPv6Address("::ffff:0:0")) | number)),
        str(IPv6Address(int(IPv6Address("64:ff9b::")) | number)),
        str(IPv6Address(int(IPv6Address("2002::")) | number << 80)),
    ]


@given(some.ip_addresses(v=4))
def test_what_carries_an_address_reaches_no_further_than_it(inner: IPv4Address) -> None:
    assert {reach(carrier) for carrier in carriers(inner)} == {reach(str(inner))}


@given(some.one_of(some.ip_addresses(v=4), some.ip_addresses(v=6)))
def test_whatever_python_does_not_call_global_is_not_public(address: IPv4Address | IPv6Address) -> None:
    if reach(str(address)) != "public":
        return
    inner = address
    if isinstance(address, IPv6Address):
        number = int(address)
        if address in IPv6Network("64:ff9b::/96"):
            inner = IPv4Address(number & 0xFFFFFFFF)
        else:
            inner = address.ipv4_mapped or address.sixtofour or address
    assert inner.is_global
    assert not inner.is_multicast


@given(
    some.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "0.0.0.0/8",
                       "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"]).map(IPv4Network),
    some.integers(min_value=0),
)  # fmt: skip
def test_nothing_in_a_network_of_its_own_is_public(network: IPv4Network, place: int) -> None:
    inner = network[place % network.num_addresses]
    assert all(reach(one) != "public" for one in (str(inner), *carriers(inner)))


@given(some.sampled_from(["fc00::/7", "fe80::/10", "ff00::/8"]).map(IPv6Network), some.integers(min_value=0))
def test_nothing_in_a_network_of_its_own_is_public_in_ipv6(network: IPv6Network, place: int) -> None:
    assert reach(str(network[place % network.num_addresses])) != "public"


@given(some.text(max_size=40))
def test_what_is_no_address_is_never_reached(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        assert reach(text) == "never"
