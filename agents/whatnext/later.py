"""A look's row as it will be on a day to come if nothing happens: from the row alone, since the ledger may be ahead of it.

The row must have the ``columns`` of a lead beside the averages themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.days import end_of_period, window_first
from agents.policy.nodes import Column, Node, columns_of
from agents.whatnext.needs import flows, raised
from agents.whatnext.rows import shown
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


@dataclass(frozen=True, slots=True)
class Lead:
    """The way from a look to the first ``check`` that is due ``count`` days or months (``unit`` d or m) after it.

    ``averages`` and ``flows`` are those that deposits raise among what the check reads. A count of 0 leads nowhere.
    """

    check: str
    count: int
    unit: str
    averages: tuple[Column, ...]
    flows: tuple[str, ...] = ()

    @classmethod
    def of(cls, check: str, count: int, unit: str, *nodes: Node) -> Lead:
        """The lead to a check that reads these conditions."""
        read = dict.fromkeys(column for node in nodes for column in columns_of(node))
        averages = tuple(one for one in read if one.averaged and raised(one.name))
        return cls(check, count, unit, averages, tuple(one.name for one in read if flows(one.name)))

    @property
    def columns(self) -> list[str]:
        """What a row must have so that averages and flows can be told later: the balances behind them, their areas and sums by
        then."""
        if self._ends is None:
            return []
        names = [column.name for column in self.averages]
        return [*map(_balance, names), *(f"{name}{self._ends}" for name in (*names, *self.flows))]

    def row(self, rows: Rows, row: int, as_of: int, day: int) -> Rows:
        """The row of a look on day ``as_of`` as it will be at the close of ``day``, as far as balances, averages and flows go."""
        later = replace(shown(rows, row), as_of=np.array([day], np.int64))
        if self.averages or self.flows:
            later.values = later.values.copy()
        for name in self.flows:
            later.values[rows.names.index(name), 0] = rows.values[rows.names.index(f"{name}{self._ends}"), row]
        for column in self.averages:
            start = window_first(column.name.rpartition("_")[2], day)
            now = int(rows.values[rows.names.index(_balance(column.name)), row])
            passed = int(rows.values[rows.names.index(f"{column.name}{self._ends}"), row])
            to_come = day - max(start, as_of + 1) + 1
            place = rows.names.index(column.name)
            later.values[place, 0] = UNKNOWN if UNKNOWN in (now, passed) else passed + now * to_come
            later.divisors[column.name] = np.array([day - start + 1], np.int64)
        return later

    @property
    def _ends(self) -> str | None:
        """What names the areas as of the check; None where it is on no day that the lead tells."""
        if not self.count or (self.check not in _ANY_DAY and self.check not in _PERIODS):
            return None
        period = _PERIODS.get(self.check)
        return f"{AHEAD}{self.count}{self.unit}" + (f"/{period}" if period else "")


def _balance(average: str) -> str:
    """The balance of which ``average`` is one."""
    return average.partition("_avg_")[0]
