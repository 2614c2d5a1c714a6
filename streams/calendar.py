"""The bank's business calendar: which day an instant belongs to, and where days, months and windows start.

A business day is a calendar date of the bank, cut at a local time of day. Day starts come from a table that
is made once from the zone's own rules; nothing here adds 86,400 seconds. Pure: no clock, no I/O besides the zone data.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from schemas.measures import WINDOWS
from streams.rows import LookKind

Days = NDArray[np.int64]

US_PER_MS: Final = 1000
"""Instants are microseconds; Kafka stamps its records in milliseconds."""
MONTHS_OF: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}
"""Calendar months of each period."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()
_US: Final = dt.timedelta(microseconds=1)
_QUARTER_HOUR_US: Final = 900_000_000
"""Every zone's offset from UTC is a whole number of quarter hours since before the table begins."""
_TABLE_FROM: Final = dt.date(1988, 1, 1)
"""Two years before the first bookable day: the longest window (13 months) of that day is still in the table."""
FIRST_DATE: Final = dt.date(1990, 1, 1)
"""First bookable business day: an older booking is a broken date, not history."""
_EPOCH_YEAR: Final = 1970
LAST_DATE: Final = dt.date(2100, 12, 31)
"""Last bookable business day, where the table ends."""
_MONTHS_BACK: Final = {"mtd": 0, "3m": 2, "6m": 5, "12m": 11}
"""Windows of whole months to calendar months before the present one."""


class Tables(NamedTuple):
    """The calendar as arrays, for kernels. Entry ``i`` is day ``first_day + i``; all values are day numbers.

    ``start_us`` (microseconds since the Unix epoch) has one entry more than there are days: the end of the last.
    ``month_of`` counts months from 0 at the table's first; ``month_first[m]`` is the first day of month ``m``, with
    one entry more than there are months. ``window_start[w]`` is the first day of window
    ``schemas.measures.WINDOWS[w]``.
    """

    first_day: int
    start_us: Days
    month_of: Days
    month_start: Days
    quarter_start: Days
    year_start: Days
    month_first: Days
    window_start: NDArray[np.int64]  # (len(WINDOWS), days)


def number_of(date: dt.date) -> int:
    """The day number of a date, which need not be in the calendar (a date of birth): days since 1970-01-01."""
    return date.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> dt.date:
    """The date of a day number."""
    return dt.date.fromordinal(day + _EPOCH_ORDINAL)


def month_of(day: int) -> int:
    """The calendar month of a day number: months since January 1970."""
    date = date_of(day)
    return (date.year - _EPOCH_YEAR) * 12 + date.month - 1


class BusinessCalendar:
    """Business days of one zone (an IANA name) and cut-off (``HH:MM``, local time).

    At or before 12:00 a day runs from the cut-off of its own date to the cut-off of the next; a later cut-off (22:00)
    starts the day on the date before. A cut-off that the clock skips is the instant to which it jumps; of one that
    comes twice the first counts. ``ValueError`` names a wrong zone or cut-off.
    """

    def __init__(self, timezone: str, cutoff: str = "00:00") -> None:
        self.timezone = timezone
        self.cutoff = cutoff
        self._zone = _zone(timezone)
        self.tables = _tables(timezone, cutoff)
        self._starts: list[int] = self.tables.start_us.tolist()
        self.first_day = number_of(FIRST_DATE)
        self.last_day = number_of(LAST_DATE)
        # Looks come in the order of time, so a few thousand quarter hours serve a batch.
        self._quarter_hours = lru_cache(maxsize=4096)(self._quarter_hour)

    def day_of(self, us: int) -> int:
        """The business day of an instant (microseconds); ``ValueError`` outside the calendar."""
        day = self.tables.first_day + bisect_right(self._starts, us) - 1
        if not self.first_day <= day <= self.last_day:
            msg = f"instant {us} us is outside the calendar ({FIRST_DATE} to {LAST_DATE})"
            raise ValueError(msg)
        return day

    def reaches(self, us: int) -> bool:
        """Whether an instant lies on a bookable day."""
        return self.start_us(self.first_day) <= us < self.end_us(self.last_day)

    def covers(self, us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each instant lies on a bookable day."""
        return (us >= self.start_us(self.first_day)) & (us < self.end_us(self.last_day))

    def days_of(self, us: NDArray[np.int64]) -> Days:
        """The business day of each instant; ``ValueError`` if one lies outside the calendar."""
        if len(us) and not self.covers(us).all():
            msg = f"an instant is outside the calendar ({FIRST_DATE} to {LAST_DATE})"
            raise ValueError(msg)
        found = np.searchsorted(self.tables.start_us, us, side="right")
        return found.astype(np.int64) + (self.tables.first_day - 1)

    def start_us(self, day: int) -> int:
        """The first instant of a day, microseconds since the Unix epoch."""
        return self._starts[self._index(day)]

    def end_us(self, day: int) -> int:
        """The first instant after a day: the start of the next."""
        return self._starts[self._index(day) + 1]

    @overload
    def window_start(self, window: str, as_of: int) -> int: ...
    @overload
    def window_start(self, window: str, as_of: Days) -> Days: ...
    def window_start(self, window: str, as_of: int | Days) -> int | Days:
        """The first day of a window (of ``schemas.measures.WINDOWS``) that ends on day ``as_of``."""
        starts = self.tables.window_start[WINDOWS.index(window)]
        if isinstance(as_of, np.ndarray):
            found: Days = starts[as_of - self.tables.first_day]
            return found
        return int(starts[self._index(as_of)])

    @overload
    def window_days(self, window: str, as_of: int) -> int: ...
    @overload
    def window_days(self, window: str, as_of: Days) -> Days: ...
    def window_days(self, window: str, as_of: int | Days) -> int | Days:
        """The number of days in a window that ends on day ``as_of``: the divisor of its averages."""
        if isinstance(as_of, np.ndarray):
            return as_of - self.window_start(window, as_of) + 1
        return as_of - self.window_start(window, as_of) + 1

    def close_kind(self, day: int) -> LookKind:
        """What closes with this day: the year, a quarter, a month, or just the day (the largest of them)."""
        after = date_of(day + 1)
        if after.day != 1:
            return LookKind.DAY_CLOSE
        if after.month == 1:
            return LookKind.YEAR_CLOSE
        return LookKind.QUARTER_CLOSE if after.month % 3 == 1 else LookKind.MONTH_CLOSE

    def effective_at(self, us: int) -> str:
        """An instant as RFC 3339 in the bank's zone, with microseconds only where there are any."""
        quarter, rest = divmod(us, _QUARTER_HOUR_US)
        hour, minutes, offset = self._quarter_hours(quarter)
        minute, rest = divmod(rest, 60_000_000)
        second, micro = divmod(rest, 1_000_000)
        fraction = f".{micro:06d}" if micro else ""
        return f"{hour}:{minutes + minute:02d}:{second:02d}{fraction}{offset}"

    def _quarter_hour(self, number: int) -> tuple[str, int, str]:
        """Of the quarter hour ``number`` since the Unix epoch: date and hour, first minute, and offset, in the zone."""
        local = (_EPOCH + number * _QUARTER_HOUR_US * _US).astimezone(self._zone)
        text = local.isoformat()
        return text[:13], local.minute, text[19:]

    def _index(self, day: int) -> int:
        index = day - self.tables.first_day
        if not 0 <= index < len(self._starts) - 1:
            msg = f"day {day} is outside the calendar ({_TABLE_FROM} to {LAST_DATE})"
            raise ValueError(msg)
        return index


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ) as error:  # OSError: the name of a folder of zones
        msg = f"timezone {timezone!r} is not known (expected an IANA name such as Asia/Shanghai)"
        raise ValueError(msg) from error


def _cutoff(text: str) -> dt.time:
    if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is None:
        msg = f"cut-off {text!r} is not a time of day (expected HH:MM such as 00:00 or 22:00)"
        raise ValueError(msg)
    return dt.time.fromisoformat(text)


def _us(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _US


def _instant(date: dt.date, time: dt.time, zone: ZoneInfo) -> int:
    """The first instant at which the clocks of ``zone`` show ``time`` on ``date``, or jump past it."""
    local = dt.datetime.combine(date, time, zone)
    utc = local.astimezone(dt.UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return _us(utc)
    # Skipped: the offset of before the jump lands after it and the other way round; the jump lies between.
    before, after = _us(local.replace(fold=1).astimezone(dt.UTC)), _us(utc)
    offset_after = (_EPOCH + after * _US).astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if (_EPOCH + middle * _US).astimezone(zone).utcoffset() == offset_after:
            after = middle
        else:
            before = middle
    return after


@lru_cache(maxsize=16)  # a process uses one calendar; tests use a handful
def _tables(timezone: str, cutoff: str) -> Tables:
    zone, time = _zone(timezone), _cutoff(cutoff)
    shift = -1 if time > dt.time(12) else 0
    first, last = _TABLE_FROM.toordinal(), LAST_DATE.toordinal()
    starts = [_instant(dt.date.fromordinal(n + shift), time, zone) for n in range(first, last + 2)]
    dates = np.arange(first - _EPOCH_ORDINAL, last - _EPOCH_ORDINAL + 1).astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    month_of = months - months[0]
    month_first = np.arange(months[0], months[-1] + 2).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = dates.astype(np.int64)
    # The table begins in January, so quarters and years are whole groups of 3 and 12 months.
    quarter_start, year_start = (
        month_first[month_of // 3 * 3],
        month_first[month_of // 12 * 12],
    )
    windows = np.empty((len(WINDOWS), len(days)), np.int64)
    for row, window in enumerate(WINDOWS):
        if window == "qtd":
            windows[row] = quarter_start
        elif window == "ytd":
            windows[row] = year_start
        elif window in _MONTHS_BACK:
            windows[row] = month_first[np.maximum(month_of - _MONTHS_BACK[window], 0)]
        else:
            windows[row] = days - (int(window.removesuffix("d")) - 1)
    tables = Tables(
        first_day=int(days[0]),
        start_us=np.array(starts, np.int64),
        month_of=month_of,
        month_start=month_first[month_of],
        quarter_start=quarter_start,
        year_start=year_start,
        month_first=month_first,
        window_start=windows,
    )
    for table in tables[1:]:
        table.flags.writeable = False  # shared by all calendars of the process
    return tables
