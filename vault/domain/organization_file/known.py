"""What a file declares: the keys its references may use, and in which languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from vault.domain.organization_file.fault import Faults, Path
from vault.domain.organization_file.shape import File, Purpose

CONTACTS: Final = ("email", "phone", "postal_address", "push_token", "fax_number")


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose where it stands in the file. `above` is its parent's key; `inside`, whether it stands in its parent."""

    key: str
    path: Path
    purpose: Purpose
    above: str | None
    inside: bool


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The keys a file declares, each kind in the order of the file."""

    purposes: tuple[str, ...]
    channels: tuple[str, ...]
    notices: tuple[str, ...]
    evidence: tuple[str, ...]
    contacts: tuple[str, ...]
    locales: tuple[str, ...]
    locale: str


def known(file: File) -> Known:
    """Return what the file declares. Kinds of contact point are those the vault knows and those the file adds."""
    return Known(
        purposes=tuple(dict.fromkeys(entry.key for entry in placed(file.purposes))),
        channels=tuple(file.channels),
        notices=tuple(file.notices),
        evidence=tuple(file.evidence),
        contacts=tuple(dict.fromkeys((*CONTACTS, *file.contact_points))),
        locales=tuple(dict.fromkeys((file.organization.locale, *file.locales))),
        locale=file.organization.locale,
    )


def check_title(path: Path, title: Mapping[str, str], *, known: Known, faults: Faults) -> None:
    """Note languages the organization does not speak, and its own where it is missing."""
    for locale in title:
        faults.references((*path, locale), locale, to="language of the organization", known=known.locales)
    check_own_language(path, title, known=known, faults=faults)


def check_own_language(path: Path, texts: Mapping[str, object], *, known: Known, faults: Faults) -> None:
    """Note that the organization's own language is missing: the others fall back to it."""
    if known.locale not in texts:
        faults.add(path, f"the words in {known.locale} are missing; it is the language the others fall back to")


def placed(
    purposes: Mapping[str, Purpose], *, path: Path = ("purposes",), within: str | None = None
) -> Iterator[Placed]:
    """Yield every purpose of the tree, parents before what stands inside them."""
    for key, purpose in purposes.items():
        here = (*path, key)
        above = purpose.parent if within is None else within
        yield Placed(key=key, path=here, purpose=purpose, above=above, inside=within is not None)
        yield from placed(purpose.children, path=(*here, "children"), within=key)
