"""Marks: where the close of a day falls in a partition's log.

Close D falls before the first record whose Kafka timestamp is at or after end(D) + grace; at the log's end,
when the wall clock passes that moment. A mark in the journal always wins over both. A timestamp outside the calendar tells no
time: it neither opens a day nor closes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.calendar import US_PER_MS, BusinessCalendar, date_of
from streams.ports import Record

JUMP_MAX_DAYS: Final = 400
"""Days one record may move the clock when only the log drives it: more than a year is a wrong timestamp."""


class ClockJump(Exception):
    """A record's timestamp is so far ahead that following it would close more than a year of days."""


class Marks:
    """The rule that places marks, for one calendar, grace and clock."""

    def __init__(self, calendar: BusinessCalendar, grace_us: int, clock: str) -> None:
        self._calendar = calendar
        self._grace_us = grace_us
        self._by_wall = clock == "wall"

    def first_open_day(self, record: Record) -> int | None:
        """The day that the first record of a new partition opens: that of its timestamp; None if that tells no time."""
        us = record.timestamp * US_PER_MS
        return self._calendar.day_of(us) if self._calendar.reaches(us) else None

    def due_us(self, open_day: int) -> int:
        """The instant from which ``open_day`` closes."""
        return self._calendar.end_us(open_day) + self._grace_us

    def cut(self, open_day: int, records: Sequence[Record]) -> int:
        """How many of ``records`` come before the close of ``open_day``; all of them if none triggers it."""
        due_us = self.due_us(open_day)
        due_ms = -(-due_us // US_PER_MS)
        for index, record in enumerate(records):
            if record.timestamp >= due_ms and self._calendar.reaches(record.timestamp * US_PER_MS):
                self._check_jump(open_day, record)
                return index
        return len(records)

    def due_by_wall(self, open_day: int, now_us: int) -> bool:
        """Whether the wall clock closes ``open_day`` at the log's end."""
        return self._by_wall and now_us >= self.due_us(open_day)

    def _check_jump(self, open_day: int, record: Record) -> None:
        days = self._calendar.day_of(record.timestamp * US_PER_MS) - open_day
        if not self._by_wall and days > JUMP_MAX_DAYS:
            msg = (
                f"record at offset {record.offset} is stamped {days} days after the open day "
                f"{date_of(open_day)}; with TIERLINE_CLOCK=log a record may move the clock by at most "
                f"{JUMP_MAX_DAYS} days: correct the producer's timestamps, or run with TIERLINE_CLOCK=wall"
            )
            raise ClockJump(msg)
