"""A person with a browser without scripts: it keeps cookies, follows redirects, fills in forms, presses buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Final, cast

import httpx2

from tests.make import BROWSER

_OURS: Final = {"sec-fetch-site": "same-origin"}


@dataclass
class Button:
    """What can be pressed: where it leads, and what it adds to the form."""

    words: str = ""
    name: str | None = None
    value: str = ""
    action: str | None = None


@dataclass
class Form:
    """A form as it came: its fields with what stands in them."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class Page(HTMLParser):
    """A page that was read: its title, heading, links and forms. It must be sound."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.headers = response.headers
        self.html = response.text
        self.title = ""
        self.heading = ""
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.names: list[str] = []
        self.words: list[str] = []
        self._within: list[str] = []
        self._select = ""
        self._is_worded = False
        if "html" in response.headers.get("content-type", ""):
            self.feed(self.html)
            self.close()
            assert self._within == [], f"never closed: {self._within}"
            assert len(self.names) == len(set(self.names)), self.names

    @property
    def text(self) -> str:
        """All words, as they read."""
        return " ".join("".join(self.words).split())

    @property
    def about(self) -> str:
        """The title without the organization's name."""
        return self.title.partition(" \N{EN DASH} ")[0]

    def form(self, action: str) -> Form:
        """Return the first form whose action, or whose button's, ends so."""
        found, *_ = [
            one
            for one in self.forms
            if any(to.partition("?")[0].endswith(action) for to in (one.action, *(b.action or "" for b in one.buttons)))
        ]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in {"meta", "link", "input", "circle", "path", "rect", "br", "hr"}:
            self._within.append(tag)
        if tag not in {"a", "b", "bdi", "span", "time"}:
            self.words.append(" ")
        if "id" in given:
            self.names.append(given["id"])
        match tag:
            case "a":
                self.links.append(given["href"])
            case "form":
                self.forms.append(Form(given["method"], given["action"]))
            case "button":
                button = Button(name=given.get("name"), value=given.get("value", ""), action=given.get("formaction"))
                self.forms[-1].buttons.append(button)
            case "select":
                self._select = given["name"]
            case "option" if "selected" in given or self._select not in self.forms[-1].fields:
                self.forms[-1].fields[self._select] = given.get("value", "")
                self._is_worded = "value" not in given  # then its words are its value
            case "input" if given.get("type") != "radio" or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"circle", "path", "rect"}:
            return
        assert self._within.pop() == tag, tag
        if tag not in {"a", "b", "bdi", "span", "time"}:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._is_worded:
            self.forms[-1].fields[self._select] = data.strip()
            self._is_worded = False
        if "title" in self._within:
            self.title += data
            return
        self.words.append(data)
        if "h1" in self._within:
            self.heading += data
        if "button" in self._within:
            self.forms[-1].buttons[-1].words += data


class Visitor:
    """Somebody at a portal. `page` is what they see; `cookies` what their browser keeps."""

    def __init__(self, http: httpx2.AsyncClient, slug: str = "fernhill", **headers: str) -> None:
        self.http = http
        self.base = f"/p/{slug}"
        self.headers = {"user-agent": BROWSER} | headers
        self.cookies: dict[str, str] = {}
        self.page = Page(httpx2.Response(200, headers={"content-type": "text/plain"}, text=""))
        self.at = ""
        self.last: httpx2.Response = httpx2.Response(200)

    async def get(self, place: str) -> Page:
        """Open a page, and look where it leads."""
        return await self._look("GET", self._full(place))

    async def post(self, place: str, data: dict[str, str], **headers: str) -> Page:
        """Send a form by hand, and look where it leads."""
        return await self._look("POST", self._full(place), data=data, headers=_OURS | headers)

    async def press(self, action: str, *, button: int = 0, **fields: str) -> Page:
        """Fill in a form of this page and press one of its buttons."""
        form = self.page.form(action)
        pressed = form.buttons[button]
        data = form.fields | fields | ({pressed.name: pressed.value} if pressed.name else {})
        return await self._look("POST", pressed.action or form.action, data=data, headers=_OURS)

    async def send(self, method: str, url: str, **more: Any) -> httpx2.Response:
        """Send one request with the cookies there are, and keep those that come."""
        headers = {**self.headers, **more.pop("headers", {})}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = await self.http.request(method, url, headers=headers, follow_redirects=False, **more)
        self.http.cookies.clear()
        for line in response.headers.get_list("set-cookie"):
            for name, morsel in cast("Any", SimpleCookie(line)).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        self.last = response
        return response

    def _full(self, place: str) -> str:
        return place if place.startswith("/p/") else f"{self.base}{place}"

    async def _look(self, method: str, url: str, **more: Any) -> Page:
        response = await self.send(method, url, **more)
        for _ in range(5):
            if response.status_code != 303:
                break
            url = response.headers["location"]
            response = await self.send("GET", url)
        assert response.status_code != 500, url
        self.at, self.page = url, Page(response)
        return self.page
