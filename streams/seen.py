"""Which transactions were already applied: 64-bit hashes by the open day on which they arrived.

A file that a core system sends again within three closes changes nothing. The hashes are part of the
partition's state: appended in the commit that applies their transactions, loaded at claim.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CLOSES_KEPT: Final = 3
"""Closes that may lie between a transaction and its repeat (design section 3)."""


class Seen:
    """The hashes that a lease holds in memory, and those its present batch adds."""

    def __init__(self, stored: dict[int, bytes]) -> None:
        self._days = {day: set(np.frombuffer(value, np.uint64).tolist()) for day, value in stored.items()}
        self._all: set[int] = set().union(*self._days.values())

    def fresh(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64] | None:
        """Indices of the first sight of each unseen hash, in order; None if that is all of them."""
        values = hashes.tolist()
        distinct = set(values)
        if len(distinct) == len(values) and distinct.isdisjoint(self._all):
            return None
        kept, known = [], set()
        for index, value in enumerate(values):
            if value not in self._all and value not in known:
                known.add(value)
                kept.append(index)
        return np.array(kept, np.int64)

    def add(self, day: int, hashes: NDArray[np.uint64]) -> None:
        """Remember what a committed batch applied on open day ``day``."""
        values = hashes.tolist()
        self._days.setdefault(day, set()).update(values)
        self._all.update(values)

    def expired(self, open_day: int) -> list[int]:
        """Days to forget once ``open_day`` is open."""
        return [day for day in self._days if day < open_day - CLOSES_KEPT]

    def forget(self, days: list[int]) -> None:
        """Drop the hashes of ``days``."""
        for day in days:
            del self._days[day]
        if days:
            self._all = set().union(*self._days.values())
