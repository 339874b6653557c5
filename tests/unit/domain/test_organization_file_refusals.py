"""Each bad organization file: the line and path of its fault, and a sentence that says what would be right."""

# ruff: noqa: E501 - a table is read one case to a line

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.base.canonical import canonical
from vault.domain.organization import Organization, plain
from vault.domain.organization_file import OrganizationFileError, read

SMALL = (Path(__file__).parent / "small.yaml").read_text(encoding="utf-8")

NEW = "  crm:\n    title: CRM\n"
KEYS = "      jwks: {keys: [{kty: EC, crv: P-256, x: AAAA, y: BBBB}]}\n"
METHOD = "    authentication: {method: client_secret_basic, expires: 2027-03-31}\n"
V1 = "    - version: 1\n      published: 2024-01-01T00:00:00Z\n"
SERVICE = "  service:\n    title: {en: Service}\n"

# What is replaced, by what, a piece of the line the fault must name, the path, a piece of the sentence.
CASES = [
    # The shape.
    ("format: 1\n", "", "organization:", "", "format is missing; write 1"),
    ("format: 1\n", "format: 2\n", "format: 2", "format", 'write 1 instead of "2"'),
    ("format: 1\n", 'format: "1"\n', "format:", "format", 'write 1 instead of "1"'),
    ("format: 1\n", "format: 1\nclinets: {}\n", "clinets", "clinets", 'there is no key "clinets" (clients?); there are format,'),
    ("  slug: shop\n", "  slug: My_Shop\n", "My_Shop", "organization.slug", "write small letters, digits and -"),
    ("  slug: shop\n", "", "organization:", "organization", "slug is missing; write small letters"),
    ("  slug: shop\n", '  slug: "shop\\n"\n', "slug", "organization.slug", "write small letters"),
    ("  name: Shop\n", "  name: ''\n", "name: ''", "organization.name", 'write text instead of ""'),
    ("  name: Shop\n", "  name:\n", "  name:\n", "organization.name", "nothing stands here; write text, or leave the line out"),
    ("  name: Shop\n", "  name: yes\n", "name: yes", "organization.name", '"yes" reads as true or false in YAML; put it in quotes'),
    ("  name: Shop\n", "  name: 10:30\n", "name: 10", "organization.name", '"10:30" reads as a number in YAML; put it in quotes'),
    ("  name: Shop\n", "  name: [Shop]\n", "name: [", "organization.name", "write text instead of a list"),
    ("  name: Shop\n", "  name: {en: Shop}\n", "name: {", "organization.name", "write text instead of keys with values"),
    ("jurisdiction: GB", "jurisdiction: UK1", "UK1", "organization.jurisdiction", 'two capital letters, such as GB (ISO 3166-1) instead of "UK1"'),
    ("jurisdiction: GB", "jurisdiction: NO", ": NO", "organization.jurisdiction", '"NO" reads as true or false in YAML; put it in quotes'),
    ("jurisdiction: GB", "jurisdiction: GB\n  region: gb", "region", "organization.region", "two capital letters"),
    ("Europe/London", "Europe/Lodnon", "Lodnon", "organization.time_zone", 'no time zone "Europe/Lodnon"; write its IANA name, such as Europe/London'),
    ("Europe/London", "Zzzz", "Zzzz", "organization.time_zone", "such as Europe/London"),
    ("  locale: en\n", "  locale: english\n", "english", "organization.locale", "a language such as en or de-AT"),
    ("locales: [en, de]", "locales: [de]", "locales", "organization.locales", "its own language en is missing; add it"),
    ("  locale: en\n", "  locale: en\n  minor_until: 16.5\n", "minor", "organization.minor_until", 'a whole number from 0 to 30 instead of "16.5"'),
    ("  locale: en\n", "  locale: en\n  minor_until: 0x10\n", "minor", "organization.minor_until", "a whole number from 0 to 30"),
    ("  locale: en\n", "  locale: en\n  minor_until: 99\n", "minor", "organization.minor_until", "a whole number from 0 to 30"),
    ('"#1E5B3A"', "green", "green", "portal.accent", 'a colour such as "#1E5B3A"'),
    ("quiet_hours:\n", "quiet_hours:\n  closed_on_public_holidays: [GB, ZZ]\n", "ZZ", "quiet_hours.closed_on_public_holidays[1]", "nobody here knows this country's holidays"),
    ("  email: {reaches", "  any: {reaches: email, withdrawal: [link]}\n  email: {reaches", "any", "channels.any", "a question asks by this word for the best channel"),
    ('"09:00-20:00"', '"9-20"', '"9-20"', "quiet_hours.open.default.mon-fri[0]", 'hours such as "09:00-20:00"'),
    ("mon-fri", "weekdays", "weekdays", "quiet_hours.open.default.weekdays", "a day or days, such as sat or mon-fri"),
    ("{mon-fri: [", "{mon-fri: [10:00-12:00, 600, ", "mon-fri", "quiet_hours.open.default.mon-fri[1]", '"600" reads as a number'),
    ("  email: {from: Shop}", "  mail: {from: Shop}", "from", "sender.mail", 'no channel "mail" (email?); there are email, sms'),
    ("intrusive: true", "intrusive: yes", "intrusive", "channels.sms.intrusive", 'write true or false instead of "yes"'),
    ("intrusive: true", 'intrusive: "true"', "intrusive", "channels.sms.intrusive", 'write true or false instead of "true"'),
    ("  email: {reaches", "  EMail: {reaches", "EMail", "channels.EMail", "a key of small letters, digits and _"),
    ("reaches: phone", "reaches: phon", "phon,", "channels.sms.reaches", 'no kind of contact point "phon" (phone?)'),
    ("withdrawal: [link]", "withdrawal: [links]", "links", "channels.email.withdrawal[0]", "one of link, none, one_click, spoken, stop_word instead of"),
    ("withdrawal: [link]", "withdrawal: []", "[]", "channels.email.withdrawal", "say how a no arrives on it; write [none]"),
    ("withdrawal: [link]", "withdrawal: link", "link", "channels.email.withdrawal", "a list [in brackets], each of it one of link"),
    # Suppressions.
    ("complaint: {", "complain: {", "complain:", "suppressions.complain", "one of bounce, complaint, do_not_call, manual, stop_word"),
    ("complaint: {channels: [email]}", "complaint: {channels: [mail]}", "mail]", "suppressions.complaint.channels[0]", 'no channel "mail" (email?)'),
    ("complaint: {channels: [email]}", "complaint: {channels: []}", "[]", "suppressions.complaint.channels", "leave the line out to mean all"),
    ("{stops: [offer]}", "{stops: [offers]}", "stops", "suppressions.bounce.stops[0]", "one of offer, profiling, research, service instead of"),
    # Purposes.
    ("    kind: offer\n", "    kind: offr\n", "offr", "purposes.offers.kind", 'one of offer, profiling, research, service instead of "offr"'),
    ("    kind: offer\n", "", "  offers:", "purposes.offers", "kind is missing; write one of offer,"),
    ("    basis: consent\n", "", "  offers:", "purposes.offers", "basis is missing; write one of consent,"),
    ("    title: {en: Offers}\n", "", "  offers:", "purposes.offers", "title is missing; write keys with their values"),
    ("{en: Offers}", "{de: Angebote}", "Angebote", "purposes.offers.title", "the words in en are missing"),
    ("{en: Offers}", "{en: Offers, fr: Offres}", "Offres", "purposes.offers.title.fr", 'no language of the organization "fr"; there are en, de'),
    ("channels: [email, sms]\n", "channels: [email, smss]\n", "smss", "purposes.offers.children.newsletter.channels[1]", 'no channel "smss" (sms?); there are email, sms'),
    ("channels: [email, sms]\n", "channels: [email, sms, email]\n", "sms, email", "purposes.offers.children.newsletter.channels[2]", '"email" is named twice'),
    ("notice: letter", "notice: leter", "leter", "purposes.offers.children.newsletter.notice", 'no notice "leter" (letter?); there are letter'),
    ("        notice: letter\n", "", "newsletter:", "purposes.offers.children.newsletter", "it rests on consent, so it needs a notice to ask with"),
    ("double_opt_in: [email]", "double_opt_in: [push]", "push", "purposes.offers.children.newsletter.double_opt_in[0]", 'no channel of this purpose "push"; there are email, sms'),
    ("double_opt_in: [email]", "verified: [post]", "post", "purposes.offers.children.newsletter.verified[0]", "there are email, sms"),
    ("lasts: P24M", "lasts: 24 months", "months", "purposes.offers.children.newsletter.lasts", "a duration such as P24M, P30D or PT24H"),
    ("lasts: P24M", "lasts: {months: 24}", "months", "purposes.offers.children.newsletter.lasts", "a duration such as P24M"),
    ("week: 2", "week: -1", "week", "purposes.offers.children.newsletter.budget.week", "a whole number from 0"),
    ("week: 2", "year: 2", "year", "purposes.offers.children.newsletter.budget.year", "there are day, week, month"),
    ("    basis: consent\n", "    basis: legitimate_interest\n", "legit", "purposes.offers.basis", "write basis: consent, or add implied with soft_opt_in"),
    ("budget: {week: 2}", "implied: [{rule: casl, countries: [CA], channels: [email]}]", "casl", "purposes.offers.children.newsletter.implied[0]", "write purchased or inquired with a duration"),
    ("budget: {week: 2}", "implied: [{rule: casl, countries: [CA], channels: [fax], inquired: P6M}]", "casl", "purposes.offers.children.newsletter.implied[0].channels[0]", 'no channel of this purpose "fax"'),
    (SERVICE, "  newsletter:\n    title: {en: Again}\n    kind: offer\n    basis: contract\n" + SERVICE, "  newsletter:\n    title: {en: Again}", "purposes.newsletter", 'the purpose "newsletter" stands already in line 26; give it one place'),
    (SERVICE, SERVICE + "    parent: offer\n", "parent", "purposes.service.parent", 'no purpose "offer" (offers?)'),
    (SERVICE, SERVICE + "    parent: service\n", "parent", "purposes.service.parent", "the purposes service → service go in a circle"),
    ("        notice: letter\n", "        notice: letter\n        parent: service\n", "parent", "purposes.offers.children.newsletter.parent", "it stands inside offers, which is its parent; leave this line out"),
    ("    title: {en: Offers}\n", "    title: {en: Offers}\n    parent: newsletter\n", "parent", "purposes.offers.parent", "the purposes offers → newsletter → offers go in a circle; leave out one parent"),
    # Attributes.
    ("purpose: service, keep", "purpose: servce, keep", "servce", "attributes.first_name.purpose", 'no purpose "servce" (service?); there are offers, newsletter, service'),
    ("purpose: service, keep", "purpose: [service, servce], keep", "servce", "attributes.first_name.purpose[1]", 'no purpose "servce"'),
    ("purpose: service, keep", "purpose: [], keep", "[]", "attributes.first_name.purpose", "without a purpose it may not be held"),
    ("purpose: service, keep", "purpose: {a: b}, keep", "{a: b}", "attributes.first_name.purpose", "write text or a list"),
    (", keep: P6Y}", "}", "first_name: {", "attributes.first_name", "keep is missing; write a duration such as P24M"),
    ("  first_name: {", "  phone: {title: {en: Phone}, purpose: service, keep: P1Y}\n  first_name: {", "  phone: {", "attributes.phone", '"phone" is a contact point, not an attribute'),
    ("  first_name: {", "  contact: {title: {en: Contact}, purpose: service, keep: P1Y}\n  first_name: {", "  contact: {", "attributes.contact", "give the attribute another key"),
    # Notices.
    ("  letter:\n", "  empty: []\n  letter:\n", "empty", "notices.empty", "a notice has at least one version"),
    ("version: 2", "version: 1", "- version: 1\n      published: 2025", "notices.letter[1].version", "versions rise; write 2 or more"),
    ("published: 2025-01-01T00:00:00Z", "published: 2024-01-01T00:00:00Z\n      # here", "published: 2024-01-01T00:00:00Z\n      # here", "notices.letter[1].published", "write an instant after 2024-01-01"),
    ("published: 2025-01-01T00:00:00Z", "published: 2025-01-01", "2025-01-01", "notices.letter[1].published", "an instant with its zone, such as 2024-05-01T00:00:00Z"),
    ("published: 2025-01-01T00:00:00Z", "published: last year", "last year", "notices.letter[1].published", "an instant with its zone"),
    ("published: 2025-01-01T00:00:00Z", "published: 0001-01-01T00:00:00+05:00", "0001", "notices.letter[1].published", "an instant with its zone"),
    ("      compatible: true\n", "", "- version: 2", "notices.letter[1]", "compatible is missing; write true if yeses to version 1 still count, else false"),
    (V1, V1 + "      compatible: true\n", "compatible: true\n      retention: a year", "notices.letter[0].compatible", "leave this line out"),
    ('        en: {ask: "May we please?"', '        fr: {ask: "May we please?"', "texts:\n        fr:", "notices.letter[1].texts", "the words in en are missing"),
    (', decline: "No"}\n        de', "}\n        de", '        en: {ask: "May we?"', "notices.letter[0].texts.en", "decline is missing; write text"),
    ('{ask: "May we please?"', '{asks: now, ask: "May we please?"', "asks", "notices.letter[1].texts.en.asks", 'no key "asks" (ask?)'),
    # Clients.
    ("purposes: [newsletter]", "purposes: [newsleter]", "newsleter", "clients.crm.ceiling.purposes[0]", 'no purpose "newsleter" (newsletter?)'),
    ("purposes: [newsletter]", "purposes: newsletter", "purposes: newsletter", "clients.crm.ceiling.purposes", "a list [in brackets], each of it text"),
    ("      channels: [email]\n", "      channels: [emial]\n", "emial", "clients.crm.ceiling.channels[0]", 'no channel "emial" (email?); there are email, sms'),
    ("fields: [email, first_name]", "fields: [email, firstname]", "firstname", "clients.crm.ceiling.fields[1]", 'no field "firstname" (first_name?)'),
    ("actions: [decide, release]", "actions: [decide, read]", "read]", "clients.crm.ceiling.actions[1]", "one of admin, audience, capture, create, dealing, decide, events, import, lookup, outcome, prompt, release, withdraw instead of"),
    ("ceiling: {actions: [capture]}", "ceiling: {}", "ceiling: {}", "clients.till.ceiling", "write actions such as [decide, release]"),
    ("      algorithm: ES256\n", "", "    authentication:\n", "clients.crm.authentication", "algorithm is missing; write one of ES256"),
    ("algorithm: ES256", "algorithm: HS256", "HS256", "clients.crm.authentication.algorithm", "one of ES256, Ed25519, EdDSA, PS256 instead of"),
    ("algorithm: ES256", "algorithm: ES256\n      expires: 2027-01-01", "expires: 2027-01", "clients.crm.authentication.expires", "write expires beside authentication"),
    (KEYS, "", "    authentication:\n", "clients.crm.authentication", "write either jwks or jwks_uri"),
    (KEYS, KEYS + "      jwks_uri: https://crm.example/jwks\n", "    authentication:\n", "clients.crm.authentication", "write either jwks or jwks_uri"),
    (KEYS, "      jwks_uri: http://crm.example/jwks\n", "http:", "clients.crm.authentication.jwks_uri", "over https only"),
    (KEYS, "      jwks: {keys: []}\n", "jwks", "clients.crm.authentication.jwks", "write a JWK set: keys:"),
    (KEYS, "      jwks: {keys: [1]}\n", "jwks", "clients.crm.authentication.jwks.keys[0]", "write a public key as JWK"),
    ("y: BBBB", "y: BBBB, d: CCCC", "CCCC", "clients.crm.authentication.jwks.keys[0].d", '"d" belongs to a private key; leave only the public part'),
    (", y: BBBB", "", "AAAA", "clients.crm.authentication.jwks.keys[0].y", "ES256 needs y, a value in base64url"),
    ("crv: P-256", "crv: P-384", "P-384", "clients.crm.authentication.jwks.keys[0].crv", "ES256 needs crv: P-256"),
    ("x: AAAA", "x: 0.5", "0.5", "clients.crm.authentication.jwks.keys[0].x", "text in quotes, a whole number, or true or false"),
    (METHOD, "    authentication: {method: client_secret_basic, algorithm: ES256}\n", "basic", "clients.till.authentication.algorithm", "client_secret_basic has no algorithm"),
    (METHOD, "    authentication: {method: client_secret_basic, profile: fapi2}\n", "basic", "clients.till.authentication.profile", "or write private_key_jwt"),
    (METHOD, "    authentication: {method: client_secret_basic, expires: 2027-02-31}\n", "basic", "clients.till.authentication.expires", "a date such as 2027-03-31"),
    (METHOD, "    authentication: {method: client_secret_basic, expires: soon}\n", "basic", "clients.till.authentication.expires", "a date such as 2027-03-31"),
    # What imports need.
    ("double_opt_in_needs: [form]", "double_opt_in_needs: [from]", "from]", "double_opt_in_needs[0]", 'no evidence "from" (form?); there are form'),
    ("  granted:", '  withdrawn: [" YES "]\n  granted:', "  granted:", "words.granted[0]", '"yes" means withdrawn already'),
    ("  granted:", "  maybe: []\n  granted:", "maybe", "words.maybe", "one of granted, withdrawn"),
    ("  GB: [", "  uk: [", "uk: [", "countries.uk", "two capital letters"),
    ("about: person", "about: people", "people", "sources.old.about", "one of address, person"),
    ("    about: person\n", "    about: person\n    time_zone: Mars\n", "Mars", "sources.old.time_zone", "IANA name"),
    ("source: old", "source: new", "source: new", "sources.old.columns.same_as.source", 'no source "new"; there are old'),
    ("{purpose: newsletter,", "{purpose: offer,", "a.csv", 'sources.old.files."a.csv".granted.purpose', 'no purpose "offer" (offers?)'),
    ("{purpose: newsletter,", "{purpose: [offers, 7],", "a.csv", 'sources.old.files."a.csv".granted.purpose', "write the key of a purpose, or a list of keys"),
    ("channel: email, evidence", "channel: mail, evidence", "a.csv", 'sources.old.files."a.csv".granted.channel', 'no channel "mail" (email?)'),
    ("evidence: form, c", "evidence: forms, c", "a.csv", 'sources.old.files."a.csv".granted.evidence', 'no evidence "forms" (form?); there are form, none'),
    ("captured_at: Date", "capturd_at: Date", "a.csv", 'sources.old.files."a.csv".granted.capturd_at', 'no key "capturd_at" (captured_at?)'),
    ("captured_at: Date", "captured_at: 1_0", "a.csv", 'sources.old.files."a.csv".granted.captured_at', "text in quotes, a whole number"),
    ("captured_at: Date", "captured_at: ~", "a.csv", 'sources.old.files."a.csv".granted.captured_at', "nothing stands here"),
    ("captured_at: Date", "captured_at: off", "a.csv", 'sources.old.files."a.csv".granted.captured_at', 'instead of "off"'),
    ("    files:\n", "    channels: {Mail: mail, Post: {else: {withdrawn: [sms, fax]}}}\n    files:\n", "Mail: mail", "sources.old.channels.Mail", 'no channel "mail"'),
    ("    files:\n", "    channels: {Post: {else: {withdrawn: [sms, fax]}}}\n    files:\n", "Post", "sources.old.channels.Post.else.withdrawn[1]", 'no channel "fax"'),
    ("    files:\n", "    purposes: {Wide: {withdrawn: offer}}\n    files:\n", "Wide", "sources.old.purposes.Wide.withdrawn", 'no purpose "offer"'),
    ("    files:\n", "    flags: {Bounced: {suppress: bounced}}\n    files:\n", "Bounced", "sources.old.flags.Bounced.suppress", 'no suppression "bounced" (bounce?)'),
    ("    files:\n", "    flags: {Bounced: {suppress: {column: Why, HARD: bounced}}}\n    files:\n", "Bounced", "sources.old.flags.Bounced.suppress.HARD", 'no suppression "bounced"'),
    # YAML itself.
    ("  name: Shop\n", "  name: Shop\n  name: Other\n", "Other", "organization.name", '"name" stands already in line 4; leave one of the two out'),
    ("  name: Shop\n", "  name: Shop\n  on: 1\n", "on: 1", "organization", 'the key "on" reads as true or false in YAML; put it in quotes'),
    ("  name: Shop\n", "  name: Shop\n  2024: 1\n", "2024: 1", "organization", 'the key "2024" reads as a number in YAML'),
    ("  name: Shop\n", "  name: Shop\n  <<: {}\n", "<<", "organization", "<< is not read; write out what it would bring in"),
    ("  name: Shop\n", "  name: Shop\n  ? [a]\n  : b\n", "? [a]", "organization", "a key is a word"),
    ("  name: Shop\n", "  name: &n Shop\n  other: *n\n", "*n", "organization.other", "an alias (*) is not read; write out what it stands for"),
    ("  name: Shop\n", "  name: !!python/object:os.system Shop\n", "Shop\n", "organization.name", "a tag such as"),
    ("  name: Shop\n", '  name: "a\\tb"\n', "name: ", "organization.name", "this value holds a control character; take it out"),
    ("  name: Shop\n", "\tname: Shop\n", "\tname", "", "write spaces instead of the tab"),
    ("  name: Shop\n", "  name: Shop: Ltd\n", "Ltd", "", "this is not YAML: mapping values are not allowed"),
    ("  name: Shop\n", "  name: Sh\x07op\n", "\x07", "", "a control character stands here; take it out"),
    ("  name: Shop\n", "  name: Sh\ud800op\n", "\ud800", "", "a control character stands here; take it out"),
    ("  name: Shop\n", "  name: Shop\n  deep: " + "[" * 30 + "]" * 30 + "\n", "deep", "organization.deep" + "[0]" * 29, "this is nested deeper than 30 levels"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "path", "sentence"), CASES)
def test_a_fault_names_line_and_path_and_says_what_would_be_right(
    old: str, new: str, line: str, path: str, sentence: str
) -> None:
    assert SMALL.count(old) == 1, old
    text = SMALL.replace(old, new)
    with pytest.raises(OrganizationFileError) as caught:
        read(text)
    told = [(fault.line, fault.path) for fault in caught.value.faults if sentence in fault.detail]
    places = [text[:at].count("\n") + 1 for at in range(len(text)) if text.startswith(line, at)]
    assert told, caught.value.detail
    assert told[0][1] == path
    assert [told[0][0]] == sorted(set(places))[:1], caught.value.detail
    assert len(caught.value.faults) <= 3, caught.value.detail


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "the file is empty; it begins with format: 1"),
        ("# nothing\n", 1, "the file is empty"),
        ("[]", 1, "write the keys format, organization, channels"),
        ("just text", 1, 'instead of "just text"'),
        ("~", 1, "nothing stands here"),
        ("a: b\n---\na: c\n", 2, "a second document begins here; a file declares one organization"),
        ("a: [\n", 2, "this is not YAML"),
        ("a: " + "[" * 100_000, 1, "nested deeper than 30 levels"),
        ("- a\n" * 60_000, 50_000, "more than 50,000 values; make it smaller"),
        ("# " + "x" * 1_000_000, 1, "larger than 1,000,000 bytes"),
        ("a: &a [x]\nb: &b [*a, *a]\n", 2, "an alias (*) is not read"),
        ("? *a\n: b\n", 1, "a key is a word"),
        ("format: 1\r\nfoo: 1\r\n", 2, 'there is no key "foo"'),
    ],
    ids=range(13),
)
def test_what_is_no_organization_file_at_all_is_refused(text: str, line: int, sentence: str) -> None:
    with pytest.raises(OrganizationFileError) as caught:
        read(text)
    assert any(fault.line == line and sentence in fault.detail for fault in caught.value.faults), caught.value.detail


def test_references_to_what_nobody_declares_say_so() -> None:
    text = SMALL.replace("evidence:\n  form: {needs: [captured_at]}\n", "")
    with pytest.raises(OrganizationFileError, match='no evidence "form", and none is declared; declare it first'):
        read(text)


def test_a_circle_is_told_once_and_what_hangs_from_it_is_not() -> None:
    rows = {"a": "b", "b": "c", "c": "a", "d": "c"}
    more = "".join(f"  {key}:\n    title: {{en: X}}\n    parent: {above}\n" for key, above in rows.items())
    with pytest.raises(OrganizationFileError) as caught:
        read(SMALL.replace(SERVICE, more + SERVICE))
    (fault,) = caught.value.faults
    assert fault.path == "purposes.a.parent"
    assert fault.detail == "the purposes a → b → c → a go in a circle; leave out one parent of them"


def test_purposes_are_at_most_thirty_levels_deep() -> None:
    rows = [f"  p{level}:\n    title: {{en: X}}\n    parent: p{level + 1}\n" for level in range(40)]
    rows.append("  p40:\n    title: {en: X}\n    parent: service\n")
    with pytest.raises(OrganizationFileError) as caught:
        read(SMALL.replace(SERVICE, "".join(rows) + SERVICE))
    assert {fault.detail for fault in caught.value.faults} == {
        "purposes are at most 30 levels deep; give it a parent further up"
    }
    assert len(caught.value.faults) == 12


def _spans(node: yaml.Node) -> list[tuple[int, int]]:
    assert node.start_mark
    assert node.end_mark
    found = [(node.start_mark.index, node.end_mark.index)]
    if isinstance(node, yaml.MappingNode):
        found += [span for pair in node.value for part in pair for span in _spans(part)]
    elif isinstance(node, yaml.SequenceNode):
        found += [span for part in node.value for span in _spans(part)]
    return found


_NODE = yaml.compose(SMALL, Loader=yaml.SafeLoader)
assert _NODE is not None
SPANS = _spans(_NODE)
PIECES = [
    "", "~", "1", "-1", "0.5", "1e999", ".inf", "yes", "true", "x", '""', "[]", "{}", "[[]]", "{a: b}", "[a, a]", "[1]", "*", "'*'", "&a x",
    "!!str x", "2024-01-01", "2024-01-01T00:00:00Z", "P1M", "email", "newsletter", "service", "EC", "|", ">-\n", "# x", "\n", "\t", ":", "- ", "\x00",
    "\ud800", "9" * 5000, "x" * 5000, '"\\ud800"', "{keys: [{}]}", "{keys: [{kty: [1]}]}", "{purpose: [[1]]}", "{withdrawn: {x: 1}}", "0001-01-01T00:00:00+09:00",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SPANS), st.sampled_from(PIECES) | st.text(max_size=20)), min_size=1, max_size=2)
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(mutations: list[tuple[tuple[int, int], str]]) -> None:
    text = SMALL
    for (start, end), piece in sorted(mutations, reverse=True):
        text = text[:start] + piece + text[end:]
    answer = _answer(text)
    if isinstance(answer, Organization):
        canonical(plain(answer))
        return
    assert answer.faults
    assert all(fault.line is not None and fault.detail for fault in answer.faults)
    assert all(len(line) < 600 for line in answer.detail.split("\n"))


def _answer(text: str) -> Organization | OrganizationFileError:
    try:
        return read(text)
    except OrganizationFileError as error:
        return error
