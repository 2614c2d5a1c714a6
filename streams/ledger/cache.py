"""The customers of a ledger that are in memory: each in a slot until it is evicted, unpacked from its record when it is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.partition import LAYOUT
from schemas.state import Profile
from streams.decider import NO_DEADLINE
from streams.ledger import packed
from streams.ledger.arrays import Arrays, Ints, clear_all, longer, make, release, with_rows, with_slots
from streams.ledger.errors import LayoutUnknown, RecordUnreadable
from streams.ledger.facts import FACTS_ONLY, NO_FACTS, FactCodes
from streams.ledger.layout import CHUNKS, KNOT_COLUMNS, NONE
from streams.ledger.packed_accounts import rows_of
from streams.ledger.settled import Settled
from streams.ledger.sizes import bytes_of, bytes_used
from streams.rows import LOOK_KINDS

CLEAN, PACKED, DIRTY = 0, 1, 2
"""What ``Cache.dirty`` says of a slot: as it is stored, packed for the commit under way, changed since."""

_SLOTS_AT_FIRST: Final = 256
_KEEP_PERCENT: Final = 90
"""An eviction goes down to this part of the cache, so that it is rare."""

_OVERRIDES: Final = b"overrides"
"""Stands in a packed profile that has any: an empty one is left out."""

_decode = msgspec.msgpack.Decoder(Profile).decode


class Cache:
    """Cached customers; ``cache_bytes`` bounds them between commits.

    By slot: ``arrays`` their numbers, ``settled`` what they are settled on, ``dirty`` whether they are to be written, ``profiles`` and
    ``tails`` their named halves, decoded and encoded. ``tag`` tells the masks of ``settled`` apart, as a signed number. All of it may be replaced by a longer one whenever customers are loaded.
    """

    def __init__(self, codes: FactCodes, cache_bytes: int) -> None:
        self._codes = codes
        self._cache_bytes = cache_bytes
        self._words = 0
        self.tag = 0
        self._change = np.zeros(KNOT_COLUMNS, np.int64)
        self.drop()

    def drop(self) -> None:
        """Forget every customer."""
        self.arrays: Arrays = make(_SLOTS_AT_FIRST, self._codes.width)
        self.settled = self._no_masks(_SLOTS_AT_FIRST)
        self.dirty = np.zeros(_SLOTS_AT_FIRST, np.uint8)
        self.profiles: list[Profile | None] = []
        self.tails: list[bytes | None] = []
        self._used = np.zeros(_SLOTS_AT_FIRST, np.int64)
        self._tick = 0
        self._slots: dict[str, int] = {}
        self._ids: list[str | None] = []
        self._decoded = 0
        self._free: list[int] = []
        self._overridden: set[int] = set()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def bytes_used(self) -> int:
        """Bytes that the cached customers take, about."""
        return bytes_used(self.arrays, len(self._slots), self._decoded)

    def absent(self, ids: Iterable[str]) -> list[str]:
        """Those of ``ids`` that are not cached, each once, in the order first met."""
        return [customer_id for customer_id in dict.fromkeys(ids) if customer_id not in self._slots]

    def load(self, ids: Sequence[str], records: Sequence[bytes | None]) -> None:
        """Cache customers from their packed records, None for a new one; one already cached stays as it is.

        Raises ``LayoutUnknown`` or ``RecordUnreadable``.
        """
        pairs = [(i, r) for i, r in zip(ids, records, strict=True) if i not in self._slots]
        old = [(customer_id, record) for customer_id, record in pairs if record is not None]
        slots = self._take_slots(len(pairs))
        self._unpack([i for i, _ in old], [r for _, r in old], slots[: len(old)])
        new = [customer_id for customer_id, record in pairs if record is None]
        fresh = slots[len(old) :]
        clear_all(self.arrays, fresh)
        self.settled.flags[fresh] = 0
        self.settled.deadline[fresh] = NO_DEADLINE
        for customer_id, slot in zip(new, fresh.tolist(), strict=True):
            self._place(customer_id, slot, NO_FACTS)
        self.dirty[slots] = CLEAN
        self._used[slots] = self._tick

    def slots(self, ids: Sequence[str]) -> Ints:
        """The slots of cached customers; ``KeyError`` names one that is not cached."""
        found = np.fromiter(map(self._slots.__getitem__, ids), np.int64, len(ids))
        self._used[found] = self._tick
        return found

    def name(self, slot: int) -> str:
        """The id of the customer in a slot; ``KeyError`` if it holds none."""
        customer_id = self._ids[slot]
        if customer_id is None:
            msg = f"slot {slot} holds no customer"
            raise KeyError(msg)
        return customer_id

    def profile(self, slot: int) -> Profile:
        """The named half of a customer."""
        profile = self.profiles[slot]
        if profile is None:
            profile = self.profiles[slot] = _decode(self.tails[slot] or NO_FACTS)
            self._decoded += 1
        return profile

    def overridden(self, slots: Ints) -> NDArray[np.bool_]:
        """Which of these customers an override may hold."""
        return np.isin(slots, list(self._overridden))

    def override(self, slot: int) -> None:
        """An override may hold this customer from now on."""
        self._overridden.add(slot)

    def forget(self, customer_id: str) -> None:
        """Let go of a customer who is erased, changed or not; its place among the new ids stays."""
        slot = self._slots.get(customer_id)
        if slot is not None:
            release(self.arrays, np.array([slot], np.int64))
            self._let_go([slot])

    def settle_by(self, words: int, tag: int) -> None:
        """Keep masks of ``words`` words under ``tag`` from now on; nobody is settled at first."""
        self._words = words
        self.tag = int(np.uint64(tag).astype(np.int64))
        self.settled = self._no_masks(len(self.dirty))

    def shrink(self) -> None:
        """After a commit: let go of clean customers if they take more than the bound."""
        self._tick += 1
        if self.bytes_used > self._cache_bytes:
            self._evict(self.bytes_used - self._cache_bytes * _KEEP_PERCENT // 100)

    def widen(self) -> None:
        """Give the customers cached a column for each label and tag that was not asked for before."""
        if self._codes.width == self.arrays.facts.shape[1]:
            return
        facts = np.full((len(self.arrays.facts), self._codes.width), NONE, np.int64)
        self.arrays = self.arrays._replace(facts=facts)
        for slot in self._slots.values():
            profile = self.profiles[slot]
            known = profile if profile is not None else FACTS_ONLY(self.tails[slot] or NO_FACTS)
            facts[slot] = self._codes.row(known.facts)

    def _no_masks(self, slots: int) -> Settled:
        return Settled(
            masks=np.zeros((slots, LOOK_KINDS, self._words), np.uint64),
            flags=np.zeros(slots, np.uint8),
            deadline=np.full(slots, NO_DEADLINE, np.int32),
        )

    def _take_slots(self, count: int) -> Ints:
        kept = len(self._free) - min(count, len(self._free))
        slots, self._free = self._free[kept:], self._free[:kept]
        fresh = range(len(self._ids), len(self._ids) + count - len(slots))
        self._ids += [None] * len(fresh)
        self.profiles += [None] * len(fresh)
        self.tails += [None] * len(fresh)
        if len(self._ids) > len(self.dirty):
            size = max(len(self._ids), 2 * len(self.dirty))
            self.arrays = with_slots(self.arrays, size)
            masks, flags, deadline = self.settled
            self.settled = Settled(longer(masks, size), longer(flags, size), longer(deadline, size))
            self.dirty, self._used = longer(self.dirty, size), longer(self._used, size)
        return np.array([*slots, *fresh], np.int64)

    def _place(self, customer_id: str, slot: int, tail: bytes) -> None:
        self._slots[customer_id] = slot
        self._ids[slot] = customer_id
        self.tails[slot] = tail
        if _OVERRIDES in tail:
            self._overridden.add(slot)

    def _unpack(self, ids: list[str], records: list[bytes], slots: Ints) -> None:
        buffer = np.frombuffer(b"".join(records), np.uint8)
        bounds = np.zeros(len(records) + 1, np.int64)
        np.cumsum([len(record) for record in records], out=bounds[1:])
        ends = np.empty(len(records), np.int64)
        why, at = packed.ROOM, 0
        while why != packed.DONE:
            why, at = packed.unpack_from(
                self.arrays, self.settled, slots, LAYOUT, self.tag, NO_DEADLINE, buffer, bounds, at, ends,
                self._change,
            )  # fmt: skip
            if why == packed.ROOM:
                self.arrays = with_rows(self.arrays, len(records) - at + CHUNKS, rows_of(len(records[at])))
            elif why == packed.LAYOUT:
                raise LayoutUnknown(ids[at], records[at][0] if records[at] else 0, LAYOUT)
            elif why == packed.BROKEN:
                raise RecordUnreadable(ids[at], "is cut short or damaged")
        tails = [record[at:] for record, at in zip(records, (ends - bounds[:-1]).tolist(), strict=True)]
        for customer_id, slot, tail in zip(ids, slots.tolist(), tails, strict=True):
            self._place(customer_id, slot, tail)
        for slot, tail in zip(slots.tolist(), tails, strict=True):
            self._codes.write(self.arrays, slot, FACTS_ONLY(tail))

    def _evict(self, excess: int) -> None:
        """Let go of clean customers, the least recently used first, until ``excess`` bytes are free."""
        cached = np.fromiter(self._slots.values(), np.int64, len(self._slots))
        clean = cached[self.dirty[cached] == CLEAN]
        clean = clean[np.argsort(self._used[clean], kind="stable")]
        sizes = bytes_of(self.arrays.customers[clean])
        gone = clean[: int(np.searchsorted(np.cumsum(sizes), excess)) + 1]
        release(self.arrays, gone)
        self._let_go(gone.tolist())

    def _let_go(self, gone: list[int]) -> None:
        for slot in gone:
            del self._slots[self.name(slot)]
            self._decoded -= self.profiles[slot] is not None
            self._ids[slot] = self.profiles[slot] = self.tails[slot] = None
            self.dirty[slot] = CLEAN
        self._overridden.difference_update(gone)
        self._free += gone
