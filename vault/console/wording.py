"""Wording: what the vault answers in codes, auditors and admins read in sentences."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.errors import VaultError
from vault.domain.sign_in.provider import StaffRole
from vault.pages.frame import Frame


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a refusal. `alarm` where something is broken, and not only not so."""

    what: str
    alarm: bool = False


_NOT_HERE: Final = "That passkey opens nothing here. If it did before, ask to be invited again."
_NOT_MADE: Final = "That did not make a passkey the vault can keep. Try again, or use another device."
_TOO_OLD: Final = "This page was open for more than five minutes. Try once more."
_NO_ROLE: Final = "Your provider knows you, but not as either an auditor or an admin here. Ask who looks after it."
_BEGUN: Final = "That sign-in was begun too long ago, or in another browser. Begin once more."
_BROKEN: Final = "Your provider does not answer as it should. Nobody was let in. Tell whoever looks after it."
_SAID: Final = {
    "sign_in_again": "For that you have to have signed in within the last ten minutes: sign out and in again.",
    "no_passkeys_beside_a_provider": "You come by your provider, and by it alone.",
    "passkey_refused": _NOT_HERE,
    "passkey_not_made": _NOT_MADE,
    "page_too_old": _TOO_OLD,
    "provider_said_no": "Your provider did not let you in.",
    "provider_gives_no_role": _NO_ROLE,
    "provider_gives_two_roles": _NO_ROLE,
    "provider_not_asked": _BEGUN,
    "provider_other_state": _BEGUN,
}


def wrong(frame: Frame, refusal: VaultError | None) -> Wrong | None:
    """Return what is said of a refusal; nothing for none. What is in no list is a provider that does not work."""
    if refusal is None:
        return None
    said = _SAID.get(refusal.code)
    return Wrong(what=frame.words.say(said or _BROKEN), alarm=said is None)


def role(frame: Frame, told: StaffRole) -> str:
    """Return what somebody is called."""
    return frame.words.say("Auditor") if told == "auditor" else frame.words.say("Admin")


def may(frame: Frame, told: StaffRole) -> str:
    """Return what somebody may, in a sentence."""
    if told == "auditor":
        return frame.words.say("You may check the log. It names nobody.")
    return frame.words.say("You may declare the rules and look after systems. You see no customer's data.")


def invited(frame: Frame, told: StaffRole, *, name: str) -> str:
    """Return what an invitation says."""
    if told == "auditor":
        return frame.words.say("You are invited as an auditor of %(name)s.", name=name)
    return frame.words.say("You are invited as an admin of %(name)s.", name=name)
