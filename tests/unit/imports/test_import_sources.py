"""What each source of the samples says: the parts that `expected.json` tells only by what they add up to."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from tests.unit.imports.samples import EXPORTED, ORGANIZATION, SAMPLES, how, of, surveyed
from vault.actions.importing.sources import vocabulary
from vault.imports.files.table import table
from vault.imports.files.text import decoded
from vault.imports.layout import layout, matching
from vault.imports.reading import fitting, read

MAILCHIMP: Final = "mailchimp/{}_members_export_7c1f0a92be.csv"


def verdicts(path: str) -> dict[tuple[str, str, str], int]:
    return Counter((one.verdict, one.purpose, one.channel) for row in of(path).rows for one in row.said)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("hubspot/contacts.csv", ("utf-8", ",", True, "\n")),
        ("klaviyo/profiles.csv", ("utf-8", ",", False, "\r\n")),
        ("newsletter.csv", ("cp1252", ";", False, "\r\n")),
        ("purchases.csv", ("utf-16-le", "\t", False, "\r\n")),
        ("salesforce/Contact.csv", ("cp1252", ",", True, "\n")),
        ("tps/tps.txt", ("utf-8", "", False, "\r\n")),
        ("sendgrid/suppression_invalid_emails.csv", ("utf-8", ",", False, "")),
        ("hubspot/subscription_statuses.json", ("utf-8", "", False, "\n")),
    ],
)
def test_how_a_sample_is_written_is_found_out(path: str, written: tuple[str, str, bool, str]) -> None:
    found = surveyed(path)
    assert (found.encoding, found.separator, found.quoted, found.line_ends) == written
    assert found.size == (SAMPLES / path).stat().st_size
    assert found.count == of(path).count


def test_mailchimp_tells_who_joined_who_left_whose_address_is_dead_and_who_was_never_asked() -> None:
    assert verdicts(MAILCHIMP.format("subscribed")).keys() == {("granted", "newsletter", "email")}
    assert verdicts(MAILCHIMP.format("unsubscribed")) == {("withdrawn", "offers", "email"): 170}
    cleaned = of(MAILCHIMP.format("cleaned"))
    assert Counter(one.kind for row in cleaned.rows for one in row.suppressed) == {"bounce": 44}
    assert all(one.point.kind == "email" for row in cleaned.rows for one in row.suppressed)
    assert not any(row.said or row.suppressed for row in of(MAILCHIMP.format("nonsubscribed")).rows)


def test_hubspot_tells_noes_without_dates_and_links_to_the_other_system() -> None:
    rows = of("hubspot/contacts.csv").rows
    noes = [one for row in rows for one in row.said if one.verdict == "withdrawn"]
    assert {one.at for one in noes} == {EXPORTED}
    assert {one.purpose for one in noes} == {"offers", "research", "sales", "events"}
    links = [link for row in rows for link in row.links]
    assert {(link.source, link.unless_named, len(link.id.reveal())) for link in links} == {("salesforce", True, 18)}
    assert sum(len(row.suppressed) for row in rows) == 8
    assert any(len([point for point in row.points if point.kind == "phone"]) == 2 for row in rows)
    assert surveyed("hubspot/contacts.csv").day_first is True


def test_a_double_opt_in_that_is_pending_leaves_its_yes_without_evidence() -> None:
    yeses = [one for row in of("hubspot/contacts.csv").rows for one in row.said if one.verdict == "granted"]
    assert {frozenset(one.evidence) for one in yeses} >= {frozenset(), frozenset({"captured_at", "capture_source"})}


def test_hubspots_answers_tell_of_one_subscription_each() -> None:
    found = verdicts("hubspot/subscription_statuses.json")
    assert found["withdrawn", "sales", "email"] == 35
    assert found["granted", "events", "email"] == 7
    assert {row.role for row in of("hubspot/subscription_statuses.json").rows} == {"consent"}


def test_klaviyo_tells_a_status_by_channel_and_stops_by_their_cause() -> None:
    found = verdicts("klaviyo/profiles.csv")
    assert found["granted", "sales", "sms"] == 140
    assert found["withdrawn", "offers", "sms"] == 46
    assert found["withdrawn", "offers", "email"] == 47 + 4  # four more are among the suppressions
    stops = Counter(one.kind for row in of("klaviyo/profiles.csv").rows for one in row.suppressed)
    assert stops == {"bounce": 14, "complaint": 2}


def test_sendgrids_lists_tell_of_addresses_and_make_nobody() -> None:
    left = of("sendgrid/suppression_unsubscribes.csv")
    assert {row.role for row in left.rows} == {"list"}
    assert len({one.at for row in left.rows for one in row.said}) > 50
    assert [one.at for row in left.rows if row.cells for one in row.said] == [EXPORTED] * 4  # milliseconds are none
    assert verdicts("sendgrid/asm_groups_3893_suppressions.csv") == {("withdrawn", "events", "email"): 34}
    assert not any(row.said or row.suppressed for row in of("sendgrid/suppression_blocks.csv").rows)
    reports = of("sendgrid/suppression_spam_reports.csv").rows
    assert {(len(row.said), row.suppressed[0].kind) for row in reports} == {(2, "complaint")}


def test_a_stop_among_messages_is_one_however_it_is_written_and_nothing_else_is() -> None:
    rows = of("twilio/messages.csv").rows
    assert sum(bool(row.said) for row in rows) == sum(bool(row.suppressed) for row in rows) == 54
    assert {one.kind for row in rows for one in row.suppressed} == {"stop_word"}
    assert verdicts("twilio/messages.csv").keys() == {("withdrawn", "offers", "sms"), ("withdrawn", "research", "sms")}


def test_a_list_of_numbers_stops_them() -> None:
    rows = of("tps/tps.txt").rows
    assert {one.kind for row in rows for one in row.suppressed} == {"do_not_call"}
    assert rows[0].points[0].index.reveal() == "+441632960463"


def test_the_till_tells_dealings_in_its_own_time_and_who_wanted_no_offers() -> None:
    found = surveyed("purchases.csv")
    assert found.forms_by == "till"
    rows = of("purchases.csv").rows
    assert Counter(one.kind for row in rows for one in row.dealings).keys() == {"purchased", "inquired"}
    assert verdicts("purchases.csv") == {("refused", "sales", "*"): 196}
    first = rows[0]
    assert first.dealings[0].at.isoformat() == "2025-01-26T09:42:00+00:00"  # Denver
    assert first.dealings[0].refusal_offered
    assert [len(row.dealings) for row in rows if {cell.reason for cell in row.cells} == {"unreadable_date"}] == [0]


def test_salesforces_people_have_flags_and_a_date_of_birth() -> None:
    people = of("salesforce/Individual.csv").rows
    assert sum(row.restricted for row in people) == 7
    assert Counter(request for row in people for request in row.requests) == {"erase": 3}
    assert sum(row.birth_date is not None for row in people) > 250
    assert verdicts("salesforce/Individual.csv") == {
        ("objected", "offers", "*"): 26,
        ("objected", "personalisation", "*"): 15,
    }
    contacts = of("salesforce/Contact.csv").rows
    assert Counter(point.kind for row in contacts for point in row.points)["postal_address"] > 400
    assert sum(len(row.suppressed) for row in contacts) == 14
    assert all(len(link.id.reveal()) == 18 for row in contacts for link in row.links)


def test_a_record_of_salesforce_is_the_same_with_and_without_its_checksum() -> None:
    path = "salesforce/Contact.csv"
    short = (SAMPLES / path).read_bytes().replace(b'"003000000003oBrAAI"', b'"003000000003oBr"')
    assert b'"003000000003oBr"' in short
    records = [row.reference for row in read(path, short, how=how(path)).rows]
    assert records == [row.reference for row in of(path).rows]


def test_salesforces_consent_is_somebodys_and_names_what_other_files_call_it() -> None:
    found = verdicts("salesforce/ContactPointTypeConsent.csv")
    assert ("granted", "offers", "email") not in found
    assert {key[2] for key in found} == {"email", "sms", "voice", "post"}
    ends = [one.until for row in of("salesforce/ContactPointTypeConsent.csv").rows for one in row.said]
    assert any(end is not None and end > EXPORTED for end in ends)
    assert verdicts("salesforce/CommSubscriptionConsent.csv").keys() == {
        (verdict, purpose, channel)
        for verdict in ("granted", "withdrawn")
        for purpose, channel in [("newsletter", "email"), ("events", "email"), ("events", "sms")]
    }
    of_points = of("salesforce/ContactPointConsent.csv").rows
    assert all(row.about_point is not None and len(row.links) == 1 for row in of_points)


def test_a_file_is_recognised_by_its_header_or_not_told_from_its_like() -> None:
    words = vocabulary(ORGANIZATION)
    layouts = {
        (source, pattern): layout(ORGANIZATION.sources, source, pattern=pattern, vocabulary=words)
        for source, about in ORGANIZATION.sources.items()
        for pattern in about.get("files", {})
    }
    seen: dict[str, list[tuple[str, str]]] = {}
    for path in ("hubspot/contacts.csv", "klaviyo/profiles.csv", "newsletter.csv", "purchases.csv",
                 MAILCHIMP.format("cleaned"), "tps/tps.txt"):  # fmt: skip
        head = table(decoded([(SAMPLES / path).read_bytes()], surveyed(path).encoding)).header
        seen[path] = fitting(head, layouts)
    assert seen["tps/tps.txt"] == []
    assert len(seen.pop(MAILCHIMP.format("cleaned"))) > 1
    assert all(fits == matching(ORGANIZATION.sources, path) for path, fits in seen.items() if path != "tps/tps.txt")
    assert fitting(("a",), {}) == []


def test_how_to_read_is_made_for_each_path() -> None:
    assert how("tps/tps.txt").layout.region == "GB"
