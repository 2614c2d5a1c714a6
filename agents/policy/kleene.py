"""Truth of one condition on many rows: two arrays, true and unknown; no unknown at all is None, which is the rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


class Truth(NamedTuple):
    """``true`` is false wherever ``unknown`` is true."""

    true: Bools
    unknown: Bools | None


def known_only(true: Bools, unknown: Bools | None) -> Truth:
    """A truth from raw results that may be anything where unknown."""
    return Truth(true, None) if unknown is None else Truth(true & ~unknown, unknown)


def either_unknown(left: Bools | None, right: Bools | None) -> Bools | None:
    """Unknown where any side is."""
    if left is None or right is None:
        return right if left is None else left
    return left | right


def all_of(parts: Sequence[Truth]) -> Truth:
    """Kleene ``and``: false as soon as one part is false, else unknown as soon as one is unknown."""
    true = np.logical_and.reduce([part.true for part in parts])
    if all(part.unknown is None for part in parts):
        return Truth(true, None)
    possible = np.logical_and.reduce([_possible(part) for part in parts])
    return Truth(true, possible & ~true)


def any_of(parts: Sequence[Truth]) -> Truth:
    """Kleene ``or``: true as soon as one part is true, else unknown as soon as one is unknown."""
    true = np.logical_or.reduce([part.true for part in parts])
    if all(part.unknown is None for part in parts):
        return Truth(true, None)
    possible = np.logical_or.reduce([_possible(part) for part in parts])
    return Truth(true, possible & ~true)


def negation(part: Truth) -> Truth:
    """Kleene ``not``: unknown stays unknown."""
    return Truth(~_possible(part), part.unknown)


def _possible(part: Truth) -> Bools:
    return part.true if part.unknown is None else part.true | part.unknown
