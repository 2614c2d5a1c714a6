"""``worker --drain``: until everything that stood in the logs at the start is committed and relayed, and its sources are judged.

Looks at the store alone for what was done, so it does not matter which worker did it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from schemas.partition import PartitionState
from streams.judge import JUDGE, KeptStates, is_due
from streams.outputs import TRANSACTIONS
from streams.ports import Bounds, Broker, Claimed, LogUnavailable, OutboxItem, StoreUnavailable
from streams.told import SIDES

_FETCH_WAIT_S: Final = 1.0

log = logging.getLogger(__name__)


class DrainStore(KeptStates, Protocol):
    """What a drain reads of the store, without a claim."""

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands; None if it was never committed."""
        ...

    async def outbox(self, partition: int, count: int) -> list[OutboxItem]:
        """The oldest items not yet relayed."""
        ...


class Target(NamedTuple):
    """The part of one partition's input that must be applied; ``sides`` by side topic."""

    transactions: Bounds
    sides: Mapping[str, Bounds]


class Remainder(NamedTuple):
    """What is left to do: records of ``transactions`` before the targets, and partitions not yet done."""

    records: int
    partitions: int


class Drain:
    """Watches until each partition has reached its target."""

    def __init__(self, store: DrainStore, broker: Broker, targets: Mapping[int, Target]) -> None:
        self._store = store
        self._broker = broker
        self._targets = dict(targets)
        self._partitions = len(targets)
        self._judge_end = targets[JUDGE].transactions.end
        self.total = sum(target.transactions.end - target.transactions.start for target in targets.values())
        self._last = Remainder(self.total, self._partitions)

    async def remainder(self) -> Remainder:
        """What is left; as it was found last where the store or Kafka does not answer: the engine says when that is too long."""
        try:
            self._last = await self._found()
        except (StoreUnavailable, LogUnavailable) as error:
            log.info("not known how far it is: %s", error)
        return self._last

    async def _found(self) -> Remainder:
        """Look at the partitions that are not done yet."""
        records = 0
        for partition, target in list(self._targets.items()):
            left = await self._left(partition, target)
            if left is None:
                del self._targets[partition]
            else:
                records += left
        left = len(self._targets) or int(not await self._judged())
        return Remainder(records, left)

    async def _judged(self) -> bool:
        """Whether what all partitions have closed is judged, and what came of it relayed."""
        if await is_due(self._store, self._partitions):
            return False
        waiting = await self._store.outbox(JUDGE, 1)
        return not waiting or waiting[0].position.offset > self._judge_end

    async def _left(self, partition: int, target: Target) -> int | None:
        """Records left in one partition; None once it is committed and relayed up to its target."""
        start, end = target.transactions
        if start == end and all(side.start == side.end for side in target.sides.values()):
            return None
        found = await self._store.peek(partition)
        if found is None or found.state is None:
            return end - start
        # A position stands behind its outbox: both are written by one commit, so the outbox is read after the position.
        left = max(0, end - max(found.state.position.offset, start))
        if left or found.state.sweep is not None or await self._told_left(partition, target, found.state):
            return left
        waiting = await self._store.outbox(partition, 1)
        return 0 if waiting and waiting[0].position.offset <= end else None

    async def _told_left(self, partition: int, target: Target, state: PartitionState) -> bool:
        """Whether records of a side topic before the target are still to be applied."""
        for topic, bounds in target.sides.items():
            at = max(state.sources.get(topic, 0), bounds.start)
            if at < bounds.end and await self._any_between(topic, partition, at, bounds.end):
                return True
        return False

    async def _any_between(self, topic: str, partition: int, at: int, end: int) -> bool:
        """Whether a record stands there: markers of producers' transactions are none."""
        reader = await self._broker.open_log(topic, partition)
        try:
            await reader.seek(at)
            while at < end:
                batch = await reader.fetch(1, _FETCH_WAIT_S)
                if batch.records:
                    return batch.records[0].offset < end
                at = batch.end
        finally:
            await reader.close()
        return False


async def targets_of(broker: Broker, partitions: int) -> dict[int, Target]:
    """Where the inputs of all partitions start and end now."""
    found = await asyncio.gather(*(_target(broker, partition) for partition in range(partitions)))
    return dict(enumerate(found))


async def _target(broker: Broker, partition: int) -> Target:
    transactions = await _bounds(broker, TRANSACTIONS, partition)
    return Target(transactions, {side.topic: await _bounds(broker, side.topic, partition) for side in SIDES})


async def _bounds(broker: Broker, topic: str, partition: int) -> Bounds:
    reader = await broker.open_log(topic, partition)
    try:
        return await reader.bounds()
    finally:
        await reader.close()
