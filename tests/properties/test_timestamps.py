"""The bulk kernel of instants reads exactly what the standard library reads in the same form."""

from __future__ import annotations

import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from streams.timestamps import parse_instants

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)
"""What RFC 3339 allows; the library takes more, such as an offset of 90 minutes written as +00:90."""
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))


def by_the_library(text: str) -> int:
    """Microseconds since the epoch, or -1 where the form, the calendar or the epoch is left."""
    if FORM.fullmatch(text) is None:
        return -1
    try:
        moment = dt.datetime.fromisoformat(text.upper())
    except ValueError:
        return -1
    # A date of year 1 or 9999 is outside of datetime once in UTC; subtraction does not convert.
    instant = (moment.replace(tzinfo=dt.UTC) - EPOCH - (moment.utcoffset() or dt.timedelta())) // dt.timedelta(
        microseconds=1
    )
    return instant if instant >= 0 and moment.year >= 1970 else -1


@st.composite
def instants(draw: st.DrawFn) -> str:
    moment = draw(st.datetimes(dt.datetime(1969, 12, 30), dt.datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001 - local
    fraction = draw(st.one_of(st.just(""), st.from_regex(r"\.[0-9]{1,9}", fullmatch=True)))
    offset = draw(st.one_of(st.sampled_from(["Z", "z", "+00:00", "-00:00", "+08:00", "-05:30"]), OFFSETS.map(shown)))
    return moment.strftime("%Y-%m-%d") + draw(st.sampled_from("Tt")) + moment.strftime("%H:%M:%S") + fraction + offset


def shown(zone: dt.timezone) -> str:
    return dt.datetime(2025, 1, 1, tzinfo=zone).isoformat()[19:]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good text with one character replaced, dropped or doubled."""
    text = draw(instants())
    at = draw(st.integers(0, len(text) - 1))
    return (
        text[:at]
        + draw(st.sampled_from(["", text[at] * 2, "0", "9", "6", "-", ":", ".", " ", "Z", "é", "٣"]))
        + text[at + 1 :]
    )


@given(st.lists(instants(), max_size=20))
def test_instants_are_read_as_the_standard_library_reads_them(texts: list[str]) -> None:
    assert parse_instants(texts).tolist() == [by_the_library(text) for text in texts]


@given(st.lists(st.one_of(damaged(), instants(), st.text(max_size=40)), max_size=20))
def test_a_bad_text_is_minus_one_and_spoils_no_neighbour(texts: list[str]) -> None:
    assert parse_instants(texts).tolist() == [by_the_library(text) for text in texts]


@given(st.dates(dt.date(1970, 1, 2), dt.date(9999, 12, 30)))
def test_every_date_is_its_number_of_days(date: dt.date) -> None:
    days = (date - dt.date(1970, 1, 1)).days
    assert parse_instants([f"{date.isoformat()}T00:00:00Z"])[0] == days * 86_400_000_000
