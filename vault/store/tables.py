"""The tables as Piccolo sees them. The migrations make them; a contract test holds both against each other.

Primary keys are composite in the database and begin with the organization; Piccolo knows one column of each.
No column has a default: a forgotten value is an error, never a guess.
"""

from __future__ import annotations

from typing import Any, Final

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table


class _Compiler(PostgresEngine):
    # Piccolo compiles queries for an engine. Ours run in a `Work`, so this one never connects.
    async def get_version(self) -> float:
        return self.min_version_number


_ENGINE: Final = _Compiler(config={})
_VALUE: Final[dict[str, Any]] = {"default": None, "null": False}
_MAYBE: Final[dict[str, Any]] = {"default": None, "null": True}


class Organizations(Table, tablename="organization", schema="vault", db=_ENGINE):
    """Organizations, their epoch and the configuration in force."""

    id = UUID(primary_key=True, **_VALUE)
    slug = Text(**_VALUE)
    epoch = BigInt(**_VALUE)
    configuration = Text(**_VALUE)
    recorded_at = Timestamptz(**_VALUE)


class Configurations(Table, tablename="configuration", schema="vault", db=_ENGINE):
    """Every configuration ever used, as canonical JSON."""

    organization = UUID(**_VALUE)
    digest = Text(primary_key=True, **_VALUE)
    document = Bytea(**_VALUE)
    recorded_at = Timestamptz(**_VALUE)


class Customers(Table, tablename="customer", schema="vault", db=_ENGINE):
    """Customers, without anything that names them."""

    organization = UUID(**_VALUE)
    id = UUID(primary_key=True, **_VALUE)
    locale = Text(**_MAYBE)
    time_zone = Text(**_MAYBE)
    country = Text(**_MAYBE)
    minor_until = Date(**_MAYBE)
    erased_at = Timestamptz(**_MAYBE)
    recorded_at = Timestamptz(**_VALUE)
    restricted_since = Timestamptz(**_MAYBE)
    brought_by = UUID(**_MAYBE)
    family = UUID(**_MAYBE)


class Attributes(Table, tablename="attribute", schema="vault", db=_ENGINE):
    """Sealed attributes."""

    organization = UUID(**_VALUE)
    customer = UUID(**_VALUE)
    name = Text(primary_key=True, **_VALUE)
    sealed = Bytea(**_VALUE)
    brought_by = UUID(**_MAYBE)


class ContactPoints(Table, tablename="contact_point", schema="vault", db=_ENGINE):
    """Sealed contact points, each with its tag under the suppression key."""

    organization = UUID(**_VALUE)
    customer = UUID(**_VALUE)
    id = UUID(primary_key=True, **_VALUE)
    kind = Text(**_VALUE)
    sealed = Bytea(**_VALUE)
    tag = UUID(**_VALUE)
    is_primary = Boolean(**_VALUE)
    verified_at = Timestamptz(**_MAYBE)
    recorded_at = Timestamptz(**_VALUE)
    area = Text(**_MAYBE)
    brought_by = UUID(**_MAYBE)


class ExternalReferences(Table, tablename="external_reference", schema="vault", db=_ENGINE):
    """Sealed ids of other systems."""

    organization = UUID(**_VALUE)
    customer = UUID(**_VALUE)
    id = UUID(primary_key=True, **_VALUE)
    source = Text(**_VALUE)
    sealed = Bytea(**_VALUE)
    recorded_at = Timestamptz(**_VALUE)
    brought_by = UUID(**_MAYBE)


class Facts(Table, tablename="fact", schema="vault", db=_ENGINE):
    """What was said."""

    organization = UUID(**_VALUE)
    subject = UUID(**_VALUE)
    id = UUID(primary_key=True, **_VALUE)
    kind = Text(**_VALUE)
    purpose = Text(**_VALUE)
    channel = Text(**_VALUE)
    at = Timestamptz(**_VALUE)
    recorded_at = Timestamptz(**_VALUE)
    source = Text(**_VALUE)
    method = Text(**_VALUE)
    client = UUID(**_MAYBE)
    contact_point = UUID(**_MAYBE)
    notice = Integer(**_MAYBE)
    locale = Text(**_MAYBE)
    words = Text(**_MAYBE)
    until = Timestamptz(**_MAYBE)
    proven = Boolean(**_VALUE)
    reference = UUID(**_MAYBE)
    idempotency = UUID(**_MAYBE)
    evidence = Bytea(**_MAYBE)
    guardian = Boolean(**_VALUE)
    dealing = Text(**_MAYBE)
    brought_by = UUID(**_MAYBE)


class Suppressions(Table, tablename="suppression", schema="vault", db=_ENGINE):
    """Hard stops on contact points, by tag."""

    organization = UUID(**_VALUE)
    tag = UUID(**_VALUE)
    id = UUID(primary_key=True, **_VALUE)
    kind = Text(**_VALUE)
    channel = Text(**_MAYBE)
    at = Timestamptz(**_VALUE)
    until = Timestamptz(**_MAYBE)
    recorded_at = Timestamptz(**_VALUE)
    brought_by = UUID(**_MAYBE)


class ErasureMarks(Table, tablename="erasure_mark", schema="vault", db=_ENGINE):
    """Values that imports and clients may not make a customer of again, by tag."""

    organization = UUID(**_VALUE)
    tag = UUID(primary_key=True, **_VALUE)
    recorded_at = Timestamptz(**_VALUE)


class OrganizationKeys(Table, tablename="organization_key", schema="keystore", db=_ENGINE):
    """Organization keys, wrapped by the root key."""

    organization = UUID(**_VALUE)
    epoch = Integer(primary_key=True, **_VALUE)
    wrapped = Bytea(**_VALUE)


class IndexKeys(Table, tablename="index_key", schema="keystore", db=_ENGINE):
    """Index, suppression and repeat keys, wrapped by the organization key."""

    organization = UUID(**_VALUE)
    name = Text(primary_key=True, **_VALUE)
    version = Integer(**_VALUE)
    wrapped = Bytea(**_VALUE)


class CustomerKeys(Table, tablename="customer_key", schema="keystore", db=_ENGINE):
    """Data and proof keys of customers, wrapped by the organization key."""

    organization = UUID(**_VALUE)
    customer = UUID(primary_key=True, **_VALUE)
    kind = Text(**_VALUE)
    version = Integer(**_VALUE)
    wrapped = Bytea(**_VALUE)


class Subjects(Table, tablename="subject", schema="keystore", db=_ENGINE):
    """The bridge between a customer and their subject."""

    organization = UUID(**_VALUE)
    customer = UUID(primary_key=True, **_VALUE)
    subject = UUID(**_VALUE)


class BlindIndex(Table, tablename="blind_index", schema="keystore", db=_ENGINE):
    """Tags by which customers are found; `owner` is the contact point or reference a tag is of."""

    organization = UUID(**_VALUE)
    field = Text(**_VALUE)
    version = Integer(**_VALUE)
    tag = UUID(primary_key=True, **_VALUE)
    customer = UUID(**_VALUE)
    owner = UUID(**_VALUE)
    brought_by = UUID(**_MAYBE)
