"""Knots as bytes: their number, then the first whole, then of each the days since, bits of what changed, and the changes.

Knots that no window tells apart are left out however long they stayed in memory. Areas start anew where nobody asks for
older ones (only differences count), and without what the balances of the days between make of them. Deposit sums are stored
as their difference to what the flows say, which is mostly 0 (``_predict``), and the part on demand as its difference to the
deposits where a customer has an account on demand.
"""

from __future__ import annotations

from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.knots import append, contained, month_of, row_of
from streams.ledger.layout import (
    ACTIVITY,
    AREAS,
    CHUNK,
    CHUNKS,
    CLASSES,
    DEMAND,
    DEPOSIT,
    INFLOW,
    KNOT_COLUMNS,
    KNOTS,
    MONTHS,
    OUTFLOW,
    RING,
    SUMS,
    WEALTH,
)
from streams.ledger.old_layout import old_activity, old_column
from streams.ledger.varint import Bytes, get, put


@kernel
def pack_knots(a: Arrays, slot: int, demand: int, months: Ints, buffer: Bytes, at: int, change: Ints) -> int:
    """Write a customer's knots, a knot at a time through ``change``; where the next number goes."""
    count = a.customers[slot, KNOTS]
    newest = a.days[row_of(a, slot, count - 1)] if count > 0 else 0
    left_out = 0
    for index in range(1, count):
        if a.days[row_of(a, slot, index)] > newest - RING:
            break
        left_out += _left_out(a, slot, index - 1, newest, months)
    at = put(buffer, at, count - left_out)
    activity = 0
    before = -1
    for index in range(count):
        row = row_of(a, slot, index)
        activity |= a.knots[row, ACTIVITY]
        if left_out > 0 and index + 1 < count and _left_out(a, slot, index, newest, months):
            left_out -= 1
            continue
        if before < 0:
            _first_change(a.days, a.knots, row, newest, months, change)
            at = put(buffer, at, a.days[row])
        else:
            _next_change(a.days, a.knots, before, row, change)
            at = put(buffer, at, a.days[row] - a.days[before])
        change[ACTIVITY] = activity
        if demand:
            change[DEMAND] -= change[SUMS + DEPOSIT]
        change[SUMS + DEPOSIT] -= _predict(change)
        at = _pack_change(change, buffer, at)
        activity = 0
        before = row
    return at


@kernel
def _left_out(a: Arrays, slot: int, index: int, newest: int, months: Ints) -> bool:
    return contained(months, newest, a.days[row_of(a, slot, index)], a.days[row_of(a, slot, index + 1)])


@kernel
def _first_change(days: Ints, knots: Ints, row: int, newest: int, months: Ints, change: Ints) -> None:
    """The oldest knot, whole; its area as far as it is not the balance of that one day.

    Before the months kept one by one nobody asks for an area: only differences count, and it starts anew.
    """
    for column in range(ACTIVITY + 1, AREAS):
        change[column] = knots[row, column]
    asked = month_of(months, days[row]) >= month_of(months, newest) - MONTHS
    for series in range(CLASSES):
        change[AREAS + series] = knots[row, AREAS + series] - knots[row, SUMS + series] if asked else 0


@kernel
def _next_change(days: Ints, knots: Ints, before: int, row: int, change: Ints) -> None:
    """A knot as its difference to the one before; its area as far as it is not balances carried forward."""
    for column in range(ACTIVITY + 1, AREAS):
        change[column] = knots[row, column] - knots[before, column]
    between = days[row] - days[before] - 1
    for series in range(CLASSES):
        grown = knots[row, AREAS + series] - knots[before, AREAS + series]
        change[AREAS + series] = grown - knots[before, SUMS + series] * between - knots[row, SUMS + series]


@kernel
def _pack_change(change: Ints, buffer: Bytes, at: int) -> int:
    bits = 0
    for column in range(KNOT_COLUMNS):
        bits |= (change[column] != 0) << column
    at = put(buffer, at, bits)
    for column in range(KNOT_COLUMNS):
        if bits >> column & 1:
            at = put(buffer, at, change[column])
    return at


@kernel
def unpack_knots(a: Arrays, slot: int, old: int, demand: int, buffer: Bytes, at: int, end: int, change: Ints) -> int:
    """Read a customer's knots, of layout 1 if ``old``; where the next number is."""
    count, at = get(buffer, at, end)
    if count < 0 or count > CHUNKS * CHUNK:
        return int(end + 1)
    before = -1
    for _ in range(count):
        days, at = get(buffer, at, end)
        bits, at = get(buffer, at, end)
        for column in range(KNOT_COLUMNS):
            change[column] = 0
        for place in range(KNOT_COLUMNS):
            if bits >> place & 1:
                change[place if not old else old_column(place)], at = get(buffer, at, end)
        if old:
            change[ACTIVITY] = old_activity(change[ACTIVITY])
        change[SUMS + DEPOSIT] += _predict(change)
        if demand:
            change[DEMAND] += change[SUMS + DEPOSIT]
        row = append(a, slot)
        _unfold_knot(a, before, row, days, change)
        before = row
    return int(at)


@kernel
def _unfold_knot(a: Arrays, before: int, row: int, days: int, change: Ints) -> None:
    a.days[row] = days + (a.days[before] if before >= 0 else 0)
    a.knots[row, ACTIVITY] = change[ACTIVITY]
    for column in range(ACTIVITY + 1, AREAS):
        a.knots[row, column] = change[column] + (a.knots[before, column] if before >= 0 else 0)
    for series in range(CLASSES):
        area = a.knots[row, SUMS + series] + change[AREAS + series]
        if before >= 0:
            area += a.knots[before, AREAS + series] + a.knots[before, SUMS + series] * (days - 1)
        a.knots[row, AREAS + series] = area


@kernel
def _predict(change: Ints) -> int:
    """What deposits changed by if all that flowed went through deposit and wealth accounts without a gap."""
    return int(change[INFLOW] - change[OUTFLOW] - change[SUMS + WEALTH])
