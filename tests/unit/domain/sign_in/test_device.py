"""Devices: two words, and nothing by which one could be told from another of its kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.personal import Personal
from vault.domain.sign_in.device import LONGEST, Device, device, shown

BROWSERS = {"edge", "opera", "samsung", "firefox", "chrome", "safari", "other"}
KINDS = {"phone", "tablet", "computer", "other"}


WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "firefox/phone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox/computer"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT}", "safari/phone"),
        (f"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) {WEBKIT}", "safari/tablet"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Edg/140.0.0.0", "edge/computer"),
        (f"Mozilla/5.0 (Linux; Android 16) {BLINK}", "chrome/tablet"),
        ("curl/8.5.0", "other/other"),
        ("", "other/other"),
        (None, "other/other"),
    ],
)
def test_a_device_is_told_in_two_words(header: str | None, words: str) -> None:
    assert device(header) == words


@given(st.text())
def test_nothing_of_the_header_is_passed_on(header: str) -> None:
    browser, _, kind = device(header).partition("/")
    assert browser in BROWSERS
    assert kind in KINDS


def test_what_is_shown_is_canonical_and_without_what_is_missing() -> None:
    whole = Device(address=Personal("198.51.100.7"), user_agent=Personal("Firefox/140.0"))
    assert whole.details.reveal() == '{"address":"198.51.100.7","user_agent":"Firefox/140.0"}'
    assert Device(user_agent=Personal("x")).details.reveal() == '{"user_agent":"x"}'
    assert Device().details.reveal() == "{}"


@given(st.text(max_size=600), st.ip_addresses().map(str) | st.just(""))
def test_what_was_shown_is_read_back_and_no_browser_fills_the_vault(user_agent: str, address: str) -> None:
    device = Device(address=Personal(address), user_agent=Personal(user_agent))
    assert shown(device.details) == Device(address=Personal(address), user_agent=Personal(user_agent[:LONGEST]))


def test_a_device_shows_nothing_when_printed() -> None:
    device = Device(address=Personal("quokka"), user_agent=Personal("Firefox/140.0 Mobile"), network="quokka")
    assert repr(device) == "Device(personal)"
    assert device.kind == "firefox/phone"
