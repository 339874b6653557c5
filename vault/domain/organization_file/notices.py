"""The notices of a file: versions that only rise, each saying whether yeses to the one before still count."""

from __future__ import annotations

from itertools import pairwise

from vault.domain import organization
from vault.domain.organization_file.fault import Faults, Path
from vault.domain.organization_file.known import Known, check_own_language
from vault.domain.organization_file.shape import File, Notice


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note what is wrong with the notices."""
    for key, versions in file.notices.items():
        path: Path = ("notices", key)
        if not versions:
            faults.add(path, "a notice has at least one version; write - version: 1 below it")
            continue
        # Older versions and other languages stay as they were published, even when nobody speaks them any more.
        check_own_language((*path, len(versions) - 1, "texts"), versions[-1].texts, known=known, faults=faults)
        if versions[0].compatible is not None:
            detail = "the first version has none before it to be compatible with; leave this line out"
            faults.add((*path, 0, "compatible"), detail)
        for index, (before, notice) in enumerate(pairwise(versions), start=1):
            _check_next(before, notice, path=(*path, index), faults=faults)


def build(file: File) -> dict[str, tuple[organization.Notice, ...]]:
    """Return the versions of each notice of a file without faults, oldest first. The first is not compatible."""
    return {key: tuple(_build(key, notice) for notice in versions) for key, versions in file.notices.items()}


def _check_next(before: Notice, notice: Notice, *, path: Path, faults: Faults) -> None:
    if notice.version <= before.version:
        faults.add((*path, "version"), f"versions rise; write {before.version + 1} or more")
    if notice.published <= before.published:
        detail = f"a version is published after the one before; write an instant after {before.published:%Y-%m-%d}"
        faults.add((*path, "published"), detail)
    if notice.compatible is None:
        detail = f"compatible is missing; write true if yeses to version {before.version} still count, else false"
        faults.add(path, detail)


def _build(key: str, notice: Notice) -> organization.Notice:
    return organization.Notice(
        key=key,
        version=notice.version,
        published=notice.published,
        compatible=bool(notice.compatible),
        recipients=notice.recipients,
        transfers=notice.transfers,
        retention=notice.retention,
        texts=notice.texts,
        why=notice.why,
    )
