"""Unpacking: the bytes that ``pack`` wrote, into the arrays."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.ledger.accounts import open_account
from streams.ledger.arrays import ROWS_TAKEN, Arrays, Ints, chunks_left, clear, take_block
from streams.ledger.compiled import kernel
from streams.ledger.knots import append
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNTS,
    ACTIVITY,
    ACTIVITY_DAYS,
    ANCHOR,
    ANCHOR_DAY,
    AREAS,
    BALANCE,
    BLOCK,
    BLOCK_SIZE,
    CHUNK,
    CHUNKS,
    CLASSES,
    CUSTOMER_DAY,
    DAYS_KEPT,
    DEPOSIT,
    EARLIEST,
    EVENT_DAY,
    FIRST,
    FIRST_DAY,
    GAPS_MAX,
    KNOT_COLUMNS,
    KNOWN,
    LATEST,
    MOVEMENTS_MAX,
    NONE,
    NOTE,
    NOTES,
    OPENING,
    OPENINGS,
    PRODUCT,
    SUMS,
    TOLD_FIRST,
    TXN_DAYS,
)
from streams.ledger.pack import DECIDED, MEASURED, SEEN, Settled, predict
from streams.ledger.varint import Bytes, get, get_raw

DONE: Final = 0
ROOM: Final = 1  # the arrays must grow first; nothing of the record has been read
LAYOUT: Final = 2  # the record has another layout
BROKEN: Final = 3  # the record ends too early or says what cannot be
_ACCOUNT_BYTES: Final = 14
"""Bytes of the smallest account: an announced number of accounts that cannot fit is a broken record."""


@kernel
def rows_of(size: int) -> int:
    """Account rows that a record of ``size`` bytes may need, at most."""
    return 2 * (size // _ACCOUNT_BYTES) + 1


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
        if at == end or buffer[at] != layout:
            return LAYOUT, index
        tails[index] = _unpack_customer(a, settled, slots[index], tag, no_deadline, buffer, at + 1, end, change)
        if tails[index] > end:
            return BROKEN, index
    return DONE, len(slots)


@kernel
def _unpack_customer(
    a: Arrays, settled: Settled, slot: int, tag: int, no_deadline: int, buffer: Bytes, at: int, end: int, change: Ints
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
    if flags & SEEN:
        c[FIRST_DAY], at = get(buffer, at, end)
        c[EVENT_DAY], at = get(buffer, at, end)
    if flags & DECIDED:
        at = _unpack_settled(settled, slot, tag, no_deadline, buffer, at, end)
    if flags & MEASURED:
        c[EARLIEST], at = get(buffer, at, end)
        at = _unpack_days(c, ACTIVITY_DAYS, buffer, at, end)
        at = _unpack_days(c, TXN_DAYS, buffer, at, end)
        at = _unpack_knots(a, slot, buffer, at, end, change)
        at = _unpack_accounts(a, slot, buffer, at, end)
    return int(at)


@kernel
def _unpack_settled(settled: Settled, slot: int, tag: int, no_deadline: int, buffer: Bytes, at: int, end: int) -> int:
    """The settled masks, if they are those of the policies with this tag; those of others are read over."""
    flags, at = get(buffer, at, end)
    found, at = get_raw(buffer, at, end)
    words, at = get(buffer, at, end)
    ours = found == tag and words == settled.masks.shape[2]
    for kind in range(settled.masks.shape[1]):
        if flags >> kind & 1:
            for word in range(min(words, end - at)):
                mask, at = get(buffer, at, end)
                if ours:
                    settled.masks[slot, kind, word] = np.uint64(mask)
    days, at = get(buffer, at, end)
    if ours:
        settled.flags[slot] = np.uint8(flags)
        settled.deadline[slot] = np.int32(no_deadline - days)
    return int(at)


@kernel
def _unpack_days(c: Ints, days: int, buffer: Bytes, at: int, end: int) -> int:
    for index in range(DAYS_KEPT):
        ago, at = get(buffer, at, end)
        if ago < 0:
            return int(at)
        c[days + index] = c[EVENT_DAY] - ago
    return int(at)


@kernel
def _unpack_knots(a: Arrays, slot: int, buffer: Bytes, at: int, end: int, change: Ints) -> int:
    count, at = get(buffer, at, end)
    if count < 0 or count > CHUNKS * CHUNK:
        return int(end + 1)
    before = -1
    for _ in range(count):
        days, at = get(buffer, at, end)
        bits, at = get(buffer, at, end)
        for column in range(KNOT_COLUMNS):
            change[column] = 0
            if bits >> column & 1:
                change[column], at = get(buffer, at, end)
        change[SUMS + DEPOSIT] += predict(change)
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
def _unpack_accounts(a: Arrays, slot: int, buffer: Bytes, at: int, end: int) -> int:
    count, at = get(buffer, at, end)
    if count < 0 or count * _ACCOUNT_BYTES > end - at:
        return int(end + 1)
    if count == 0:
        return int(at)
    size = 1
    while size < count:
        size *= 2
    first = take_block(a, size)
    a.customers[slot, BLOCK] = first
    a.customers[slot, BLOCK_SIZE] = size
    a.customers[slot, ACCOUNTS] = count
    for row in range(first, first + count):
        a.hashes[row], at = get_raw(buffer, at, end)
        at = _unpack_account(a.accounts[row], buffer, at, end)
        series = a.accounts[row, PRODUCT]
        if series < CLASSES:
            a.customers[slot, OPENINGS + series] += a.accounts[row, OPENING]
    return int(at)


@kernel
def _unpack_account(account: Ints, buffer: Bytes, at: int, end: int) -> int:
    product, at = get(buffer, at, end)
    day, at = get(buffer, at, end)
    if product < 0 or product >= 2 * (CLASSES + 1):
        return int(end + 1)
    open_account(account, product // 2, day)
    account[BALANCE], at = get(buffer, at, end)
    account[LATEST], at = get(buffer, at, end)
    days, at = get(buffer, at, end)
    if days >= 0:
        account[CUSTOMER_DAY] = day + days
    told = product % 2 == 1
    if told:
        account[OPENING], at = get(buffer, at, end)
        ago, at = get(buffer, at, end)
        account[ANCHOR] = account[LATEST] - ago
        days, at = get(buffer, at, end)
        account[ANCHOR_DAY] = day + days
        ago, at = get(buffer, at, end)
        account[TOLD_FIRST] = account[ANCHOR] - ago
    return _unpack_notes(account, buffer, at, end)


@kernel
def _unpack_notes(account: Ints, buffer: Bytes, at: int, end: int) -> int:
    told = account[ANCHOR] != NONE
    notes, at = get(buffer, at, end)
    if notes < 0 or notes > (GAPS_MAX if told else MOVEMENTS_MAX):
        return int(end + 1)
    account[NOTES] = notes
    if not told and notes > 0:
        ago, at = get(buffer, at, end)
        account[FIRST] = account[LATEST] - ago
    for index in range(notes):
        note = NOTE + index * (3 if told else 2)
        ago, at = get(buffer, at, end)
        account[note] = account[LATEST] - ago
        if told:
            days, at = get(buffer, at, end)
            account[note + 1] = account[ACCOUNT_DAY] + days
            note += 1
        account[note + 1], at = get(buffer, at, end)
    return int(at)
