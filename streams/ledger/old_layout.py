"""Layout 1: other columns of knots, fewer of accounts. What it does not tell begins with the first event after."""

from __future__ import annotations

from typing import Final

from streams.ledger.accounts import open_account
from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    AREAS,
    BALANCE,
    BIT_CUSTOMER,
    BITS_KINDS,
    CLASSES,
    CUSTOMER_DAYS,
    INDUCED_DAYS,
    KINDS_MASK,
    LATEST,
)
from streams.ledger.packed_balances import unpack_balance
from streams.ledger.varint import Bytes, get

# Where layout 1 had what ``layout`` has elsewhere.
_AREAS: Final = 13
_BIT_CUSTOMER: Final = 2
_BITS_KINDS: Final = 2


@kernel
def old_column(place: int) -> int:
    """The column of a knot that stood in column ``place`` of layout 1."""
    return place if place < _AREAS else place - _AREAS + AREAS


@kernel
def old_activity(bits: int) -> int:
    """A day's activity as layout 1 put it; it did not say whose each kind was, so on the customer's days all count."""
    if bits & _BIT_CUSTOMER == 0:
        return 0
    return int(BIT_CUSTOMER | (bits >> _BITS_KINDS << BITS_KINDS & KINDS_MASK))


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
