"""What saves a level whose grace begins at a look: from the look's row alone, since the ledger may be ahead of it.

The row must have ``saving_columns`` beside what the policies read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.days import end_of_period, one_months_after, window_first
from agents.policy.nodes import Column, columns_of
from agents.policy.schemes import Level, Scheme
from agents.whatnext.needs import ALWAYS, NEVER, needs, raised
from agents.whatnext.rows import picked
from streams.ledger.ahead import AHEAD
from streams.rows import UNKNOWN, Rows, Vocabulary

_PERIODS: Final = {"month_close": "month", "quarter_close": "quarter", "year_close": "year"}
_ANY_DAY: Final = ("event", "day_close")


@dataclass(frozen=True, slots=True)
class Deposit:
    """An ``amount`` in minor units that, deposited on day ``by`` at the latest and kept, counts at the close of ``reached``."""

    amount: int
    by: int
    reached: int


def saving_columns(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """The columns that ``saving_amount`` reads of a row besides the policies' own, each once.

    For each level with grace that averages keep: the balances behind them, and their areas as of the end of a grace that
    begins at the look.
    """
    return tuple(dict.fromkeys(name for scheme in schemes for level in scheme.levels for name in _read(scheme, level)))


def saving_amount(
    scheme: Scheme, level: Level, rows: Rows, row: int, vocabulary: Vocabulary, as_of: int, falls_on: int
) -> Deposit | None:
    """The least that, deposited on day ``as_of`` and kept, makes the level hold at the check that ends its grace.

    ``falls_on`` is the end of a grace that begins at this very look. The amount is 0 where the average recovers by itself.
    None if money alone does not save the level, or the row cannot tell: a grace that began earlier, an anniversary.
    """
    ends = due_on(scheme, falls_on)
    averaged = _averages(level)
    if ends is None or (averaged and not _tells(scheme, level, rows, as_of, falls_on)):
        return None
    later = _as_of(rows, row, averaged, _suffix(scheme), as_of, ends)
    least = least_to_keep(level, later, vocabulary, as_of)
    if least is None or least[0] in (ALWAYS, NEVER):
        return None
    return Deposit(max(least[0], 0), as_of if averaged else ends, ends)


def least_to_keep(level: Level, rows: Rows, vocabulary: Vocabulary, first: int) -> list[int] | None:
    """By row the smallest change of balances from day ``first`` on with which ``stay`` or ``enter`` keeps the level."""
    ways = [
        needs(level.stay.node, rows, vocabulary, first, unknown_holds=True),
        needs(level.enter.node, rows, vocabulary, first, unknown_holds=False),
    ]
    known = [way for way in ways if way is not None]
    return [min(row) for row in zip(*known, strict=True)] if known and ways[0] is not None else None


def due_on(scheme: Scheme, day: int) -> int | None:
    """The first close from ``day`` on that makes the scheme's downgrade check; None of anniversaries."""
    check = scheme.table.falling.check
    if check in _ANY_DAY:
        return day
    return end_of_period(day, _PERIODS[check]) if check in _PERIODS else None


def _suffix(scheme: Scheme) -> str | None:
    """How far ahead of the look at which a grace begins the windows end that decide at its end; None without grace."""
    falling = scheme.table.falling
    count, unit = (falling.grace_months, "m") if falling.grace_months else (falling.grace_days, "d")
    if not count or (falling.check not in _ANY_DAY and falling.check not in _PERIODS):
        return None
    period = _PERIODS.get(falling.check)
    return f"{AHEAD}{count}{unit}" + (f"/{period}" if period else "")


def _averages(level: Level) -> list[Column]:
    read = [*columns_of(level.stay.node), *columns_of(level.enter.node)]
    return [column for column in dict.fromkeys(read) if column.averaged and raised(column.name)]


def _read(scheme: Scheme, level: Level) -> list[str]:
    suffix = _suffix(scheme)
    names = [column.name for column in _averages(level)] if suffix is not None else []
    return [*map(_balance, names), *(f"{name}{suffix}" for name in names)]


def _tells(scheme: Scheme, level: Level, rows: Rows, as_of: int, falls_on: int) -> bool:
    falling = scheme.table.falling
    if falling.grace_months:
        begins_now = one_months_after(as_of, falling.grace_months) == falls_on
    else:
        begins_now = falling.grace_days is not None and as_of + falling.grace_days == falls_on
    return begins_now and set(_read(scheme, level)) <= set(rows.names)


def _balance(average: str) -> str:
    """The balance of which ``average`` is one."""
    return average.partition("_avg_")[0]


def _as_of(rows: Rows, row: int, averaged: Sequence[Column], suffix: str | None, as_of: int, ends: int) -> Rows:
    """The row as it will be at the close of ``ends`` if nothing happens, as far as balances and their averages go."""
    later = replace(picked(rows, [row]), as_of=np.array([ends], np.int64))
    for column in averaged:
        start = window_first(column.name.rpartition("_")[2], ends)
        now = int(rows.values[rows.names.index(_balance(column.name)), row])
        passed = int(rows.values[rows.names.index(f"{column.name}{suffix}"), row])
        to_come = ends - max(start, as_of + 1) + 1
        place = rows.names.index(column.name)
        later.values[place, 0] = UNKNOWN if UNKNOWN in (now, passed) else passed + now * to_come
        later.divisors[column.name] = np.array([ends - start + 1], np.int64)
    return later
