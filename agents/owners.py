"""How many customers each owner looks after, against the cap: counted in the store, all partitions together.

A customer's partition says nothing about the owner, so no worker can count owners from what it holds. The worker that owns
partition 0 walks through the store once a close, slowly, and tells the distribution; owners are never labels.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from agents.walk import Chunk, Ground, WalkedStore, survey, walk
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.engine import Engine
from streams.metrics import Metrics
from streams.ports import StoreUnavailable

BOUNDS: Final = (100, 200, 300, 400, 500, 600, 700, 800, 1000)
"""Upper bounds of the distribution, in customers: the usual caps are 500 to 800."""

LOOK_EVERY_S: Final = 10.0
"""Seconds between two looks at whether a day was closed."""

COUNT_EVERY_S: Final = 600.0
"""Shortest time between two counts: a replay closes days faster than anyone asks for loads."""

LAG_MAX: Final = 8_000
"""Records waiting beyond which nothing is counted: a worker that catches up has better to do, and its loads are old."""

PAUSE_S: Final = 0.1
"""Pause after each chunk: the walk takes a fraction of the worker's core, the batches the rest."""

TOLD_MAX: Final = 5
"""Owners that one warning names."""

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Progress = Callable[[int, int], None]
Clock = Callable[[], float]


class Stopping(Protocol):
    """Tells whether to end soon."""

    def __call__(self) -> bool: ...


async def owner_loads(store: WalkedStore, ground: Ground, progress: Progress) -> Counter[str]:
    """Customers by owner; those without one are under the empty name."""
    loads: Counter[str] = Counter()
    async for chunk in walk(store, ground):
        _add(loads, chunk)
        progress(chunk.done, chunk.total)
    return loads


def _add(loads: Counter[str], chunk: Chunk) -> None:
    loads.update(known.profile.text("owner_id") or "" for known in chunk.customers)


def over_cap(loads: Mapping[str, int], cap: int) -> list[tuple[str, int]]:
    """Owners with more than ``cap`` customers, the fullest first."""
    over = [(owner, count) for owner, count in loads.items() if owner and count > cap]
    return sorted(over, key=lambda pair: (-pair[1], pair[0]))


def publish_loads(metrics: Metrics, loads: Mapping[str, int], cap: int) -> None:
    """Tell the distribution of ``loads``."""
    counts = [count for owner, count in loads.items() if owner]
    for bound in BOUNDS:
        metrics.owner_customers.labels(str(bound)).set(sum(count <= bound for count in counts))
    metrics.owner_customers.labels("+Inf").set(len(counts))
    metrics.owner_customers_max.set(max(counts, default=0))
    metrics.owners_over_cap.set(sum(count > cap for count in counts))
    metrics.unowned_customers.set(loads.get("", 0))


class OwnerWatch:
    """Counts after each close while this worker owns partition 0, and warns of owners who went over the cap."""

    def __init__(
        self, settings: Settings, store: WalkedStore, partitions: int, engine: Engine, metrics: Metrics
    ) -> None:
        self._cap = settings.owner_cap
        self._store = store
        self._partitions = partitions
        self._engine = engine
        self._metrics = metrics
        self._day: int | None = None
        self._counted_at: float | None = None
        self._warned: set[str] = set()

    async def look(self, now: Clock, sleep: Sleep, stopping: Stopping) -> None:
        """Count if a day was closed since the last count and the worker keeps up; ``now`` is in seconds."""
        lease = self._engine.leases.get(0)
        if lease is None or not lease.claimed:
            if self._day is not None:
                self._day = None
                publish_loads(self._metrics, {}, self._cap)  # another worker tells them now
            return
        day = lease.partition.state.open_day
        recent = self._counted_at is not None and now() - self._counted_at < COUNT_EVERY_S
        behind = (lease.lag_records or 0) > LAG_MAX
        if behind or day is None or day == self._day or (recent and self._day is not None):
            return
        loads = await self._count(sleep, stopping)
        if loads is not None:
            self._day, self._counted_at = day, now()
            publish_loads(self._metrics, loads, self._cap)
            self._warn(loads)

    async def _count(self, sleep: Sleep, stopping: Stopping) -> Counter[str] | None:
        """The loads; None if the worker stops, or the store does not answer or holds what cannot be read."""
        loads: Counter[str] = Counter()
        try:
            async for chunk in walk(self._store, await survey(self._store, self._partitions)):
                if stopping():
                    return None
                _add(loads, chunk)
                await sleep(PAUSE_S)
        except (StoreUnavailable, Mistake) as error:
            log.info("owners are not counted now: %s", error)
            return None
        return loads

    def _warn(self, loads: Mapping[str, int]) -> None:
        over = over_cap(loads, self._cap)
        new = [(owner, count) for owner, count in over if owner not in self._warned]
        self._warned = {owner for owner, _ in over}
        if new:
            named = ", ".join(f"{owner} ({count:,})" for owner, count in new[:TOLD_MAX])
            more = f" and {len(new) - TOLD_MAX:,} more" if len(new) > TOLD_MAX else ""
            log.warning(
                "%d owners went over the cap of %d customers: %s%s; `tierline owners` lists all",
                len(new), self._cap, named, more,
            )  # fmt: skip
