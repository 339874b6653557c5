"""What tests are made of: a clock that is set by hand, chance that repeats itself, and people nobody could be.

Every personal value made here is a canary: texts hold the word `quokka`, numbers and dates stand in no other place.
`check_house` looks for them everywhere the service wrote.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

MARK: Final = "quokka"
ADDRESS: Final = "198.51.100.77"
"""Where everybody comes from who does not say otherwise: a canary as well."""
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) Quokka/7.1 Firefox/140.0"
"""What browsers call themselves: another."""
ORGANIZATION_FILE: Final = Path(__file__).parent / "unit/domain/organization.yaml"
CLIENT_KEY: Final[EllipticCurvePrivateKey] = generate_private_key(SECP256R1())
"""The key of every client of a test organization."""
ACTIONS: Final = (
    "decide", "release", "outcome", "audience", "create", "lookup", "capture", "dealing", "prompt", "import",
    "events", "admin",
)  # fmt: skip
LIMITS: Final = dict.fromkeys(("decisions_per_second", "requests_per_second", "tokens_per_second"), 1_000_000)
"""More than a test can ask."""

Json = dict[str, Any]
_people = count(1)


class FakeClock:
    """Stands still until it is moved; `at` may be set to any aware instant."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def pass_by(self, **amount: float) -> None:
        """Let time pass, such as `pass_by(days=1)`."""
        self.at += timedelta(**amount)


class SeededEntropy:
    """The same chance in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311 - a test wants to see the same twice

    def draw(self, size: int) -> bytes:
        return self._random.randbytes(size)


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def email() -> str:
    """Return an address nobody has had yet."""
    return f"Quokka.{next(_people)}@Quokkamail.example"


def phone() -> str:
    """Return a number nobody has had yet, in the form it is kept in."""
    return f"+447911{480_000 + next(_people)}"


def reference(source: str = "crm") -> Json:
    """Return what another system calls somebody."""
    return {"source": source, "id": f"Quokka-{next(_people)}/{source}"}


def birth_date(years: int = 70) -> str:
    """Return a birthday so many years ago."""
    return date(datetime.now(UTC).year - years, 2, 27).isoformat()


def point(kind: str, value: str, **given: Any) -> Json:
    """Return a contact point to register."""
    return {"kind": kind, "value": value, **given}


def customer(**given: Any) -> Json:
    """Return a registration with every field filled, or as `given` says."""
    one = next(_people)
    plain = {
        "external": [reference()],
        "contact_points": [
            point("email", email()),
            point("phone", phone()),
            point("postal_address", f"{one} Quokka Lane\nQuokkaford"),
            point("push_token", f"quokka-token-{one}"),
        ],
        "attributes": attributes(),
        "locale": "en",
        "time_zone": "Europe/London",
    }
    return plain | given


def attributes(**given: Any) -> Json:
    """Return every attribute the sample organization declares."""
    one = next(_people)
    plain = {
        "first_name": f"Quokkarina {one}",
        "last_name": f"Quokkafield {one}",
        "salutation": "Quokka Rex",
        "birth_date": birth_date(),
        "country": "Quokkaland",
        "language": "Quokkish",
        "loyalty_number": f"QUOKKA{one}",
        "boot_size": "Quokka 43",
    }
    return plain | given


def evidence(**given: Any) -> Json:
    """Return what proves a yes."""
    return {"captured_at": "1951-02-27T11:07:03Z", "capture_source": "the Quokka form", **given}


def granted(**given: Any) -> Json:
    """Return a complete yes to sales by e-mail, or as `given` says; a value of None leaves a field out."""
    plain = {"purpose": "sales", "channel": "email", "notice": 2, "locale": "en", "evidence": evidence()}
    return {name: value for name, value in (plain | given).items() if value is not None}


def prompted(customer: str, prompt: str = "none", **given: Any) -> Json:
    """Return an answer to a prompt: a no to sales by e-mail, or as `given` says."""
    plain = {"choices": [{"purpose": "sales", "channel": "email", "say": "no"}], "evidence": evidence()}
    return {"prompt": prompt, "customer": customer} | plain | given


def asked(**given: Any) -> Json:
    """Return a question about sales by e-mail, or as `given` says."""
    return {"purpose": "sales", "channel": "email"} | given


# ── An organization ──────────────────────────────────────────────────────────────────────────────────────────────────
def organization(slug: str = "fernhill") -> Json:
    """Return the sample's file as data, with clients that prove themselves by `CLIENT_KEY`, and a few more of them.

    `everything` may do and see all there is, `discreet` the same with plain reasons; `only_ACTION` has one action.
    """
    file: Json = json.loads(_organization())
    file["organization"]["slug"] = slug
    return file


def written(file: Json) -> str:
    """Return a file to apply: JSON is YAML."""
    return json.dumps(file)


def jwks() -> Json:
    """Return the public half of `CLIENT_KEY`."""
    return {"keys": [{**ECAlgorithm.to_jwk(CLIENT_KEY.public_key(), as_dict=True), "kid": "k1"}]}


def client(file: Json, *actions: str, **ceiling: Any) -> Json:
    """Return a client of `file` with these actions and every purpose, channel and field, or as `ceiling` says."""
    everywhere = {
        "purposes": list(_keys(file["purposes"])),
        "channels": list(file["channels"]),
        "fields": [*file["attributes"], *{channel["reaches"] for channel in file["channels"].values()}],
        "actions": list(actions),
        "reasons": "full",
    }
    return {
        "title": "a client of the tests",
        "authentication": {"method": "private_key_jwt", "algorithm": "ES256", "jwks": jwks()},
        "ceiling": everywhere | ceiling,
        "limits": LIMITS,
    }


def assertion(client_id: str, *, audience: str, now: datetime, **claims: Any) -> str:
    """Return an assertion of a client (RFC 7523) signed with `CLIENT_KEY`."""
    at = int(now.timestamp())
    plain = {"iss": client_id, "sub": client_id, "aud": audience, "iat": at, "exp": at + 60, "jti": f"j{next(_people)}"}
    return jwt.encode(plain | claims, CLIENT_KEY, "ES256", headers={"kid": "k1"})


@cache
def _organization() -> str:
    file: Json = yaml.safe_load(ORGANIZATION_FILE.read_text("utf-8"))
    del file["quiet_hours"]  # or what is allowed would hang on the hour at which tests are run
    _without_budgets(file["purposes"])  # or on what was allowed before
    for own in file["clients"].values():
        own.pop("hours", None)
        own.pop("expires", None)
        if own["authentication"]["method"] == "private_key_jwt":
            own["authentication"] = {"method": "private_key_jwt", "algorithm": "ES256", "jwks": jwks()}
        own["authentication"].pop("expires", None)
        own["limits"] = LIMITS
    file["clients"]["everything"] = client(file, *ACTIONS)
    file["clients"]["discreet"] = client(file, *ACTIONS, reasons="plain")
    for action in ACTIONS:
        file["clients"][f"only_{action}"] = client(file, action)
    return json.dumps(file, default=lambda value: value.isoformat())


def _without_budgets(purposes: Json) -> None:
    for purpose in purposes.values():
        purpose.pop("budget", None)
        _without_budgets(purpose.get("children", {}))


def _keys(purposes: Json) -> list[str]:
    return [one for key, purpose in purposes.items() for one in (key, *_keys(purpose.get("children", {})))]
