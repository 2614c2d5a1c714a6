"""Accounts as bytes: their number, then of each its hash, bits of what it has, and that."""

from __future__ import annotations

from typing import Final

from streams.ledger.accounts import on_demand, open_account
from streams.ledger.arrays import Arrays, Ints, take_block
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNT_FACTS,
    ACCOUNTS,
    ANCHOR,
    BALANCE,
    BLOCK,
    BLOCK_SIZE,
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
    DEMAND_OPENING,
    EVENT_DAY,
    EVENT_MATURES_ON,
    FOREIGN,
    FORM,
    INDUCED_DAYS,
    LATEST,
    NONE,
    OPENING,
    OPENINGS,
    PRODUCT,
)
from streams.ledger.newest_days import pack_days, unpack_days
from streams.ledger.old_layout import unpack_old_account
from streams.ledger.packed_balances import pack_balance, unpack_balance
from streams.ledger.varint import Bytes, get, get_raw, put, put_raw

# Bits of an account's first number, above the product.
_PRODUCT_BITS: Final = 7
_TOLD: Final = 8
_FORM_SHIFT: Final = 4  # two bits: 0 for none, else the place in FORMS + 1
_INDUCED_APART: Final = 64
_IS_FOREIGN: Final = 128
_HAS_DELTA: Final = 256
_HAS_CARD: Final = 512
_HAS_MATURITY: Final = 1024

_ACCOUNT_BYTES: Final = 14
"""Bytes of the smallest account: an announced number of accounts that cannot fit is a broken record."""


@kernel
def rows_of(size: int) -> int:
    """Account rows that a record of ``size`` bytes may need, at most."""
    return 2 * (size // _ACCOUNT_BYTES) + 1


@kernel
def pack_accounts(a: Arrays, slot: int, buffer: Bytes, at: int) -> int:
    """Write a customer's accounts at ``at``; where the next number goes."""
    first, count = a.customers[slot, BLOCK], a.customers[slot, ACCOUNTS]
    at = put(buffer, at, count)
    for row in range(first, first + count):
        at = put_raw(buffer, at, a.hashes[row])
        at = _pack_account(a.accounts[row], a.customers[slot, EVENT_DAY], buffer, at)
    return at


@kernel
def unpack_accounts(a: Arrays, slot: int, old: int, buffer: Bytes, at: int, end: int) -> int:
    """Read a customer's accounts, of layout 1 if ``old``; where the next number is."""
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
def _pack_account(account: Ints, event_day: int, buffer: Bytes, at: int) -> int:
    """An account; its newest days as differences from the event day, other instants from its newest."""
    told = account[ANCHOR] != NONE
    head = account[PRODUCT] | (account[FORM] + 1) << _FORM_SHIFT | (_TOLD if told else 0)
    head |= _IS_FOREIGN if account[FOREIGN] != 0 else 0
    head |= _INDUCED_APART if _induced_apart(account) else 0
    head |= _HAS_DELTA if account[DELTA_DAY] != NONE else 0
    head |= _HAS_CARD if account[CARD_DAY] != NONE else 0
    head |= _HAS_MATURITY if account[EVENT_MATURES_ON] != NONE else 0
    at = put(buffer, at, head)
    at = put(buffer, at, account[ACCOUNT_DAY])
    at = put(buffer, at, account[BALANCE])
    at = put(buffer, at, account[LATEST])
    at = pack_days(account, CUSTOMER_DAYS, event_day, buffer, at)
    if head & _INDUCED_APART:
        at = pack_days(account, INDUCED_DAYS, event_day, buffer, at)
    if head & _HAS_DELTA:
        at = put(buffer, at, event_day - account[DELTA_DAY])
        at = put(buffer, at, account[DELTAS])
        at = put(buffer, at, account[DELTAS + 1])
    if head & _HAS_CARD:
        at = _pack_card(account, event_day, buffer, at)
    if head & _HAS_MATURITY:
        at = put(buffer, at, account[EVENT_MATURES_ON])
    return pack_balance(account, told, buffer, at)


@kernel
def _unpack_account(account: Ints, event_day: int, buffer: Bytes, at: int, end: int) -> int:
    head, at = get(buffer, at, end)
    day, at = get(buffer, at, end)
    if head < 0 or head & _PRODUCT_BITS > CLASSES:
        return int(end + 1)
    open_account(account, head & _PRODUCT_BITS, day)
    account[FORM] = (head >> _FORM_SHIFT & 3) - 1
    account[FOREIGN] = head & _IS_FOREIGN != 0
    account[BALANCE], at = get(buffer, at, end)
    account[LATEST], at = get(buffer, at, end)
    at = unpack_days(account, CUSTOMER_DAYS, event_day, buffer, at, end)
    if head & _INDUCED_APART:
        at = unpack_days(account, INDUCED_DAYS, event_day, buffer, at, end)
    else:
        for index in range(DAYS_KEPT):
            account[INDUCED_DAYS + index] = account[CUSTOMER_DAYS + index]
    if head & _HAS_DELTA:
        ago, at = get(buffer, at, end)
        account[DELTA_DAY] = event_day - ago
        account[DELTAS], at = get(buffer, at, end)
        account[DELTAS + 1], at = get(buffer, at, end)
    if head & _HAS_CARD:
        at = _unpack_card(account, event_day, buffer, at, end)
    if head & _HAS_MATURITY:
        account[EVENT_MATURES_ON], at = get(buffer, at, end)
    return unpack_balance(account, head & _TOLD != 0, buffer, at, end)


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
