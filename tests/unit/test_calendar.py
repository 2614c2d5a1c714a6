"""The business calendar: day starts, days of instants, windows and closes."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest

from schemas.measures import WINDOWS
from streams.calendar import FIRST_DATE, LAST_DATE, BusinessCalendar, date_of, number_of
from streams.rows import LookKind

SHANGHAI = BusinessCalendar("Asia/Shanghai")
LONDON = BusinessCalendar("Europe/London")
HOUR_US = 3_600_000_000


def us(text: str) -> int:
    """Microseconds since the Unix epoch of an ISO instant with offset."""
    return (dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def day(text: str) -> int:
    return number_of(dt.date.fromisoformat(text))


@pytest.mark.parametrize(
    ("calendar", "date", "start"),
    [
        (SHANGHAI, "2025-03-01", "2025-03-01T00:00:00+08:00"),
        (BusinessCalendar("Asia/Shanghai", "02:00"), "2025-03-01", "2025-03-01T02:00:00+08:00"),
        (BusinessCalendar("Asia/Shanghai", "12:00"), "2025-03-01", "2025-03-01T12:00:00+08:00"),
        (BusinessCalendar("Asia/Shanghai", "12:01"), "2025-03-01", "2025-02-28T12:01:00+08:00"),
        (BusinessCalendar("Asia/Shanghai", "22:00"), "2025-03-01", "2025-02-28T22:00:00+08:00"),
        (BusinessCalendar("Asia/Shanghai", "22:00"), "2024-03-01", "2024-02-29T22:00:00+08:00"),
        (LONDON, "2025-03-30", "2025-03-30T00:00:00+00:00"),
        (LONDON, "2025-03-31", "2025-03-31T00:00:00+01:00"),
        (LONDON, "2025-10-26", "2025-10-26T00:00:00+01:00"),
        (LONDON, "2025-10-27", "2025-10-27T00:00:00+00:00"),
        # 01:30 is skipped on 30 March: the day starts when the clock jumps from 01:00 to 02:00.
        (BusinessCalendar("Europe/London", "01:30"), "2025-03-30", "2025-03-30T01:00:00+00:00"),
        # 01:30 comes twice on 26 October: the first counts.
        (BusinessCalendar("Europe/London", "01:30"), "2025-10-26", "2025-10-26T01:30:00+01:00"),
        # Midnight itself is skipped in summer's first night.
        (BusinessCalendar("America/Sao_Paulo"), "2018-11-04", "2018-11-04T01:00:00-02:00"),
        (BusinessCalendar("America/Sao_Paulo", "00:30"), "2018-11-04", "2018-11-04T01:00:00-02:00"),
        (BusinessCalendar("America/Havana"), "2025-03-09", "2025-03-09T01:00:00-04:00"),
        # Samoa had no 30 December 2011.
        (BusinessCalendar("Pacific/Apia"), "2011-12-31", "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_day_starts_at_the_cut_off_of_the_local_clock(calendar: BusinessCalendar, date: str, start: str) -> None:
    instant = us(start)
    assert calendar.start_us(day(date)) == instant
    assert calendar.end_us(day(date) - 1) == instant
    assert calendar.day_of(instant) == day(date)
    assert calendar.day_of(instant - 1) < day(date)


@pytest.mark.parametrize(("date", "hours"), [("2025-03-29", 24), ("2025-03-30", 23), ("2025-10-26", 25)])
def test_days_in_london_have_23_to_25_hours(date: str, hours: int) -> None:
    assert LONDON.end_us(day(date)) - LONDON.start_us(day(date)) == hours * HOUR_US


def test_a_date_that_the_zone_left_out_is_an_empty_day() -> None:
    apia = BusinessCalendar("Pacific/Apia")
    skipped = day("2011-12-30")
    assert apia.start_us(skipped) == apia.end_us(skipped)
    assert apia.day_of(apia.start_us(skipped)) == day("2011-12-31")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_each_instant_lies_on_its_local_date(zone: str, seed: int) -> None:
    calendar = BusinessCalendar(zone)
    rng = np.random.Generator(np.random.PCG64(seed))
    instants = rng.integers(us("1990-01-02T00:00:00Z"), us("2100-12-30T00:00:00Z"), 3_000)
    expected = [dt.datetime.fromtimestamp(second, ZoneInfo(zone)).date() for second in (instants // 1_000_000).tolist()]
    assert [date_of(number) for number in calendar.days_of(instants).tolist()] == expected
    assert [calendar.day_of(instant) for instant in instants.tolist()] == calendar.days_of(instants).tolist()


def test_instants_outside_the_calendar_are_refused() -> None:
    first, end = SHANGHAI.start_us(number_of(FIRST_DATE)), SHANGHAI.end_us(number_of(LAST_DATE))
    assert SHANGHAI.covers(np.array([first - 1, first, end - 1, end])).tolist() == [False, True, True, False]
    assert SHANGHAI.days_of(np.array([first, end - 1])).tolist() == [number_of(FIRST_DATE), number_of(LAST_DATE)]
    for outside in (first - 1, end):
        with pytest.raises(ValueError, match="outside the calendar"):
            SHANGHAI.day_of(outside)
        with pytest.raises(ValueError, match="outside the calendar"):
            SHANGHAI.days_of(np.array([first, outside]))
    with pytest.raises(ValueError, match="outside the calendar"):
        SHANGHAI.start_us(number_of(LAST_DATE) + 1)


WINDOW_STARTS = [
    ("2024-02-29", {"7d": "2024-02-23", "30d": "2024-01-31", "90d": "2023-12-02", "mtd": "2024-02-01"}),
    ("2024-02-29", {"qtd": "2024-01-01", "ytd": "2024-01-01", "3m": "2023-12-01", "12m": "2023-03-01"}),
    ("2025-01-01", {"7d": "2024-12-26", "mtd": "2025-01-01", "qtd": "2025-01-01", "ytd": "2025-01-01"}),
    ("2025-01-01", {"3m": "2024-11-01", "6m": "2024-08-01", "12m": "2024-02-01"}),
    ("2025-03-31", {"mtd": "2025-03-01", "qtd": "2025-01-01", "3m": "2025-01-01", "6m": "2024-10-01"}),
    ("2025-04-01", {"mtd": "2025-04-01", "qtd": "2025-04-01", "ytd": "2025-01-01", "3m": "2025-02-01"}),
    ("2025-12-31", {"mtd": "2025-12-01", "qtd": "2025-10-01", "ytd": "2025-01-01", "12m": "2025-01-01"}),
]


@pytest.mark.parametrize(("as_of", "starts"), WINDOW_STARTS)
def test_windows_start_where_their_name_says(as_of: str, starts: dict[str, str]) -> None:
    for window, start in starts.items():
        assert date_of(SHANGHAI.window_start(window, day(as_of))).isoformat() == start
        assert SHANGHAI.window_days(window, day(as_of)) == day(as_of) - day(start) + 1


def test_windows_of_many_days_at_once_are_those_of_each() -> None:
    days = np.arange(day("2023-12-25"), day("2025-04-05"))
    for window in WINDOWS:
        assert SHANGHAI.window_start(window, days).tolist() == [SHANGHAI.window_start(window, d) for d in days.tolist()]
        assert SHANGHAI.window_days(window, days).tolist() == [SHANGHAI.window_days(window, d) for d in days.tolist()]


@pytest.mark.parametrize(("window", "days"), [("3m", 91), ("6m", 182), ("12m", 366), ("ytd", 60), ("mtd", 29)])
def test_month_windows_are_whole_months_at_a_months_close(window: str, days: int) -> None:
    assert SHANGHAI.window_days(window, day("2024-02-29")) == days


def test_tables_agree_with_dates() -> None:
    tables = SHANGHAI.tables
    for date in (dt.date(1990, 1, 1), dt.date(2024, 2, 29), dt.date(2024, 12, 31), dt.date(2100, 12, 31)):
        at = number_of(date) - tables.first_day
        assert date_of(int(tables.month_start[at])) == date.replace(day=1)
        assert date_of(int(tables.quarter_start[at])) == date.replace(month=(date.month - 1) // 3 * 3 + 1, day=1)
        assert date_of(int(tables.year_start[at])) == date.replace(month=1, day=1)
        month = int(tables.month_of[at])
        assert tables.month_first[month] <= number_of(date) < tables.month_first[month + 1]
    assert len(tables.start_us) == len(tables.month_of) + 1


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        ("2025-01-30", LookKind.DAY_CLOSE),
        ("2025-01-31", LookKind.MONTH_CLOSE),
        ("2024-02-28", LookKind.DAY_CLOSE),
        ("2024-02-29", LookKind.MONTH_CLOSE),
        ("2025-02-28", LookKind.MONTH_CLOSE),
        ("2025-03-31", LookKind.QUARTER_CLOSE),
        ("2025-09-30", LookKind.QUARTER_CLOSE),
        ("2025-12-31", LookKind.YEAR_CLOSE),
    ],
)
def test_the_largest_period_that_ends_with_a_day_names_its_close(date: str, kind: LookKind) -> None:
    assert SHANGHAI.close_kind(day(date)) is kind


@pytest.mark.parametrize(
    ("calendar", "instant", "text"),
    [
        (SHANGHAI, "2025-03-01T02:11:12Z", "2025-03-01T10:11:12+08:00"),
        (SHANGHAI, "2025-03-01T02:11:12.000001Z", "2025-03-01T10:11:12.000001+08:00"),
        (LONDON, "2025-07-01T00:00:00Z", "2025-07-01T01:00:00+01:00"),
        (BusinessCalendar("UTC"), "2025-07-01T00:00:00Z", "2025-07-01T00:00:00+00:00"),
    ],
)
def test_instants_are_told_in_the_banks_zone(calendar: BusinessCalendar, instant: str, text: str) -> None:
    assert calendar.effective_at(us(instant)) == text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Asia"])
def test_an_unknown_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA name") as refused:
        BusinessCalendar(zone)
    assert repr(zone) in str(refused.value)


@pytest.mark.parametrize("cutoff", ["24:00", "2:00", "02:60", "noon", "", "02:00:00", "02:00\n"])
def test_a_cut_off_that_is_no_time_of_day_is_refused(cutoff: str) -> None:
    with pytest.raises(ValueError, match="expected HH:MM"):
        BusinessCalendar("Asia/Shanghai", cutoff)


def test_instants_read_the_same_in_every_zone_and_year() -> None:
    """They are put together from quarter hours, which every zone's offset is a whole number of."""
    moments = [
        dt.datetime(year, month, 17, 23, 44, 59, micro, tzinfo=dt.UTC)
        for year in range(1990, 2100, 3)
        for month, micro in ((1, 0), (7, 123_456))
    ]
    for name in sorted(available_timezones()):
        calendar = BusinessCalendar("Asia/Shanghai")
        calendar._zone = ZoneInfo(name)  # the tables of 600 zones would take a minute
        for moment in moments:
            instant = (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
            assert calendar.effective_at(instant) == moment.astimezone(ZoneInfo(name)).isoformat(), name
