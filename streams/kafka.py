"""Kafka as a worker uses it: the group's consumer, logs read by assignment, transactional outlets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IllegalStateError, KafkaError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata

from schemas.position import Position
from streams.kafka_member import POLL_INTERVAL_MAX_MS, Listener, attend
from streams.kafka_outlet import KafkaOutlet, OutletElsewhere
from streams.outputs import TRANSACTIONS
from streams.own_loop import OwnLoop
from streams.ports import Batch, Bounds, LogTruncated, LogUnavailable, Members, Outlet

BEATS_A_SESSION: Final = 10
"""Heartbeats within a session: losing a few to a pause of the machine or the network is no rebalance."""

REBALANCE_TIMEOUT_MS: Final = 20_000
"""Members answer a rebalance at once (a lease throws its batch away), so this bounds only a paused one."""

RETRY_BACKOFF_MS: Final = 500
"""Pause of the clients while no broker answers: with the default of 100 ms a worker's dozens of clients keep a third of
a core busy knocking."""

CLOSE_TIMEOUT_S: Final = 3.0
"""Longest farewell to the group: a worker is promised to end within ten seconds."""

FETCH_BYTES: Final = 4 * 1024 * 1024
"""Bytes a fetch brings for one partition: 8,000 records of 500 bytes, or 13,000 of 300; one batch takes them all."""

FETCH_WAIT_MS: Final = 50
"""Longest wait of the broker for records: bounds the delay of a partition that missed the fetch under way."""


@dataclass(frozen=True, kw_only=True)
class KafkaConfig:
    """Where Kafka is and under which names: ``prefix`` stands before each topic, ``group`` names the workers.

    After ``session_timeout_s`` without a heartbeat the group gives a member's partitions to others.
    """

    bootstrap: str
    group: str
    prefix: str = ""
    session_timeout_s: int = 30


class KafkaBroker:
    """The ``Broker`` of a worker on a real cluster, and its place in the ``Group``."""

    def __init__(self, config: KafkaConfig) -> None:
        self._config = config
        self._topic = config.prefix + TRANSACTIONS
        self._consumer: AIOKafkaConsumer | None = None
        self._admin = AIOKafkaAdminClient(bootstrap_servers=config.bootstrap)
        self._outlets = OwnLoop("outlets")
        self._alone: set[str] = set()
        self._attending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; raises ``LogUnavailable`` if the cluster does not answer."""
        async with _translated():
            await self._admin.start()

    async def join(self, members: Members) -> None:
        session_ms = self._config.session_timeout_s * 1000
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._config.bootstrap,
            group_id=self._config.group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            heartbeat_interval_ms=session_ms // BEATS_A_SESSION,
            session_timeout_ms=session_ms,
            max_poll_interval_ms=POLL_INTERVAL_MAX_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
        self._consumer = consumer
        consumer.subscribe([self._topic], listener=Listener(consumer, members))
        async with _translated():
            await consumer.start()
        self._attending = asyncio.create_task(attend(consumer, self._topic, members), name="attend")

    async def close(self) -> None:
        """Leave the group and free the connections."""
        if self._attending is not None:
            self._attending.cancel()
        if self._consumer is not None:
            # A rebalance under way may wait for a dead member; the group notices us gone without a farewell, too.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._consumer.stop(), CLOSE_TIMEOUT_S)
        await self._admin.close()
        await self._outlets.stop()

    async def open_log(self, topic: str, partition: int) -> KafkaLog:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._config.bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=FETCH_WAIT_MS * 4,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
        tp = TopicPartition(self._config.prefix + topic, partition)
        log = KafkaLog(consumer, tp, owned=True)
        try:
            async with _translated():
                await consumer.start()
                consumer.assign([tp])
                start = (await consumer.beginning_offsets([tp]))[tp]
                consumer.seek(tp, start)
        except BaseException:
            await log.close()
            raise
        return log

    async def transactions(self, partition: int) -> KafkaLog:
        if self._consumer is None:
            msg = "the worker has not joined its group"
            raise LogUnavailable(msg)
        return KafkaLog(self._consumer, TopicPartition(self._topic, partition), owned=False)

    async def open_outlet(self, partition: int) -> Outlet:
        outlet = KafkaOutlet(self._config.bootstrap, self._config.group, self._config.prefix, partition, self._alone)
        try:
            async with _translated():
                await self._outlets.run(outlet.start())
        except asyncio.CancelledError:
            # It may have started while nobody here could hear of it.
            self._outlets.finish(outlet.close())
            raise
        return OutletElsewhere(outlet, self._outlets)

    async def relayed(self, partition: int) -> Position | None:
        tp = TopicPartition(self._topic, partition)
        async with _translated():
            found = await self._admin.list_consumer_group_offsets(f"{self._config.group}.relay", partitions=[tp])
        committed = found.get(tp)
        if committed is None:
            # A partition asked for by name is always answered; the client passes over an error of the whole answer.
            msg = f"the coordinator of group {self._config.group}.relay did not tell what is relayed of partition {partition}"
            raise LogUnavailable(msg)
        if committed.offset < 0:
            return None
        return Position.parse(f"{committed.offset}:{committed.metadata}")

    async def mirror(self, partition: int, offset: int) -> None:
        if self._consumer is None:
            return
        tp = TopicPartition(self._topic, partition)
        async with _translated():
            await self._consumer.commit({tp: OffsetAndMetadata(offset, "")})


class KafkaLog:
    """One partition read through a consumer: the group's, or one of its own."""

    def __init__(self, consumer: AIOKafkaConsumer, partition: TopicPartition, *, owned: bool) -> None:
        self._consumer = consumer
        self._tp = partition
        self._owned = owned

    async def bounds(self) -> Bounds:
        async with _translated():
            start = (await self._consumer.beginning_offsets([self._tp]))[self._tp]
            end = (await self._consumer.end_offsets([self._tp]))[self._tp]
        return Bounds(start, end)

    async def seek(self, offset: int) -> None:
        async with _translated():
            self._consumer.seek(self._tp, offset)
            self._consumer.resume(self._tp)

    async def fetch(self, max_records: int, wait_s: float) -> Batch:
        async with _translated():
            start = await self._consumer.position(self._tp)
            found = await self._consumer.getmany(self._tp, timeout_ms=int(wait_s * 1000), max_records=max_records)
            end = await self._consumer.position(self._tp)
        return Batch(start, end, found.get(self._tp, ()))

    def end_hint(self) -> int | None:
        if self._tp not in self._consumer.assignment():
            return None
        found = self._consumer.last_stable_offset(self._tp)
        return None if found is None or found < 0 else int(found)

    async def close(self) -> None:
        if self._owned:
            # A caller that is cancelled goes; the client's tasks and connections must end all the same.
            await asyncio.shield(self._consumer.stop())


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """The client's errors as the port's; a partition no longer assigned is unavailable too."""
    try:
        yield
    except OffsetOutOfRangeError as error:
        raise LogTruncated(str(error)) from error
    except (KafkaError, IllegalStateError, AssertionError, OSError) as error:
        msg = f"Kafka did not answer: {type(error).__name__}: {error}"
        raise LogUnavailable(msg) from error
