"""Receipts of the sample's organization, and how to take a member out of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from vault.base.ids import CustomerId, FactId, ReceiptId
from vault.domain.fact import Fact
from vault.domain.organization import Organization
from vault.domain.organization_file.reading import read
from vault.domain.receipt.told import Said, Told, covered, events
from vault.domain.record.worth import worth

NOW: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SITE: Final = "https://vault.example/p/fernhill/"
SAMPLE: Final = Path(__file__).parents[1] / "organization.yaml"

Json = dict[str, Any]


@cache
def organization() -> Organization:
    return read(SAMPLE.read_text("utf-8"))


def a_fact(name: str = "a", **given: Any) -> Fact:
    """Return a yes to sales by e-mail, given in the portal a day ago on the words of its newest notice."""
    file = organization()
    newest = file.notices["sales"][-1]
    plain: dict[str, Any] = {
        "id": FactId(f"fct_{name}"), "kind": "granted", "purpose": "sales", "channel": "email", "at": NOW - DAY,
        "recorded_at": NOW - DAY, "source": "person", "method": "portal",
    }  # fmt: skip
    if given.get("kind", "granted") == "granted" and "purpose" not in given:
        plain |= {"notice": newest.version, "locale": "en", "words": newest.words("en")}
    return Fact(**(plain | given))


def said(fact: Fact, *own: Fact, file: Organization | None = None) -> Said:
    file = file or organization()
    found = worth(fact, own or [fact], shared=(), organization=file, now=NOW)
    purpose = file.purposes.get(fact.purpose)
    notices = file.notices.get(purpose.notice or "", ()) if purpose is not None else ()
    notice = next((one for one in notices if one.version == fact.notice), None)
    words = notice.texts[fact.locale] if notice is not None and fact.locale is not None else None
    return Said(fact=fact, worth=found, notice=notice, words=words)


def told(fact: Fact | None = None, *others: Fact, file: Organization | None = None) -> Told:
    fact, file = fact or a_fact(), file or organization()
    own = [fact, *others]
    return Told(
        id=ReceiptId("rct_a"),
        created=NOW,
        customer=CustomerId("cus_a"),
        site=SITE,
        organization=file,
        said=said(fact, *own, file=file),
        covered=covered(fact, file),
        events=events(said(fact, *own, file=file), [said(one, *own, file=file) for one in own], organization=file),
    )


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every member of an object, however deep."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield (*path, name)
            yield from paths(one, (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from paths(one, (*path, index))


def changed(document: Any, path: tuple[Any, ...], *value: Any) -> Any:
    """Return a copy without the member at `path`, or with another value there."""
    copy = deepcopy(document)
    place = copy
    for step in path[:-1]:
        place = place[step]
    if value:
        place[path[-1]] = value[0]
    else:
        del place[path[-1]]
    return copy


def spelled(path: tuple[Any, ...]) -> str:
    """Return a path as a fault spells it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def as_read(document: Any) -> Any:
    """Return what a reader gets of it."""
    return json.loads(json.dumps(document))
