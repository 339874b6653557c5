"""Wording: what the vault answers in codes, a customer reads in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vault.domain.audit.opened import Looked
from vault.domain.organization import Organization
from vault.domain.sign_in.code import Wrong
from vault.pages.frame import Frame

_BROWSERS: Final = {
    "chrome": "Chrome",
    "edge": "Edge",
    "firefox": "Firefox",
    "opera": "Opera",
    "safari": "Safari",
    "samsung": "Samsung Internet",
}


def wrong_code(frame: Frame, wrong: Wrong | None) -> str:
    """Return what is said of a code that let nobody in; nothing for none."""
    words = frame.words
    if wrong is None:
        return ""
    if wrong.too_old:
        return words.say("That code is too old. We can send you a new one.")
    if wrong.after is not None:
        time = words.time(wrong.after, zone=frame.zone)
        return words.say("That is not the code, and it was the last try. Come back at %(time)s.", time=time)
    return words.count(
        "That is not the code. You can try once more.",
        "That is not the code. You can try %(number)s more times.",
        number=wrong.left,
    )


def wrong_link(frame: Frame, wrong: Wrong | None) -> str:
    """Return what is said to somebody whose link fits, but not their first name."""
    if wrong is None:
        return ""
    return frame.words.count(
        "We could not tell who you are. You can try once more.",
        "We could not tell who you are. You can try %(number)s more times.",
        number=wrong.left,
    )


def unreadable(frame: Frame) -> str:
    """Return what is said of something typed that is neither an address nor a number."""
    return frame.words.say("Write one e-mail address, such as name@mail.example, or a telephone number.")


def unreadable_email(frame: Frame) -> str:
    """Return what is said of something typed that is no e-mail address."""
    return frame.words.say("Write one e-mail address, such as name@mail.example.")


def unknown_code(frame: Frame) -> str:
    """Return what is said of a code that belongs to no message somebody was asked about for."""
    return frame.words.say("We find nothing with this code. Look at it again, letter by letter.")


def device(frame: Frame, told: str) -> str:
    """Return a kind of device in words."""
    words = frame.words
    browser, _, kind = told.partition("/")
    named = _BROWSERS.get(browser) or words.say("a browser")
    match kind:
        case "phone":
            return words.say("%(browser)s on a phone", browser=named)
        case "tablet":
            return words.say("%(browser)s on a tablet", browser=named)
        case "computer":
            return words.say("%(browser)s on a computer", browser=named)
        case _:
            return words.say("%(browser)s on a device", browser=named)


def title(frame: Frame, titles: Mapping[str, str], *, locale: str) -> str:
    """Return what the organization calls something, in the language of the page, else in its own."""
    found = titles.get(frame.words.language) or titles.get(locale)
    return found or next(iter(titles.values()), "")


def stop_question(frame: Frame, channel: str) -> str:
    """Return the question whether what comes over a channel shall stop."""
    say = frame.words.say
    match channel:
        case "email":
            return say("Stop these e-mails?")
        case "sms":
            return say("Stop these text messages?")
        case "voice":
            return say("Stop these calls?")
        case "post":
            return say("Stop these letters?")
        case _:
            return say("Stop these messages?")


def way(frame: Frame, channel: str) -> str:
    """Return how something comes, in words; nothing for what sends no message. A channel the file invented is named."""
    say = frame.words.say
    match channel:
        case "*":
            return ""
        case "email":
            return say("by e-mail")
        case "sms":
            return say("by text message")
        case "voice":
            return say("by phone")
        case "post":
            return say("by post")
        case _:
            return say("by %(channel)s", channel=channel)


def opened(frame: Frame, looked: Looked, *, organization: Organization) -> str:
    """Return what somebody opened of a customer, in words."""
    say = frame.words.say
    if not looked.fields:
        return say("An auditor opened on which device you did something here")
    titles = {"email": say("E-mail address"), "phone": say("Telephone number")}
    known = organization.attributes
    names = [
        title(frame, known[field].title, locale=organization.locale) if field in known else titles.get(field, field)
        for field in looked.fields
    ]
    return say("An auditor opened: %(names)s", names=", ".join(names))
