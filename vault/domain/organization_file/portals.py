"""What a file says of the portal: colours are made from its accent, and each pair is held to its contrast."""

from __future__ import annotations

from vault.domain.look import portal
from vault.domain.look.palette import Shade, derived, faults, palette
from vault.domain.organization_file.fault import Faults
from vault.domain.organization_file.known import Known
from vault.domain.organization_file.shape import File


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note every accent that could not be read, with the pair that is too faint."""
    del known  # a portal names nothing else of the file
    look = file.portal
    if look is None:
        return
    if look.accent is None and look.accent_dark is not None:
        faults.add(("portal", "accent_dark"), "a dark accent goes with an accent; write that as well")
    if look.accent is not None:
        _check_colours("accent", look.accent, shade="light", to=faults)
    if look.accent_dark is not None:
        _check_colours("accent_dark", look.accent_dark, shade="dark", to=faults)


def build(file: File) -> portal.Portal:
    """Return the portal of a file without faults."""
    about, look = file.organization, file.portal
    contact = about.contact
    return portal.Portal(
        accent=look.accent if look is not None else None,
        accent_dark=_dark(look.accent, look.accent_dark) if look is not None else None,
        font=look.font if look is not None else "own",
        email=contact.email if contact is not None else None,
        complaints=about.complaint_bodies.get(about.jurisdiction),
    )


def _dark(accent: str | None, own: str | None) -> str | None:
    return derived(accent) if accent is not None and own is None else own


def _check_colours(key: str, accent: str, *, shade: Shade, to: Faults) -> None:
    other = "a darker" if shade == "light" else "a lighter"
    for fault in faults(palette(accent, shade)):
        detail = (
            f"{fault.colour} on {fault.on} has a contrast of {fault.ratio:.2f} : 1 and needs {fault.needs} : 1; "
            f"choose {other} colour"
        )
        to.add(("portal", key), detail)
