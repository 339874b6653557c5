"""Fetching from a server somebody named: a client's keys, a sign-in provider's answers, a witness's signature.

Whoever names the server must not reach with our hands what stands beside us. So: https only; the name is resolved once,
each address it has must be out on the internet, and the connection goes to one of those, with a certificate for the
name; no redirects, no proxy, three seconds for all of it, 64 KiB at most. No error quotes an address, a URL or an
answer.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import httpx2
import msgspec

from vault.base.errors import Unavailable
from vault.courier.address import reach

TIMEOUT_SECONDS: Final = 3
LARGEST: Final = 65_536
_MOST_ADDRESSES: Final = 4
_JSON: Final = re.compile(r"application/(?:[a-z0-9.-]+\+)?json", re.IGNORECASE)
_MAX_AGE: Final = re.compile(r"(?:^|,)\s*max-age=\"?(\d{1,9})", re.IGNORECASE)
_NOT_TO_KEEP: Final = re.compile(r"(?:^|,)\s*no-(?:store|cache)\s*(?:,|$)", re.IGNORECASE)
_HEADERS: Final = {
    "accept": "application/json, application/*+json",
    "accept-encoding": "identity",
    "user-agent": "consent-vault",
}
_HTTPS, _HIGHEST_PORT = 443, 65_535
_OK, _REDIRECTS, _OUR_FAULT, _ITS_FAULT = 200, 300, 400, 500

T = TypeVar("T")
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class FetchError(Unavailable):
    """The document was not to be had, or not to be had safely. The code says which; the detail is for whoever asked."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON document. `max_age` is how many seconds its server says it may be kept (RFC 9111), if it says anything."""

    status: int
    body: Any
    max_age: int | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is no JSON, as it came."""

    status: int
    body: bytes


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, as the system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class Fetcher:
    """Fetches. `trusted` names the hosts that may have a private address: one of the organization's own servers."""

    def __init__(
        self,
        *,
        trusted: frozenset[str] = frozenset(),
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolved,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._trusted = trusted
        self._tls = tls
        self._resolve = resolve
        self._timeout_seconds = timeout_seconds

    async def get(self, url: str) -> Fetched:
        """Return the document at `url`; `FetchError` for any other status than 200."""
        found = await self._fetch(_request("GET", url), read=_document)
        if found.status != _OK:
            raise FetchError("fetch_bad_status", "the server answers, but has no such document")
        return found

    async def post(self, url: str, *, form: Mapping[str, str]) -> Fetched:
        """Return the answer to a form, a refusal (400 to 499) among them: OAuth 2.0 explains those in JSON."""
        return await self._fetch(_request("POST", url, form=form), read=_document)

    async def post_text(self, url: str, *, text: bytes) -> Answered:
        """Return the answer to a text, a refusal (400 to 499) among them: witnesses speak so (C2SP tlog-witness)."""
        return await self._fetch(_request("POST", url, text=text), read=_answered)

    async def _fetch(self, asked: httpx2.Request, *, read: Callable[[httpx2.Response], Awaitable[T]]) -> T:
        clock = asyncio.get_running_loop()
        end = clock.time() + self._timeout_seconds
        try:
            async with asyncio.timeout_at(end):
                for address in await self._addresses(asked.url):
                    # Half of the rest to connect, half to shake hands: what is cancelled there stays open a while.
                    each = (end - clock.time()) / 2
                    try:
                        return await self._ask(_towards(address, asked, seconds=each), read)
                    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                        _refuse_certificate(error)
        except (TimeoutError, httpx2.HTTPError, OSError, UnicodeError):
            pass  # told below: neither who answered what, nor where
        raise FetchError("fetch_no_answer", "the server does not answer, or not in time")

    async def _addresses(self, asked: httpx2.URL) -> Sequence[str]:
        """Return where to go. One address that is not for us spoils them all: a name of two minds is not trusted."""
        addresses = await self._resolve(asked.raw_host.decode("ascii"), asked.port or _HTTPS)
        allowed = {"public", "private"} if asked.host in self._trusted else {"public"}
        if any(reach(address) not in allowed for address in addresses):
            raise FetchError("fetch_private_address", "the server's address is not one on the internet")
        return list(dict.fromkeys(addresses))[:_MOST_ADDRESSES]

    async def _ask(self, request: httpx2.Request, read: Callable[[httpx2.Response], Awaitable[T]]) -> T:
        self._tls = self._tls or httpx2.create_ssl_context()
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=None) as client:
            response = await client.send(request, stream=True)
            try:
                _check(response)
                return await read(response)
            finally:
                await response.aclose()


def _request(
    method: str, url: str, *, form: Mapping[str, str] | None = None, text: bytes | None = None
) -> httpx2.Request:
    try:
        asked = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise _bad_url() from None
    if asked.port is not None and not 0 < asked.port <= _HIGHEST_PORT:
        raise _bad_url()
    if asked.scheme != "https" or not asked.host or asked.userinfo or asked.fragment:
        raise _bad_url()
    if text is not None:
        return httpx2.Request(method, asked, headers=_HEADERS | {"accept": "*/*"}, content=text)
    return httpx2.Request(method, asked, headers=_HEADERS, data=None if form is None else dict(form))


def _bad_url() -> FetchError:
    return FetchError("fetch_bad_url", "give https://host/path, without user, password and fragment")


def _towards(address: str, asked: httpx2.Request, *, seconds: float) -> httpx2.Request:
    """Return the request on its way to the address that was checked, in the name of the host that was asked for."""
    return httpx2.Request(
        asked.method,
        asked.url.copy_with(host=address),
        headers=asked.headers,
        content=asked.content,
        extensions={"sni_hostname": asked.url.raw_host.decode("ascii"), "timeout": {"connect": seconds}},
    )


def _refuse_certificate(error: BaseException | None) -> None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            raise FetchError("fetch_untrusted", "the server has no certificate to be trusted for this name") from None
        error = error.__cause__ or error.__context__


def _check(response: httpx2.Response) -> None:
    status, headers = response.status_code, response.headers
    if _REDIRECTS <= status < _OUR_FAULT:
        raise FetchError("fetch_redirected", "the server sends us elsewhere, and we do not follow")
    if not _OK <= status < _ITS_FAULT:
        raise FetchError("fetch_bad_status", "the server has a fault of its own")
    if "content-encoding" in headers:
        raise FetchError("fetch_not_json", "the answer is encoded, though none was asked to be")


async def _document(response: httpx2.Response) -> Fetched:
    if not _JSON.fullmatch(response.headers.get("content-type", "").partition(";")[0].strip()):
        raise FetchError("fetch_not_json", "the answer is no JSON document")
    body = await _body(response)
    try:
        read = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise FetchError("fetch_not_json", "the answer is no JSON document") from None
    return Fetched(status=response.status_code, body=read, max_age=_max_age(response.headers))


async def _answered(response: httpx2.Response) -> Answered:
    return Answered(status=response.status_code, body=await _body(response))


async def _body(response: httpx2.Response) -> bytes:
    got = bytearray()
    async for part in response.aiter_raw():
        got += part
        if len(got) > LARGEST:
            raise FetchError("fetch_too_big", f"the answer is larger than {LARGEST:,} bytes")
    return bytes(got)


def _max_age(headers: httpx2.Headers) -> int | None:
    control = headers.get("cache-control", "")
    if _NOT_TO_KEEP.search(control):
        return 0
    told = _MAX_AGE.search(control)
    return int(told[1]) if told is not None else None
