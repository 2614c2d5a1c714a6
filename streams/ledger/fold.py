"""Fold: a batch's events, in log order, into the customers' numbers; a look at the customer after each."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.limits import CLASS_BALANCE_MAX
from streams.columns import Events
from streams.ledger.accounts import add_account, find_account, on_demand, open_account
from streams.ledger.arrays import ROWS_TAKEN, Arrays, Ints, chunks_left
from streams.ledger.balances import note_delta, post
from streams.ledger.cards import note_card
from streams.ledger.compiled import kernel
from streams.ledger.knots import add_balance, insert, newest_day, prune, row_of
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ACCOUNTS,
    ACTIVE_DAYS,
    ACTIVITY,
    ACTIVITY_DAYS,
    ANCHOR,
    BALANCE,
    BIT_CUSTOMER,
    BITS_KINDS,
    BLOCK_SIZE,
    BY_BANK,
    BY_CUSTOMER,
    CARD,
    CARD_SPEND,
    CARD_USES,
    CLASSES,
    COUNT_ANCHORED,
    COUNT_APPROXIMATE,
    COUNT_CONFLICTS,
    COUNT_GAPS,
    COUNT_UNANCHORED,
    COUNT_UNMEASURED,
    CUSTOMER_DAYS,
    DAYS_KEPT,
    DEMAND_OPENING,
    DEPOSIT,
    EARLIEST,
    EVENT_DAY,
    EVENT_MATURES_ON,
    FEES,
    FIRST_DAY,
    FOREIGN,
    FORM,
    INDUCED_DAYS,
    INFLOW,
    KIND_FEE,
    KIND_OPENING,
    KIND_PURCHASE,
    KIND_SALARY,
    KNOTS,
    KNOWN,
    LATEST,
    NONE,
    OPENING,
    OPENINGS,
    OTHER_BANK,
    OTHER_BANK_INFLOW,
    OTHER_BANK_OUTFLOW,
    OUTFLOW,
    PRODUCT,
    RING,
    SALARY_DAYS,
    SALARY_INFLOW,
    SUMS,
    TURNOVER_MAX,
    TXN_COUNT,
    TXN_DAYS,
    VARIABLE_COST,
    WEALTH,
)
from streams.ledger.listing import Listing, list_accounts
from streams.ledger.measures import evaluate
from streams.ledger.program import Asked

DONE: Final = 0
ROOM: Final = 1  # the arrays must grow before the event can be folded; nothing of it has been
CAPACITY: Final = 2  # the event took a figure beyond its limit
_ROOM_CHUNKS: Final = 2
"""An event makes at most 3 knots, which begin one chunk; two to be safe."""


class Columns(NamedTuple):
    """The columns of ``Events`` that fold reads, and the slot of each event's customer."""

    slots: Ints
    account_hash: Ints
    booked_us: Ints
    day: Ints
    amount: Ints
    measured: NDArray[np.bool_]
    told: Ints
    product: NDArray[np.int8]
    kind: NDArray[np.int8]
    initiator: NDArray[np.int8]
    channel: NDArray[np.int8]
    counterparty: NDArray[np.int8]
    reverses_day: Ints
    form: NDArray[np.int8]
    foreign: NDArray[np.bool_]
    matures_on: Ints
    variable_cost: Ints
    long_ago: NDArray[np.bool_]


class Looks(NamedTuple):
    """What fold writes, an entry an event: the look's day and measures, customers and accounts first told of, gaps."""

    as_of: Ints
    values: Ints  # (columns, events)
    new_customers: Ints  # index of the event that first told of a customer
    new_accounts: Ints
    gaps: Ints  # index of the event whose told balance does not add up
    news: Ints  # how many of each


def columns_of(events: Events, slots: Ints, open_day: int) -> Columns:
    """The columns of ``events``, which arrived on ``open_day``, as the kernel takes them."""
    return Columns(
        slots=slots,
        account_hash=_column(events.account_hash).view(np.int64),
        booked_us=_column(events.booked_us),
        day=_column(events.day),
        amount=_column(events.amount),
        measured=_column(events.measured),
        told=_column(events.told),
        product=_column(events.product),
        kind=_column(events.kind),
        initiator=_column(events.initiator),
        channel=_column(events.channel),
        counterparty=_column(events.counterparty),
        reverses_day=_column(events.reverses_day),
        form=_column(events.form),
        foreign=_column(events.foreign),
        matures_on=_column(events.matures_on),
        variable_cost=_column(events.variable_cost),
        long_ago=_column(events.long_ago(open_day)),
    )


def _column(column: NDArray[Any]) -> NDArray[Any]:
    """A kernel is compiled for writable arrays without steps: others are copied."""
    return np.require(column, requirements=("C", "W"))


def make_looks(columns: int, events: int) -> Looks:
    """Room for the looks of a batch."""
    return Looks(
        as_of=np.empty(events, np.int64),
        values=np.empty((columns, events), np.int64),
        new_customers=np.empty(events, np.int64),
        new_accounts=np.empty(events, np.int64),
        gaps=np.empty(events, np.int64),
        news=np.zeros(3, np.int64),
    )


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
    account[ACCOUNT_DAY] = min(account[ACCOUNT_DAY], seen)
    if account[PRODUCT] != e.product[i]:
        counts[COUNT_CONFLICTS] += 1
    if account[LATEST] == NONE:
        account[FORM] = e.form[i]
        account[FOREIGN] = e.foreign[i]
    if e.matures_on[i] != NONE:
        account[EVENT_MATURES_ON] = e.matures_on[i]
    # An opening too: what it prunes is seen from its day, so the record must tell that day when it is read again.
    at = insert(a, slot, day, months)
    if not opening:
        _note_activity(a, e, i, slot, at, account, counts)
        _note_flows(a, e, i, slot, at, account, months)
    untold = account[ANCHOR] == NONE
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
def _account_row(a: Arrays, e: Columns, i: int, slot: int, seen: int, looks: Looks) -> int:
    """The row of the event's account, made and reported if it is a new one."""
    row = find_account(a, slot, e.account_hash[i])
    if row < 0:
        row = add_account(a, slot)
        a.hashes[row] = e.account_hash[i]
        open_account(a.accounts[row], e.product[i], seen)
        looks.new_accounts[looks.news[1]] = i
        looks.news[1] += 1
    return row


@kernel
def _change(a: Arrays, slot: int, day: int, series: int, amount: int, demand: int, months: Ints) -> bool:
    """Add to the balance of a class from a day on; whether older days than the newest changed."""
    if amount == 0:
        return False
    at = insert(a, slot, day, months)
    add_balance(a, slot, at, series, amount, demand)
    return bool(at + 1 < a.customers[slot, KNOTS])


@kernel
def _note_activity(a: Arrays, e: Columns, i: int, slot: int, at: int, account: Ints, counts: Ints) -> None:
    """Mark the event's day, knot ``at``. Before the ring a day cannot be told from its month: active days stay."""
    day, kind, initiator = e.day[i], e.kind[i], e.initiator[i]
    in_ring = day > newest_day(a, slot, day) - RING
    customer = a.customers[slot]
    _note_day(customer, TXN_DAYS, day)
    if kind == KIND_SALARY and e.reverses_day[i] == NONE and e.amount[i] > 0 and _own(account):
        _note_day(customer, SALARY_DAYS, day)
    if initiator != BY_BANK:
        _note_day(account, INDUCED_DAYS, day)
    if initiator == BY_CUSTOMER:
        _note_day(customer, ACTIVITY_DAYS, day)
        _note_day(account, CUSTOMER_DAYS, day)
        row = row_of(a, slot, at)
        if in_ring and a.knots[row, ACTIVITY] & BIT_CUSTOMER == 0:
            for index in range(at, customer[KNOTS]):
                a.knots[row_of(a, slot, index), ACTIVE_DAYS] += 1
        a.knots[row, ACTIVITY] |= BIT_CUSTOMER | 1 << (BITS_KINDS + kind)
    if not in_ring:
        counts[COUNT_APPROXIMATE] += 1


@kernel
def _own(account: Ints) -> bool:
    """Whether what is booked on the account flows in or out of the customer's assets."""
    return bool(account[PRODUCT] == DEPOSIT or account[PRODUCT] == WEALTH)


@kernel
def _note_day(row: Ints, days: int, day: int) -> None:
    """Keep ``day`` among the newest distinct days of a customer or an account, columns ``days`` on."""
    at = 0
    while at < DAYS_KEPT and row[days + at] > day:
        at += 1
    if at == DAYS_KEPT or row[days + at] == day:
        return
    for index in range(DAYS_KEPT - 1, at, -1):
        row[days + index] = row[days + index - 1]
    row[days + at] = day


@kernel
def _note_flows(a: Arrays, e: Columns, i: int, slot: int, at: int, account: Ints, months: Ints) -> None:
    """Count a booking in the flows from knot ``at`` on; a reversal takes one out of the flows of the day it names."""
    amount, day, sign = e.amount[i], e.day[i], 1
    if e.variable_cost[i] != 0:
        _add(a, slot, at, VARIABLE_COST, e.variable_cost[i])
    if e.reverses_day[i] != NONE:  # a day named that lies after the event's own is taken as its own: it must not
        amount, day, sign = -amount, min(day, e.reverses_day[i]), -1  # move the ring
        at = insert(a, slot, day, months)
    size, kind = abs(amount) * sign, e.kind[i]
    if _own(account):
        _add(a, slot, at, TXN_COUNT, sign)
        _add(a, slot, at, INFLOW if amount > 0 else OUTFLOW, size)
        if e.counterparty[i] == OTHER_BANK:
            _add(a, slot, at, OTHER_BANK_INFLOW if amount > 0 else OTHER_BANK_OUTFLOW, size)
        if kind == KIND_SALARY and amount > 0:
            _add(a, slot, at, SALARY_INFLOW, size)
    elif account[PRODUCT] == CARD and kind == KIND_PURCHASE and amount < 0:
        _add(a, slot, at, CARD_SPEND, size)
        _add(a, slot, at, CARD_USES, sign)
        note_card(account, day, sign, size, months)
    if kind == KIND_FEE and amount < 0:
        _add(a, slot, at, FEES, size)


@kernel
def _add(a: Arrays, slot: int, at: int, flow: int, amount: int) -> None:
    """Add to a flow from knot ``at`` on."""
    for index in range(at, a.customers[slot, KNOTS]):
        a.knots[row_of(a, slot, index), flow] += amount


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
