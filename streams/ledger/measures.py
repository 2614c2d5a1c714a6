"""Measures: the columns that policies ask for, compiled to a small program that a kernel runs for a look.

Pure functions of a customer's numbers and a day. The day may lie after the newest knot (a silent customer) or up to two
days before it (a close whose next day has begun).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from schemas.measures import MEASURES, Measure
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.knots import find, row_of
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNTS,
    ACTIVITY_DAYS,
    AREAS,
    BLOCK,
    DAYS_KEPT,
    DEPOSIT,
    EARLIEST,
    FIRST_DAY,
    INFLOW,
    LOAN,
    MARGIN,
    NONE,
    OPENINGS,
    OUTFLOW,
    SUMS,
    TXN_COUNT,
    TXN_DAYS,
    WEALTH,
)

FACTS: Final = tuple(measure for measure in MEASURES.values() if measure.source == "fact")
"""Facts in the order of the columns of ``Arrays.facts``."""

# What one step of the program does. Its numbers: operation, first and second series, sign, window.
_BALANCE, _AREA, _FLOW, _ACCOUNTS, _SINCE, _AGE, _FACT = range(7)
_OPERATION, _SERIES, _OTHER, _SIGN, _WINDOW = range(5)
_NO_SERIES = -1

_STEPS: Final[dict[str, tuple[int, int, int, int]]] = {
    "aum": (_BALANCE, DEPOSIT, WEALTH, 1),
    "deposits": (_BALANCE, DEPOSIT, _NO_SERIES, 1),
    "wealth": (_BALANCE, WEALTH, _NO_SERIES, 1),
    "loans": (_BALANCE, LOAN, _NO_SERIES, -1),
    "margin": (_BALANCE, MARGIN, _NO_SERIES, 1),
    "accounts_open": (_ACCOUNTS, _NO_SERIES, _NO_SERIES, 1),
    "aum_avg": (_AREA, DEPOSIT, WEALTH, 1),
    "deposits_avg": (_AREA, DEPOSIT, _NO_SERIES, 1),
    "loans_avg": (_AREA, LOAN, _NO_SERIES, -1),
    "inflow": (_FLOW, INFLOW, _NO_SERIES, 1),
    "outflow": (_FLOW, OUTFLOW, _NO_SERIES, 1),
    "net_flow": (_FLOW, INFLOW, OUTFLOW, 1),
    "txn_count": (_FLOW, TXN_COUNT, _NO_SERIES, 1),
    "days_since_activity": (_SINCE, ACTIVITY_DAYS, _NO_SERIES, 1),
    "days_since_txn": (_SINCE, TXN_DAYS, _NO_SERIES, 1),
    "tenure_days": (_AGE, EARLIEST, _NO_SERIES, 1),
    "days_known": (_AGE, FIRST_DAY, _NO_SERIES, 1),
}
"""Family of a measure to its step."""


class Program(NamedTuple):
    """Columns asked for, as steps of the kernel, and the windows that they need."""

    names: tuple[str, ...]
    steps: Ints  # (columns, 5)
    windows: tuple[str, ...]
    averaged: tuple[tuple[str, int], ...]
    """Averaged columns with the index of their window."""


def compile_program(names: Sequence[str]) -> Program:
    """The program for columns ``names``; ``ValueError`` for a name that is neither a measure nor a fact."""
    measures = [_measure(name) for name in names]
    windows = tuple(dict.fromkeys(measure.window for measure in measures if measure.window is not None))
    steps = np.zeros((len(names), 5), np.int64)
    for row, measure in enumerate(measures):
        window = 0 if measure.window is None else windows.index(measure.window)
        steps[row] = (*_step(measure), window)
    averaged = tuple((m.name, windows.index(m.window)) for m in measures if m.averaged and m.window is not None)
    return Program(tuple(names), steps, windows, averaged)


def _measure(name: str) -> Measure:
    try:
        return MEASURES[name]
    except KeyError:
        msg = f"{name!r} is neither a measure nor a fact"
        raise ValueError(msg) from None


def _step(measure: Measure) -> tuple[int, int, int, int]:
    if measure.source == "fact":
        return _FACT, FACTS.index(measure), _NO_SERIES, 1
    return _STEPS[measure.family]


@kernel
def evaluate(
    a: Arrays, slot: int, as_of: int, steps: Ints, starts: Ints, marks: Ints, values: Ints, column: int
) -> None:
    """Write the measures of a look as of a day into ``values[:, column]``.

    ``starts`` is the first day of each window that ends on ``as_of``; ``marks`` is scratch of the same length.
    """
    customer, days, knots = a.customers[slot], a.days, a.knots
    now = row_at(a, slot, as_of)
    for window in range(len(starts)):
        marks[window] = row_at(a, slot, starts[window] - 1)
    for step in range(len(steps)):
        operation, series, other = steps[step, _OPERATION], steps[step, _SERIES], steps[step, _OTHER]
        window = steps[step, _WINDOW]
        if operation == _BALANCE:
            value = _balance(customer, knots, now, series)
            if other >= 0:
                value += _balance(customer, knots, now, other)
        elif operation == _AREA:
            start, before = starts[window], marks[window]
            value = _area(customer, days, knots, now, before, start, as_of, series)
            if other >= 0:
                value += _area(customer, days, knots, now, before, start, as_of, other)
        elif operation == _FLOW:
            value = _flow(knots, now, marks[window], series)
            if other >= 0:
                value -= _flow(knots, now, marks[window], other)
        elif operation == _ACCOUNTS:
            value = _accounts_open(customer, a.accounts, as_of)
        else:
            value = _other(customer, a.facts[slot], as_of, operation, series)
        values[step, column] = value * steps[step, _SIGN]


@kernel
def row_at(a: Arrays, slot: int, day: int) -> int:
    """The row of the newest knot on or before ``day``; -1 if there is none."""
    at = find(a, slot, day)
    return row_of(a, slot, at) if at >= 0 else -1


@kernel
def _other(customer: Ints, facts: Ints, as_of: int, operation: int, series: int) -> int:
    if operation == _SINCE:
        return _days_since(customer, as_of, series)
    if operation == _AGE:
        day = customer[series]
        return int(as_of - day) if NONE < day <= as_of else NONE
    return int(facts[series])


@kernel
def _balance(customer: Ints, knots: Ints, row: int, series: int) -> int:
    opening = customer[OPENINGS + series]
    return int(opening + knots[row, SUMS + series]) if row >= 0 else int(opening)


@kernel
def _area(customer: Ints, days: Ints, knots: Ints, now: int, before: int, start: int, as_of: int, series: int) -> int:
    """End-of-day balances of days ``start`` to ``as_of`` summed up, minor units x days."""
    opening = customer[OPENINGS + series] * (as_of - start + 1)
    return int(opening + _area_to(days, knots, now, as_of, series) - _area_to(days, knots, before, start - 1, series))


@kernel
def _area_to(days: Ints, knots: Ints, row: int, day: int, series: int) -> int:
    if row < 0:
        return 0
    return int(knots[row, AREAS + series] + knots[row, SUMS + series] * (day - days[row]))


@kernel
def _flow(knots: Ints, now: int, before: int, series: int) -> int:
    to = knots[now, series] if now >= 0 else 0
    return int(to - (knots[before, series] if before >= 0 else 0))


@kernel
def _accounts_open(customer: Ints, accounts: Ints, as_of: int) -> int:
    count = 0
    first = customer[BLOCK]
    for row in range(first, first + customer[ACCOUNTS]):
        if accounts[row, ACCOUNT_DAY] <= as_of:
            count += 1
    return count


@kernel
def _days_since(customer: Ints, as_of: int, days: int) -> int:
    for index in range(DAYS_KEPT):
        day = customer[days + index]
        if day <= as_of:  # NONE is before every day
            return int(as_of - day) if day != NONE else NONE
    return NONE


@kernel
def look(a: Arrays, slots: Ints, as_of: int, steps: Ints, starts: Ints, marks: Ints, values: Ints) -> None:
    """``evaluate`` for each of ``slots``, all as of the same day; changes nothing."""
    for index in range(len(slots)):
        evaluate(a, slots[index], as_of, steps, starts, marks, values, index)
