"""When a transaction was booked: which instants are read, and the business day of each."""

from __future__ import annotations

import json

import pytest

from schemas.limits import FUTURE_DAYS_MAX
from streams.calendar import BusinessCalendar
from streams.decode import decode, reject_future
from streams.rejects import EXPECTED, Reject
from streams.rows import UNKNOWN
from tests.unit.booked import BOOKED_US, DAY, accepted, read, reason, record


def test_a_reversal_names_the_business_day_of_what_it_takes_back() -> None:
    events, _ = read(record(), record(reverses="T0", reverses_booked_at="2025-02-27T23:59:59+08:00"))
    assert events.reverses_day.tolist() == [UNKNOWN, DAY - 2]


def test_a_business_day_follows_zone_and_cut_off() -> None:
    late = BusinessCalendar("Asia/Shanghai", "22:00")
    at = [record(booked_at=f"2025-03-01T{time}+08:00") for time in ("21:59:59.999999", "22:00:00")]
    events, _ = decode(at, late, "CNY")
    assert events.day.tolist() == [DAY, DAY + 1]


@pytest.mark.parametrize(
    "booked_at",
    [
        "2025-03-01T02:11:12.345678Z",
        "2025-03-01t02:11:12.345678z",
        "2025-03-01T02:11:12.345678999Z",
        "2025-03-01T02:11:12.345678-00:00",
        "2025-03-01T10:11:12.345678+08:00",
        "2025-02-28T20:41:12.345678-05:30",
    ],
)
def test_all_forms_of_one_instant_are_that_instant(booked_at: str) -> None:
    assert accepted(record(booked_at=booked_at)).booked_us.tolist() == [BOOKED_US]


@pytest.mark.parametrize(
    "booked_at",
    [
        "",
        "yesterday",
        "1740795072",
        "2025-03-01",
        "2025-03-01T10:11:12",
        "2025-03-01T10:11:12 +08:00",
        "2025-03-01 10:11:12+08:00",
        "2025-03-01T10:11+08:00",
        "2025-03-01T10:11:12+0800",
        "2025-03-01T10:11:12+08",
        "2025-03-01T10:11:12.+08:00",
        "2025-03-01T10:11:12.1234567890+08:00",
        "2025-03-01T10:11:12,5+08:00",
        "2025-02-29T10:11:12+08:00",
        "2025-04-31T10:11:12+08:00",
        "2025-13-01T10:11:12+08:00",
        "2025-00-01T10:11:12+08:00",
        "2025-03-00T10:11:12+08:00",
        "2025-03-01T24:00:00+08:00",
        "2025-03-01T10:60:12+08:00",
        "2025-03-01T10:11:60+08:00",
        "2025-03-01T10:11:12+24:00",
        "2025-03-01T10:11:12+08:60",
        "+002025-03-01T10:11:12Z",
        "２０２５-03-01T10:11:12+08:00",
        "1969-12-31T23:59:59Z",
    ],
)
def test_a_booked_at_that_is_no_instant_with_an_offset_is_set_aside(booked_at: str) -> None:
    words = f"(expected {EXPECTED['booked_at']})"
    assert reason(record(booked_at=booked_at)) == f"booked_at is {json.dumps(booked_at, ensure_ascii=False)} {words}"


def test_a_booking_outside_the_calendar_is_set_aside() -> None:
    accepted(record(booked_at="1990-01-01T00:00:00+08:00"))
    accepted(record(booked_at="2100-12-31T23:59:59.999999+08:00"))
    for text in ("1989-12-31T23:59:59.999999+08:00", "2101-01-01T00:00:00+08:00", "9999-12-31T23:59:59Z"):
        expected = "(expected a business day from 1990-01-01 to 2100-12-31)"
        assert reason(record(booked_at=text)) == f'booked_at is "{text}" {expected}'


def test_a_booking_two_days_past_the_open_day_is_kept_and_one_three_days_past_it_is_not() -> None:
    days = [f"2025-03-0{n}T00:00:00+08:00" for n in (1, 3, 4, 2)]
    events, _ = read(*(record(offset, booked_at=text) for offset, text in enumerate(days)))
    kept, rejects = reject_future(events, DAY)
    assert kept.offsets.tolist() == [0, 1, 3]
    assert rejects == [
        Reject(
            2,
            2,
            "future",
            "booked_at is on business day 2025-03-04 (expected at most 2025-03-03, 2 days past the open day)",
        )
    ]
    assert FUTURE_DAYS_MAX == 2
    same, none = reject_future(events, DAY + 1)
    assert same is events
    assert none == []
