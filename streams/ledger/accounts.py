"""Accounts: what one event means for its account's balance, told or not, in time or late.

The rule is that of the design, "Balances". ``latest`` is the newest instant seen, ``anchor`` the newest instant whose
told balance was taken. An event in time is believed over the sum; the difference is a *gap*, money whose booking is
missing. A late event from before the anchor is such a missing booking: it moves to its own day what had been booked in
the gap, and leaves the balance alone. The difference at an opening is no gap: an opening tells what stands from its instant
on, such as a month's average, and no booking is missing.

A late opening of an account not yet told needs the balance at its instant, so such an account remembers its last
``MOVEMENTS_MAX`` movements. One from further back is placed as if it were before the oldest of them, and counted as
approximate, unless it is older than every event of the account. A late opening that tells of long ago is left out
(``streams.columns.LONG_AGO_DAYS``): a newer one may follow it, and the account can be anchored late but once.
"""

from __future__ import annotations

from streams.ledger.arrays import Arrays, Ints, give_block, take_block
from streams.ledger.compiled import kernel
from streams.ledger.knots import month_of
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_DAY,
    ACCOUNT_FACTS,
    ACCOUNTS,
    ANCHOR,
    ANCHOR_DAY,
    BALANCE,
    BLOCK,
    BLOCK_SIZE,
    CARD_DAY,
    CARD_DAY_SPEND,
    CARD_DAY_USES,
    CARD_MONTHS,
    CARD_SPEND_BY_MONTH,
    CARD_USES_BY_MONTH,
    CLOSED_ON,
    COUNT_APPROXIMATE,
    COUNT_GAPS,
    CUSTOMER_DAYS,
    DAYS_KEPT,
    DELTA_DAY,
    DELTAS,
    DEPOSIT,
    EVENT_MATURES_ON,
    FIRST,
    FORM,
    GAPS_MAX,
    INDUCED_DAYS,
    KIND_OPENING,
    LATEST,
    MOVEMENTS_MAX,
    NO_FORM,
    NONE,
    NOTE,
    NOTES,
    ON_DEMAND,
    OPENED_ON,
    OPENING,
    PRODUCT,
    TOLD_FIRST,
)

_GAP = 3  # numbers of a gap: instant, day, amount
_MOVEMENT = 2  # numbers of a movement: instant, amount
CARD_WINDOW = 6
"""Calendar months of card use that are asked for."""


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
            for column in range(ACCOUNT_FACTS):
                a.account_facts[moved + index, column] = a.account_facts[first + index, column]
        if size > 0:
            give_block(a, first, size)
        first = moved
        a.customers[slot, BLOCK] = moved
        a.customers[slot, BLOCK_SIZE] = max(1, 2 * size)
    a.customers[slot, ACCOUNTS] = count + 1
    for column in range(ACCOUNT_FACTS):
        a.account_facts[first + count, column] = NONE
    return int(first + count)


@kernel
def open_account(account: Ints, product: int, day: int) -> None:
    """Make ``account`` one of which nothing but product and first day is known."""
    for column in range(NOTE):
        account[column] = 0
    account[PRODUCT] = product
    account[ACCOUNT_DAY] = day
    account[FORM] = NO_FORM
    for column in (LATEST, ANCHOR, ANCHOR_DAY, TOLD_FIRST, EVENT_MATURES_ON, DELTA_DAY, CARD_DAY):
        account[column] = NONE
    for index in range(DAYS_KEPT):
        account[CUSTOMER_DAYS + index] = NONE
        account[INDUCED_DAYS + index] = NONE


@kernel
def on_demand(account: Ints) -> bool:
    """Whether the account is a deposit that can be had at any time."""
    return bool(account[PRODUCT] == DEPOSIT and account[FORM] == ON_DEMAND)


@kernel
def note_delta(account: Ints, day: int, amount: int) -> None:
    """Remember what moved the balance on the newest day and the one before: a close looks back past them."""
    if amount == 0:
        return
    newest = account[DELTA_DAY]
    if day > newest:
        account[DELTAS + 1] = account[DELTAS] if day == newest + 1 else 0
        account[DELTAS] = 0
        account[DELTA_DAY] = day
    back = account[DELTA_DAY] - day
    if back <= 1:
        account[DELTAS + back] += amount


@kernel
def note_card(account: Ints, day: int, uses: int, spend: int, months: Ints) -> None:
    """Count a purchase with the card, or with -1 uses take it back, in its month and among the two newest days."""
    newest = account[CARD_DAY]
    if day > newest:
        _next_card_day(account, day, day == newest + 1)
        moved = month_of(months, day) - month_of(months, newest) if newest != NONE else CARD_MONTHS
        _move_months(account, CARD_USES_BY_MONTH, moved)
        _move_months(account, CARD_SPEND_BY_MONTH, moved)
    back = account[CARD_DAY] - day
    if back <= 1:
        account[CARD_DAY_USES + back] += uses
        account[CARD_DAY_SPEND + back] += spend
    month = month_of(months, account[CARD_DAY]) - month_of(months, day)
    if month < CARD_MONTHS:
        account[CARD_USES_BY_MONTH + month] += uses
        account[CARD_SPEND_BY_MONTH + month] += spend


@kernel
def _next_card_day(account: Ints, day: int, follows: int) -> None:
    account[CARD_DAY] = day
    for column in (CARD_DAY_USES, CARD_DAY_SPEND):
        account[column + 1] = account[column] if follows else 0
        account[column] = 0


@kernel
def balance_at(account: Ints, as_of: int) -> int:
    """The account's balance at the end of a day, at most two before its newest event."""
    later = account[BALANCE]
    for back in range(2):
        if account[DELTA_DAY] - back > as_of:
            later -= account[DELTAS + back]
    return int(later)


@kernel
def card_at(account: Ints, by_day: int, by_month: int, as_of: int, month: int, months: Ints) -> int:
    """Uses or spend of the card in the 6 months up to ``as_of``, a day of calendar month ``month``."""
    if account[CARD_DAY] == NONE:
        return 0
    newest = month_of(months, account[CARD_DAY])
    total = 0
    for back in range(CARD_MONTHS):
        if month - CARD_WINDOW < newest - back <= month:
            total += account[by_month + back]
    for back in range(2):
        day = account[CARD_DAY] - back
        if day > as_of and month_of(months, day) <= month:
            total -= account[by_day + back]
    return int(total)


@kernel
def _move_months(account: Ints, column: int, moved: int) -> None:
    """Make room for ``moved`` newer months."""
    for month in range(CARD_MONTHS - 1, -1, -1):
        account[column + month] = account[column + month - moved] if month >= moved else 0


@kernel
def hold_account(a: Arrays, slot: int, account_hash: int, product: int, day: int) -> int:
    """The row of an account that facts told of, made if there is none; ``with_rows`` made sure of its room."""
    row = find_account(a, slot, account_hash)
    if row < 0:
        row = add_account(a, slot)
        a.hashes[row] = account_hash
        open_account(a.accounts[row], product, day)
    return row


@kernel
def post(
    account: Ints, us: int, day: int, amount: int, told: int, kind: int, long_ago: int, counts: Ints
) -> tuple[int, int, int, int]:
    """Book an event: ``(delta of its day, shift of the opening, other day, delta of that day)``."""
    if us >= account[LATEST]:
        return _in_time(account, us, day, amount, told, kind, counts)
    if kind == KIND_OPENING:
        if account[ANCHOR] == NONE and not long_ago:
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
def _in_time(
    account: Ints, us: int, day: int, amount: int, told: int, kind: int, counts: Ints
) -> tuple[int, int, int, int]:
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
    if difference != 0 and kind != KIND_OPENING:
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


@kernel
def was_seen(account: Ints, facts: Ints, as_of: int) -> bool:
    """Whether an account was booked on or before a day, or is known to have been opened then."""
    return bool(account[ACCOUNT_DAY] <= as_of or NONE < facts[OPENED_ON] <= as_of)


@kernel
def is_open(account: Ints, facts: Ints, as_of: int) -> bool:
    """Whether an account was seen on or before a day and is not closed as of it."""
    closed = facts[CLOSED_ON] != NONE and facts[CLOSED_ON] <= as_of
    return was_seen(account, facts, as_of) and not closed
