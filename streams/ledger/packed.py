"""Customers as bytes, and back.

The bytes are a function of the customer's history alone; what can be computed from the rest (class openings, areas between
neighbouring knots) is not stored. In order:

    layout, flags (bit 0: seen; 1: settled masks or a deadline; 2: an event was measured or an account is known;
                   3: an account is on demand)
    first day, event day                                if seen
    settled kinds, tag, words, masks of those kinds, deadline   if bit 1
    earliest day, activity, transaction and salary days,
    knots (``packed_knots``), accounts (``packed_accounts``)    if bit 2
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.ledger.accounts import on_demand
from streams.ledger.arrays import ROWS_TAKEN, Arrays, Ints, chunks_left, clear
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    ACTIVITY_DAYS,
    BLOCK,
    CHUNKS,
    EARLIEST,
    EVENT_DAY,
    FIRST_DAY,
    KNOT_COLUMNS,
    KNOTS,
    KNOWN,
    NONE,
    SALARY_DAYS,
    TXN_DAYS,
)
from streams.ledger.newest_days import pack_days, unpack_days
from streams.ledger.packed_accounts import pack_accounts, rows_of, unpack_accounts
from streams.ledger.packed_knots import pack_knots, unpack_knots
from streams.ledger.settled import Settled, pack_settled, unpack_settled
from streams.ledger.varint import BYTES_MAX, Bytes, get, put

DONE: Final = 0
ROOM: Final = 1  # the arrays must grow first; nothing of the record has been read
LAYOUT: Final = 2  # the record has another layout
BROKEN: Final = 3  # the record ends too early or says what cannot be

_SEEN: Final = 1
_DECIDED: Final = 2
_MEASURED: Final = 4
_HAS_DEMAND: Final = 8
_CUSTOMER_NUMBERS: Final = 27
"""Numbers of a customer besides knots, accounts and masks, at most."""


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
    flags = (_SEEN if c[FIRST_DAY] != NONE else 0) | (_DECIDED if decided else 0)
    flags |= _MEASURED if c[EARLIEST] != NONE or c[ACCOUNTS] > 0 else 0
    flags |= _HAS_DEMAND if _has_demand(a, slot) else 0
    buffer[at] = layout
    buffer[at + 1] = flags
    at += 2
    if flags & _SEEN:
        at = put(buffer, at, c[FIRST_DAY])
        at = put(buffer, at, c[EVENT_DAY])
    if decided:
        at = pack_settled(settled, slot, tag, no_deadline, buffer, at)
    if flags & _MEASURED:
        at = put(buffer, at, c[EARLIEST])
        for days in (ACTIVITY_DAYS, TXN_DAYS, SALARY_DAYS):
            at = pack_days(c, days, c[EVENT_DAY], buffer, at)
        at = pack_knots(a, slot, flags & _HAS_DEMAND != 0, months, buffer, at, change)
        at = pack_accounts(a, slot, buffer, at)
    return at


@kernel
def _has_demand(a: Arrays, slot: int) -> bool:
    first = a.customers[slot, BLOCK]
    found = False
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        found |= on_demand(a.accounts[row])
    return found


@kernel
def unpack_from(
    a: Arrays,
    settled: Settled,
    slots: Ints,
    layout: int,
    tag: int,
    no_deadline: int,
    buffer: Bytes,
    bounds: Ints,
    start: int,
    tails: Ints,
    change: Ints,
) -> tuple[int, int]:
    """Read records ``start`` on into ``slots``: ``(DONE, n)``, or why it stopped and at which record.

    Record ``i`` is ``buffer[bounds[i]:bounds[i + 1]]``; ``tails[i]`` becomes the place where its numbers end.
    """
    for index in range(start, len(slots)):
        at, end = bounds[index], bounds[index + 1]
        if chunks_left(a) < CHUNKS or a.pool[ROWS_TAKEN] + rows_of(end - at) > len(a.hashes):
            return ROOM, index
        if at == end or (buffer[at] != layout and buffer[at] != layout - 1):
            return LAYOUT, index
        old = buffer[at] != layout
        tails[index] = _unpack_customer(a, settled, slots[index], old, tag, no_deadline, buffer, at + 1, end, change)
        if tails[index] > end:
            return BROKEN, index
    return DONE, len(slots)


@kernel
def _unpack_customer(
    a: Arrays,
    settled: Settled,
    slot: int,
    old: int,
    tag: int,
    no_deadline: int,
    buffer: Bytes,
    at: int,
    end: int,
    change: Ints,
) -> int:
    clear(a, slot)
    c = a.customers[slot]
    c[KNOWN] = 1
    settled.flags[slot] = 0
    settled.deadline[slot] = no_deadline
    if at == end:
        return int(end + 1)
    flags = np.int64(buffer[at])
    at += 1
    if flags & _SEEN:
        c[FIRST_DAY], at = get(buffer, at, end)
        c[EVENT_DAY], at = get(buffer, at, end)
    if flags & _DECIDED:
        at = unpack_settled(settled, slot, old, tag, no_deadline, buffer, at, end)
    if flags & _MEASURED:
        c[EARLIEST], at = get(buffer, at, end)
        at = unpack_days(c, ACTIVITY_DAYS, c[EVENT_DAY], buffer, at, end)
        at = unpack_days(c, TXN_DAYS, c[EVENT_DAY], buffer, at, end)
        if not old:
            at = unpack_days(c, SALARY_DAYS, c[EVENT_DAY], buffer, at, end)
        at = unpack_knots(a, slot, old, flags & _HAS_DEMAND != 0, buffer, at, end, change)
        at = unpack_accounts(a, slot, old, buffer, at, end)
    return int(at)
