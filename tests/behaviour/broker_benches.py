"""The brokers that one behaviour suite is run on, and the hands of others on their clusters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest

from deploy.topics import create_topics
from schemas.topics import TOPICS
from streams.kafka import KafkaBroker, KafkaConfig
from streams.ports import Broker, LogUnavailable, PartitionLog
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster, MemoryRecord

P = 1
MARKER_S = 0.3
"""A broker answers a commit before it has written the markers that let readers see it; it writes them in milliseconds."""
ABANDONED_S = 1.0
"""Timeout of a transaction that nobody ends; a broker looks for such ones every second or every ten."""
CONFIG_S = 1.0
"""A broker heeds a topic's new settings soon after it has taken them."""
COMPACTED_S = 60.0
"""A cleaner looks every half second, or every fifteen."""
WAIT_S = 5.0
"""Longest wait for records that are there: a real broker answers far sooner."""


class Bench(Protocol):
    """A broker to test, and the hands of others on its cluster."""

    broker: Broker

    async def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        """Append records (key, value, timestamp in ms) to partition ``P``, outside any transaction."""
        ...

    async def transaction(self, topic: str, values: Sequence[bytes], end: str) -> None:
        """Append values to partition ``P`` in a transaction of its own, and ``commit``, ``abort`` or leave it ``open``."""
        ...

    async def end_open(self) -> None:
        """Commit the transaction that was left open."""
        ...

    async def abandon(self, topic: str, values: Sequence[bytes]) -> None:
        """Append values to partition ``P`` in a transaction that nobody will end, of a producer with a timeout of a second."""
        ...

    async def produce_compacted(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        """Append records and remove those that a later one with the same key replaces; the last one is a minute later."""
        ...

    async def mirrored(self) -> int | None:
        """The offset of partition ``P`` that lag monitors find in the group."""
        ...

    async def assigned(self) -> PartitionLog:
        """The group's reader of partition ``P`` of ``transactions``, assigned."""
        ...

    async def truncate(self, topic: str, before: int) -> None: ...

    async def recreate(self, topic: str) -> None: ...

    async def forget_relayed(self) -> None: ...


async def visible(broker: Broker, topic: str) -> list[bytes | None]:
    """What a read-committed reader of the whole partition sees."""
    await asyncio.sleep(MARKER_S)
    log = await broker.open_log(topic, P)
    bounds = await log.bounds()
    found: list[bytes | None] = []
    await log.seek(bounds.start)
    position = bounds.start
    async with asyncio.timeout(4 * WAIT_S):
        while position < bounds.end:
            batch = await log.fetch(1000, WAIT_S)
            position = batch.end
            found += [record.value for record in batch.records]
    await log.close()
    return found


class MemoryBench:
    """The model, and others' hands on its cluster."""

    def __init__(self) -> None:
        self.cluster = Cluster(4, timeout_s=ABANDONED_S)
        self.broker: Broker = MemoryBroker(self.cluster)

    async def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        for key, value, timestamp in records:
            self.cluster.log(topic, P).append(key, value, timestamp)

    async def transaction(self, topic: str, values: Sequence[bytes], end: str) -> None:
        epoch = self.cluster.init_producer("core")
        self.cluster.begin("core", epoch)
        for value in values:
            self.cluster.write("core", epoch, topic, P, MemoryRecord(0, 0, b"k", value))
        if end == "commit":
            self.cluster.commit("core", epoch)
        elif end == "abort":
            self.cluster.abort("core", epoch)
        self._epoch = epoch

    async def end_open(self) -> None:
        self.cluster.commit("core", self._epoch)

    async def abandon(self, topic: str, values: Sequence[bytes]) -> None:
        await self.transaction(topic, values, "open")

    async def produce_compacted(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        await self.produce(topic, records)
        log = self.cluster.log(topic, P)
        last = {record.key: record.offset for record in log.committed()}
        log.compact([record.offset for record in log.committed() if last[record.key] != record.offset])

    async def mirrored(self) -> int | None:
        return self.cluster.mirrored.get(P)

    async def assigned(self) -> PartitionLog:
        return await self.broker.transactions(P)

    async def truncate(self, topic: str, before: int) -> None:
        self.cluster.log(topic, P).truncate(before)

    async def recreate(self, topic: str) -> None:
        self.cluster.recreate(topic)

    async def forget_relayed(self) -> None:
        self.cluster.forget_offsets()


class RealBench:
    """A real cluster, and others' hands on it."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._broker = KafkaBroker(KafkaConfig(bootstrap=bootstrap, group=f"{prefix}group", prefix=prefix))
        self.broker: Broker = self._broker
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._plain = AIOKafkaProducer(bootstrap_servers=bootstrap)
        self._core = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{prefix}core")

    async def open(self) -> None:
        await create_topics(self._bootstrap, self._prefix, 4, topics=TOPICS)
        await self._admin.start()
        await self._plain.start()
        await self._core.start()
        await self._broker.open()

    async def close(self) -> None:
        await self._broker.close()
        await self._core.stop()
        await self._plain.stop()
        await self._admin.close()

    async def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        for key, value, timestamp in records:
            await self._plain.send_and_wait(self._prefix + topic, value, key=key, partition=P, timestamp_ms=timestamp)

    async def transaction(self, topic: str, values: Sequence[bytes], end: str) -> None:
        await self._core.begin_transaction()
        for value in values:
            await self._core.send_and_wait(self._prefix + topic, value, key=b"k", partition=P)
        if end == "commit":
            await self._core.commit_transaction()
        elif end == "abort":
            await self._core.abort_transaction()

    async def end_open(self) -> None:
        await self._core.commit_transaction()

    async def abandon(self, topic: str, values: Sequence[bytes]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            transactional_id=f"{self._prefix}gone",
            transaction_timeout_ms=round(ABANDONED_S * 1000),
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            for value in values:
                await producer.send_and_wait(self._prefix + topic, value, key=b"k", partition=P)
        finally:
            await producer.stop()  # it says nothing of the transaction

    async def produce_compacted(self, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
        config = {
            "cleanup.policy": "compact",
            # Of the records' own time: the last one is in a segment of its own, the one that is never compacted.
            "segment.ms": "10000",
            "min.cleanable.dirty.ratio": "0.01",
            "max.compaction.lag.ms": "1000",
        }
        resource = ConfigResource(ConfigResourceType.TOPIC, self._prefix + topic, configs=config)
        await self._admin.alter_configs([resource])
        await asyncio.sleep(CONFIG_S)
        await self.produce(topic, records)
        for _ in range(round(COMPACTED_S / MARKER_S)):
            if len(await visible(self.broker, topic)) < len(records):
                return
        pytest.fail(f"the broker compacted nothing within {COMPACTED_S} s")

    async def mirrored(self) -> int | None:
        tp = TopicPartition(f"{self._prefix}transactions", P)
        found = await self._admin.list_consumer_group_offsets(f"{self._prefix}group", partitions=[tp])
        return int(found[tp].offset)

    async def assigned(self) -> PartitionLog:
        members = FirstAssignment()
        await self._broker.join(members)
        async with asyncio.timeout(30):
            await members.assigned.wait()
        return await self._broker.transactions(P)

    async def truncate(self, topic: str, before: int) -> None:
        await self._admin.delete_records(
            {TopicPartition(self._prefix + topic, P): RecordsToDelete(before_offset=before)}
        )

    async def recreate(self, topic: str) -> None:
        await self._admin.delete_topics([self._prefix + topic])
        for _ in range(100):  # deletion goes on after its answer
            if self._prefix + topic not in await self._admin.list_topics():
                break
            await asyncio.sleep(0.1)
        await create_topics(self._bootstrap, self._prefix, 4, topics=[one for one in TOPICS if one.name == topic])

    async def forget_relayed(self) -> None:
        group = f"{self._prefix}group.relay"
        coordinator = await self._admin.find_coordinator(group)
        # The client knows the request but gives it no method.
        await self._admin._send_request(DeleteGroupsRequest([group]), coordinator)


class FirstAssignment:
    """Waits for the group's first assignment, as the engine would hear of it."""

    def __init__(self) -> None:
        self.assigned = asyncio.Event()

    async def assign(self, partitions: Iterable[int]) -> None:
        if P in set(partitions):
            self.assigned.set()

    async def revoke(self, partitions: Iterable[int]) -> None:
        """Nothing to give up."""

    def shut_out(self, error: LogUnavailable) -> None:
        """The test ends for want of an assignment."""
