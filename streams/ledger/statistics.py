"""Statistics over months and days: spread, slope, outliers, medians."""

from __future__ import annotations

import math
from typing import Final

from schemas.measures import RATIO_UNITS
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.knots import find, row_at, row_of
from streams.ledger.layout import CARD_SPEND, CARD_USES, DEPOSIT, EARLIEST, NONE, OUTFLOW, SALARY_INFLOW, WEALTH
from streams.ledger.program import FIRST_MONTH, OPERATION, OTHER, OUTLIER, SALARY_MONTHS, SLOPE, WINDOW, Asked
from streams.ledger.ratios import RATIO_MAX, over_odd, times_over
from streams.ledger.series import area, balance, flow

SPREAD_MAX: Final = 1_000 * RATIO_UNITS
"""Largest spread over the mean: so far floats tell millionths."""
_FIGURE_MAX: Final = 5 * 10**16
"""Largest outflow of a month that is compared, minor units: sums of its doubles, ten times, fit 63 bits."""
_MONTHS: Final = 12
_MONTHS_MIN: Final = 6
_SPREAD_DAYS: Final = 90
_OFF_MAX: Final = 5e-9
"""Millionths by which a spread may be off, since each day's distance from the mean is off by a part of the mean's last bit: what is that
near a half is one, and goes to the even millionth as every ratio does."""
_OFF_SHARE_MAX: Final = 5e-14
"""The same as a part of the spread, of a sum of ninety squares."""


@kernel
def spread(a: Arrays, slot: int, start: int, end: int) -> int:
    """Standard deviation of end-of-day assets from ``start`` to ``end`` over the size of their mean."""
    customer = a.customers[slot]
    now, before = row_at(a, slot, end), row_at(a, slot, start - 1)
    total = area(customer, a.days, a.knots, now, before, start, end, DEPOSIT)
    total += area(customer, a.days, a.knots, now, before, start, end, WEALTH)
    if total == 0:
        return NONE
    mean = float(total) / _SPREAD_DAYS
    squares = 0.0
    index = find(a, slot, end)
    last = end
    while last >= start:
        row = row_of(a, slot, index) if index >= 0 else -1
        first = max(a.days[row], start) if row >= 0 else start
        away = float(balance(customer, a.knots, row, DEPOSIT) + balance(customer, a.knots, row, WEALTH)) - mean
        squares += away * away * (last - first + 1)
        last = first - 1
        index -= 1
    millionths = min(math.sqrt(squares / _SPREAD_DAYS) / abs(mean) * RATIO_UNITS, float(SPREAD_MAX))
    below = math.floor(millionths)
    over_half = millionths - below - 0.5
    if abs(over_half) <= _OFF_MAX + _OFF_SHARE_MAX * millionths:
        return below + below % 2
    return below + (over_half > 0)


@kernel
def over_months(
    a: Arrays, slot: int, as_of: int, now: int, ask: Asked, step: int, starts: Ints, values: Ints, column: int
) -> int:
    """``SALARY_MONTHS``, ``SLOPE``, ``OUTLIER`` or ``TYPICAL`` of a look; see ``evaluate``."""
    operation, base = ask.steps[step, OPERATION], ask.steps[step, FIRST_MONTH] + 1
    ends = ask.marks[base:]  # rows at the ends of the month before this one, the one before that and so on
    if operation == SALARY_MONTHS:
        count = 0
        for back in range(6):
            count += flow(a.knots, ends[back], ends[back + 1], SALARY_INFLOW) > 0
        return count
    if operation == SLOPE:
        return _slope(a, slot, ends, now, starts[base - 1] == as_of + 1)
    if operation == OUTLIER:
        recent = flow(a.knots, now, ask.marks[ask.steps[step, WINDOW]], OUTFLOW)
        return _outlier(a, slot, recent, ends, starts[base:], ask.scratch[0])
    return _typical(a, ends, now, ask.scratch, values, ask.steps[step, OTHER], column)


@kernel
def _slope(a: Arrays, slot: int, ends: Ints, now: int, month_ended: int) -> int:
    """Least squares over six month-end deposits, over their mean: 6 x sum((2t - 5) y) / (35 x sum(y)) for t from 0 to 5."""
    total, tilt = 0, 0
    for back in range(6):
        if month_ended:
            row = now if back == 0 else ends[back - 1]
        else:
            row = ends[back]
        stood = balance(a.customers[slot], a.knots, row, DEPOSIT)
        total += stood
        tilt += (5 - 2 * back) * stood
    if total == 0:
        return NONE
    if total < 0:
        tilt, total = -tilt, -total
    if abs(tilt) // total > 6 * RATIO_MAX // RATIO_UNITS:
        return RATIO_MAX if tilt > 0 else -RATIO_MAX
    value, rest = times_over(tilt, 6 * RATIO_UNITS, total)
    return max(-RATIO_MAX, min(over_odd(value, rest, total, 35), RATIO_MAX))


@kernel
def _outlier(a: Arrays, slot: int, recent: int, ends: Ints, starts: Ints, months: Ints) -> int:
    """How far the recent outflow is from the months' median, in deviations; ``months`` is scratch."""
    earliest = a.customers[slot, EARLIEST]
    if earliest == NONE:
        return NONE
    count, largest = 0, abs(recent)
    for back in range(_MONTHS):
        if earliest >= starts[back]:
            break
        moved = flow(a.knots, ends[back], ends[back + 1], OUTFLOW)
        largest = max(largest, abs(moved))
        _sort_in(months, count, moved)
        count += 1
    if count < _MONTHS_MIN or largest > _FIGURE_MAX:
        return NONE
    median = _twice_median(months, count)
    away = 2 * recent - median
    for index in range(count):
        months[index] = abs(2 * months[index] - median)
    for index in range(1, count):
        _sort_in(months, index, months[index])
    wide = _twice_median(months, count)  # four times the MAD
    if wide == 0:
        return NONE
    if abs(away) // wide >= 7413 * (RATIO_MAX // RATIO_UNITS) // 10_000:
        return RATIO_MAX if away > 0 else -RATIO_MAX
    value, rest = times_over(away, 10_000 * RATIO_UNITS, wide)  # z = 2 away / (1.4826 x wide)
    return over_odd(value, rest, wide, 7413)


@kernel
def _sort_in(numbers: Ints, count: int, number: int) -> None:
    """Put a number among the first ``count``, which are sorted."""
    at = count
    while at > 0 and numbers[at - 1] > number:
        numbers[at] = numbers[at - 1]
        at -= 1
    numbers[at] = number


@kernel
def _twice_median(numbers: Ints, count: int) -> int:
    return int(numbers[(count - 1) // 2] + numbers[count // 2])


@kernel
def _typical(a: Arrays, ends: Ints, now: int, scratch: Ints, values: Ints, divisor: int, column: int) -> int:
    """The median month's average purchase: its spend; its uses go to step ``divisor``."""
    count = 0
    for back in range(_MONTHS):
        to = now if back == 0 else ends[back - 1]
        uses = flow(a.knots, to, ends[back], CARD_USES)
        if uses > 0:
            _sort_in_quotient(scratch, count, flow(a.knots, to, ends[back], CARD_SPEND), uses)
            count += 1
    values[divisor, column] = 1
    if count == 0:
        return NONE
    values[divisor, column] = scratch[1, (count - 1) // 2]
    return int(scratch[0, (count - 1) // 2])


@kernel
def _sort_in_quotient(scratch: Ints, count: int, part: int, whole: int) -> None:
    at = count
    while at > 0 and _greater(scratch[0, at - 1], scratch[1, at - 1], part, whole):
        scratch[0, at] = scratch[0, at - 1]
        scratch[1, at] = scratch[1, at - 1]
        at -= 1
    scratch[0, at] = part
    scratch[1, at] = whole


@kernel
def _greater(part: int, whole: int, other_part: int, other_whole: int) -> bool:
    """Whether one quotient is greater than another; a month's uses are few enough to multiply."""
    ours, theirs = part // whole, other_part // other_whole
    if ours != theirs:
        return bool(ours > theirs)
    return bool((part % whole) * other_whole > (other_part % other_whole) * whole)
