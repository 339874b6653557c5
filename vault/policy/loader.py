"""Policy texts become policies: read, parsed once, checked, never changed afterwards.

Texts go by name: `vault.cedarschema`, the vault's own `*.cedar`, and an organization's under `organization/`. The texts
are the whole truth: kept, they make the same policies again. Nothing is loaded that has a problem.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cedarpy import Entities, PolicySet, Schema, pst, validate_policies

from vault.base.canonical import digest
from vault.base.errors import Invalid
from vault.base.files import shipped
from vault.domain.organization import CONTACT, Organization
from vault.policy.decide import Parts, Policies
from vault.policy.depth import problem_of_depth
from vault.policy.rule import Rule, problems_of, rule_of

SCHEMA: Final = "vault.cedarschema"
OWN: Final = "organization/"
_GROUPED: Final = re.compile(r'^\s*action "(?:[^"\\]|\\.)*" in \[', re.MULTILINE)  # as Cedar itself writes a schema

_CONTEXT: Final = re.compile(r'^action "(\w+)" appliesTo \{[^}]*?context: \{([^}]*)\}', re.MULTILINE)  # likewise
_FACT: Final = re.compile(r"^\s*\"?(\w+)\"?\??:", re.MULTILINE)


class BadPolicies(Invalid):
    """Texts that may not be loaded, with everything that is wrong with them, in sentences."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("bad_policy", "; ".join(problems))
        self.problems: Final = tuple(problems)


def shipped_texts() -> dict[str, str]:
    """Return the schema and the policies the vault ships."""
    return read(shipped("policies"))


def read(folder: Path) -> dict[str, str]:
    """Return the texts in a folder by name; `Invalid` when there is no schema, no policy, or one cannot be read."""
    paths = [folder / SCHEMA, *sorted(folder.glob("*.cedar")), *sorted(folder.glob(f"{OWN}*.cedar"))]
    try:
        texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError):
        raise Invalid("no_policies", f"this folder wants a {SCHEMA} and policies, readable and in UTF-8") from None
    if len(texts) == 1:
        raise Invalid("no_policies", "this folder has a schema and no policies; put files that end in .cedar beside it")
    return texts


def own_texts(folder: Path) -> dict[str, str]:
    """Return an organization's own policies by name, from the `*.cedar` in a folder; none for an empty one."""
    if not folder.is_dir():
        raise Invalid("no_policies", "this is no folder; give one with an organization's own policies in *.cedar")
    try:
        return {f"{OWN}{path.name}": path.read_text("utf-8") for path in sorted(folder.glob("*.cedar"))}
    except (OSError, UnicodeDecodeError):
        raise Invalid("no_policies", "a policy in this folder cannot be read; save it as UTF-8") from None


def candidate_texts(folder: Path) -> dict[str, str]:
    """Return the texts that would be in force: a whole set, schema and all, or own policies beside the shipped ones."""
    return read(folder) if (folder / SCHEMA).exists() else shipped_texts() | own_texts(folder)


def load(texts: Mapping[str, str], organization: Organization) -> Policies:
    """Return the policies these texts make for this organization; `BadPolicies` tells every problem they have."""
    read = _read(tuple(sorted(texts.items())))
    entities = Entities.from_json_str(json.dumps(_entities(organization)), read.schema)
    return Policies(
        texts,
        read.digest,
        parts=Parts(policies=read.policies, schema=read.schema, entities=entities, rules=read.rules, facts=read.facts),
    )


class _Read(NamedTuple):
    """Texts without a problem, as they were read: the same for every organization that has them."""

    digest: str
    policies: PolicySet
    schema: Schema
    rules: Mapping[str, Rule]
    facts: Mapping[str, frozenset[str]]


@lru_cache(maxsize=16)
def _read(named: tuple[tuple[str, str], ...]) -> _Read:
    """Read texts; kept, for checking them takes a tenth of a second and organizations mostly share theirs."""
    texts = dict(named)
    if found := problems(texts):
        raise BadPolicies(found)
    schema, policies = Schema.from_str(texts[SCHEMA]), parse(texts)
    return _Read(digest(texts), policies, schema, rules_of(policies), _facts(str(schema)))


def _facts(schema: str) -> dict[str, frozenset[str]]:
    """Return the names of the facts that each action is told, where it has a context of its own."""
    return {found[1]: frozenset(_FACT.findall(found[2])) for found in _CONTEXT.finditer(schema)}


def parse(texts: Mapping[str, str]) -> PolicySet:
    """Return the policies of texts without a problem, in one set."""
    return PolicySet.from_str(_joined(texts))


def rules_of(policies: PolicySet) -> dict[str, Rule]:
    """Return what each policy is called and tells, by the id Cedar reports."""
    return {place: rule_of(policy) for place, policy in policies.to_pst().static_policies.items()}


def problems(texts: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong with these texts, in sentences; none for texts that may be loaded."""
    if SCHEMA not in texts:
        return [f"{SCHEMA} is missing"]
    try:
        schema = Schema.from_str(texts[SCHEMA])
    except ValueError as error:
        return [f"{SCHEMA}: {error}"]
    if _GROUPED.search(str(schema)):
        return [f"{SCHEMA}: an action is in another; each stands alone, so that a policy's form tells what it is about"]
    found: list[str] = []
    names: Counter[str] = Counter()
    parsed = True
    for name, text in _policy_texts(texts):
        if (deep := problem_of_depth(text)) is not None:
            found.append(f"{name}: {deep}")
            parsed = False
            continue
        try:
            policies = PolicySet.from_str(text).to_pst()
        except ValueError as error:
            found.append(f"{name}: {error}")
            parsed = False
            continue
        names.update(filter(None, (policy.annotations.get("id") for policy in policies.static_policies.values())))
        found.extend(_problems_of_file(name, policies))
    found.extend(f"two policies are called {name}; give one another @id" for name, times in names.items() if times > 1)
    if parsed:
        found.extend(_problems_of_schema(_joined(texts), schema))
    return found


def _problems_of_file(name: str, policies: pst.PolicySet) -> Iterator[str]:
    if policies.templates:
        yield f"{name}: a policy has a slot (?principal or ?resource); the vault fills none, so write out whom it means"
    for policy in policies.static_policies.values():
        called = policy.annotations.get("id") or policy.id
        for problem in problems_of(policy, own=name.startswith(OWN)):
            yield f"{name}, {called}: {problem}"


def _problems_of_schema(text: str, schema: Schema) -> Iterator[str]:
    result = validate_policies(text, schema)
    for error in result.errors:
        called = result.id_annotations_by_policy_id.get(error.policy_id, error.policy_id)
        yield f"{called}: {error.error}"


def _policy_texts(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((name, text) for name, text in texts.items() if name != SCHEMA)


def _joined(texts: Mapping[str, str]) -> str:
    # Each text was parsed alone before, so none can begin a policy that the next one ends.
    return "\n".join(text for _, text in _policy_texts(texts))


def _entities(organization: Organization) -> list[dict[str, object]]:
    purposes = [
        _entity("Purpose", purpose.key, *(("Purpose", parent) for parent in purpose.lineage[1:2]))
        for purpose in organization.purposes.values()
    ]
    clients = [_entity("Client", key) for key in organization.clients]
    fields = [_entity("Field", key) for key in (CONTACT, *(key for key in organization.attributes if key != CONTACT))]
    return [*purposes, *clients, *fields]


def _entity(kind: str, key: str, *parents: tuple[str, str]) -> dict[str, object]:
    return {
        "uid": {"type": kind, "id": key},
        "attrs": {},
        "parents": [{"type": parent, "id": name} for parent, name in parents],
    }
