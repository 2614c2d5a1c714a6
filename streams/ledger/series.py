"""A series over days: its value at a knot, its sum over a window, carried forward where nothing happened."""

from __future__ import annotations

from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import AREAS, OPENINGS, SUMS


@kernel
def balance(customer: Ints, knots: Ints, row: int, series: int) -> int:
    """The balance of a class as knot ``row`` left it; -1 is before every knot."""
    opening = customer[OPENINGS + series]
    return int(opening + knots[row, SUMS + series]) if row >= 0 else int(opening)


@kernel
def area(customer: Ints, days: Ints, knots: Ints, now: int, before: int, start: int, as_of: int, series: int) -> int:
    """End-of-day balances of days ``start`` to ``as_of`` summed up, minor units x days."""
    opening = customer[OPENINGS + series] * (as_of - start + 1)
    return int(opening + _area_to(days, knots, now, as_of, series) - _area_to(days, knots, before, start - 1, series))


@kernel
def _area_to(days: Ints, knots: Ints, row: int, day: int, series: int) -> int:
    if row < 0:
        return 0
    return int(knots[row, AREAS + series] + knots[row, SUMS + series] * (day - days[row]))


@kernel
def flow(knots: Ints, now: int, before: int, series: int) -> int:
    """What was added to a flow after knot ``before``, up to knot ``now``."""
    to = knots[now, series] if now >= 0 else 0
    return int(to - (knots[before, series] if before >= 0 else 0))
