"""What a model knows of customers: repeats, last, observed, with equal customers counted together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Histories(NamedTuple):
    """Different histories, times in any one unit: active ``repeats`` times after the first, the ``last`` time so long after
    it, ``observed`` so long from it; ``customers`` have each."""

    repeats: Floats
    last: Floats
    observed: Floats
    customers: Floats

    @property
    def total(self) -> int:
        """Customers."""
        return int(self.customers.sum())


def grouped(repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, customers: ArrayLike | None = None) -> Histories:
    """Histories of customers, those that are equal made one; ``customers`` counts them where they are grouped already."""
    rows = np.stack([np.asarray(column, np.float64) for column in (repeats, last, observed)], axis=1)
    if not len(rows):
        return Histories(*np.empty((4, 0)))
    different, place = np.unique(rows, axis=0, return_inverse=True)
    weights = None if customers is None else np.asarray(customers, np.float64)
    counts = np.bincount(place, weights=weights, minlength=len(different)).astype(np.float64)
    return Histories(different[:, 0], different[:, 1], different[:, 2], counts)


def joined(parts: Iterable[Histories]) -> Histories:
    """All parts as one."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return grouped(*columns) if columns else grouped([], [], [])
