"""Measures that take more than a difference: activity, what is on demand, figures of single accounts."""

from __future__ import annotations

from streams.ledger.accounts import is_open, on_demand, was_seen
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.balances import balance_at
from streams.ledger.compiled import kernel
from streams.ledger.earnings import contribution, cost
from streams.ledger.expected import expected_activity
from streams.ledger.knots import find, row_of
from streams.ledger.layout import (
    ACCOUNT_BRANCH,
    ACCOUNTS,
    ACTIVITY,
    BITS_KINDS,
    BLOCK,
    CLASSES,
    DEMAND,
    DEMAND_OPENING,
    DEPOSIT,
    FOREIGN,
    KINDS_MASK,
    LATEST,
    NONE,
    PRODUCT,
    WEALTH,
)
from streams.ledger.program import (
    AWAY,
    CONTRIBUTION,
    COST,
    DEMAND_LOWEST,
    DEMAND_SHARE,
    EVER,
    EXPECTED,
    FOREIGN_NOW,
    HELD,
    KINDS,
    LOWEST,
    OPERATION,
    PROFIT,
    SALARY_MONTHS,
    SERIES,
    SPREAD,
    UNTIL,
    WEALTH_SHARE,
    WINDOW,
    Asked,
)
from streams.ledger.ratios import ratio
from streams.ledger.series import balance
from streams.ledger.statistics import over_months, spread


@kernel
def figure(
    a: Arrays, slot: int, as_of: int, now: int, ask: Asked, step: int, starts: Ints, values: Ints, column: int
) -> int:
    """The value of one step as of a day; ``now`` is the row of the newest knot, -1 for none."""
    operation = ask.steps[step, OPERATION]
    if operation == EXPECTED:
        return expected_activity(a, slot, as_of, now, ask, step, starts)
    if operation >= SALARY_MONTHS:
        return over_months(a, slot, as_of, now, ask, step, starts, values, column)
    if operation >= CONTRIBUTION:
        window, until = ask.steps[step, WINDOW], ask.steps[step, UNTIL]
        return _of_days(a, slot, starts[window], starts[until] - 1 if until >= 0 else as_of, ask, operation)
    if operation == AWAY:
        return _away(a, slot, as_of, a.facts[slot, ask.steps[step, SERIES]])
    if operation >= FOREIGN_NOW:
        return _of_accounts(a, slot, as_of, operation)
    return _of_demand(a, slot, now, ask, step)


@kernel
def _of_days(a: Arrays, slot: int, start: int, end: int, ask: Asked, operation: int) -> int:
    """A figure of the days from ``start`` to ``end``."""
    if operation == KINDS:
        return _kinds(a, slot, start, end)
    if operation == DEMAND_LOWEST:
        return _lowest_demand(a, slot, start, end)
    if operation == SPREAD:
        return spread(a, slot, start, end)
    if operation == COST:
        return cost(a, slot, start, end, ask)
    return contribution(a, slot, start, end, ask, operation == PROFIT)


@kernel
def _of_demand(a: Arrays, slot: int, now: int, ask: Asked, step: int) -> int:
    """What is on demand now, its share, or the share of wealth now or at the end of a window's eve."""
    operation, customer = ask.steps[step, OPERATION], a.customers[slot]
    if operation == WEALTH_SHARE:
        row = now if ask.steps[step, WINDOW] < 0 else ask.marks[ask.steps[step, WINDOW]]
        wealth = balance(customer, a.knots, row, WEALTH)
        return ratio(wealth, wealth + balance(customer, a.knots, row, DEPOSIT))
    if operation == DEMAND_SHARE:
        return ratio(_demand(a, slot, now), balance(customer, a.knots, now, DEPOSIT))
    return _demand(a, slot, now)


@kernel
def _kinds(a: Arrays, slot: int, start: int, end: int) -> int:
    """Different kinds of transactions that the customer initiated from ``start`` to ``end``."""
    bits = 0
    index = find(a, slot, end)
    while index >= 0:
        row = row_of(a, slot, index)
        if a.days[row] < start:
            break
        bits |= a.knots[row, ACTIVITY]
        index -= 1
    bits = (bits & KINDS_MASK) >> BITS_KINDS
    count = 0
    while bits > 0:
        count += bits & 1
        bits >>= 1
    return int(count)


@kernel
def _demand(a: Arrays, slot: int, row: int) -> int:
    opening = a.customers[slot, DEMAND_OPENING]
    return int(opening + a.knots[row, DEMAND]) if row >= 0 else int(opening)


@kernel
def _lowest_demand(a: Arrays, slot: int, start: int, end: int) -> int:
    index = find(a, slot, end)
    lowest = _demand(a, slot, row_of(a, slot, index) if index >= 0 else -1)
    while index >= 0 and a.days[row_of(a, slot, index)] > start:
        index -= 1
        lowest = min(lowest, _demand(a, slot, row_of(a, slot, index) if index >= 0 else -1))
    return lowest


@kernel
def _away(a: Arrays, slot: int, as_of: int, branch: int) -> int:
    """What is on demand on open accounts that are told to be kept at another branch; unknown without a branch."""
    if branch == NONE:
        return NONE
    value = 0
    first = a.customers[slot, BLOCK]
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        account, facts = a.accounts[row], a.account_facts[row]
        if facts[ACCOUNT_BRANCH] != NONE and facts[ACCOUNT_BRANCH] != branch and on_demand(account):
            value += balance_at(account, as_of) if is_open(account, facts, as_of) else 0
    return int(value)


@kernel
def _of_accounts(a: Arrays, slot: int, as_of: int, operation: int) -> int:
    """``LOWEST``, ``FOREIGN_NOW``, ``EVER`` or ``HELD``."""
    first = a.customers[slot, BLOCK]
    value, products = 0, 0
    lowest = NONE
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        account = a.accounts[row]
        if operation == EVER:
            value += was_seen(account, a.account_facts[row], as_of)
        if not is_open(account, a.account_facts[row], as_of):
            continue
        products |= 1 << account[PRODUCT]
        if account[PRODUCT] == DEPOSIT and (operation == LOWEST or account[FOREIGN] != 0):
            stood = balance_at(account, as_of)
            if account[LATEST] != NONE and (lowest == NONE or stood < lowest):
                lowest = stood
            if operation == FOREIGN_NOW:
                value += stood
    if operation == LOWEST:
        return int(lowest)
    if operation == HELD:
        for product in range(CLASSES + 1):
            value += products >> product & 1
    return int(value)
