"""Accounts: what one event means for its account's balance, told or not, in time or late.

The rule is that of the design, "Balances". ``latest`` is the newest instant seen, ``anchor`` the newest instant whose
told balance was taken. An event in time is believed over the sum; the difference is a *gap*, money whose booking is
missing. A late event from before the anchor is such a missing booking: it moves to its own day what had been booked in
the gap, and leaves the balance alone.

A late opening of an account not yet told needs the balance at its instant, so such an account remembers its last
``MOVEMENTS_MAX`` movements. One from further back is placed as if it were before the oldest of them, and counted as
approximate, unless it is older than every event of the account.
"""

from __future__ import annotations

from streams.ledger.arrays import Arrays, Ints, give_block, take_block
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_DAY,
    ACCOUNTS,
    ANCHOR,
    ANCHOR_DAY,
    BALANCE,
    BLOCK,
    BLOCK_SIZE,
    COUNT_APPROXIMATE,
    COUNT_GAPS,
    CUSTOMER_DAY,
    FIRST,
    GAPS_MAX,
    KIND_OPENING,
    LATEST,
    MOVEMENTS_MAX,
    NONE,
    NOTE,
    NOTES,
    OPENING,
    PRODUCT,
    TOLD_FIRST,
)

_GAP = 3  # numbers of a gap: instant, day, amount
_MOVEMENT = 2  # numbers of a movement: instant, amount


@kernel
def find_account(a: Arrays, slot: int, account_hash: int) -> int:
    """The row of a customer's account; -1 if it is not known."""
    first = a.customers[slot, BLOCK]
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        if a.hashes[row] == account_hash:
            return int(row)
    return -1


@kernel
def add_account(a: Arrays, slot: int) -> int:
    """The row of one account more, not filled; the caller made sure that twice the block's rows are left."""
    count, size, first = a.customers[slot, ACCOUNTS], a.customers[slot, BLOCK_SIZE], a.customers[slot, BLOCK]
    if count == size:
        moved = take_block(a, max(1, 2 * size))
        for index in range(count):
            a.hashes[moved + index] = a.hashes[first + index]
            for column in range(ACCOUNT_COLUMNS):
                a.accounts[moved + index, column] = a.accounts[first + index, column]
        if size > 0:
            give_block(a, first, size)
        first = moved
        a.customers[slot, BLOCK] = moved
        a.customers[slot, BLOCK_SIZE] = max(1, 2 * size)
    a.customers[slot, ACCOUNTS] = count + 1
    return int(first + count)


@kernel
def open_account(account: Ints, product: int, day: int) -> None:
    """Make ``account`` one of which nothing but product and first day is known."""
    for column in range(NOTE):
        account[column] = 0
    account[PRODUCT] = product
    account[ACCOUNT_DAY] = day
    for column in (LATEST, ANCHOR, ANCHOR_DAY, TOLD_FIRST, CUSTOMER_DAY):
        account[column] = NONE


@kernel
def post(
    account: Ints, us: int, day: int, amount: int, told: int, kind: int, counts: Ints
) -> tuple[int, int, int, int]:
    """Book an event: ``(delta of its day, shift of the opening, other day, delta of that day)``."""
    if us >= account[LATEST]:
        return _in_time(account, us, day, amount, told, counts)
    if kind == KIND_OPENING:
        if account[ANCHOR] == NONE:
            return 0, _late_opening(account, us, day, told, counts), day, 0
        return 0, 0, day, 0
    if account[ANCHOR] == NONE or us >= account[ANCHOR]:
        account[BALANCE] += amount
        if account[ANCHOR] == NONE:
            _remember(account, us, amount)
        return amount, 0, day, 0
    if us < account[TOLD_FIRST]:
        account[OPENING] -= amount
        return amount, -amount, day, 0
    return amount, 0, _shrink_gap(account, us, amount), -amount


@kernel
def _in_time(account: Ints, us: int, day: int, amount: int, told: int, counts: Ints) -> tuple[int, int, int, int]:
    account[LATEST] = us
    expected = account[BALANCE] + amount
    if told == NONE:
        account[BALANCE] = expected
        if account[ANCHOR] == NONE:
            _remember(account, us, amount)
        return amount, 0, day, 0
    difference = told - expected
    account[BALANCE] = told
    first = account[ANCHOR] == NONE
    account[ANCHOR] = us
    account[ANCHOR_DAY] = day
    if first:
        account[TOLD_FIRST] = us
        account[OPENING] += difference
        account[NOTES] = 0  # movements no longer matter, gaps begin
        return amount, difference, day, 0
    if difference != 0:
        _open_gap(account, us, day, difference)
        counts[COUNT_GAPS] += 1
    return amount + difference, 0, day, 0


@kernel
def _late_opening(account: Ints, us: int, day: int, told: int, counts: Ints) -> int:
    """The shift of the opening by a late opening of an account not yet told."""
    kept = account[NOTES]
    older = kept == 0 or us < account[FIRST]
    stood = 0 if older else account[BALANCE]  # an account not yet told counts from 0
    for index in range(kept):
        if not older and account[NOTE + index * _MOVEMENT] > us:
            stood -= account[NOTE + index * _MOVEMENT + 1]
    if not older and us < account[NOTE]:
        counts[COUNT_APPROXIMATE] += 1
    shift = told - stood
    account[OPENING] += shift
    account[BALANCE] += shift
    account[ANCHOR] = us
    account[ANCHOR_DAY] = day
    account[TOLD_FIRST] = us
    account[NOTES] = 0
    return int(shift)


@kernel
def _remember(account: Ints, us: int, amount: int) -> None:
    """Keep a movement among the newest ``MOVEMENTS_MAX``, oldest first, those of one instant in log order."""
    if amount == 0:
        return
    count = account[NOTES]
    if count == 0 or us < account[FIRST]:
        account[FIRST] = us
    at = count
    while at > 0 and account[NOTE + (at - 1) * _MOVEMENT] > us:
        at -= 1
    if count == MOVEMENTS_MAX:
        if at == 0:
            return  # older than all that is kept
        at -= 1
        for number in range(NOTE, NOTE + at * _MOVEMENT):
            account[number] = account[number + _MOVEMENT]
    else:
        account[NOTES] = count + 1
        for number in range(NOTE + (count + 1) * _MOVEMENT - 1, NOTE + (at + 1) * _MOVEMENT - 1, -1):
            account[number] = account[number - _MOVEMENT]
    account[NOTE + at * _MOVEMENT] = us
    account[NOTE + at * _MOVEMENT + 1] = amount


@kernel
def _open_gap(account: Ints, us: int, day: int, amount: int) -> None:
    """Keep a gap as the newest; of ``GAPS_MAX`` the oldest goes."""
    if account[NOTES] == GAPS_MAX:
        _close_gap(account, 0)
    at = NOTE + account[NOTES] * _GAP
    account[at] = us
    account[at + 1] = day
    account[at + 2] = amount
    account[NOTES] += 1


@kernel
def _close_gap(account: Ints, index: int) -> None:
    account[NOTES] -= 1
    for number in range(NOTE + index * _GAP, NOTE + account[NOTES] * _GAP):
        account[number] = account[number + _GAP]


@kernel
def _shrink_gap(account: Ints, us: int, amount: int) -> int:
    """Take a missing booking out of the earliest gap at or after it; the day where its money had been booked."""
    for index in range(account[NOTES]):
        at = NOTE + index * _GAP
        if account[at] >= us:
            day = account[at + 1]
            account[at + 2] -= amount
            if account[at + 2] == 0:
                _close_gap(account, index)
            return int(day)
    return int(account[ANCHOR_DAY])
