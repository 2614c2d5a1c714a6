"""Activity: on which days transactions came, and who made them."""

from __future__ import annotations

from streams.ledger.accounts import of_assets
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.batch import Columns
from streams.ledger.compiled import kernel
from streams.ledger.knots import newest_day, row_of
from streams.ledger.layout import (
    ACTIVE_DAYS,
    ACTIVITY,
    ACTIVITY_DAYS,
    BIT_CUSTOMER,
    BITS_KINDS,
    BY_BANK,
    BY_CUSTOMER,
    COUNT_APPROXIMATE,
    CUSTOMER_DAYS,
    INDUCED_DAYS,
    KIND_SALARY,
    KNOTS,
    NONE,
    RING,
    SALARY_DAYS,
    TXN_DAYS,
)
from streams.ledger.newest_days import note_day


@kernel
def note_activity(a: Arrays, e: Columns, i: int, slot: int, at: int, account: Ints, counts: Ints) -> None:
    """Mark the event's day, knot ``at``. Before the ring a day cannot be told from its month: active days stay."""
    day, kind, initiator = e.day[i], e.kind[i], e.initiator[i]
    in_ring = day > newest_day(a, slot, day) - RING
    customer = a.customers[slot]
    note_day(customer, TXN_DAYS, day)
    if kind == KIND_SALARY and e.reverses_day[i] == NONE and e.amount[i] > 0 and of_assets(account):
        note_day(customer, SALARY_DAYS, day)
    if initiator != BY_BANK:
        note_day(account, INDUCED_DAYS, day)
    if initiator == BY_CUSTOMER:
        note_day(customer, ACTIVITY_DAYS, day)
        note_day(account, CUSTOMER_DAYS, day)
        row = row_of(a, slot, at)
        if in_ring and a.knots[row, ACTIVITY] & BIT_CUSTOMER == 0:
            for index in range(at, customer[KNOTS]):
                a.knots[row_of(a, slot, index), ACTIVE_DAYS] += 1
        a.knots[row, ACTIVITY] |= BIT_CUSTOMER | 1 << (BITS_KINDS + kind)
    if not in_ring:
        counts[COUNT_APPROXIMATE] += 1
