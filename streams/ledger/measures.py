"""Measures: what a look at a customer sees.

Pure functions of a customer's numbers and a day. The day may lie after the newest knot (a silent customer) or up to two
days before it (a close whose next day has begun).
"""

from __future__ import annotations

from streams.ledger.accounts import is_open
from streams.ledger.ages import months_between, years_between
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.figures import figure
from streams.ledger.knots import row_at
from streams.ledger.layout import ACCOUNTS, BLOCK, NONE
from streams.ledger.listing import Listing, list_accounts
from streams.ledger.newest_days import newest
from streams.ledger.program import (
    ACCOUNTS_OPEN,
    AGE,
    AREA,
    BALANCE_NOW,
    DEMAND_NOW,
    DIVISOR,
    FLOW,
    MONTHS_SINCE,
    OPERATION,
    OTHER,
    SERIES,
    SIGN,
    SINCE,
    UNTIL,
    WINDOW,
    YEARS,
    Asked,
)
from streams.ledger.series import area, balance, flow


@kernel
def evaluate(a: Arrays, slot: int, as_of: int, ask: Asked, starts: Ints, values: Ints, column: int) -> None:
    """Write the measures of a look as of a day into ``values[:, column]``.

    ``starts`` is the first day of each window that ends on ``as_of``.
    """
    steps, marks = ask.steps, ask.marks
    now = row_at(a, slot, as_of)
    for window in range(len(starts)):
        marks[window] = row_at(a, slot, starts[window] - 1)
    for step in range(len(steps)):
        operation = steps[step, OPERATION]
        if operation >= DEMAND_NOW:
            value = figure(a, slot, as_of, now, ask, step, starts, values, column)
        elif operation <= FLOW:
            value = _series(a, slot, as_of, now, ask, step, starts)
        elif operation == ACCOUNTS_OPEN:
            value = _accounts_open(a, slot, as_of)
        elif operation == DIVISOR:
            continue  # the step that it belongs to wrote it
        else:
            value = _other(a.customers[slot], a.facts[slot], as_of, operation, steps[step, SERIES])
        values[step, column] = value * steps[step, SIGN]


@kernel
def _series(a: Arrays, slot: int, as_of: int, now: int, ask: Asked, step: int, starts: Ints) -> int:
    """A balance, an area or a flow: of one series, or of a second one too (of flows the difference)."""
    value = _one(a, slot, as_of, now, ask, step, starts, ask.steps[step, SERIES])
    other = ask.steps[step, OTHER]
    if other < 0:
        return value
    second = _one(a, slot, as_of, now, ask, step, starts, other)
    return value - second if ask.steps[step, OPERATION] == FLOW else value + second


@kernel
def _one(a: Arrays, slot: int, as_of: int, now: int, ask: Asked, step: int, starts: Ints, series: int) -> int:
    operation, window, until = ask.steps[step, OPERATION], ask.steps[step, WINDOW], ask.steps[step, UNTIL]
    if operation == BALANCE_NOW:
        return balance(a.customers[slot], a.knots, now, series)
    if operation == AREA:
        before = ask.marks[window]
        return area(a.customers[slot], a.days, a.knots, now, before, starts[window], as_of, series)
    return flow(a.knots, now if until < 0 else ask.marks[until], ask.marks[window], series)


@kernel
def _other(customer: Ints, facts: Ints, as_of: int, operation: int, series: int) -> int:
    if operation == SINCE:
        day = newest(customer, series, as_of)
        return as_of - day if day != NONE else NONE
    if operation == MONTHS_SINCE:
        return months_between(newest(customer, series, as_of), as_of)
    if operation == AGE:
        day = customer[series]
        return int(as_of - day) if NONE < day <= as_of else NONE
    if operation == YEARS:
        return years_between(facts[series], as_of)
    return int(facts[series])


@kernel
def _accounts_open(a: Arrays, slot: int, as_of: int) -> int:
    count = 0
    first = a.customers[slot, BLOCK]
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        if is_open(a.accounts[row], a.account_facts[row], as_of):
            count += 1
    return count


@kernel
def look(
    a: Arrays, slots: Ints, as_of: int, ask: Asked, starts: Ints, values: Ints, months: Ints, listing: Listing
) -> None:
    """``evaluate`` and ``list_accounts`` for each of ``slots``, all as of the same day; changes nothing."""
    for index in range(len(slots)):
        evaluate(a, slots[index], as_of, ask, starts, values, index)
        if len(ask.account_steps) > 0:
            list_accounts(a, slots[index], as_of, ask, months, listing, index)
