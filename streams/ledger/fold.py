"""Fold: a batch's events, in log order, into the customers' numbers; a look at the customer after each."""

from __future__ import annotations

from typing import Final

from schemas.limits import CLASS_BALANCE_MAX
from streams.ledger.accounts import hold_account, on_demand
from streams.ledger.activity import note_activity
from streams.ledger.arrays import ROWS_TAKEN, Arrays, Ints, chunks_left
from streams.ledger.balances import note_delta, post
from streams.ledger.batch import Columns, Looks
from streams.ledger.compiled import kernel
from streams.ledger.flows import note_flows
from streams.ledger.knots import add_balance, insert, newest_day, prune, row_of
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNTS,
    ANCHOR,
    BALANCE,
    BLOCK_SIZE,
    CARD_SPEND,
    CLASSES,
    COUNT_ANCHORED,
    COUNT_CONFLICTS,
    COUNT_GAPS,
    COUNT_UNANCHORED,
    COUNT_UNMEASURED,
    DEMAND_OPENING,
    EARLIEST,
    EVENT_DAY,
    EVENT_MATURES_ON,
    FEES,
    FIRST_DAY,
    FOREIGN,
    FORM,
    INFLOW,
    KIND_OPENING,
    KNOTS,
    KNOWN,
    LATEST,
    NONE,
    OPENING,
    OPENINGS,
    OUTFLOW,
    PRODUCT,
    SUMS,
    TURNOVER_MAX,
    VARIABLE_COST,
)
from streams.ledger.listing import Listing, list_accounts
from streams.ledger.measures import evaluate
from streams.ledger.program import Asked

DONE: Final = 0
ROOM: Final = 1  # the arrays must grow before the event can be folded; nothing of it has been
CAPACITY: Final = 2  # the event took a figure beyond its limit
_ROOM_CHUNKS: Final = 2
"""An event makes at most 3 knots, which begin one chunk; two to be safe."""


@kernel
def fold_from(
    a: Arrays,
    e: Columns,
    start: int,
    open_day: int,
    months: Ints,
    ask: Asked,
    starts: Ints,
    first_start: int,
    looks: Looks,
    listing: Listing,
    counts: Ints,
) -> tuple[int, int]:
    """Fold events from ``start`` on: ``(DONE, n)``, or why it stopped and at which event.

    ``starts[d]`` is the first day of each window that ends on day ``first_start + d``.
    """
    for i in range(start, len(e.slots)):
        slot = e.slots[i]
        if not _has_room(a, slot) or not _has_list_room(a, slot, ask, listing):
            return ROOM, i
        as_of = _see(a, slot, e.day[i], open_day)
        if a.customers[slot, KNOWN] == 0:
            a.customers[slot, KNOWN] = 1
            looks.new_customers[looks.news[0]] = i
            looks.news[0] += 1
        gaps = counts[COUNT_GAPS]
        if not e.measured[i]:
            counts[COUNT_UNMEASURED] += 1
        elif not _measure(a, e, i, slot, open_day, months, looks, counts):
            return CAPACITY, i
        if counts[COUNT_GAPS] > gaps:
            looks.gaps[looks.news[2]] = i
            looks.news[2] += 1
        looks.as_of[i] = as_of
        evaluate(a, slot, as_of, ask, starts[as_of - first_start], looks.values, i)
        if len(ask.account_steps) > 0:
            list_accounts(a, slot, as_of, ask, months, listing, i)
    return DONE, len(e.slots)


@kernel
def _has_room(a: Arrays, slot: int) -> bool:
    size = a.customers[slot, BLOCK_SIZE]
    if a.customers[slot, ACCOUNTS] == size and a.pool[ROWS_TAKEN] + max(1, 2 * size) > len(a.hashes):
        return False
    return chunks_left(a) >= _ROOM_CHUNKS


@kernel
def _has_list_room(a: Arrays, slot: int, ask: Asked, listing: Listing) -> bool:
    """Whether the customer's accounts and one more can be listed."""
    if len(ask.account_steps) == 0:
        return True
    return bool(listing.filled[0] + a.customers[slot, ACCOUNTS] < len(listing.owners))


@kernel
def _see(a: Arrays, slot: int, day: int, open_day: int) -> int:
    """The day as of which an event is evaluated: its own, the open one or the latest before, whichever is last."""
    as_of = max(day, open_day, a.customers[slot, EVENT_DAY])
    a.customers[slot, EVENT_DAY] = as_of
    if a.customers[slot, FIRST_DAY] == NONE:
        a.customers[slot, FIRST_DAY] = as_of
    return int(as_of)


@kernel
def _measure(a: Arrays, e: Columns, i: int, slot: int, open_day: int, months: Ints, looks: Looks, counts: Ints) -> bool:
    """Take an event into the customer's numbers; False if one of them went beyond its limit."""
    day, opening = e.day[i], e.kind[i] == KIND_OPENING
    seen = max(day, open_day) if opening else day  # a bank watches from when it tells, not from what it tells of
    if a.customers[slot, EARLIEST] == NONE or seen < a.customers[slot, EARLIEST]:
        a.customers[slot, EARLIEST] = seen
    accounts = looks.news[1]
    row = _account_row(a, e, i, slot, seen, looks)
    is_new = looks.news[1] > accounts
    account = a.accounts[row]
    _tell_account(account, e, i, seen, counts)
    # An opening too: what it prunes is seen from its day, so the record must tell that day when it is read again.
    at = insert(a, slot, day, months)
    if not opening:
        note_activity(a, e, i, slot, at, account, counts)
        note_flows(a, e, i, slot, at, account, months)
    return _book(a, e, i, slot, account, is_new, months, counts)


@kernel
def _account_row(a: Arrays, e: Columns, i: int, slot: int, seen: int, looks: Looks) -> int:
    """The row of the event's account, made and reported if it is a new one."""
    known = a.customers[slot, ACCOUNTS]
    row = hold_account(a, slot, e.account_hash[i], e.product[i], seen)
    if a.customers[slot, ACCOUNTS] > known:
        looks.new_accounts[looks.news[1]] = i
        looks.news[1] += 1
    return row


@kernel
def _tell_account(account: Ints, e: Columns, i: int, seen: int, counts: Ints) -> None:
    """Take over what the event says of its account besides money; the first one says what it is."""
    account[ACCOUNT_DAY] = min(account[ACCOUNT_DAY], seen)
    if account[PRODUCT] != e.product[i]:
        counts[COUNT_CONFLICTS] += 1
    if account[LATEST] == NONE:
        account[FORM] = e.form[i]
        account[FOREIGN] = e.foreign[i]
    if e.matures_on[i] != NONE:
        account[EVENT_MATURES_ON] = e.matures_on[i]


@kernel
def _book(a: Arrays, e: Columns, i: int, slot: int, account: Ints, is_new: int, months: Ints, counts: Ints) -> bool:
    """Book the event on its account and in the balances of its class; False if a figure went beyond its limit."""
    day, untold = e.day[i], account[ANCHOR] == NONE
    delta, shift, other_day, other = post(
        account, e.booked_us[i], day, e.amount[i], e.told[i], e.kind[i], e.long_ago[i], counts
    )
    if untold and account[ANCHOR] == NONE:
        counts[COUNT_UNANCHORED] += is_new
    elif untold and not is_new:
        counts[COUNT_ANCHORED] += 1
    note_delta(account, day, delta)
    note_delta(account, other_day, other)
    series = account[PRODUCT]
    past = False
    if series < CLASSES:
        demand = on_demand(account)
        a.customers[slot, OPENINGS + series] += shift
        a.customers[slot, DEMAND_OPENING] += shift * demand
        past = shift != 0 or other != 0
        past |= _change(a, slot, day, series, delta, demand, months)
        _change(a, slot, other_day, series, other, demand, months)
    if past:
        prune(a, slot, newest_day(a, slot, day), months)  # what is looked at must not depend on when it was last done
    return _within_limits(a, slot, account, 0 if past else a.customers[slot, KNOTS] - 1)


@kernel
def _change(a: Arrays, slot: int, day: int, series: int, amount: int, demand: int, months: Ints) -> bool:
    """Add to the balance of a class from a day on; whether older days than the newest changed."""
    if amount == 0:
        return False
    at = insert(a, slot, day, months)
    add_balance(a, slot, at, series, amount, demand)
    return bool(at + 1 < a.customers[slot, KNOTS])


@kernel
def _within_limits(a: Arrays, slot: int, account: Ints, first: int) -> bool:
    """Whether every figure that the event changed still fits, balances of the class from knot ``first`` on."""
    if abs(account[BALANCE]) > CLASS_BALANCE_MAX or abs(account[OPENING]) > CLASS_BALANCE_MAX:
        return False
    count = a.customers[slot, KNOTS]
    if count > 0:
        newest = row_of(a, slot, count - 1)
        for flow in (INFLOW, OUTFLOW, CARD_SPEND, FEES, VARIABLE_COST):
            if abs(a.knots[newest, flow]) > TURNOVER_MAX:
                return False
    series = account[PRODUCT]
    if series >= CLASSES:
        return True
    opening = a.customers[slot, OPENINGS + series]
    for index in range(max(first, 0), count):
        if abs(opening + a.knots[row_of(a, slot, index), SUMS + series]) > CLASS_BALANCE_MAX:
            return False
    return bool(abs(opening) <= CLASS_BALANCE_MAX)
