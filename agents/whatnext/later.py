"""A look's row as it will be on a day to come if nothing happens: from the row alone, since the ledger may be ahead of it.

The row must have ``ahead_columns`` of the averages that are read beside the averages themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.days import end_of_period, window_first
from agents.policy.nodes import Column, Node, columns_of
from agents.whatnext.needs import raised
from agents.whatnext.rows import picked
from streams.ledger.ahead import AHEAD
from streams.rows import UNKNOWN, Rows

_PERIODS: Final = {"month_close": "month", "quarter_close": "quarter", "year_close": "year"}
_ANY_DAY: Final = ("event", "day_close")


@dataclass(frozen=True, slots=True)
class Deposit:
    """An ``amount`` in minor units that, deposited on day ``by`` at the latest and kept, counts at the close of ``reached``."""

    amount: int
    by: int
    reached: int


def check_on(check: str, day: int) -> int | None:
    """The first close from ``day`` on that makes a check; None of anniversaries."""
    if check in _ANY_DAY:
        return day
    return end_of_period(day, _PERIODS[check]) if check in _PERIODS else None


def suffix(count: int, unit: str, check: str) -> str | None:
    """What names the areas as of the check that is due ``count`` days or months (``unit`` d or m) after a look; None without."""
    if not count or (check not in _ANY_DAY and check not in _PERIODS):
        return None
    period = _PERIODS.get(check)
    return f"{AHEAD}{count}{unit}" + (f"/{period}" if period else "")


def averages(*nodes: Node) -> list[Column]:
    """The averages that deposits raise among what the conditions read, each once."""
    read = [column for node in nodes for column in columns_of(node)]
    return [column for column in dict.fromkeys(read) if column.averaged and raised(column.name)]


def ahead_columns(read: Iterable[Column], ends: str | None) -> list[str]:
    """What a row must have so that these averages can be told later: the balances behind them, and their areas by then."""
    names = [column.name for column in read] if ends is not None else []
    return [*map(_balance, names), *(f"{name}{ends}" for name in names)]


def row_later(rows: Rows, row: int, read: Sequence[Column], ends: str | None, as_of: int, day: int) -> Rows:
    """The row of a look on day ``as_of`` as it will be at the close of ``day``, as far as balances and these averages go."""
    later = replace(picked(rows, [row]), as_of=np.array([day], np.int64))
    for column in read:
        start = window_first(column.name.rpartition("_")[2], day)
        now = int(rows.values[rows.names.index(_balance(column.name)), row])
        passed = int(rows.values[rows.names.index(f"{column.name}{ends}"), row])
        to_come = day - max(start, as_of + 1) + 1
        place = rows.names.index(column.name)
        later.values[place, 0] = UNKNOWN if UNKNOWN in (now, passed) else passed + now * to_come
        later.divisors[column.name] = np.array([day - start + 1], np.int64)
    return later


def _balance(average: str) -> str:
    """The balance of which ``average`` is one."""
    return average.partition("_avg_")[0]
