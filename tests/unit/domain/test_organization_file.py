from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from vault.base.canonical import canonical, digest
from vault.base.duration import parse
from vault.base.errors import Invalid
from vault.domain.organization import Limits, Organization, Suppressing, plain
from vault.domain.organization_file import Fault, OrganizationFileError, check_change, difference, read

SAMPLE = (Path(__file__).parent / "organization.yaml").read_text(encoding="utf-8")
SMALL = (Path(__file__).parent / "small.yaml").read_text(encoding="utf-8")


def faults(text: str) -> list[Fault]:
    with pytest.raises(OrganizationFileError) as caught:
        read(text)
    return list(caught.value.faults)


def changed(*replaced: tuple[str, str], text: str = SMALL) -> str:
    for old, new in replaced:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_sample_is_read_without_a_fault() -> None:
    organization = read(SAMPLE)
    assert (organization.slug, organization.jurisdiction, organization.region) == ("fernhill", "GB", "GB")
    assert (organization.locales, organization.minor_until) == (("en", "de", "fr"), 16)
    assert organization.channels["voice"].intrusive
    assert organization.channels["post"].reaches == "postal_address"
    assert len(organization.purposes) == 14
    assert organization.notices["sales"][1].compatible is False
    assert organization.notices["newsletter"][1].compatible is True
    assert organization.notices["newsletter"][1].published == datetime(2024, 5, 1, tzinfo=UTC)
    assert organization.attributes["boot_size"].purposes == ("personalisation",)
    assert organization.attributes["language"].purposes == ("service", "offers", "research")
    assert organization.clients["greyheron_calls"].authentication.profile == "fapi2"
    assert organization.clients["larkline_sms"].authentication.expires == date(2027, 3, 31)
    assert organization.clients["importer"].expires == date(2026, 12, 31)
    assert organization.evidence["signed_paper"] == ("captured_at", "document")
    assert organization.double_opt_in_needs == ("double_opt_in", "crm_double_opt_in")
    assert organization.sources["tps"] == {
        "about": "address",
        "files": {"tps.txt": {"suppress": "do_not_call", "numbers": "GB"}},
    }
    assert organization.words["granted"][0] == "yes"
    assert organization.countries["CA"] == ("ca", "canada", "kanada")


def test_a_child_inherits_kind_and_basis_and_nothing_else() -> None:
    purposes = read(SAMPLE).purposes
    back = purposes["back_in_stock"]
    assert back.lineage == ("back_in_stock", "sales", "offers")
    assert (back.kind, back.basis) == ("offer", "consent")
    assert (back.channels, back.lasts) == (("email", "sms", "push"), parse("P12M"))
    assert purposes["offers"].channels == ()
    assert purposes["offers"].notice is None
    assert purposes["order_updates"].basis == "contract"
    assert purposes["safety_recall"].basis == "legal_obligation"
    assert purposes["newsletter"].double_opt_in == ("email",)
    assert purposes["sales"].double_opt_in == ()


def test_a_purpose_may_name_its_parent_instead_of_standing_in_it() -> None:
    moved = changed(("  service:\n", "  extra:\n    title: {en: Extra}\n    parent: newsletter\n  service:\n"))
    extra = read(moved).purposes["extra"]
    assert extra.lineage == ("extra", "newsletter", "offers")
    assert (extra.kind, extra.basis) == ("offer", "consent")


def test_an_offer_may_rest_on_legitimate_interest_where_soft_opt_in_is_declared() -> None:
    rule = "[{rule: soft_opt_in, countries: [GB], channels: [email], purchased: P24M}]"
    soft = changed(
        (
            "        notice: letter\n",
            f"        notice: letter\n        basis: legitimate_interest\n        implied: {rule}\n",
        )
    )
    assert read(soft).purposes["newsletter"].basis == "legitimate_interest"


def test_what_the_file_leaves_out_has_a_default() -> None:
    organization = read(changed(("suppressions:\n  complaint: {channels: [email]}\n  bounce: {stops: [offer]}\n", "")))
    every = ("email", "sms")
    for kind in ("complaint", "stop_word", "do_not_call"):
        assert organization.suppressions[kind] == Suppressing(channels=every, stops=("offer", "research"))
    for kind in ("bounce", "manual"):
        assert organization.suppressions[kind].channels == every
        assert set(organization.suppressions[kind].stops) == {"offer", "research", "service", "profiling"}
    assert (organization.region, organization.locales, organization.minor_until) == ("GB", ("en", "de"), 16)
    alone = changed(("  locales: [en, de]\n", ""), (", de: Brief", ""), text=SMALL)
    assert read(alone).locales == ("en",)


def test_a_suppression_may_leave_out_its_channels_or_what_it_stops() -> None:
    suppressions = read(SMALL).suppressions
    assert suppressions["complaint"] == Suppressing(channels=("email",), stops=("offer", "research"))
    assert suppressions["bounce"] == Suppressing(channels=("email", "sms"), stops=("offer",))


def test_limits_of_a_client_are_kept_and_what_is_not_said_is_generous() -> None:
    clients = read(SAMPLE).clients
    assert clients["crm"].limits == Limits(decisions_per_second=50)
    assert clients["kestrel_mail"].limits.audience == 1_000_000
    assert clients["larkline_sms"].limits == Limits()
    assert (Limits().decisions_per_second, Limits().requests_per_second, Limits().tokens_per_second) == (2000, 100, 20)


def test_the_public_keys_of_a_client_may_stand_in_the_file() -> None:
    jwks = read(SMALL).clients["crm"].authentication.jwks
    assert jwks is not None
    assert jwks["keys"][0]["crv"] == "P-256"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("EdDSA", "{kty: OKP, crv: Ed25519, x: AA}"),
        ("Ed25519", "{kty: OKP, crv: Ed25519, x: AA}"),
        ("PS256", "{kty: RSA, n: AA, e: AQAB}"),
    ],
)
def test_each_algorithm_has_its_kind_of_key(algorithm: str, key: str) -> None:
    text = changed(("algorithm: ES256", f"algorithm: {algorithm}"), ("{kty: EC, crv: P-256, x: AAAA, y: BBBB}", key))
    assert read(text).clients["crm"].authentication.algorithm == algorithm


@pytest.mark.parametrize("text", [SAMPLE, SMALL])
def test_an_organization_survives_the_way_through_canonical_json(text: str) -> None:
    organization = read(text)
    stored = canonical(plain(organization))
    back = msgspec.json.decode(stored, type=Organization)
    assert back == organization
    assert canonical(plain(back)) == stored
    digests = [notice.digest for versions in organization.notices.values() for notice in versions]
    assert len(set(digests)) == len(digests)
    assert {notice.digest for versions in back.notices.values() for notice in versions} == set(digests)


def test_the_digest_does_not_depend_on_how_the_file_is_written() -> None:
    spaced = changed(
        ("published: 2024-01-01T00:00:00Z", 'published: "2024-01-01T01:00:00+01:00"'),
        ("  name: Shop\n  jurisdiction: GB\n", "  jurisdiction: 'GB'   # where\n  name: Shop\n"),
    )
    assert digest(plain(read(spaced))) == digest(plain(read(SMALL)))


def test_what_an_organization_does_not_declare_is_refused() -> None:
    organization = read(SMALL)
    assert organization.purpose("newsletter").key == "newsletter"
    assert organization.channel("sms").key == "sms"
    assert organization.notice("letter", 1).words("en") != organization.notice("letter", 1).words("de")
    assert not organization.purpose("newsletter").needs_verified("sms")
    assert organization.purpose("newsletter").needs_verified("email")
    ways = [(purpose.key, channel) for purpose, channel in organization.ways()]
    assert ways == [("offers", "*"), ("newsletter", "email"), ("newsletter", "sms"), ("service", "email")]
    for refused in (
        lambda: organization.purpose("x"),
        lambda: organization.channel("x"),
        lambda: organization.notice("x", 1),
        lambda: organization.notice("letter", 9),
        lambda: organization.notice("letter", 1).words("fr"),
    ):
        with pytest.raises(Invalid, match="unknown_"):
            refused()


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = changed(("kind: offer", "kind: offr"), ("slug: shop", "slug: Shop"), ("  sms: ", "  sms_: {}\n  sms: "))
    found = faults(text)
    assert [fault.path for fault in found] == [
        "organization.slug",
        "channels.sms_",
        "channels.sms_",
        "purposes.offers.kind",
    ]
    with pytest.raises(OrganizationFileError) as caught:
        read(text, name="my.yaml")
    lines = caught.value.detail.split("\n")
    assert lines[0] == f"my.yaml:{found[0].line} organization.slug: {found[0].detail}"
    assert len(lines) == 4
    assert caught.value.code == "bad_organization_file"


def test_hundreds_of_faults_are_counted_not_listed() -> None:
    with pytest.raises(OrganizationFileError) as caught:
        read("".join(f"k{index}: 1\n" for index in range(500)))
    assert len(caught.value.detail.split("\n")) == 101
    assert caught.value.detail.endswith("organization.yaml: and 404 more faults")


def test_after_a_thousand_faults_nothing_more_is_looked_at() -> None:
    assert len(faults("".join(f"k{index}: 1\n" for index in range(5000)))) == 1000


def test_long_values_are_cut() -> None:
    found = faults(changed(("slug: shop", f"slug: {'S' * 500}")))
    assert len(found[0].detail) < 200
    assert "S" * 39 + "…" in found[0].detail
    assert "S" * 40 not in found[0].detail


def test_nothing_changes_when_the_same_file_comes_again() -> None:
    assert difference(read(SAMPLE), read(SAMPLE)) == []


def test_a_first_file_adds_everything() -> None:
    assert difference(None, read(SMALL)) == [
        "adds organization shop",
        "adds channel email",
        "adds channel sms",
        "adds purpose offers",
        "adds purpose newsletter",
        "adds purpose service",
        "adds attribute first_name",
        "adds notice letter version 1",
        "adds notice letter version 2",
        "adds suppression bounce",
        "adds suppression complaint",
        "adds suppression stop_word",
        "adds suppression do_not_call",
        "adds suppression manual",
        "adds evidence form",
        "adds client crm",
        "adds client till",
        "adds source old",
        "adds words for granted",
        "adds words for country GB",
    ]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("  name: Shop\n", "  name: Other\n", ["changes organization: name: Shop → Other"]),
        ("[en, de]", "[de, en]", ["changes organization: locales: stands in another order"]),
        ("lasts: P24M", "lasts: P1YT12H", ["changes purpose newsletter: lasts: P24M → P12MT12H"]),
        ("        lasts: P24M\n", "", ["changes purpose newsletter: lasts: P24M → none"]),
        ("intrusive: true", "intrusive: false", ["changes channel sms: intrusive: true → false"]),
        ("en: Letter", "en: The letter", ["changes purpose newsletter: title.en: Letter → The letter"]),
        ("[email, first_name]", "[phone, email]", ["changes client crm: ceiling.fields: adds phone, drops first_name"]),
        ("[first, last]", "[first]", ["changes source old: columns.name: drops last"]),
        ('["yes", ja]', '["yes"]', ["changes words for granted: drops ja"]),
        ("version: 2", "version: 3", ["adds notice letter version 3", "removes notice letter version 2"]),
        ("retention: a year", "retention: ever", ["changes notice letter version 1: retention: a year → ever"]),
        ("  till:\n", "  kiosk:\n", ["adds client kiosk", "removes client till"]),
    ],
)  # fmt: skip
def test_a_difference_says_what_would_change(old: str, new: str, lines: list[str]) -> None:
    assert difference(read(SMALL), read(changed((old, new)))) == lines


def test_a_published_notice_may_be_followed_but_never_changed() -> None:
    old = read(changed(("version: 2", "version: 3")))
    check_change(None, old)
    check_change(old, old)
    more = SMALL.index("    - version: 2\n")
    check_change(read(SMALL[:more] + SMALL[SMALL.index("clients:") :]), read(SMALL))


def test_a_changed_notice_is_refused_with_its_line() -> None:
    text = changed(("retention: a year", "retention: for ever"))
    with pytest.raises(OrganizationFileError) as caught:
        check_change(read(SMALL), read(text), text=text, name="my.yaml")
    line = SMALL[: SMALL.index("    - version: 1\n")].count("\n") + 1
    assert caught.value.detail == (
        f"my.yaml:{line} notices.letter[0]: version 1 was published and never changes; put it back and add a version"
    )


def test_a_missing_notice_is_refused_and_without_a_text_no_line_is_named() -> None:
    with pytest.raises(OrganizationFileError) as caught:
        check_change(read(SMALL), read(changed(("version: 1\n", "version: 7\n"), ("version: 2", "version: 8"))))
    assert caught.value.detail.split("\n") == [
        "organization.yaml notices.letter: version 1 was published and is missing; put it back",
        "organization.yaml notices.letter: version 2 was published and is missing; put it back",
    ]


def test_a_purpose_keeps_the_notice_its_grants_cite() -> None:
    text = changed(("        notice: letter\n", "        notice: mail\n"), ("notices:\n  letter:", "notices:\n  mail:"))
    with pytest.raises(OrganizationFileError) as caught:
        check_change(read(SMALL), read(text))
    assert "its grants cite versions of notice letter; keep that notice and add a version to it" in caught.value.detail


def test_published_notices_stay_when_the_organization_changes_its_languages() -> None:
    english = changed(("locales: [en, de]", "locales: [en]"), (", de: Brief", ""))
    assert list(read(english).notice("letter", 1).texts) == ["en", "de"]
    german = changed(
        ("  locale: en\n", "  locale: de\n"),
        ("{en: Offers}", "{de: Angebote}"),
        ("{en: Service}", "{de: Dienst}"),
        ("{en: First name}", "{de: Vorname}"),
        ('        en: {ask: "May we please?"', '        de: {ask: "Dürfen wir bitte?"'),
    )
    assert list(read(german).notice("letter", 2).texts) == ["de"]


def test_an_attribute_says_how_long_it_is_kept_and_who_corrects_it() -> None:
    attributes = read(SAMPLE).attributes
    assert (attributes["first_name"].keep, attributes["first_name"].after) == (parse("P6Y"), "last_dealing")
    assert (attributes["boot_size"].keep, attributes["boot_size"].after) == (parse("P2Y"), None)
    assert [one.key for one in attributes.values() if one.corrected_by == "client"] == ["loyalty_number"]
