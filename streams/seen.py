"""Which transactions were already applied: 64-bit hashes by the open day on which they arrived.

A file that a core system sends again within three closes changes nothing. The hashes are part of the
partition's state: appended in the commit that applies their transactions, loaded at claim. In memory the latest are a set; when
that is full they become a sorted array, eight bytes a hash. Arrays of like size are merged, and all of a day when the next one comes:
there are few to search, and no step takes long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

CLOSES_KEPT: Final = 3
"""Closes that may lie between a transaction and its repeat (design section 3)."""

LATEST_MAX: Final = 1 << 15
"""Hashes in the set before it becomes an array: about 4 MB a partition, however many a day has."""

_MERGED_BELOW: Final = 4
"""An array is merged with the one before it if that is less than so many times as long: a day of millions has three or four."""

Hashes = NDArray[np.uint64]


class Seen:
    """The hashes that a lease holds in memory, and those its present batch adds."""

    def __init__(self, stored: dict[int, bytes]) -> None:
        self._days = {day: [np.sort(np.frombuffer(value, np.uint64))] for day, value in stored.items()}
        self._latest: set[int] = set()
        self._latest_day = 0

    def fresh(self, hashes: Hashes) -> NDArray[np.int64] | None:
        """Indices of the first sight of each unseen hash, in order; None if that is all of them."""
        order = np.argsort(hashes, kind="stable")  # of equal ones the first comes first
        ascending = hashes[order]
        new = np.ones(len(hashes), np.bool_)
        new[1:] = ascending[1:] != ascending[:-1]
        for run in self._runs():
            at = np.searchsorted(run, ascending)
            new &= run[np.minimum(at, len(run) - 1)] != ascending
        if not self._latest.isdisjoint(ascending.tolist()):
            new &= np.array([value not in self._latest for value in ascending.tolist()], np.bool_)
        return None if new.all() else np.sort(order[new])

    def add(self, day: int, hashes: Hashes) -> None:
        """Remember what a committed batch applied on open day ``day``."""
        if day != self._latest_day:
            self._sort_latest()
            self._merge(self._latest_day)
            self._latest_day = day
        self._latest.update(hashes.tolist())
        if len(self._latest) >= LATEST_MAX:
            self._sort_latest()

    def expired(self, open_day: int) -> list[int]:
        """Days to forget once ``open_day`` is open."""
        days = self._days.keys() | ({self._latest_day} if self._latest else set())
        return sorted(day for day in days if day < open_day - CLOSES_KEPT)

    def forget(self, days: list[int]) -> None:
        """Drop the hashes of ``days``."""
        for day in days:
            self._days.pop(day, None)
            if day == self._latest_day:
                self._latest = set()

    def _runs(self) -> Iterator[Hashes]:
        return (run for runs in self._days.values() for run in runs if len(run))

    def _sort_latest(self) -> None:
        """Make an array of the set."""
        if not self._latest:
            return
        runs = self._days.setdefault(self._latest_day, [])
        runs.append(np.sort(np.fromiter(self._latest, np.uint64, len(self._latest))))
        self._latest = set()
        while len(runs) > 1 and len(runs[-2]) < _MERGED_BELOW * len(runs[-1]):
            runs[-2:] = [_merged(runs[-2:])]

    def _merge(self, day: int) -> None:
        """Make one array of all of a day that is over."""
        if len(self._days.get(day, ())) > 1:
            self._days[day] = [_merged(self._days[day])]


def _merged(runs: Sequence[Hashes]) -> Hashes:
    return np.sort(np.concatenate(runs), kind="stable")  # a merge sort: quick with what is sorted in parts
