"""What was said becomes a receipt: who, what, when, on which words, and what came of it. And what has none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.domain.receipt.receipt_cases import DAY, NOW, SITE, a_fact, as_read, organization, said, told
from vault.base.canonical import canonical
from vault.domain.fact import Fact
from vault.domain.organization import EVERY, Party
from vault.domain.receipt import terms
from vault.domain.receipt.check import check
from vault.domain.receipt.iso_27560 import instant, iso_27560, title
from vault.domain.receipt.kantara import kantara
from vault.domain.receipt.told import covered, events, has_receipt


def record(*facts: Fact) -> Any:
    return as_read(iso_27560(told(*facts)))["dpv:hasRecordOfActivity"][0]


def states(*facts: Fact) -> list[str]:
    return [event.state for event in told(*facts).events]


def test_a_yes_has_a_receipt_with_the_words_the_way_out_and_the_body_to_complain_to() -> None:
    made = record()
    assert made["dct:identifier"] == "fct_a"
    assert made["dpv:hasDataSubject"]["dct:identifier"] == "cus_a"
    assert made["dpv:hasDataController"]["dpv:hasName"] == "Fernhill Outdoor Ltd"
    assert made["dpv:hasDataController"]["dpv:hasContact"] == [
        "mailto:privacy@fernhill.example",
        "tel:+441632960001",
    ]
    assert made["dpv:hasAuthority"][0]["dpv:hasName"] == "Information Commissioner's Office"
    assert made["dpv:hasConsentControl"]["dpv:isExercisedAt"] == SITE
    [notice] = made["dpv:hasNotice"]
    shown = organization().notices["sales"][-1]
    assert notice["schema:mainEntity"]["schema:name"] == shown.texts["en"].ask
    assert notice["schema:sha256"] == shown.words("en")
    [event] = made["dpv:hasConsentStatus"]
    assert event["@type"] == ["dpv:ConsentGiven", "dpv:ExpressedConsent"]
    assert event["dpv:isIndicatedAtTime"] == instant(NOW - DAY)
    assert event["dpv:hasDuration"]["@type"] == "dpv:UntilTimeDuration"  # sales last three years
    assert event["dpv:hasNotice"]["@id"] == notice["@id"]


def test_a_receipt_is_what_canonical_json_takes() -> None:
    assert canonical(iso_27560(told()))
    assert canonical(kantara(told()))


def test_every_term_of_ours_has_its_prefix_in_the_context() -> None:
    prefixes = {name for name in terms.CONTEXT if ":" not in name} if isinstance(terms.CONTEXT, dict) else set()

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {name for name in value if not name.startswith("@")}.union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    found = names({name: one for name, one in as_read(iso_27560(told())).items() if name != "@context"})
    assert {name.partition(":")[0] for name in found} <= prefixes


def test_a_no_covers_all_below_it_and_cites_the_notices_then_in_force() -> None:
    made = record(a_fact(kind="withdrawn", purpose="offers", channel=EVERY, method="one_click"))
    purposes = {one["dpv:hasPurpose"]["dct:identifier"] for one in made["dpv:hasProcess"]}
    below = [one for one in organization().purposes.values() if "offers" in one.lineage and one.basis == "consent"]
    assert {one.key for one in below if one.channels} <= purposes
    assert {one["dct:description"] for one in made["dpv:hasNotice"]} == {
        "in force when it was said; nobody wrote down that words were shown"
    }
    [event] = made["dpv:hasConsentStatus"]
    assert event["@type"] == ["dpv:ConsentWithdrawn"]
    assert "dpv:hasNotice" not in event


def test_all_that_was_said_about_it_is_told_in_its_order() -> None:
    first, again = a_fact("b", at=NOW - 4 * DAY), a_fact("c", at=NOW - 3 * DAY)
    no = a_fact("d", kind="withdrawn", purpose="offers", channel=EVERY, at=NOW - 2 * DAY)
    elsewhere = a_fact("e", channel="sms"), a_fact("f", purpose="events", kind="refused")
    assert states(a_fact(), first, again, no, *elsewhere) == ["given", "renewed", "withdrawn", "given"]
    assert states(no, first) == ["withdrawn"]
    asked = a_fact("g", kind="asked", at=NOW - 5 * DAY)
    assert states(first, asked, a_fact("h", kind="objected")) == ["requested", "given", "objected"]


def test_what_nobody_could_show_is_told_as_a_claim_and_has_no_receipt_of_its_own() -> None:
    claim = a_fact("b", source="import", method="import", proven=False, at=NOW - 2 * DAY)
    assert states(a_fact(), claim) == ["unknown", "given"]
    assert not has_receipt(claim, organization())
    assert has_receipt(a_fact(source="import", method="import"), organization())


def test_a_yes_that_waits_for_its_confirmation_has_no_receipt() -> None:
    waiting = a_fact(purpose="newsletter", source="client", method="form")
    assert "email" in organization().purposes["newsletter"].double_opt_in
    assert not has_receipt(waiting, organization())
    assert states(waiting) == ["requested"]
    assert has_receipt(msgspec.structs.replace(waiting, source="person"), organization())
    assert not has_receipt(a_fact(kind="asked"), organization())


def test_what_rests_on_something_else_than_consent_has_no_consent_receipt() -> None:
    file = organization()
    other = next(one for one in file.purposes.values() if one.basis != "consent" and one.channels)
    assert not has_receipt(a_fact(kind="objected", purpose=other.key, channel=other.channels[0]), file)
    assert not has_receipt(a_fact(purpose="gone_long_ago"), file)
    assert covered(a_fact(kind="refused", purpose="gone_long_ago"), file) == ()
    gone = said(a_fact(purpose="gone_long_ago"))
    assert [one.state for one in events(gone, [gone, said(a_fact("b", kind="refused"))], organization=file)] == [
        "given"
    ]


def test_a_yes_that_ran_out_or_whose_words_changed_is_told_with_its_end() -> None:
    ended = a_fact(until=NOW - DAY / 2)
    made = record(ended)["dpv:hasConsentStatus"]
    assert [one["@type"][0] for one in made] == ["dpv:ConsentGiven", "dpv:ConsentExpired"]
    assert made[1]["dpv:isIndicatedBy"] == SITE
    assert made[1]["dpv:isIndicatedAtTime"] == instant(NOW - DAY / 2)
    breaking = [one for one in organization().notices["sales"] if not one.compatible and one.version > 1]
    old = a_fact(notice=breaking[-1].version - 1, at=breaking[-1].published - DAY, until=None)
    assert states(old)[-1] in {"invalidated", "expired"}


def test_what_the_file_does_not_say_is_left_out_and_named() -> None:
    bare = msgspec.structs.replace(organization(), contact=Party(), officer=None, complaints={})
    lacking = {one.path.rpartition(".")[2] for one in check(as_read(iso_27560(told(file=bare))))}
    assert lacking == {"dpv:hasAddress", "dpv:hasContact", "dpv:hasAuthority"}
    lacking = {one.path for one in check(as_read(kantara(told(file=bare))))}
    assert lacking == {f"piiControllers[0].{name}" for name in ("address", "email", "phone")}
    named = msgspec.structs.replace(bare, officer=Party(email="officer@shop.example"))
    officer = iso_27560(told(file=named))["dpv:hasRecordOfActivity"]
    assert "mailto:officer@shop.example" in str(officer)


def test_a_purpose_without_a_notice_tells_what_it_can() -> None:
    file = organization()
    bare = msgspec.structs.replace(file, notices={})
    made = iso_27560(told(a_fact(notice=None, locale=None, words=None), file=bare))
    lacking = {one.path.rpartition("[0].")[2] for one in check(as_read(made))}
    assert lacking == {"dpv:hasNotice", "dpv:hasStorageCondition"}
    assert kantara(told(a_fact(notice=None, locale=None, words=None), file=bare))["language"] == "en"


def test_before_the_first_notice_was_published_the_first_is_cited() -> None:
    early = organization().notices["sales"][0].published - DAY
    notices = record(a_fact(kind="refused", at=early))["dpv:hasNotice"]
    assert f"{SITE}#sales-{organization().notices['sales'][0].version}" in {one["@id"] for one in notices}


def test_a_title_is_in_the_language_of_the_words_else_in_any() -> None:
    titles = {"en": "Offers", "de": "Angebote"}
    assert title(titles, locale="de", own="en") == "Angebote"
    assert title(titles, locale="fr", own="en") == "Offers"
    assert title({"it": "Offerte"}, locale="fr", own="en") == "Offerte"
    assert title({}, locale="fr", own="en") == ""


def test_a_purpose_without_channels_has_its_attributes_alone() -> None:
    fact = a_fact(purpose="personalisation", channel=EVERY)
    [process] = record(fact)["dpv:hasProcess"]
    assert "dpv:Profiling" in process["dpv:hasProcessing"]
    assert "dct:description" not in process["dpv:hasPurpose"]
    assert all(one["skos:broader"] == "dpv:PersonalData" for one in process["dpv:hasPersonalData"])
    [service] = as_read(kantara(told(fact)))["services"]
    assert "2 - Contact" not in service["purposes"][0]["piiCategory"]


@pytest.mark.parametrize(
    ("others", "begins"),
    [
        ([], "On 2029-11-01"),
        ([a_fact("b", kind="withdrawn", at=NOW)], "Ended: withdrawn on 2026-11-02T12:00:00Z"),
        ([a_fact("b", kind="objected", at=NOW)], "Ended: objected to on"),
        ([a_fact("b", kind="refused", at=NOW - 2 * DAY)], "On 2029-11-01"),
    ],
)
def test_kantara_says_when_a_yes_ends_or_that_it_has(others: list[Fact], begins: str) -> None:
    [service] = as_read(kantara(told(a_fact(), *others)))["services"]
    assert service["purposes"][0]["termination"].startswith(begins)


def test_a_yes_without_an_end_of_its_own_ends_with_a_no() -> None:
    file = organization()
    purposes = {**file.purposes, "sales": msgspec.structs.replace(file.purposes["sales"], lasts=None)}
    made = as_read(kantara(told(file=msgspec.structs.replace(file, purposes=purposes))))
    assert made["services"][0]["purposes"][0]["termination"] == f"Whenever you say no: {SITE}"


def test_kantara_names_whom_to_ask_for() -> None:
    assert as_read(kantara(told()))["piiControllers"][0]["contact"] == "Office of Data Protection"
    file = msgspec.structs.replace(organization(), contact=Party(name="Privacy desk"), officer=None)
    assert as_read(kantara(told(file=file)))["piiControllers"][0]["contact"] == "Privacy desk"
    file = msgspec.structs.replace(organization(), officer=None)
    assert as_read(kantara(told(file=file)))["piiControllers"][0]["contact"] == "Fernhill Outdoor Ltd"
