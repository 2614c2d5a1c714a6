"""Business days, computed anew from the time zone for every question asked.

Readings of the design: a cut-off at or before 12:00 starts day D on date D, a later one on date D-1; a cut-off that
the clock skips is the instant of the jump, one that happens twice is the first of the two.
"""

from __future__ import annotations

import datetime as dt
import functools
from zoneinfo import ZoneInfo

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EPOCH_DATE = dt.date(1970, 1, 1)
MICROSECOND = dt.timedelta(microseconds=1)
WINDOW_DAYS = {"7d": 7, "30d": 30, "90d": 90}
WINDOW_MONTHS = {"3m": 3, "6m": 6, "12m": 12}


def number_of(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return (date - EPOCH_DATE).days


def date_of(day: int) -> dt.date:
    """The calendar date of a day number."""
    return EPOCH_DATE + dt.timedelta(days=day)


@functools.cache
def months_after(date: dt.date, months: int) -> dt.date:
    """The same day of the month ``months`` later, or that month's last day where it is shorter."""
    index = date.year * 12 + date.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    next_first = dt.date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + dt.timedelta(days=date.day - 1), next_first - dt.timedelta(days=1))


def months_between(date: dt.date, today: dt.date) -> int:
    """Whole calendar months from ``date`` to ``today``: the largest n whose ``months_after`` is not past today."""
    months = (today.year - date.year) * 12 + today.month - date.month
    return months if months_after(date, months) <= today else months - 1


@functools.cache
def anniversary(date: dt.date, today: dt.date) -> dt.date:
    """The next day, today or later, that has the month and day of ``date``; 28 February for the 29th in common years."""
    day = today
    while (day.month, day.day) != (date.month, date.day):
        tomorrow = day + dt.timedelta(days=1)
        if (date.month, date.day, day.month, day.day) == (2, 29, 2, 28) and tomorrow.day == 1:
            return day
        day = tomorrow
    return day


def is_last_of(day: int, months: int) -> bool:
    """Whether ``day`` is the last of a calendar month (1), quarter (3) or year (12)."""
    tomorrow = date_of(day + 1)
    return tomorrow.day == 1 and (tomorrow.month - 1) % months == 0


@functools.cache
def window_start(window: str, as_of: int) -> int:
    """The first day of a window that ends with ``as_of``."""
    if window in WINDOW_DAYS:
        return as_of - WINDOW_DAYS[window] + 1
    today = date_of(as_of)
    month = today.replace(day=1)
    if window in WINDOW_MONTHS:
        return number_of(months_after(month, 1 - WINDOW_MONTHS[window]))
    first_month = {"mtd": today.month, "qtd": (today.month - 1) // 3 * 3 + 1, "ytd": 1}[window]
    return number_of(month.replace(month=first_month))


def microseconds(text: str) -> int:
    """An RFC 3339 instant as microseconds since the Unix epoch; finer digits are cut off."""
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        msg = f"{text!r} has no offset"
        raise ValueError(msg)
    return (instant - EPOCH) // MICROSECOND


class BusinessDays:
    """The bank's days in its zone, each from cut-off to cut-off."""

    def __init__(self, timezone: str, cutoff: str = "00:00") -> None:
        self.zone = ZoneInfo(timezone)
        self.cutoff = dt.time.fromisoformat(cutoff)
        self.start = functools.cache(self._start)

    def _start(self, day: int) -> int:
        date = date_of(day)
        if self.cutoff > dt.time(12):
            date -= dt.timedelta(days=1)
        local = dt.datetime.combine(date, self.cutoff, self.zone)
        instant = local.astimezone(dt.UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            instant = self._jump_before(instant)
        return (instant - EPOCH) // MICROSECOND

    def _jump_before(self, after: dt.datetime) -> dt.datetime:
        minute = dt.timedelta(minutes=1)
        offset = after.astimezone(self.zone).utcoffset()
        while (after - minute).astimezone(self.zone).utcoffset() == offset:
            after -= minute
        return after

    def end(self, day: int) -> int:
        """The instant at which ``day`` ends, which is the next day's start."""
        return self.start(day + 1)

    def day_of(self, us: int) -> int:
        """The day in which an instant lies."""
        date = (EPOCH + us * MICROSECOND).astimezone(self.zone).date()
        day = number_of(date) - 1
        while self.end(day) <= us:
            day += 1
        return day

    def text(self, us: int) -> str:
        """An instant in the bank's zone, as RFC 3339."""
        return (EPOCH + us * MICROSECOND).astimezone(self.zone).isoformat()
