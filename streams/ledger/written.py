"""What the next commit writes: the customers that changed, packed, and the ids of new ones."""

from __future__ import annotations

import msgspec
import numpy as np

from schemas.partition import LAYOUT
from streams.decider import NO_DEADLINE
from streams.ledger.arrays import Ints
from streams.ledger.cache import CLEAN, DIRTY, PACKED, Cache
from streams.ledger.layout import KNOT_COLUMNS
from streams.ledger.packed import bound, pack

_encode = msgspec.msgpack.Encoder().encode


class Written:
    """What of a cache is to be written; ``months`` are those of the calendar, as kernels read them."""

    def __init__(self, cache: Cache, months: Ints) -> None:
        self._cache = cache
        self._months = months
        self._buffer = np.empty(0, np.uint8)
        self._change = np.zeros(KNOT_COLUMNS, np.int64)
        self.drop()

    def drop(self) -> None:
        """Forget all new ids."""
        self._new: list[str] = []
        self._told = 0

    def add(self, *ids: str) -> None:
        """Take the next places among the new ids."""
        self._new += ids

    def new_ids(self) -> list[str]:
        """Customers first told of since the last commit, in that order."""
        self._told = len(self._new)
        return self._new.copy()

    def touch(self, slots: Ints | int) -> None:
        """Write these customers with the next commit."""
        self._cache.dirty[slots] = DIRTY

    def touch_profile(self, slot: int) -> None:
        """Write this customer with the next commit: its profile or settled masks changed."""
        if self._cache.profiles[slot] is not None:
            self._cache.tails[slot] = None
        self._cache.dirty[slot] = DIRTY

    def pack_dirty(self) -> tuple[list[str], list[bytes]]:
        """Ids and packed records of all customers changed since the last commit."""
        cache = self._cache
        slots = np.flatnonzero(cache.dirty)
        size = bound(cache.arrays, cache.settled, slots)
        if size > len(self._buffer):
            self._buffer = np.empty(size, np.uint8)
        ends = np.empty(len(slots), np.int64)
        pack(
            cache.arrays, cache.settled, slots, LAYOUT, cache.tag, NO_DEADLINE, self._months, self._buffer, ends,
            self._change,
        )  # fmt: skip
        cache.dirty[slots] = PACKED
        places, stops = slots.tolist(), ends.tolist()
        data = self._buffer[: stops[-1] if stops else 0].tobytes()
        tails = [cache.tails[slot] or self._encode_profile(slot) for slot in places]
        spans = zip([0, *stops], stops, tails, strict=False)  # the last begin has no end
        return [cache.name(slot) for slot in places], [data[begin:end] + tail for begin, end, tail in spans]

    def committed(self) -> None:
        """What was packed is stored: it is clean now, and the cache may shrink to its bound."""
        self._cache.dirty[self._cache.dirty == PACKED] = CLEAN
        del self._new[: self._told]
        self._told = 0
        self._cache.shrink()

    def _encode_profile(self, slot: int) -> bytes:
        tail = self._cache.tails[slot] = _encode(self._cache.profile(slot))
        return tail
