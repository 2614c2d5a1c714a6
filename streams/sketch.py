"""Sketches of money: customers and exact sums in buckets of nearly equal values, that merge without loss.

A bucket holds values that differ by less than a sixteenth, of either sign; up to 31 each value has its own. Sums are
exact, so the share of the first customers is wrong only by what the bucket in which they end does not tell: by at most
1/128 of that bucket's own sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import chain
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.population import Cut, Sketch

Ints = NDArray[np.int64]

_PARTS_BITS: Final = 4
"""Each doubling has 16 buckets: a span of six decades fills some 300."""
_PARTS: Final = 1 << _PARTS_BITS
_POWERS: Final[Ints] = 2 ** np.arange(63, dtype=np.int64)
_LOW_BITS: Final = 20
"""Sums are taken in two halves, so that thousands of values of 63 bits cannot overflow."""


def sketch_of(values: Ints) -> Sketch:
    """The sketch of ``values``, fewer than a million, none of them the smallest 64-bit number."""
    buckets, places, counts = np.unique(_buckets_of(values), return_inverse=True, return_counts=True)
    high, low = np.zeros(len(buckets), np.int64), np.zeros(len(buckets), np.int64)
    np.add.at(high, places, values >> _LOW_BITS)
    np.add.at(low, places, values & ((1 << _LOW_BITS) - 1))
    halves = zip(buckets.tolist(), counts.tolist(), high.tolist(), low.tolist(), strict=True)
    return {bucket: (count, (upper << _LOW_BITS) + lower) for bucket, count, upper, lower in halves}


def merged(sketches: Iterable[Mapping[int, tuple[int, int]]]) -> Sketch:
    """One sketch of all customers, the same whatever the order."""
    together: Sketch = {}
    for bucket, (count, total) in chain.from_iterable(sketch.items() for sketch in sketches):
        before = together.get(bucket, (0, 0))
        together[bucket] = (before[0] + count, before[1] + total)
    return dict(sorted(together.items()))


def merged_cuts(cuts: Iterable[Cut]) -> list[Cut]:
    """Cuts of the same scheme and measure as one; the lines are those of the last."""
    by_name: dict[tuple[str, str], list[Cut]] = {}
    for cut in cuts:
        by_name.setdefault((cut.scheme, cut.measure), []).append(cut)
    return [
        Cut(scheme=scheme, measure=measure, lines=same[-1].lines, sketch=merged(cut.sketch for cut in same))
        for (scheme, measure), same in sorted(by_name.items())
    ]


class Signs(NamedTuple):
    """Customers by the sign of their value."""

    above: int
    zero: int
    below: int


def signs_of(sketch: Sketch) -> Signs:
    """How many customers have more than nothing, nothing, and less."""
    return Signs(
        above=sum(count for bucket, (count, _) in sketch.items() if bucket > 0),
        zero=sketch.get(0, (0, 0))[0],
        below=sum(count for bucket, (count, _) in sketch.items() if bucket < 0),
    )


def top_share(sketch: Sketch, percent: int) -> Fraction | None:
    """The part of the total that the first ``percent`` of customers hold; more than 1 where others lose money.

    A customer across the line counts in part. None where the total is not above zero.
    """
    total = sum(value for _, value in sketch.values())
    if total <= 0:
        return None
    left = Fraction(sum(count for count, _ in sketch.values()) * percent, 100)
    top = Fraction(0)
    for bucket in sorted(sketch, reverse=True):
        count, value = sketch[bucket]
        if left < count:
            return (top + _top_of(bucket, count, value, left)) / total
        left -= count
        top += value
    return top / total


def line_of(sketch: Sketch, percent: int) -> tuple[int, int] | None:
    """The least and the most that the last of the first ``percent`` of customers can have; None of nobody.

    Customers are counted up to a whole one. The two are one where the sketch has values apart, and else differ by less
    than a sixteenth.
    """
    rank = ceil(Fraction(sum(count for count, _ in sketch.values()) * percent, 100))
    for bucket in sorted(sketch, reverse=True):
        count, value = sketch[bucket]
        if rank <= count:
            low, high = bounds_of(bucket)
            # Those before it have the bucket's most at most, those behind it its least at least.
            least = -((high * (rank - 1) - value) // (count - rank + 1))
            most = (value - low * (count - rank)) // rank
            return max(low, least), min(high, most)
        rank -= count
    return None


def _top_of(bucket: int, count: int, value: int, first: Fraction) -> Fraction:
    """What the ``first`` of a bucket's customers hold: halfway between the least and the most that is possible."""
    low, high = bounds_of(bucket)
    least = first * value / count
    most = min(first * high, value - (count - first) * low)
    return (least + most) / 2


def bounds_of(bucket: int) -> tuple[int, int]:
    """The lowest and the highest value of a bucket."""
    if bucket < 0:
        low, high = bounds_of(-bucket)
        return -high, -low
    shift = max(0, (bucket >> _PARTS_BITS) - 1)
    low = (bucket - (shift << _PARTS_BITS)) << shift
    return low, low + (1 << shift) - 1


def _buckets_of(values: Ints) -> Ints:
    sizes = np.abs(values)
    shifts = np.maximum(np.searchsorted(_POWERS, sizes, side="right") - 1 - _PARTS_BITS, 0)
    return np.asarray(np.sign(values) * ((shifts << _PARTS_BITS) + (sizes >> shifts)), np.int64)
