"""Comparisons on many rows: exact in integers where both sides are whole, else floats with an exact second look."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.policy.frame import Frame, Real, Whole
from agents.policy.kleene import Bools, Truth, either_unknown, known_only
from agents.policy.nodes import COMPARE, Comparator, Compare

TOLERANCE: Final = 1e-12
"""Relative distance within which floats do not decide: thousands of times the error that some dozen steps add up."""

EXACT_FLOAT: Final = float(2**53)
"""Below it every whole number is a float, so whole arithmetic in floats is exact."""

WINDOW_DAYS_MAX: Final = 400
"""Days of the longest window, with room: twelve months are at most 366."""

_INT64_MAX: Final = 2**63 - 1


class WithBound:
    """``value op bound`` with an exact bound: areas are compared with the bound times the days, never divided."""

    def __init__(self, op: Comparator, bound: Fraction, *, averaged: bool) -> None:
        self._operator = COMPARE[op]
        self._op = op
        self._line = _line(op, bound)
        days = [_line(op, bound * count) for count in range(WINDOW_DAYS_MAX)] if averaged else []
        self._lines = np.array([line or 0 for line in days], np.int64)
        self._reachable = np.array([line is not None for line in days], np.bool_)

    def __call__(self, whole: Whole) -> Truth:
        if whole.divisors is None:
            return known_only(self._single(whole.values), whole.unknown)
        true = self._operator(whole.values, self._lines[whole.divisors])
        if not self._reachable.all():
            reachable = self._reachable[whole.divisors]
            true = np.where(reachable, true, self._op == "!=")
        return known_only(true, whole.unknown)

    def _single(self, values: NDArray[np.int64]) -> Bools:
        if self._line is None:
            return np.full(len(values), self._op == "!=")
        true: Bools = self._operator(values, self._line)
        return true


def _line(op: Comparator, bound: Fraction) -> int | None:
    """The whole number that separates the same whole numbers as ``bound``; None if none ever equals it.

    Beyond 64 bits no measure reaches, so the nearest 64-bit number separates the same.
    """
    if op in ("==", "!="):
        return int(bound) if bound.denominator == 1 and abs(bound) <= _INT64_MAX else None
    line = math.ceil(bound) if op in (">=", "<") else math.floor(bound)
    return max(-_INT64_MAX, min(_INT64_MAX, line))


def two_wholes(op: Comparator, left: Whole, right: Whole) -> Truth:
    """Two measures against each other: quotients first, then cross-multiplied remainders, all within 64 bits."""
    unknown = either_unknown(left.unknown, right.unknown)
    if left.divisors is None and right.divisors is None:
        return known_only(COMPARE[op](left.values, right.values), unknown)
    left_whole, left_rest, left_days = _divided(left)
    right_whole, right_rest, right_days = _divided(right)
    order = np.sign(left_rest * right_days - right_rest * left_days)
    order = np.where(left_whole == right_whole, order, np.where(left_whole > right_whole, 1, -1))
    return known_only(COMPARE[op](order, 0), unknown)


def _divided(whole: Whole) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    days = np.ones(len(whole.values), np.int64) if whole.divisors is None else whole.divisors
    quotient, rest = np.divmod(whole.values, days)
    return quotient, rest, days


def two_reals(node: Compare, left: Real, right: Real, frame: Frame, *, whole: bool) -> Truth:
    """Two expressions; rows too near for floats are compared exactly, one by one.

    ``whole``: nothing but whole numbers is in them, so floats are exact below ``EXACT_FLOAT``. Where every term is 0 they
    are exact too.
    """
    unknown = either_unknown(left.unknown, right.unknown)
    difference = left.values - right.values
    magnitude = left.magnitude + right.magnitude
    true: Bools = COMPARE[node.op](difference, 0.0)
    near = (np.abs(difference) <= TOLERANCE * magnitude) & (magnitude > 0.0)
    if whole:
        near &= magnitude >= EXACT_FLOAT
    if unknown is not None:
        near &= ~unknown
    for row in np.flatnonzero(near).tolist():
        true[row] = frame.exact(row).value(node) is True
    return known_only(true, unknown)
