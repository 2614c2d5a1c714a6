"""The histories of a bank's customers, from the store: the same three numbers that the worker's kernel is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from agents.churn.histories import Histories, grouped, joined
from agents.walk import Ground, WalkedStore, measure
from streams.calendar import BusinessCalendar
from streams.rows import UNKNOWN, Rows

COLUMNS: Final = ("active_days_12m", "days_since_activity", "tenure_days")
_WINDOW: Final = "12m"

Progress = Callable[[int, int], None]


class Collected(NamedTuple):
    """Histories in days; ``inactive`` customers had no active day in 12 months. ``until`` is the latest day looked at, None
    if no day is open."""

    histories: Histories
    inactive: int
    until: int | None


async def collect(store: WalkedStore, ground: Ground, progress: Progress) -> Collected:
    """The histories of all customers of ``ground``, each as of its partition's open day."""
    parts, inactive, until = [], 0, None
    async for rows, calendar, done, total in measure(store, ground, COLUMNS):
        part = histories_of(rows, calendar)
        parts.append(part)
        inactive += len(rows) - part.total
        until = max([*rows.as_of.tolist(), *([] if until is None else [until])], default=None)
        progress(done, total)
    return Collected(joined(parts), inactive, until)


def histories_of(rows: Rows, calendar: BusinessCalendar) -> Histories:
    """The histories of rows with ``COLUMNS``, as ``streams.ledger.expected`` defines them."""
    active, since, tenure = rows.values
    known = (active > 0) & (since != UNKNOWN) & (tenure != UNKNOWN)
    observed = np.minimum(rows.as_of - calendar.window_start(_WINDOW, rows.as_of), tenure)[known]
    return grouped(active[known] - 1, observed - since[known], observed)
