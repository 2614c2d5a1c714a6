"""Flows: the money that a booking moves, counted from its day on."""

from __future__ import annotations

from streams.ledger.accounts import of_assets
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.batch import Columns
from streams.ledger.cards import note_card
from streams.ledger.compiled import kernel
from streams.ledger.knots import insert, row_of
from streams.ledger.layout import (
    CARD,
    CARD_SPEND,
    CARD_USES,
    FEES,
    INFLOW,
    KIND_FEE,
    KIND_PURCHASE,
    KIND_SALARY,
    KNOTS,
    NONE,
    OTHER_BANK,
    OTHER_BANK_INFLOW,
    OTHER_BANK_OUTFLOW,
    OUTFLOW,
    PRODUCT,
    SALARY_INFLOW,
    TXN_COUNT,
    VARIABLE_COST,
)


@kernel
def note_flows(a: Arrays, e: Columns, i: int, slot: int, at: int, account: Ints, months: Ints) -> None:
    """Count a booking in the flows from knot ``at`` on; a reversal takes one out of the flows of the day it names."""
    amount, day, sign = e.amount[i], e.day[i], 1
    if e.variable_cost[i] != 0:
        _add(a, slot, at, VARIABLE_COST, e.variable_cost[i])
    if e.reverses_day[i] != NONE:  # a day named that lies after the event's own is taken as its own: it must not
        amount, day, sign = -amount, min(day, e.reverses_day[i]), -1  # move the ring
        at = insert(a, slot, day, months)
    size, kind = abs(amount) * sign, e.kind[i]
    if of_assets(account):
        _add(a, slot, at, TXN_COUNT, sign)
        _add(a, slot, at, INFLOW if amount > 0 else OUTFLOW, size)
        if e.counterparty[i] == OTHER_BANK:
            _add(a, slot, at, OTHER_BANK_INFLOW if amount > 0 else OTHER_BANK_OUTFLOW, size)
        if kind == KIND_SALARY and amount > 0:
            _add(a, slot, at, SALARY_INFLOW, size)
    elif account[PRODUCT] == CARD and kind == KIND_PURCHASE and amount < 0:
        _add(a, slot, at, CARD_SPEND, size)
        _add(a, slot, at, CARD_USES, sign)
        note_card(account, day, sign, size, months)
    if kind == KIND_FEE and amount < 0:
        _add(a, slot, at, FEES, size)


@kernel
def _add(a: Arrays, slot: int, at: int, flow: int, amount: int) -> None:
    """Add to a flow from knot ``at`` on."""
    for index in range(at, a.customers[slot, KNOTS]):
        a.knots[row_of(a, slot, index), flow] += amount
