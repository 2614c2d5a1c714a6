"""Readable transactions of a batch, column by column, in log order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.transactions import KINDS

NONE: Final = -1
"""Code of an optional field (``counterparty``, ``form``) that the record does not carry."""

LONG_AGO_DAYS: Final = 28
"""Days before the open one from which on an opening tells of long ago: those between the first day of a month and of the next
are no fewer, so that each month's average before a snapshot does, and a snapshot of the last weeks does not."""

OPENING: Final = KINDS.index("opening")
"""Code of the kind that tells a balance and moves no money."""


@dataclass(slots=True)
class Events:
    """``n`` transactions. Instants are microseconds since the Unix epoch, days are day numbers, money is in minor
    units of the base currency; ``streams.rows.UNKNOWN`` where a record does not tell.

    ``timestamps`` are the records' Kafka timestamps in milliseconds. ``account_hash`` and ``dedup`` are XXH3-64 of
    ``account_id`` and of ``account_id NUL transaction_id``. ``measured`` is false for a booking in another currency
    without ``amount_base``: its ``amount`` is 0 and it stays out of the measures. ``told`` is the balance that stood
    after the booking.
    ``product``, ``kind``, ``initiator``, ``channel``, ``counterparty`` and ``form`` index the tuples of
    ``schemas.transactions`` (``NONE`` if absent). ``reverses_day`` is the business day of the booking that this one takes
    back. ``foreign`` is true in another currency than the bank's; ``variable_cost`` is 0 where not told. ``currencies`` are
    ISO 4217 codes; ``categories`` are what purchases are for, None where not told.
    """

    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    customers: list[str]
    accounts: list[str]
    transactions: list[str]
    account_hash: NDArray[np.uint64]
    dedup: NDArray[np.uint64]
    booked_us: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.int64]
    measured: NDArray[np.bool_]
    told: NDArray[np.int64]
    product: NDArray[np.int8]
    kind: NDArray[np.int8]
    initiator: NDArray[np.int8]
    channel: NDArray[np.int8]
    counterparty: NDArray[np.int8]
    reverses_day: NDArray[np.int64]
    form: NDArray[np.int8]
    foreign: NDArray[np.bool_]
    matures_on: NDArray[np.int64]
    variable_cost: NDArray[np.int64]
    currencies: list[str]
    categories: list[str | None]

    def __len__(self) -> int:
        return len(self.customers)

    def long_ago(self, open_day: int) -> NDArray[np.bool_]:
        """Which events are openings of a day long before the open one: history, at which nobody is looked at."""
        found: NDArray[np.bool_] = (self.kind == OPENING) & (self.day <= open_day - LONG_AGO_DAYS)
        return found

    def take(self, indices: NDArray[np.int64] | Sequence[int]) -> Events:
        """The events at ``indices``, in that order."""
        order = np.asarray(indices, np.int64)
        picks: list[int] = order.tolist()
        return self._map(lambda column: [column[i] for i in picks], lambda column: column[order])

    def slice(self, start: int, end: int) -> Events:
        """Events ``start`` to ``end`` (not included); arrays are views."""
        part = slice(start, end)
        return self._map(lambda column: column[part], lambda column: column[part])

    def _map(self, of_list: Any, of_array: Any) -> Events:
        columns = (getattr(self, field.name) for field in fields(self))
        return Events(*(of_list(column) if isinstance(column, list) else of_array(column) for column in columns))

    @classmethod
    def concat(cls, parts: Sequence[Events]) -> Events:
        """The events of all parts, one after the other; ``parts`` must not be empty."""
        if len(parts) == 1:
            return parts[0]
        joined: list[Any] = []
        for field in fields(cls):
            columns = [getattr(part, field.name) for part in parts]
            if isinstance(columns[0], list):
                joined.append([item for column in columns for item in column])
            else:
                joined.append(np.concatenate(columns))
        return cls(*joined)
