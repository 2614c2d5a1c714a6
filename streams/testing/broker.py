"""``streams.ports.Broker`` over a ``Cluster`` in memory, through one process's ``Link``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from schemas.position import Position
from streams.outputs import JOURNAL, TRANSACTIONS
from streams.ports import Batch, Bounds, LogUnavailable, Output, OutputTooLarge
from streams.testing.faults import Link
from streams.testing.logs import Cluster, Log, MemoryRecord

GROUP = "tierline"
"""Group and prefix of transactional ids in the model: one deployment a cluster."""


POLL_S = 0.1
"""Time that a fetch without a wait may take: a client gives what it holds, and here that is asked for."""


@dataclass(slots=True)
class _Cursor:
    """Where a consumer reads on; readers of one partition of one consumer share it, as they do in a real client."""

    position: int | None = None
    end_hint: int | None = None
    held: bool = True
    """False once the group gave the partition to another."""
    paused: bool = False
    """True from when the group gave the partition until somebody says where to read."""


class MemoryLog:
    """A reader of one partition; its position is unknown until it is told where to read."""

    def __init__(self, log: Callable[[], Log], cursor: _Cursor, link: Link) -> None:
        self._log = log  # looked up each time: a topic may be made anew
        self._cursor = cursor
        self._link = link

    async def bounds(self) -> Bounds:
        return await self._link.call("broker.bounds", lambda: self._log().bounds(), LogUnavailable)

    async def seek(self, offset: int) -> None:
        self._check_held()
        self._cursor.position = offset
        self._cursor.paused = False

    async def fetch(self, max_records: int, wait_s: float) -> Batch:
        self._check_held()
        start = self._cursor.position
        if start is None:
            msg = "the partition has no position: nobody sought"
            raise LogUnavailable(msg)
        if self._cursor.paused:
            await asyncio.sleep(wait_s)
            return Batch(start, start, [])
        try:
            async with asyncio.timeout(max(wait_s, POLL_S)):
                batch = await self._next(start, max_records, wait=wait_s > 0)
        except TimeoutError:
            batch = Batch(start, start, [])
        self._check_held()
        if self._cursor.position != start:  # sought meanwhile: the client drops what it fetched for the old position
            return Batch(start, start, [])
        self._cursor.position = batch.end
        return batch

    def end_hint(self) -> int | None:
        return self._cursor.end_hint if self._cursor.held else None

    async def close(self) -> None:
        """Nothing to free."""

    def _check_held(self) -> None:
        if not self._cursor.held:
            msg = "the partition is no longer assigned"
            raise LogUnavailable(msg)

    async def _next(self, position: int, limit: int, *, wait: bool) -> Batch:
        """Like the client, ask again after an error: its caller only sees that nothing came in time."""

        def read() -> tuple[Batch, int]:
            return self._log().read(position, limit), self._log().stable_end

        while True:
            with contextlib.suppress(LogUnavailable):
                batch, self._cursor.end_hint = await self._link.call("broker.fetch", read, LogUnavailable)
                if batch.end > position or not wait:
                    return batch
                await self._log().arrival()


class MemoryOutlet:
    """The transactional producer of one partition."""

    def __init__(self, cluster: Cluster, partition: int, producer: str, epoch: int, link: Link) -> None:
        self._cluster = cluster
        self._partition = partition
        self._producer = producer
        self._epoch = epoch
        self._link = link

    async def send(self, outputs: Sequence[Output], relayed: Position) -> int | None:
        timestamp = int(asyncio.get_running_loop().time() * 1000)

        def begin() -> None:
            self._cluster.begin(self._producer, self._epoch).pending[self._partition] = relayed

        await self._link.call("broker.begin", begin, LogUnavailable)
        journal_offset: int | None = None
        for index, output in enumerate(outputs):
            write = partial(self._write, index, output, timestamp)
            offset = await self._link.call("broker.write", write, LogUnavailable)
            if output.topic == JOURNAL:
                journal_offset = offset + 1
        await self._link.call(
            "broker.commit", lambda: self._cluster.commit(self._producer, self._epoch), LogUnavailable
        )
        return journal_offset

    async def close(self) -> None:
        # The connection is gone: what was left open waits for the next producer or the broker's timeout.
        await asyncio.sleep(0)

    def _write(self, index: int, output: Output, timestamp: int) -> int:
        record = MemoryRecord(0, timestamp, output.key, output.value, output.headers)
        size = len(output.key or b"") + len(output.value or b"") + sum(len(k) + len(v) for k, v in output.headers)
        if size > self._cluster.max_record_bytes:
            raise OutputTooLarge(index)
        return self._cluster.write(self._producer, self._epoch, output.topic, self._partition, record)


class MemoryBroker:
    """One worker's Kafka; workers of one ``Cluster`` share its topics."""

    def __init__(self, cluster: Cluster, link: Link | None = None) -> None:
        self._cluster = cluster
        self._link = link or Link()
        self._group: dict[int, _Cursor] = {}
        self._held: frozenset[int] | None = None  # without a group every partition may be read

    def hold(self, partitions: Iterable[int]) -> None:
        """What the group gave, from now on: these partitions wait until somebody seeks, the others cannot be read."""
        self._held = frozenset(partitions)
        for partition, cursor in self._group.items():
            cursor.held = cursor.paused = partition in self._held
            cursor.position = 0 if cursor.held else None

    async def open_log(self, topic: str, partition: int) -> MemoryLog:
        await self._link.awake()
        cursor = _Cursor(self._cluster.log(topic, partition).start)
        return MemoryLog(lambda: self._cluster.log(topic, partition), cursor, self._link)

    async def transactions(self, partition: int) -> MemoryLog:
        await self._link.awake()
        cursor = self._group.get(partition)
        if cursor is None:
            cursor = self._group[partition] = self._cursor(partition)
        return MemoryLog(lambda: self._cluster.log(TRANSACTIONS, partition), cursor, self._link)

    def _cursor(self, partition: int) -> _Cursor:
        if self._held is None:
            return _Cursor()
        held = partition in self._held
        return _Cursor(0 if held else None, held=held, paused=held)

    async def open_outlet(self, partition: int) -> MemoryOutlet:
        producer = f"{GROUP}-{partition}"
        epoch = await self._link.call("broker.init", lambda: self._cluster.init_producer(producer), LogUnavailable)
        return MemoryOutlet(self._cluster, partition, producer, epoch, self._link)

    async def relayed(self, partition: int) -> Position | None:
        return await self._link.call("broker.relayed", lambda: self._cluster.relayed_of(partition), LogUnavailable)

    async def mirror(self, partition: int, offset: int) -> None:
        await self._link.call("broker.mirror", lambda: self._cluster.mirror(partition, offset), LogUnavailable)
