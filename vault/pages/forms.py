"""Forms: read to the letter, small, each field once; and only from a page of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException

from vault.base.errors import Denied, Invalid
from vault.domain.sign_in.session import is_csrf

LARGEST: Final = 16 * 1024
_MOST_FIELDS: Final = 50
_FORM: Final = "application/x-www-form-urlencoded"
_WITH_FILES: Final = "multipart/form-data"


_UNREADABLE: Final = "this is not a form that can be read"


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
        raise Invalid("no_form", _UNREADABLE) from None
    return _form(pairs)


async def read_with_files(request: Request[Any, Any, Any]) -> tuple[Form, dict[str, bytes]]:
    """Return what was sent, and the files with it by their fields; as `read` does. A field that chose none has none."""
    if request.content_type[0] != _WITH_FILES:
        return await read(request), {}
    check_origin(request)
    try:
        sent = [*(await request.form()).multi_items()]
    except (ClientException, UnicodeDecodeError, LookupError):
        raise Invalid("no_form", _UNREADABLE) from None
    if len(sent) > _MOST_FIELDS:
        raise Invalid("no_form", _UNREADABLE)
    files = {name: await value.read() for name, value in sent if isinstance(value, UploadFile)}
    return _form([(name, value) for name, value in sent if not isinstance(value, UploadFile)]), files


def _form(pairs: Sequence[tuple[str, str]]) -> Form:
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
