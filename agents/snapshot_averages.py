"""The monthly averages of a snapshot: columns such as ``avg_2026_02``, each an opening at the first instant of its month."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from streams.calendar import BusinessCalendar, number_of

MONTHS: Final = 12
"""Months before the snapshot's whose averages are taken in: no window reaches further back, and the ledger hardly."""

NO_MONTHS: Final[Mapping[str, str]] = {}
OTHERWISE: Final = "averages are taken in by the month, from columns such as avg_2026_02"

_COLUMN: Final = re.compile(r"avg_\d{4}_\d{2}")
_AVERAGE: Final = re.compile(r"(^|_)(avg|average|mean)(_|$)")


class Average(NamedTuple):
    """A column of averages: its place in the line, its name, and the first instant of its month as RFC 3339 text."""

    place: int
    name: str
    booked_at: str


def months_before(as_of: str, calendar: BusinessCalendar) -> dict[str, str]:
    """Columns that a snapshot of day ``as_of`` (ISO) may have, oldest first, each with its month's first instant."""
    date = dt.date.fromisoformat(as_of)
    found: dict[str, str] = {}
    for back in range(MONTHS, 0, -1):
        year, month = divmod(date.year * 12 + date.month - 1 - back, 12)
        first = dt.date(year, month + 1, 1)
        found[f"avg_{first:%Y_%m}"] = calendar.effective_at(calendar.start_us(number_of(first)))
    return found


def is_monthly(name: str) -> bool:
    """Whether a column is named as the average of a month, be it one that can be taken in or not."""
    return _COLUMN.fullmatch(name) is not None


def is_average(name: str) -> bool:
    """Whether a column is named as an average of any kind."""
    return _AVERAGE.search(name) is not None


def mistake(name: str, months: Collection[str]) -> str:
    """Why the average of a month that is none of ``months`` cannot be taken in."""
    names = [*months]
    return (
        f"column {name}: expected a month before the snapshot's that a window of 12 months reaches, "
        f"{names[0]} to {names[-1]}; leave it out with --ignore"
    )
