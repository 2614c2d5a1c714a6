"""Averages and flows of a window that ends on a day to come: the part of their area, or of their sum, that is known already.

``deposits_avg_90d@30d`` is the area, as of the look's day, of the window ``90d`` that ends 30 days later; ``@3m`` three
calendar months later, clipped at month ends; ``@30d/month`` at the end of the calendar month (``quarter``, ``year``) that
day falls in.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from schemas.measures import Measure, measure_named
from streams.calendar import MONTHS_OF, BusinessCalendar, Days

AHEAD: Final = "@"
"""What stands between the name of an average, or of a window, and how far ahead its window ends."""
FLOWS: Final = ("inflow", "net_flow")
"""Families of sums that are known for windows that end on a day to come."""
_ENDS: Final = re.compile(r"(\d+)([dm])(?:/(month|quarter|year))?")


def known_area(name: str) -> Measure | None:
    """The column called ``name``, an area without a divisor or a sum; None if it is no average or flow with an end ahead."""
    average, _, ends = name.partition(AHEAD)
    measure = measure_named(average)
    if measure is None or not (measure.averaged or measure.family in FLOWS) or _ENDS.fullmatch(ends) is None:
        return None
    return measure._replace(name=name, window=f"{measure.window}{AHEAD}{ends}", averaged=False)


def starts_ahead(window: str, calendar: BusinessCalendar, days: Days) -> Days:
    """The first day of ``window`` (``90d@30d``) seen on each of ``days``; the day after it where nothing of it has passed."""
    name, _, ends = window.partition(AHEAD)
    return np.minimum(calendar.window_start(name, end_ahead(ends, calendar, days)), days + 1)


def end_ahead(ends: str, calendar: BusinessCalendar, days: Days) -> Days:
    """The last day of a window that ends so far ahead (``30d``, ``3m/quarter``) of each of ``days``."""
    found = _ENDS.fullmatch(ends)
    if found is None:
        msg = f"{ends!r} is not how far ahead a window ends (expected 30d, 3m or 30d/month)"
        raise ValueError(msg)
    count, unit, period = int(found[1]), found[2], found[3]
    tables = calendar.tables
    first, last = tables.month_first, len(tables.month_first) - 2
    if unit == "m":
        month = tables.month_of[days - tables.first_day]
        later = np.minimum(month + count, last)
        days = np.minimum(first[later] + (days - first[month]), first[later + 1] - 1)
    else:
        days = np.minimum(days + count, first[-1] - 1)
    if period is None:
        return days
    months = MONTHS_OF[period]  # the table begins in January, so periods are whole groups of its months
    following = (tables.month_of[days - tables.first_day] // months + 1) * months
    ended: Days = first[following] - 1
    return ended
