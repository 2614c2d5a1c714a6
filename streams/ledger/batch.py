"""A batch as the kernels see it: the columns that fold reads, and the looks that it writes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.columns import Events
from streams.ledger.arrays import Ints


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
