"""How many customers stand at each level of each scheme, counted in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from agents.explain import CACHE_BYTES, ReadStore
from streams.calendar import BusinessCalendar
from streams.ledger.ledger import Ledger
from streams.rows import Vocabulary

CHUNK: Final = 1_000
"""Customers read at a time."""

OUTSIDE: Final = "(outside)"
"""Stands for customers who are out of a scheme's scope or not placed in it yet; no level has brackets in its name."""


class CountedStore(ReadStore, Protocol):
    """What a census reads of the store."""

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        """Customers in the order first seen, from index ``first``."""
        ...


class Census:
    """Counts a whole store; meant for thousands of customers, not for millions."""

    def __init__(self, store: CountedStore, partitions: int, calendar: BusinessCalendar) -> None:
        self._store = store
        self._partitions = partitions
        self._ledger = Ledger(calendar, Vocabulary(), CACHE_BYTES)

    async def count(self, schemes: Sequence[str]) -> dict[str, Counter[str]]:
        """Customers by level for each of ``schemes``."""
        counts: dict[str, Counter[str]] = {scheme: Counter() for scheme in schemes}
        for partition in range(self._partitions):
            first = 0
            while ids := await self._store.ids(partition, first, CHUNK):
                first += len(ids)
                self._add(counts, ids, await self._store.customers(partition, ids))
        return counts

    def _add(self, counts: dict[str, Counter[str]], ids: Sequence[str], packed: Sequence[bytes | None]) -> None:
        there = [(customer, record) for customer, record in zip(ids, packed, strict=True) if record is not None]
        self._ledger.drop()
        self._ledger.load([customer for customer, _ in there], [record for _, record in there])
        for slot in self._ledger.slots([customer for customer, _ in there]).tolist():
            standings = self._ledger.profile(slot).standings
            for scheme, levels in counts.items():
                standing = standings.get(scheme)
                levels[OUTSIDE if standing is None or standing.level is None else standing.level] += 1
