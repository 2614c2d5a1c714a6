"""Accounts: the rows of a customer's, what kind one is, and whether it stands as of a day.

Their balances are in ``balances``, the use of cards in ``cards``.
"""

from __future__ import annotations

from streams.ledger.arrays import Arrays, Ints, give_block, take_block
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_COLUMNS,
    ACCOUNT_DAY,
    ACCOUNT_FACTS,
    ACCOUNTS,
    ANCHOR,
    ANCHOR_DAY,
    BLOCK,
    BLOCK_SIZE,
    CARD_DAY,
    CLOSED_ON,
    CUSTOMER_DAYS,
    DAYS_KEPT,
    DELTA_DAY,
    DEPOSIT,
    EVENT_MATURES_ON,
    FORM,
    INDUCED_DAYS,
    LATEST,
    NO_FORM,
    NONE,
    NOTE,
    ON_DEMAND,
    OPENED_ON,
    PRODUCT,
    TOLD_FIRST,
    WEALTH,
)


@kernel
def hold_account(a: Arrays, slot: int, account_hash: int, product: int, day: int) -> int:
    """The row of a customer's account, made if there is none; the caller made sure that twice the block's rows are left."""
    row = _find_account(a, slot, account_hash)
    if row < 0:
        row = _add_account(a, slot)
        a.hashes[row] = account_hash
        open_account(a.accounts[row], product, day)
    return row


@kernel
def _find_account(a: Arrays, slot: int, account_hash: int) -> int:
    """The row of a customer's account; -1 if it is not known."""
    first = a.customers[slot, BLOCK]
    for row in range(first, first + a.customers[slot, ACCOUNTS]):
        if a.hashes[row] == account_hash:
            return int(row)
    return -1


@kernel
def _add_account(a: Arrays, slot: int) -> int:
    """The row of one account more, not filled."""
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
def of_assets(account: Ints) -> bool:
    """Whether what is booked on the account flows in or out of the customer's assets."""
    return bool(account[PRODUCT] == DEPOSIT or account[PRODUCT] == WEALTH)


@kernel
def was_seen(account: Ints, facts: Ints, as_of: int) -> bool:
    """Whether an account was booked on or before a day, or is known to have been opened then."""
    return bool(account[ACCOUNT_DAY] <= as_of or NONE < facts[OPENED_ON] <= as_of)


@kernel
def is_open(account: Ints, facts: Ints, as_of: int) -> bool:
    """Whether an account was seen on or before a day and is not closed as of it."""
    closed = facts[CLOSED_ON] != NONE and facts[CLOSED_ON] <= as_of
    return was_seen(account, facts, as_of) and not closed
