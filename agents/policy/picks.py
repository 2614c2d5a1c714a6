"""Lookups, scores and dates of a list, on many rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.policy.frame import Whole
from agents.policy.kleene import Bools, Truth


def choose(
    by: Whole, codes: Sequence[int], unknowns: Sequence[Bools | None], *, otherwise: bool
) -> tuple[list[Bools], Bools | None]:
    """Which rows take which value, and where the lookup is unknown.

    ``unknowns`` of each value; with ``otherwise`` there is one value more than ``codes``, for all other texts.
    """
    known = np.ones(len(by.values), np.bool_) if by.unknown is None else ~by.unknown
    chosen: list[Bools] = [known & (by.values == code) for code in codes]
    if otherwise:
        chosen.append(known & ~np.logical_or.reduce([np.zeros_like(known), *chosen]))
    found: Bools = np.logical_or.reduce(chosen)
    for rows, unknown in zip(chosen, unknowns, strict=True):
        if unknown is not None:
            found &= ~(rows & unknown)
    return chosen, None if found.all() else ~found


def picked(by: Whole, codes: Sequence[int], values: Sequence[Whole], *, otherwise: bool) -> Whole:
    """A lookup of whole numbers."""
    chosen, unknown = choose(by, codes, [value.unknown for value in values], otherwise=otherwise)
    blank = np.zeros(len(by.values), np.int64)
    return Whole(np.select(chosen, [value.values for value in values], blank), unknown)


def scored(parts: Sequence[Truth], points: Sequence[int]) -> Whole:
    """The points of what holds; what is unknown gives none."""
    total = np.zeros(len(parts[0].true), np.int64)
    for part, worth in zip(parts, points, strict=True):
        total += np.where(part.true, worth, 0)
    return Whole(total, None)


def next_day(dates: NDArray[np.int64], today: NDArray[np.int64]) -> Whole:
    """The first of ``dates`` (in order) that is today or later."""
    place = np.searchsorted(dates, today)
    over = place == len(dates)
    days = dates[np.minimum(place, len(dates) - 1)] if len(dates) else np.zeros(len(today), np.int64)
    return Whole(days, over if over.any() else None)
