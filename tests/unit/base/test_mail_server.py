"""Mail servers are read from their addresses, and shown without what only they may know."""

from __future__ import annotations

from typing import Any

import pytest

from vault.base.mail_server import mail_server


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtp://mail.example", ("mail.example", 587, "starttls", None, None)),
        ("smtp://mail.example:25", ("mail.example", 25, "starttls", None, None)),
        ("smtps://u%40x:p%3Aw%2F@mail.example", ("mail.example", 465, "implicit", "u@x", "p:w/")),
        ("smtps://localhost:4650", ("localhost", 4650, "implicit", None, None)),
        ("smtp://localhost:1025/", ("localhost", 1025, "none", None, None)),
        ("smtp://u:p@[::1]", ("::1", 587, "none", "u", "p")),
        ("smtp://127.0.0.1.example", ("127.0.0.1.example", 587, "starttls", None, None)),
    ],
)
def test_an_address_says_which_server_and_how(url: str, found: tuple[Any, ...]) -> None:
    one = mail_server(url)
    assert one is not None
    assert (one.host, one.port, one.tls, one.user, one.password) == found
    assert repr(one) == f"MailServer({one.host}:{one.port}, {one.tls})"


def test_a_relay_listens_at_another_port() -> None:
    plain, secure = mail_server("smtp://mail.example", port=25), mail_server("smtps://mail.example", port=25)
    assert (plain and plain.port, secure and secure.port) == (25, 465)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://a:99999", "smtp://a:0", "smtp://a/b", "smtp://[",
     "smtp://a?b", "smtp://a#b"],
)  # fmt: skip
def test_what_is_no_server_is_none(url: str) -> None:
    assert mail_server(url) is None
