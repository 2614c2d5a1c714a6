"""A batch of transactions as it comes in: what is new in it, what is set aside, and what its sources sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from streams.calendar import FIRST_DATE, LAST_DATE, BusinessCalendar
from streams.columns import Events
from streams.counts import Counts
from streams.decode import decode, reject_future
from streams.metrics import Metrics
from streams.outputs import TRANSACTIONS, DeadLetter, dead_letter
from streams.ports import Record
from streams.seen import Seen
from streams.tally import Tally


class Batch(NamedTuple):
    """Events that are readable, possible and new; dead letters of the others, with their offsets; counts by source."""

    events: Events
    letters: list[tuple[int, DeadLetter]]
    tally: Tally


class Intake:
    """The intake of one partition."""

    def __init__(
        self, partition: int, calendar: BusinessCalendar, base_currency: str, metrics: Metrics, counts: Counts
    ) -> None:
        self._partition = partition
        self._calendar = calendar
        self._base_currency = base_currency
        self._metrics = metrics
        self._counts = counts

    def undated(self, records: Sequence[Record]) -> tuple[list[tuple[int, DeadLetter]], Tally]:
        """Set aside records that come before a day is open, and whose timestamps cannot open one."""
        tally = Tally(records, TRANSACTIONS)
        tally.add("rejected", [record.offset for record in records])
        return [(record.offset, self._undated(record)) for record in records], tally

    def _undated(self, record: Record) -> DeadLetter:
        reason = (
            f"timestamp is {record.timestamp} ms (expected a business day from {FIRST_DATE} to {LAST_DATE}, "
            "since no day is open yet)"
        )
        return dead_letter(record, TRANSACTIONS, self._partition, "decode", "timestamp", reason)

    def read(self, records: Sequence[Record], open_day: int, first_day: int, seen: Seen) -> Batch:
        """Take in records while ``open_day`` is open; bookings of days before ``first_day`` are late."""
        tally = Tally(records, TRANSACTIONS)
        events, unreadable = decode(records, self._calendar, self._base_currency)
        events, future = reject_future(events, open_day)
        rejects = (*unreadable, *future)
        at = {record.offset: record for record in records} if rejects else {}
        letters = [
            (bad.offset, dead_letter(at[bad.offset], TRANSACTIONS, self._partition, "decode", bad.code, bad.reason))
            for bad in rejects
        ]
        tally.add("rejected", [bad.offset for bad in rejects])
        fresh = seen.fresh(events.dedup)
        if fresh is not None:
            self._counts.add(self._metrics.duplicates, len(events) - len(fresh))
            tally.add("duplicates", np.delete(events.offsets, fresh))
            events = events.take(fresh)
        tally.examine(events, first_day)
        return Batch(events, letters, tally)
