"""Knots: days with their cumulated series. Finding, inserting, dropping what no window asks for, adding to a suffix."""

from __future__ import annotations

from streams.ledger.arrays import Arrays, Ints, give_chunk, take_chunk
from streams.ledger.compiled import kernel
from streams.ledger.layout import ACTIVITY, AREAS, CHUNK, CLASSES, DEMAND, KNOT_COLUMNS, KNOTS, MONTHS, RING, SUMS


@kernel
def row_of(a: Arrays, slot: int, index: int) -> int:
    """The row of a customer's knot ``index``, counted from the oldest."""
    return int(a.chunks[slot, index // CHUNK] * CHUNK + index % CHUNK)


@kernel
def find(a: Arrays, slot: int, day: int) -> int:
    """The newest knot on or before ``day``; -1 if there is none."""
    index = a.customers[slot, KNOTS] - 1
    while index >= 0:
        first = index // CHUNK * CHUNK
        row = a.chunks[slot, index // CHUNK] * CHUNK
        if a.days[row] <= day:
            while a.days[row + index - first] > day:
                index -= 1
            return int(index)
        index = first - 1
    return -1


@kernel
def row_at(a: Arrays, slot: int, day: int) -> int:
    """The row of the newest knot on or before ``day``; -1 if there is none."""
    at = find(a, slot, day)
    return row_of(a, slot, at) if at >= 0 else -1


@kernel
def newest_day(a: Arrays, slot: int, day: int) -> int:
    """The day of the newest knot, or ``day`` if that is newer: the head of the ring once ``day`` is in it."""
    count = a.customers[slot, KNOTS]
    return max(day, a.days[row_of(a, slot, count - 1)]) if count > 0 else day


@kernel
def month_of(months: Ints, day: int) -> int:
    """The calendar month of a day; ``months`` is the calendar's table with its first day in front."""
    return int(months[min(max(day - months[0], 0) + 1, len(months) - 1)])


@kernel
def contained(months: Ints, newest: int, day: int, after: int) -> bool:
    """Whether the knot of ``day`` is contained in the next one, ``after``: no window tells them apart any more."""
    if after > newest - RING:
        return False
    oldest = month_of(months, newest) - MONTHS - 1
    return max(month_of(months, day), oldest) == max(month_of(months, after), oldest)


@kernel
def prune(a: Arrays, slot: int, newest: int, months: Ints) -> None:
    """Drop the knots that are contained in others, with ``newest`` as the head of the ring."""
    count = a.customers[slot, KNOTS]
    kept = 0
    for index in range(count):
        row = row_of(a, slot, index)
        if index + 1 < count:
            following = row_of(a, slot, index + 1)
            if contained(months, newest, a.days[row], a.days[following]):
                a.knots[following, ACTIVITY] |= a.knots[row, ACTIVITY]
                continue
        if kept < index:
            _copy(a, row, row_of(a, slot, kept))
        kept += 1
    for chunk in range((kept + CHUNK - 1) // CHUNK, (count + CHUNK - 1) // CHUNK):
        give_chunk(a, a.chunks[slot, chunk])
    a.customers[slot, KNOTS] = kept


@kernel
def append(a: Arrays, slot: int) -> int:
    """The row of one knot more at the end, not filled; the caller made sure that a chunk is left."""
    count = a.customers[slot, KNOTS]
    if count % CHUNK == 0:
        a.chunks[slot, count // CHUNK] = take_chunk(a)
    a.customers[slot, KNOTS] = count + 1
    return row_of(a, slot, count)


@kernel
def insert(a: Arrays, slot: int, day: int, months: Ints) -> int:
    """The knot of ``day``, made from the one before it if there was none. Earlier indices are void afterwards."""
    at = find(a, slot, day)
    if at >= 0 and a.days[row_of(a, slot, at)] == day:
        return at
    count = a.customers[slot, KNOTS]
    if count > 0 and count % CHUNK == 0:
        prune(a, slot, newest_day(a, slot, day), months)
        at = find(a, slot, day)
    append(a, slot)
    for index in range(a.customers[slot, KNOTS] - 1, at + 1, -1):
        _copy(a, row_of(a, slot, index - 1), row_of(a, slot, index))
    row = row_of(a, slot, at + 1)
    if at >= 0:
        before = row_of(a, slot, at)
        _copy(a, before, row)
        for series in range(CLASSES):
            a.knots[row, AREAS + series] += a.knots[before, SUMS + series] * (day - a.days[before])
    else:
        for column in range(KNOT_COLUMNS):
            a.knots[row, column] = 0
    a.knots[row, ACTIVITY] = 0
    a.days[row] = day
    return at + 1


@kernel
def _copy(a: Arrays, source: int, target: int) -> None:
    a.days[target] = a.days[source]
    for column in range(KNOT_COLUMNS):
        a.knots[target, column] = a.knots[source, column]


@kernel
def add_balance(a: Arrays, slot: int, at: int, series: int, amount: int, demand: int) -> None:
    """Add to the balance of a class from knot ``at`` on, and to its area from the knot's day on."""
    day = a.days[row_of(a, slot, at)]
    for index in range(at, a.customers[slot, KNOTS]):
        row = row_of(a, slot, index)
        a.knots[row, SUMS + series] += amount
        if demand:
            a.knots[row, DEMAND] += amount
        a.knots[row, AREAS + series] += amount * (a.days[row] - day + 1)
