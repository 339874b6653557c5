"""Forms: read to the letter, small, each field once; and only from a page of our own."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Request

from vault.base.errors import Denied, Invalid
from vault.domain.sign_in.session import is_csrf

LARGEST: Final = 16 * 1024
_MOST_FIELDS: Final = 50
_FORM: Final = "application/x-www-form-urlencoded"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a form. One that was not sent is empty."""

    fields: dict[str, str]

    def __repr__(self) -> str:
        return f"Form(fields={sorted(self.fields)})"

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


async def read(request: Request[Any, Any, Any]) -> Form:
    """Return what was sent, if it came from a page of this very host; `Denied` otherwise, `Invalid` for no form."""
    check_origin(request)
    if request.content_type[0] not in {_FORM, ""}:
        raise Invalid("no_form", "a form is sent as application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("no_form", "this is not a form that can be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value for value in fields.values()):
        raise Invalid("no_form", "each field of a form is sent once, as text")
    return Form(fields=fields)


def check_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse what another site sends in somebody's name.

    Browsers say so in Sec-Fetch-Site; older ones in Origin, which is `null` from our own pages, for they send no
    referrer. Where neither tells, the cookie's SameSite and the token in the form remain.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin in {None, "null"} or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise Denied("another_site", "this form was not sent from a page of ours")


def check_csrf(form: Form, secret: str | None) -> None:
    """Refuse a form that is not of this cookie: sent by somebody else, or from a tab of an earlier sign-in."""
    if not secret or not is_csrf(form["csrf"], secret):
        raise Denied("old_form", "this page was open too long; nothing was changed")
