"""Newest days: of what a customer or an account did, the last few distinct days, newest first.

They are ``DAYS_KEPT`` columns of a row of ``customers`` or ``accounts``; ``days`` is the first of them.
"""

from __future__ import annotations

from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import DAYS_KEPT, NONE
from streams.ledger.varint import Bytes, get, put


@kernel
def note_day(row: Ints, days: int, day: int) -> None:
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
def newest(row: Ints, days: int, as_of: int) -> int:
    """The newest of a customer's or an account's days on or before ``as_of``; ``NONE``, which is before every day, if none."""
    for index in range(DAYS_KEPT):
        if row[days + index] <= as_of:
            return int(row[days + index])
    return NONE


@kernel
def pack_days(row: Ints, days: int, event_day: int, buffer: Bytes, at: int) -> int:
    """Write them as differences from the event day, -1 where there are no more; where the next number goes."""
    for index in range(DAYS_KEPT):
        if row[days + index] == NONE:
            return put(buffer, at, -1)
        at = put(buffer, at, event_day - row[days + index])
    return at


@kernel
def unpack_days(row: Ints, days: int, event_day: int, buffer: Bytes, at: int, end: int) -> int:
    """Read what ``pack_days`` wrote; where the next number is."""
    for index in range(DAYS_KEPT):
        ago, at = get(buffer, at, end)
        if ago < 0:
            return int(at)
        row[days + index] = event_day - ago
    return int(at)
