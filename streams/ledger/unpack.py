"""Unpacking: the bytes that ``pack`` wrote, into the arrays."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.ledger.accounts import on_demand, open_account
from streams.ledger.arrays import ROWS_TAKEN, Arrays, Ints, chunks_left, clear, take_block
from streams.ledger.compiled import kernel
from streams.ledger.knots import append
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNT_FACTS,
    ACCOUNTS,
    ACTIVITY,
    ACTIVITY_DAYS,
    ANCHOR,
    ANCHOR_DAY,
    AREAS,
    BALANCE,
    BIT_CUSTOMER,
    BITS_KINDS,
    BLOCK,
    BLOCK_SIZE,
    CARD_DAY,
    CARD_DAY_SPEND,
    CARD_DAY_USES,
    CARD_MONTHS,
    CARD_SPEND_BY_MONTH,
    CARD_USES_BY_MONTH,
    CHUNK,
    CHUNKS,
    CLASSES,
    CUSTOMER_DAYS,
    DAYS_KEPT,
    DELTA_DAY,
    DELTAS,
    DEMAND,
    DEMAND_OPENING,
    DEPOSIT,
    EARLIEST,
    EVENT_DAY,
    EVENT_MATURES_ON,
    FIRST,
    FIRST_DAY,
    FOREIGN,
    FORM,
    GAPS_MAX,
    INDUCED_DAYS,
    KINDS_MASK,
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
    SALARY_DAYS,
    SUMS,
    TOLD_FIRST,
    TXN_DAYS,
)
from streams.ledger.pack import (
    DECIDED,
    FORM_SHIFT,
    HAS_CARD,
    HAS_DELTA,
    HAS_DEMAND,
    HAS_MATURITY,
    INDUCED_APART,
    IS_FOREIGN,
    MEASURED,
    PRODUCT_BITS,
    SEEN,
    TOLD,
    Settled,
    predict,
)
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
    if flags & SEEN:
        c[FIRST_DAY], at = get(buffer, at, end)
        c[EVENT_DAY], at = get(buffer, at, end)
    if flags & DECIDED:
        at = _unpack_settled(settled, slot, old, tag, no_deadline, buffer, at, end)
    if flags & MEASURED:
        c[EARLIEST], at = get(buffer, at, end)
        at = _unpack_days(c, ACTIVITY_DAYS, c[EVENT_DAY], buffer, at, end)
        at = _unpack_days(c, TXN_DAYS, c[EVENT_DAY], buffer, at, end)
        if not old:
            at = _unpack_days(c, SALARY_DAYS, c[EVENT_DAY], buffer, at, end)
        at = _unpack_knots(a, slot, old, flags & HAS_DEMAND != 0, buffer, at, end, change)
        at = _unpack_accounts(a, slot, old, buffer, at, end)
    return int(at)


@kernel
def _unpack_settled(
    settled: Settled, slot: int, old: int, tag: int, no_deadline: int, buffer: Bytes, at: int, end: int
) -> int:
    """The settled masks, if they are those of the policies with this tag; those of others are read over."""
    flags, at = get(buffer, at, end)
    found, at = get_raw(buffer, at, end)
    words, at = get(buffer, at, end)
    ours = not old and found == tag and words == settled.masks.shape[2]
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
def _unpack_days(row: Ints, days: int, event_day: int, buffer: Bytes, at: int, end: int) -> int:
    for index in range(DAYS_KEPT):
        ago, at = get(buffer, at, end)
        if ago < 0:
            return int(at)
        row[days + index] = event_day - ago
    return int(at)


@kernel
def _unpack_knots(a: Arrays, slot: int, old: int, demand: int, buffer: Bytes, at: int, end: int, change: Ints) -> int:
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
                change[place if not old else _column_of(place)], at = get(buffer, at, end)
        if old:
            change[ACTIVITY] = _activity_of(change[ACTIVITY])
        change[SUMS + DEPOSIT] += predict(change)
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
def _unpack_accounts(a: Arrays, slot: int, old: int, buffer: Bytes, at: int, end: int) -> int:
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
        for column in range(ACCOUNT_FACTS):
            a.account_facts[row, column] = NONE
        a.hashes[row], at = get_raw(buffer, at, end)
        if old:
            at = unpack_old_account(a.accounts[row], buffer, at, end)
        else:
            at = _unpack_account(a.accounts[row], a.customers[slot, EVENT_DAY], buffer, at, end)
        series = a.accounts[row, PRODUCT]
        if on_demand(a.accounts[row]):
            a.customers[slot, DEMAND_OPENING] += a.accounts[row, OPENING]
        if series < CLASSES:
            a.customers[slot, OPENINGS + series] += a.accounts[row, OPENING]
    return int(at)


@kernel
def _unpack_account(account: Ints, event_day: int, buffer: Bytes, at: int, end: int) -> int:
    head, at = get(buffer, at, end)
    day, at = get(buffer, at, end)
    if head < 0 or head & PRODUCT_BITS > CLASSES:
        return int(end + 1)
    open_account(account, head & PRODUCT_BITS, day)
    account[FORM] = (head >> FORM_SHIFT & 3) - 1
    account[FOREIGN] = head & IS_FOREIGN != 0
    account[BALANCE], at = get(buffer, at, end)
    account[LATEST], at = get(buffer, at, end)
    at = _unpack_days(account, CUSTOMER_DAYS, event_day, buffer, at, end)
    if head & INDUCED_APART:
        at = _unpack_days(account, INDUCED_DAYS, event_day, buffer, at, end)
    else:
        for index in range(DAYS_KEPT):
            account[INDUCED_DAYS + index] = account[CUSTOMER_DAYS + index]
    if head & HAS_DELTA:
        ago, at = get(buffer, at, end)
        account[DELTA_DAY] = event_day - ago
        account[DELTAS], at = get(buffer, at, end)
        account[DELTAS + 1], at = get(buffer, at, end)
    if head & HAS_CARD:
        at = _unpack_card(account, event_day, buffer, at, end)
    if head & HAS_MATURITY:
        account[EVENT_MATURES_ON], at = get(buffer, at, end)
    return unpack_balance(account, head & TOLD != 0, buffer, at, end)


@kernel
def _unpack_card(account: Ints, event_day: int, buffer: Bytes, at: int, end: int) -> int:
    ago, at = get(buffer, at, end)
    account[CARD_DAY] = event_day - ago
    for back in range(2):
        account[CARD_DAY_USES + back], at = get(buffer, at, end)
        account[CARD_DAY_SPEND + back], at = get(buffer, at, end)
    for month in range(CARD_MONTHS):
        account[CARD_USES_BY_MONTH + month], at = get(buffer, at, end)
        account[CARD_SPEND_BY_MONTH + month], at = get(buffer, at, end)
    return int(at)


@kernel
def unpack_balance(account: Ints, told: int, buffer: Bytes, at: int, end: int) -> int:
    """What every layout says in the same way: opening, anchor and notes."""
    if told:
        account[OPENING], at = get(buffer, at, end)
        ago, at = get(buffer, at, end)
        account[ANCHOR] = account[LATEST] - ago
        days, at = get(buffer, at, end)
        account[ANCHOR_DAY] = account[ACCOUNT_DAY] + days
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


# Layout 1: other columns of knots, fewer of accounts. What it does not tell begins with the first event after.
_OLD_AREAS: Final = 13
_OLD_BIT_CUSTOMER: Final = 2
_OLD_BITS_KINDS: Final = 2


@kernel
def _column_of(place: int) -> int:
    """The column of a knot that stood in column ``place`` of layout 1."""
    return place if place < _OLD_AREAS else place - _OLD_AREAS + AREAS


@kernel
def _activity_of(bits: int) -> int:
    """A day's activity as layout 1 put it; it did not say whose each kind was, so on the customer's days all count."""
    if bits & _OLD_BIT_CUSTOMER == 0:
        return 0
    return int(BIT_CUSTOMER | (bits >> _OLD_BITS_KINDS << BITS_KINDS & KINDS_MASK))


@kernel
def unpack_old_account(account: Ints, buffer: Bytes, at: int, end: int) -> int:
    """An account of layout 1."""
    product, at = get(buffer, at, end)
    day, at = get(buffer, at, end)
    if product < 0 or product >= 2 * (CLASSES + 1):
        return int(end + 1)
    open_account(account, product // 2, day)
    account[BALANCE], at = get(buffer, at, end)
    account[LATEST], at = get(buffer, at, end)
    days, at = get(buffer, at, end)
    if days >= 0:
        account[CUSTOMER_DAYS] = day + days
        account[INDUCED_DAYS] = day + days
    return unpack_balance(account, product % 2 == 1, buffer, at, end)
