"""Sums, products and the like in floats, each with the magnitude that bounds its rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Final

import numpy as np

from agents.policy.frame import Real, Whole
from agents.policy.kleene import Bools, either_unknown
from agents.policy.picks import choose


def as_real(whole: Whole) -> Real:
    """Whole numbers, or areas over their days, as floats."""
    values = whole.values.astype(np.float64)
    if whole.unknown is not None:
        values[whole.unknown] = 0.0
    if whole.divisors is not None:
        values /= whole.divisors
    return Real(values, np.abs(values), whole.unknown)


def picked_real(by: Whole, codes: Sequence[int], values: Sequence[Real], *, otherwise: bool) -> Real:
    """A lookup whose values are no whole numbers."""
    chosen, unknown = choose(by, codes, [value.unknown for value in values], otherwise=otherwise)
    blank = np.zeros(len(by.values))
    found = np.select(chosen, [value.values for value in values], blank)
    return Real(found, np.select(chosen, [value.magnitude for value in values], blank), unknown)


def real_constant(value: float, count: int) -> Real:
    """The same constant on ``count`` rows."""
    return Real(np.full(count, value), np.full(count, abs(value)), None)


def _plus(args: Sequence[Real]) -> Real:
    left, right = args
    return Real(left.values + right.values, left.magnitude + right.magnitude, _unknown(args))


def _minus(args: Sequence[Real]) -> Real:
    left, right = args
    return Real(left.values - right.values, left.magnitude + right.magnitude, _unknown(args))


def _times(args: Sequence[Real]) -> Real:
    left, right = args
    return Real(left.values * right.values, left.magnitude * right.magnitude, _unknown(args))


def _absolute(args: Sequence[Real]) -> Real:
    (arg,) = args
    return Real(np.abs(arg.values), arg.magnitude, arg.unknown)


def _least(args: Sequence[Real]) -> Real:
    values = reduce(np.minimum, [arg.values for arg in args])
    return Real(values, reduce(np.maximum, [arg.magnitude for arg in args]), _unknown(args))


def _most(args: Sequence[Real]) -> Real:
    values = reduce(np.maximum, [arg.values for arg in args])
    return Real(values, reduce(np.maximum, [arg.magnitude for arg in args]), _unknown(args))


def _default(args: Sequence[Real]) -> Real:
    first, default = args
    if first.unknown is None:
        return first
    values = np.where(first.unknown, default.values, first.values)
    magnitude = np.where(first.unknown, default.magnitude, first.magnitude)
    unknown = None if default.unknown is None else first.unknown & default.unknown
    return Real(values, magnitude, unknown)


def _unknown(args: Sequence[Real]) -> Bools | None:
    return reduce(either_unknown, [arg.unknown for arg in args])


JOINS: Final[Mapping[str, Callable[[Sequence[Real]], Real]]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "abs": _absolute,
    "min": _least,
    "max": _most,
    "coalesce": _default,
}
"""How each operator and function joins its arguments."""
