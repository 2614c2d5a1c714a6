"""How well a score tells who comes back: area under the curve, and lift of the best tenth."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOP: Final = 0.1


def auc(score: Floats, came: Flags) -> float:
    """The chance that one who came back scores above one who did not; equal scores count half."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    good = int(came.sum())
    above = ranks[place][came].sum() - good * (good + 1) / 2
    return float(above / (good * (len(came) - good)))


def lift(score: Floats, came: Flags, top: float = TOP) -> float:
    """How many times more often the best ``top`` of all came back than everybody; a tie at its end goes in by its share."""
    values, place, counts = np.unique(-score, return_inverse=True, return_counts=True)
    good = np.bincount(place, weights=came, minlength=len(values))
    size = top * len(came)
    before = np.cumsum(counts) - counts
    share = np.clip((size - before) / counts, 0.0, 1.0)
    return float((share @ good) / size / came.mean())
