"""Packing: a customer's numbers as bytes, and back.

The bytes are a function of the customer's history alone. Knots that no window tells apart are left out however long
they stayed in memory, areas start anew where nobody asks for older ones (only differences count), and what can be computed from the
rest (class openings, areas between neighbouring knots) is not stored. In order:

    layout, flags (bit 0: seen; 1: settled masks or a deadline; 2: an event was measured)
    first day, event day                                if seen
    settled kinds, tag, words, masks of those kinds, deadline   if bit 1
    earliest day, activity days, transaction days        if bit 2
    knots: count, then the first whole, then days since, bits of what changed, changes
    accounts: count, then each

Deposit sums are stored as their difference to what the flows say, which is mostly 0 (``_predict``).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.knots import contained, month_of, row_of
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_DAY,
    ACCOUNTS,
    ACTIVITY,
    ACTIVITY_DAYS,
    ANCHOR,
    ANCHOR_DAY,
    AREAS,
    BALANCE,
    BLOCK,
    CLASSES,
    CUSTOMER_DAY,
    DAYS_KEPT,
    DEPOSIT,
    EARLIEST,
    EVENT_DAY,
    FIRST,
    FIRST_DAY,
    INFLOW,
    KNOT_COLUMNS,
    KNOTS,
    LATEST,
    MONTHS,
    NONE,
    NOTE,
    NOTES,
    OPENING,
    OUTFLOW,
    PRODUCT,
    RING,
    SUMS,
    TOLD_FIRST,
    TXN_DAYS,
    WEALTH,
)
from streams.ledger.varint import BYTES_MAX, Bytes, put, put_raw

SEEN: Final = 1
DECIDED: Final = 2
MEASURED: Final = 4
_CUSTOMER_NUMBERS: Final = 24
"""Numbers of a customer besides knots, accounts and masks, at most."""


class Settled(NamedTuple):
    """What is known of looks that changed nothing; see ``streams.looks``."""

    masks: NDArray[np.uint64]  # (slots, kinds, words)
    flags: NDArray[np.uint8]
    deadline: NDArray[np.int32]


def bound(a: Arrays, settled: Settled, slots: Ints) -> int:
    """Bytes that the packed numbers of ``slots`` need at most."""
    kinds, words = settled.masks.shape[1:]
    numbers = (
        a.customers[slots, KNOTS].sum() * (KNOT_COLUMNS + 2)
        + a.customers[slots, ACCOUNTS].sum() * ACCOUNT_COLUMNS
        + len(slots) * (_CUSTOMER_NUMBERS + kinds * words)
    )
    return int(numbers) * BYTES_MAX


@kernel
def pack(
    a: Arrays,
    settled: Settled,
    slots: Ints,
    layout: int,
    tag: int,
    no_deadline: int,
    months: Ints,
    buffer: Bytes,
    ends: Ints,
    change: Ints,
) -> None:
    """Write the numbers of ``slots`` one after the other; ``ends[i]`` is where those of ``slots[i]`` end."""
    at = 0
    for index in range(len(slots)):
        at = _pack_customer(a, settled, slots[index], layout, tag, no_deadline, months, buffer, at, change)
        ends[index] = at


@kernel
def _pack_customer(
    a: Arrays,
    settled: Settled,
    slot: int,
    layout: int,
    tag: int,
    no_deadline: int,
    months: Ints,
    buffer: Bytes,
    at: int,
    change: Ints,
) -> int:
    c = a.customers[slot]
    decided = settled.flags[slot] != 0 or settled.deadline[slot] != no_deadline
    flags = (SEEN if c[FIRST_DAY] != NONE else 0) | (DECIDED if decided else 0)
    flags |= MEASURED if c[EARLIEST] != NONE else 0
    buffer[at] = layout
    buffer[at + 1] = flags
    at += 2
    if flags & SEEN:
        at = put(buffer, at, c[FIRST_DAY])
        at = put(buffer, at, c[EVENT_DAY])
    if decided:
        at = _pack_settled(settled, slot, tag, no_deadline, buffer, at)
    if flags & MEASURED:
        at = put(buffer, at, c[EARLIEST])
        at = _pack_days(c, ACTIVITY_DAYS, buffer, at)
        at = _pack_days(c, TXN_DAYS, buffer, at)
        at = _pack_knots(a, slot, months, buffer, at, change)
        at = put(buffer, at, c[ACCOUNTS])
        for row in range(c[BLOCK], c[BLOCK] + c[ACCOUNTS]):
            at = put_raw(buffer, at, a.hashes[row])
            at = _pack_account(a.accounts[row], buffer, at)
    return at


@kernel
def _pack_settled(settled: Settled, slot: int, tag: int, no_deadline: int, buffer: Bytes, at: int) -> int:
    at = put(buffer, at, settled.flags[slot])
    at = put_raw(buffer, at, tag)
    at = put(buffer, at, settled.masks.shape[2])
    for kind in range(settled.masks.shape[1]):
        if settled.flags[slot] >> kind & 1:
            for word in range(settled.masks.shape[2]):
                at = put(buffer, at, settled.masks[slot, kind, word])
    return put(buffer, at, no_deadline - settled.deadline[slot])


@kernel
def _pack_days(c: Ints, days: int, buffer: Bytes, at: int) -> int:
    """Newest days as differences from the event day; -1 where there are no more."""
    for index in range(DAYS_KEPT):
        if c[days + index] == NONE:
            return put(buffer, at, -1)
        at = put(buffer, at, c[EVENT_DAY] - c[days + index])
    return at


@kernel
def _pack_knots(a: Arrays, slot: int, months: Ints, buffer: Bytes, at: int, change: Ints) -> int:
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
        change[SUMS + DEPOSIT] -= predict(change)
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
def predict(change: Ints) -> int:
    """What deposits changed by if all that flowed went through deposit and wealth accounts without a gap."""
    return int(change[INFLOW] - change[OUTFLOW] - change[SUMS + WEALTH])


@kernel
def _pack_account(account: Ints, buffer: Bytes, at: int) -> int:
    """An account; instants and days as differences from its newest, notes as differences from note to note."""
    told = account[ANCHOR] != NONE
    at = put(buffer, at, account[PRODUCT] * 2 + told)
    at = put(buffer, at, account[ACCOUNT_DAY])
    at = put(buffer, at, account[BALANCE])
    at = put(buffer, at, account[LATEST])
    at = put(buffer, at, account[CUSTOMER_DAY] - account[ACCOUNT_DAY] if account[CUSTOMER_DAY] != NONE else -1)
    if told:
        at = put(buffer, at, account[OPENING])
        at = put(buffer, at, account[LATEST] - account[ANCHOR])
        at = put(buffer, at, account[ANCHOR_DAY] - account[ACCOUNT_DAY])
        at = put(buffer, at, account[ANCHOR] - account[TOLD_FIRST])
    at = put(buffer, at, account[NOTES])
    if not told and account[NOTES] > 0:
        at = put(buffer, at, account[LATEST] - account[FIRST])
    for index in range(account[NOTES]):
        if told:
            at = put(buffer, at, account[LATEST] - account[NOTE + index * 3])
            at = put(buffer, at, account[NOTE + index * 3 + 1] - account[ACCOUNT_DAY])
            at = put(buffer, at, account[NOTE + index * 3 + 2])
        else:
            at = put(buffer, at, account[LATEST] - account[NOTE + index * 2])
            at = put(buffer, at, account[NOTE + index * 2 + 1])
    return at
