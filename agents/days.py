"""Calendar arithmetic on day numbers: whole months, clipped at month ends, for one day and for arrays."""

from __future__ import annotations

import datetime as dt
import functools

import numpy as np
from numpy.typing import NDArray

from streams.calendar import MONTHS_OF, date_of, month_of, number_of

Days = NDArray[np.int64]

MONTHS_IN_A_YEAR = 12


def month_index(days: Days) -> Days:
    """Months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_start(months: Days) -> Days:
    """First day number of each month."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def months_after(days: Days, count: int) -> Days:
    """The day ``count`` months later; where that month is shorter, its last day."""
    month = month_index(days)
    return _day_of_month(month + count, days - month_start(month))


def months_since(days: Days, today: Days) -> Days:
    """The most whole months n for which ``months_after(days, n) <= today``; negative for days to come."""
    month = month_index(days)
    whole = month_index(today) - month
    reached = _day_of_month(month + whole, days - month_start(month))
    return whole - (reached > today)


def next_anniversary(days: Days, today: Days) -> Days:
    """The next day with the month and day of ``days``, today or later; 29 February falls on 28 in common years."""
    born, now = month_index(days), month_index(today)
    inside = days - month_start(born)
    month = now + (born - now) % MONTHS_IN_A_YEAR
    past = _day_of_month(month, inside) < today
    return _day_of_month(month + MONTHS_IN_A_YEAR * past, inside)


def are_anniversaries(since: Days, today: Days) -> NDArray[np.bool_]:
    """Whether ``today`` is whole years after ``since``, one year or more; 29 February falls on 28 in common years."""
    found: NDArray[np.bool_] = (next_anniversary(since, today) == today) & (since < today)
    return found


def _day_of_month(month: Days, inside: Days) -> Days:
    """The day ``inside`` days after a month's first, its last day where it is shorter."""
    found: Days = np.minimum(month_start(month) + inside, month_start(month + 1) - 1)
    return found


def one_months_after(day: int, count: int) -> int:
    """``months_after`` of a single day."""
    return int(months_after(np.array([day], np.int64), count)[0])


def one_months_since(day: int, today: int) -> int:
    """``months_since`` of a single day."""
    return int(months_since(np.array([day], np.int64), np.array([today], np.int64))[0])


def one_next_anniversary(day: int, today: int) -> int:
    """``next_anniversary`` of a single day."""
    return int(next_anniversary(np.array([day], np.int64), np.array([today], np.int64))[0])


@functools.lru_cache(maxsize=65_536)
def anniversary_from(since: int, day: int) -> int:
    """The first anniversary of ``since`` on ``day`` or later, one year after it or more.

    29 February falls on 28 in common years.
    """
    start, today = date_of(since), date_of(max(day, since))
    for years in (today.year - start.year, today.year - start.year + 1):
        falls = one_months_after(since, MONTHS_IN_A_YEAR * max(years, 1))
        if falls >= day:
            return falls
    return one_months_after(since, MONTHS_IN_A_YEAR * max(today.year - start.year + 2, 1))


def end_of_next_year(day: int) -> int:
    """31 December of the year after the one of ``day``."""
    return number_of(dt.date(date_of(day).year + 1, 12, 31))


def iso(day: int) -> str:
    """A day number as an ISO date."""
    return date_of(day).isoformat()


def end_of_period(day: int, period: str) -> int:
    """The last day of the calendar ``month``, ``quarter`` or ``year`` of ``day``."""
    months = MONTHS_OF[period]
    return _first_of_month((month_of(day) // months + 1) * months) - 1


def window_first(window: str, day: int) -> int:
    """The first day of a window (of ``schemas.measures.WINDOWS``) that ends on ``day``: as the business calendar has it,
    for those who have none."""
    count, unit = window[:-1], window[-1]
    if window in ("mtd", "qtd", "ytd"):
        months = MONTHS_OF[{"m": "month", "q": "quarter", "y": "year"}[window[0]]]
        return _first_of_month(month_of(day) // months * months)
    return day - int(count) + 1 if unit == "d" else _first_of_month(month_of(day) - int(count) + 1)


def _first_of_month(month: int) -> int:
    return int(month_start(np.array([month], np.int64))[0])
