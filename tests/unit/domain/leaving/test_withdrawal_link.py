"""What a withdrawal link says is read as it was written, and it is over after 24 months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vault.base.ids import SUBJECT, show
from vault.domain.leaving.link import About, Link, of_point, packed, unpacked

SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,62}|\*", fullmatch=True)


@given(
    st.sampled_from(["person", "point"]),
    st.uuids(),
    KEYS,
    KEYS,
    st.datetimes(datetime(1970, 1, 2), datetime(2106, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants plain ones
)
def test_what_is_packed_is_unpacked(about: About, own: UUID, purpose: str, channel: str, sent: datetime) -> None:
    link = Link(about=about, subject=show(SUBJECT, own), purpose=purpose, channel=channel, sent_at=sent)
    [found] = [unpacked(one) for one in packed([link])]
    assert (found.about, found.subject, found.purpose, found.channel) == (about, link.subject, purpose, channel)
    assert found.sent_at == sent.replace(microsecond=0)


def test_it_is_good_for_24_months() -> None:
    link = of_point(show(SUBJECT, UUID(int=1)), kind="email", sent_at=SENT)
    end = datetime(2028, 3, 1, 12, tzinfo=UTC)
    assert not link.is_over(end - timedelta(seconds=1))
    assert link.is_over(end)
    assert (link.purpose, link.channel) == ("*", "email")


def test_it_is_short_enough_for_a_text_message() -> None:
    link = Link(about="person", subject=show(SUBJECT, UUID(int=1)), purpose="newsletter", channel="email", sent_at=SENT)
    assert len(packed([link])[0]) < 48
