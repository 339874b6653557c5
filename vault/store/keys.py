"""Keys of one organization: tags under its index keys, customer keys made and opened, fields sealed and opened.

The keystore holds every key wrapped. What is unwrapped here lives as long as the keyring holds the organization key,
five minutes at most; customer keys are forgotten with the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from vault.base.clock import Entropy
from vault.base.ids import CustomerId, raw
from vault.base.personal import Personal
from vault.crypto.box import SALT
from vault.crypto.keyring import Keyring
from vault.crypto.link import LinkKey
from vault.crypto.permit import PermitKey
from vault.crypto.provider import KeyProvider
from vault.crypto.seal import Place, open_sealed, seal
from vault.crypto.tag import index_tag, suppression_tag
from vault.crypto.ticket import issue
from vault.crypto.ticket import read as read_ticket
from vault.crypto.wrap import Binding, WrappingKey, unwrap, wrap
from vault.store.database import Work
from vault.store.tables import CustomerKeys, IndexKeys, OrganizationKeys

KeyKind = Literal["data", "proof"]

VERSION: Final = 1
SUPPRESSION: Final = "suppression"
REPEAT: Final = "repeat"
REFERENCE: Final = "reference"
NETWORK: Final = "network"
LINK: Final = "link"
DETAILS: Final = "details"
PERMIT: Final = "permit"


class CustomerKey(msgspec.Struct, frozen=True, kw_only=True):
    """An unwrapped customer key, for the time of one request."""

    customer: UUID
    version: int
    key: bytes

    def __repr__(self) -> str:
        return f"CustomerKey(version={self.version})"


class Wrapped(NamedTuple):
    """A key of a name as it is kept, and which of the keys of that name it is."""

    key: bytes
    version: int


class Safe:
    """One organization's keys: seals, opens and tags for it, and for no other."""

    __slots__ = ("_entropy", "_epoch", "_held", "_index", "_keyring", "_links", "_wrapped", "organization")

    def __init__(
        self, keyring: Keyring, entropy: Entropy, *, organization: UUID, epoch: int, wrapped: Mapping[str, Wrapped]
    ) -> None:
        self.organization = organization
        self._keyring = keyring
        self._entropy = entropy
        self._epoch = epoch
        self._wrapped = wrapped
        self._held: WrappingKey | None = None
        self._index: dict[str, bytes] = {}
        self._links: dict[bytes, LinkKey] = {}

    def index(self, field: str, *parts: bytes) -> UUID:
        """Return the blind-index tag of a value under the key of its field."""
        return UUID(bytes=index_tag(self._key(f"index/{field}"), *parts))

    def suppression(self, kind: str, value: bytes) -> UUID:
        """Return the suppression tag of a contact point."""
        return UUID(bytes=suppression_tag(self._key(SUPPRESSION), kind, value=value))

    def reference(self, source: str, own: bytes) -> UUID:
        """Return the tag by which a reference bears an erasure mark."""
        return self.suppression(f"{REFERENCE}:{source}", own)

    def repeat(self, *parts: bytes) -> bytes:
        """Return 16 bytes that stand for a caller's own key or reference, which may hold anything."""
        return index_tag(self._key(REPEAT), *parts)

    def network(self, network: str) -> bytes:
        """Return 16 bytes that stand for a network; only the installation has the key for it."""
        return index_tag(self._key(NETWORK), network.encode())

    def has(self, name: str) -> bool:
        """Whether the organization has the key of this name."""
        return name in self._wrapped

    def nobodys_key(self) -> CustomerKey:
        """Return the key under which details of nobody the vault knows are sealed: forgotten as soon as a customer's.

        Its place is the organization's own id.
        """
        return CustomerKey(customer=self.organization, version=VERSION, key=self._unwrapped(DETAILS))

    def new_key(self, customer: CustomerId, kind: KeyKind) -> tuple[CustomerKey, bytes]:
        """Return a new customer key and its wrapped form."""
        binding = Binding(organization=self.organization, kind=kind, owner=raw(customer), version=VERSION)
        key, wrapped = self._keyring.fresh_key(self._organization_key(), binding)
        return CustomerKey(customer=raw(customer), version=VERSION, key=key), wrapped

    def open_key(self, customer: UUID, kind: KeyKind, *, version: int, wrapped: bytes) -> CustomerKey:
        """Return a customer key from its wrapped form."""
        binding = Binding(organization=self.organization, kind=kind, owner=customer, version=version)
        key = unwrap(self._organization_key(), wrapped, binding=binding)
        return CustomerKey(customer=customer, version=version, key=key)

    def new_import_key(self, import_: UUID) -> tuple[CustomerKey, bytes]:
        """Return the key of an import's rows, and its wrapped form. Its place is the import's id."""
        key, wrapped = self._keyring.fresh_key(self._organization_key(), self._of_import(import_))
        return CustomerKey(customer=import_, version=VERSION, key=key), wrapped

    def open_import_key(self, import_: UUID, *, wrapped: bytes) -> CustomerKey:
        """Return the key of an import's rows from its wrapped form."""
        key = unwrap(self._organization_key(), wrapped, binding=self._of_import(import_))
        return CustomerKey(customer=import_, version=VERSION, key=key)

    def seal(self, key: CustomerKey, table: str, *, column: str, row: UUID, value: bytes) -> bytes:
        """Seal a value into its place."""
        place = self._place(key, table, column=column, row=row)
        return seal(key.key, place, plaintext=value, version=key.version, salt=self._entropy.draw(SALT))

    def open(self, key: CustomerKey, table: str, *, column: str, row: UUID, sealed: bytes) -> Personal:
        """Open a value from its place."""
        return Personal(self.opened(key, table, column=column, row=row, sealed=sealed).decode())

    def opened(self, key: CustomerKey, table: str, *, column: str, row: UUID, sealed: bytes) -> bytes:
        """Open bytes from their place. They may hold personal values in the clear."""
        return open_sealed(key.key, self._place(key, table, column=column, row=row), sealed=sealed)

    def ticket(self, use: str, plaintext: bytes) -> bytes:
        """Seal what is handed out and read again within minutes. `use` is a frozen label."""
        key, salt = self._organization_key().key, self._entropy.draw(SALT)
        return issue(key, plaintext, organization=self.organization, use=use, salt=salt)

    def read(self, use: str, ticket: bytes) -> bytes:
        """Open a ticket; `SealError` for one of another use or organization, or of nobody."""
        return read_ticket(self._organization_key().key, ticket, organization=self.organization, use=use)

    def links(self, use: bytes = b"") -> LinkKey | None:
        """Return the link key of a use; none where the organization's file was last applied before there were links."""
        self._organization_key()
        if use not in self._links and LINK in self._wrapped:
            self._links[use] = LinkKey(self._key(LINK), organization=self.organization, use=use)
        return self._links.get(use)

    def permits(self) -> PermitKey:
        """Return the permit key; only an organization that `has` it gives permits."""
        return PermitKey(self._key(PERMIT))

    def carried(self, carrier: KeyProvider) -> bytes:
        """Return the suppression key wrapped by a carrier: tags made under it mean something wherever it is taken."""
        return carrier.wrap(self._key(SUPPRESSION), _carried(self.organization))

    def taken(self, carrier: KeyProvider, wrapped: bytes, *, of: UUID) -> Wrapped:
        """Return the suppression key that another organization's safe gave a carrier, as this one keeps it."""
        key, version = carrier.unwrap(wrapped, _carried(of)), self._wrapped[SUPPRESSION].version + 1
        binding = _of_name(self.organization, SUPPRESSION, version=version)
        return Wrapped(wrap(self._organization_key(), key, binding=binding, salt=self._entropy.draw(SALT)), version)

    def forget(self) -> None:
        """Let go of what was unwrapped; it is unwrapped again when it is needed."""
        self._held, self._index, self._links = None, {}, {}

    def _of_import(self, import_: UUID) -> Binding:
        return Binding(organization=self.organization, kind="import", owner=import_, version=VERSION)

    def _place(self, key: CustomerKey, table: str, *, column: str, row: UUID) -> Place:
        return Place(organization=self.organization, customer=key.customer, table=table, column=column, row=row)

    def _organization_key(self) -> WrappingKey:
        key = self._keyring.organization_key(self.organization, self._epoch, wrapped=self._wrapped["organization"].key)
        if key is not self._held:
            self._held, self._index, self._links = key, {}, {}
        return key

    def _key(self, name: str) -> bytes:
        self._organization_key()
        if (key := self._index.get(name)) is None:
            key = self._index[name] = self._unwrapped(name)
        return key

    def _unwrapped(self, name: str) -> bytes:
        wrapped, version = self._wrapped[name]
        return unwrap(self._organization_key(), wrapped, binding=_of_name(self.organization, name, version=version))


async def read(work: Work, keyring: Keyring, *, entropy: Entropy) -> Safe:
    """Read the organization's wrapped keys and return its safe. Of several keys of a name the latest is used."""
    own = work.own
    keys = await work.run(
        OrganizationKeys.select(OrganizationKeys.epoch, OrganizationKeys.wrapped)
        .where(OrganizationKeys.organization == own)
        .order_by(OrganizationKeys.epoch, ascending=False)
    )
    names = await work.run(
        IndexKeys.select(IndexKeys.name, IndexKeys.version, IndexKeys.wrapped)
        .where(IndexKeys.organization == own)
        .order_by(IndexKeys.version)
    )
    wrapped = {row["name"]: Wrapped(row["wrapped"], row["version"]) for row in names}
    wrapped["organization"] = Wrapped(keys[0]["wrapped"], keys[0]["epoch"])
    return Safe(keyring, entropy, organization=own, epoch=keys[0]["epoch"], wrapped=wrapped)


async def make(work: Work, keyring: Keyring, *, kinds: Iterable[str]) -> list[str]:
    """Make what keys the organization lacks for these kinds of contact point; return the names of those made."""
    return await make_named(
        work,
        keyring,
        names={SUPPRESSION, REPEAT, DETAILS, LINK, PERMIT, f"index/{REFERENCE}", *(f"index/{kind}" for kind in kinds)},
    )


async def make_named(work: Work, keyring: Keyring, *, names: AbstractSet[str]) -> list[str]:
    """Make what keys the organization lacks of these; return the names of those made."""
    own = work.own
    found = await work.run(
        OrganizationKeys.select(OrganizationKeys.wrapped).where(
            (OrganizationKeys.organization == own) & (OrganizationKeys.epoch == 1)
        )
    )
    wrapped = found[0]["wrapped"] if found else keyring.fresh_organization_key(own, 1)
    if not found:
        await work.run(OrganizationKeys.insert(OrganizationKeys(organization=own, epoch=1, wrapped=wrapped)))
    above = keyring.organization_key(own, 1, wrapped=wrapped)
    known = await work.run(IndexKeys.select(IndexKeys.name).where(IndexKeys.organization == own))
    missing = sorted(names - {row["name"] for row in known})
    for name in missing:
        _, fresh = keyring.fresh_key(above, _of_name(own, name))
        await work.run(IndexKeys.insert(IndexKeys(organization=own, name=name, version=VERSION, wrapped=fresh)))
    return missing if found else ["organization", *missing]


async def add(work: Work, customer: CustomerId, *, wrapped: Mapping[KeyKind, bytes]) -> None:
    """Keep a customer's wrapped keys."""
    rows = [
        CustomerKeys(organization=work.own, customer=raw(customer), kind=kind, version=VERSION, wrapped=key)
        for kind, key in wrapped.items()
    ]
    await work.run(CustomerKeys.insert(*rows))


async def opened(work: Work, safe: Safe, *, customer: CustomerId, kind: KeyKind) -> CustomerKey:
    """Return a key of a customer whose row is held, opened: whoever was not erased has one of each kind."""
    query = CustomerKeys.select(CustomerKeys.version, CustomerKeys.wrapped).where(
        (CustomerKeys.organization == safe.organization)
        & (CustomerKeys.customer == raw(customer))
        & (CustomerKeys.kind == kind)
    )
    [row] = await work.run(query)
    return safe.open_key(raw(customer), kind, version=row["version"], wrapped=row["wrapped"])


async def take(work: Work, taken: Wrapped) -> None:
    """Keep a suppression key that came from elsewhere; what is tagged from the next epoch on is tagged under it."""
    row = IndexKeys(organization=work.own, name=SUPPRESSION, version=taken.version, wrapped=taken.key)
    await work.run(IndexKeys.insert(row))


def _of_name(organization: UUID, name: str, *, version: int = VERSION) -> Binding:
    return Binding(organization=organization, kind="index", owner=name, version=version)


def _carried(organization: UUID) -> Binding:
    return Binding(organization=organization, kind="carried", owner=SUPPRESSION, version=VERSION)
