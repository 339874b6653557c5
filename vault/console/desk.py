"""The desk: what stands around every page of whoever is signed in. Where they may go, who they are, how the log is.

A place somebody may not enter is absent, not grey. The log's health is read for every page, and no page is without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response
from litestar.di import NamedDependency

from vault.actions.audit.health import LogHealth, health
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.console.health import Line, line
from vault.console.wording import role
from vault.domain.actor import Actor
from vault.pages.frame import Frame
from vault.pages.page import render


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the navigation."""

    path: str
    name: str
    is_here: bool


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What a page at the console knows: who came to it, and how the log is. `visit` is when and to whom."""

    frame: Frame
    actor: Actor
    visit: Visit
    health: LogHealth

    @property
    def name(self) -> str:
        """What the organization is called."""
        return self.visit.here.organization.name

    @property
    def clients(self) -> Mapping[str, str]:
        """The keys of clients, by their ids."""
        return {kept.id: key for key, kept in self.visit.here.clients.items()}

    @property
    def log_api(self) -> str:
        """Where this log is answered for programs, and where its bundles come from."""
        return f"/v1/log/{self.visit.here.organization.slug}"

    @property
    def is_auditor(self) -> bool:
        """Whether stories, sealed details and names may be asked for here."""
        return self.actor.kind == "auditor"

    @property
    def role(self) -> str:
        """What whoever is signed in is called."""
        return role(self.frame, "auditor" if self.is_auditor else "admin")

    @property
    def line(self) -> Line:
        """How the log is, in words."""
        return line(self.health, self.frame.words, now=self.visit.now)

    @property
    def log(self) -> list[Place]:
        """Where the log is looked at."""
        say = self.frame.words.say
        known = [("/", say("Overview")), ("/search", say("Search"))]
        known += [("/story", say("One customer"))] if self.is_auditor else []
        known += [("/allowed", say("Was it allowed?")), ("/samples", say("Samples"))]
        return [Place(path=path, name=name, is_here=self._here == path) for path, name in known]

    @property
    def people(self) -> list[Place]:
        """Where an admin answers customers."""
        say = self.frame.words.say
        known = [] if self.is_auditor else [("/requests", say("Requests")), ("/merges", say("Merges"))]
        return [Place(path=path, name=name, is_here=self._here == path) for path, name in known]

    @property
    def rules(self) -> list[Place]:
        """Where what decides is looked at."""
        known = [("/policies", self.frame.words.say("Policies")), ("/imports", self.frame.words.say("Imports"))]
        return [Place(path=path, name=name, is_here=self._here == path) for path, name in known]

    @property
    def _here(self) -> str:
        first = self.frame.path.removeprefix(self.frame.base).strip("/").partition("/")[0]
        return f"/{_INSIDE.get(first, first)}"

    def show(self, template: str, *, values: Mapping[str, object] | None = None, status: int = 200) -> Response[bytes]:
        """Return a page at this desk."""
        return render(template, self.frame, values={"desk": self, **(values or {})}, status=status)


_INSIDE: Final = {"entry": "search"}
"""Pages that belong to a place of another name."""


async def desk(
    vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    actor: NamedDependency[Actor],
) -> Desk:  # fmt: skip
    """Return the desk of whoever is signed in."""
    found = await health(vault, visit.here.id)
    return Desk(frame=frame, actor=actor, visit=visit, health=found)
