"""Where a request comes from: nobody chooses it who is not a trusted proxy."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.base.network import NOWHERE, address, came_from, networks

PROXIES = networks("10.0.0.0/8, ::1,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, NOWHERE),
        ("", NOWHERE),
        ("/run/vault.sock", NOWHERE),
    ],
)
def test_an_ipv4_address_is_a_network_and_of_ipv6_the_64(peer: str | None, network: str) -> None:
    assert came_from(peer, ["198.51.100.1"]) == network


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["198.51.100.7", "203.0.113.9 , 10.9.9.9"], "203.0.113.9"),
        ("::1", ["[2001:db8:1:2::5]:4711"], "2001:db8:1:2::/64"),
        ("::ffff:10.1.1.1", ["203.0.113.9:80"], "203.0.113.9"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["quokka"], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.9, unknown"], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.9,"], "10.1.1.1"),
        ("203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        (None, ["198.51.100.7"], NOWHERE),
    ],
)
def test_only_what_a_trusted_proxy_tells_is_believed(peer: str | None, forwarded: list[str], network: str) -> None:
    assert came_from(peer, forwarded, trusted=PROXIES) == network


@given(st.lists(st.text(max_size=30), max_size=4))
def test_whoever_is_no_proxy_cannot_come_from_elsewhere(forwarded: list[str]) -> None:
    assert came_from("203.0.113.9", forwarded, trusted=PROXIES) == "203.0.113.9"


@given(st.lists(st.text(max_size=30) | st.ip_addresses().map(str), max_size=4), st.ip_addresses())
def test_behind_a_proxy_the_one_it_heard_counts_whatever_that_one_says(forwarded: list[str], heard: object) -> None:
    assume(str(heard) != "10.0.0.1")
    assert came_from("10.0.0.1", [*forwarded, str(heard)], trusted=networks("10.0.0.1")) == came_from(str(heard), ())


def test_networks_are_read_with_their_mistakes_refused() -> None:
    assert networks("192.0.2.7/24") == (ip_network("192.0.2.0/24"),)
    for wrong in ("", "quokka", "10.0.0.0/8,", "10.0.0.0/33"):
        with pytest.raises(ValueError, match=r"address|network|netmask"):
            networks(wrong)


@pytest.mark.parametrize(
    ("peer", "forwarded", "shown"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2:3:4:5:6"),
        ("10.1.1.1", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        ("::1", ["[2001:db8:1:2::5]:4711"], "2001:db8:1:2::5"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("/run/vault.sock", ["198.51.100.7"], ""),
        (None, [], ""),
    ],
)
def test_the_very_address_is_the_one_whose_network_counts(peer: str | None, forwarded: list[str], shown: str) -> None:
    found = address(peer, forwarded, trusted=PROXIES)
    assert (found.reveal(), bool(found)) == (shown, bool(shown))
    assert came_from(found.reveal() or None, ()) == came_from(peer, forwarded, trusted=PROXIES)
