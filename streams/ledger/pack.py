"""Packing: a customer's numbers as bytes, and back.

The bytes are a function of the customer's history alone. Knots that no window tells apart are left out however long
they stayed in memory, areas start anew where nobody asks for older ones (only differences count), and what can be computed from the
rest (class openings, areas between neighbouring knots) is not stored. In order:

    layout, flags (bit 0: seen; 1: settled masks or a deadline; 2: an event was measured or an account is known)
    first day, event day                                if seen
    settled kinds, tag, words, masks of those kinds, deadline   if bit 1
    earliest day, activity, transaction and salary days  if bit 2
    knots: count, then the first whole, then days since, bits of what changed, changes
    accounts: count, then each

Deposit sums are stored as their difference to what the flows say, which is mostly 0 (``predict``), and the part on demand as its
difference to the deposits where a customer has an account on demand (bit 3).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.ledger.accounts import on_demand
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
    CARD_DAY,
    CARD_DAY_SPEND,
    CARD_DAY_USES,
    CARD_MONTHS,
    CARD_SPEND_BY_MONTH,
    CARD_USES_BY_MONTH,
    CLASSES,
    CUSTOMER_DAYS,
    DAYS_KEPT,
    DELTA_DAY,
    DELTAS,
    DEMAND,
    DEPOSIT,
    EARLIEST,
    EVENT_DAY,
    EVENT_MATURES_ON,
    FIRST,
    FIRST_DAY,
    FOREIGN,
    FORM,
    INDUCED_DAYS,
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
    SALARY_DAYS,
    SUMS,
    TOLD_FIRST,
    TXN_DAYS,
    WEALTH,
)
from streams.ledger.varint import BYTES_MAX, Bytes, put, put_raw

SEEN: Final = 1
DECIDED: Final = 2
MEASURED: Final = 4
HAS_DEMAND: Final = 8
_CUSTOMER_NUMBERS: Final = 27
"""Numbers of a customer besides knots, accounts and masks, at most."""

# Bits of an account's first number, above the product.
PRODUCT_BITS: Final = 7
TOLD: Final = 8
FORM_SHIFT: Final = 4  # two bits: 0 for none, else the place in FORMS + 1
INDUCED_APART: Final = 64
IS_FOREIGN: Final = 128
HAS_DELTA: Final = 256
HAS_CARD: Final = 512
HAS_MATURITY: Final = 1024


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
    flags |= MEASURED if c[EARLIEST] != NONE or c[ACCOUNTS] > 0 else 0
    flags |= HAS_DEMAND if _has_demand(a, slot) else 0
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
        for days in (ACTIVITY_DAYS, TXN_DAYS, SALARY_DAYS):
            at = pack_days(c, days, c[EVENT_DAY], buffer, at)
        at = _pack_knots(a, slot, flags & HAS_DEMAND != 0, months, buffer, at, change)
        at = put(buffer, at, c[ACCOUNTS])
        for row in range(c[BLOCK], c[BLOCK] + c[ACCOUNTS]):
            at = put_raw(buffer, at, a.hashes[row])
            at = _pack_account(a.accounts[row], c[EVENT_DAY], buffer, at)
    return at


@kernel
def _has_demand(a: Arrays, slot: int) -> bool:
    first = a.customers[slot, BLOCK]
    found = False
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        found |= on_demand(a.accounts[row])
    return found


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
def pack_days(row: Ints, days: int, event_day: int, buffer: Bytes, at: int) -> int:
    """Newest days as differences from the event day; -1 where there are no more."""
    for index in range(DAYS_KEPT):
        if row[days + index] == NONE:
            return put(buffer, at, -1)
        at = put(buffer, at, event_day - row[days + index])
    return at


@kernel
def _pack_knots(a: Arrays, slot: int, demand: int, months: Ints, buffer: Bytes, at: int, change: Ints) -> int:
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
def _pack_account(account: Ints, event_day: int, buffer: Bytes, at: int) -> int:
    """An account; instants and days as differences from its newest, notes as differences from note to note."""
    told = account[ANCHOR] != NONE
    head = account[PRODUCT] | (account[FORM] + 1) << FORM_SHIFT | (TOLD if told else 0)
    head |= IS_FOREIGN if account[FOREIGN] != 0 else 0
    head |= INDUCED_APART if _induced_apart(account) else 0
    head |= HAS_DELTA if account[DELTA_DAY] != NONE else 0
    head |= HAS_CARD if account[CARD_DAY] != NONE else 0
    head |= HAS_MATURITY if account[EVENT_MATURES_ON] != NONE else 0
    at = put(buffer, at, head)
    at = put(buffer, at, account[ACCOUNT_DAY])
    at = put(buffer, at, account[BALANCE])
    at = put(buffer, at, account[LATEST])
    at = pack_days(account, CUSTOMER_DAYS, event_day, buffer, at)
    if head & INDUCED_APART:
        at = pack_days(account, INDUCED_DAYS, event_day, buffer, at)
    if head & HAS_DELTA:
        at = put(buffer, at, event_day - account[DELTA_DAY])
        at = put(buffer, at, account[DELTAS])
        at = put(buffer, at, account[DELTAS + 1])
    if head & HAS_CARD:
        at = _pack_card(account, event_day, buffer, at)
    if head & HAS_MATURITY:
        at = put(buffer, at, account[EVENT_MATURES_ON])
    return _pack_balance(account, told, buffer, at)


@kernel
def _induced_apart(account: Ints) -> bool:
    """Whether others than the customer moved the account: else the days are the same."""
    apart = False
    for index in range(DAYS_KEPT):
        apart |= account[CUSTOMER_DAYS + index] != account[INDUCED_DAYS + index]
    return bool(apart)


@kernel
def _pack_card(account: Ints, event_day: int, buffer: Bytes, at: int) -> int:
    at = put(buffer, at, event_day - account[CARD_DAY])
    for back in range(2):
        at = put(buffer, at, account[CARD_DAY_USES + back])
        at = put(buffer, at, account[CARD_DAY_SPEND + back])
    for month in range(CARD_MONTHS):
        at = put(buffer, at, account[CARD_USES_BY_MONTH + month])
        at = put(buffer, at, account[CARD_SPEND_BY_MONTH + month])
    return at


@kernel
def _pack_balance(account: Ints, told: int, buffer: Bytes, at: int) -> int:
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
