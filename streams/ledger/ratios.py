"""Ratios in kernels: whole millionths, rounded half to even, exact though products need not fit 63 bits."""

from __future__ import annotations

from typing import Final

from schemas.measures import RATIO_UNITS
from streams.ledger.compiled import kernel
from streams.ledger.layout import NONE

RATIO_MAX: Final = 1_000_000 * RATIO_UNITS
"""Largest ratio of either sign, a million: nobody draws a line beyond, and its millionths fit 63 bits with room."""


@kernel
def ratio(part: int, whole: int) -> int:
    """``part / whole`` in millionths; unknown at 0. Both must be below 4 x 10^17."""
    if whole == 0:
        return NONE
    if whole < 0:
        part, whole = -part, -whole
    if abs(part) // whole >= RATIO_MAX // RATIO_UNITS:
        return RATIO_MAX if part > 0 else -RATIO_MAX
    value, rest = times_over(part, RATIO_UNITS, whole)
    return _rounded(value, 2 * rest, whole)


@kernel
def times_over(number: int, factor: int, divisor: int) -> tuple[int, int]:
    """``number * factor`` over ``divisor``, whole and rest, though the product need not fit 63 bits.

    The divisor must be below 4 x 10^17, and the quotient must fit.
    """
    whole, rest = number // divisor, number % divisor
    quotient, left = 0, 0
    place = 1
    while place <= factor // 10:
        place *= 10
    while place > 0:
        digit = factor // place % 10
        left = left * 10 + digit * rest
        quotient = quotient * 10 + digit * whole + left // divisor
        left %= divisor
        place //= 10
    return int(quotient), int(left)


@kernel
def over_odd(value: int, rest: int, whole: int, odd: int) -> int:
    """``(value + rest / whole) / odd``, rounded half to even."""
    quotient, left = value // odd, value % odd
    half = odd // 2
    if left > half:
        return quotient + 1
    if left < half:
        return quotient
    return _rounded(quotient, 2 * rest, whole)


@kernel
def _rounded(value: int, twice: int, whole: int) -> int:
    """``value``, or one more if twice the rest is more than the whole, or just as much and ``value`` is odd."""
    if twice > whole or (twice == whole and value % 2 != 0):
        return value + 1
    return value
