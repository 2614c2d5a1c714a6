"""What every ``Broker`` promises, asked of the model and of a real Kafka in the same words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest

from deploy.topics import create_topics
from schemas.position import Position
from schemas.topics import TOPICS
from streams.kafka import KafkaBroker, KafkaConfig
from streams.ports import Broker, LogTruncated, Output, OutputTooLarge, PartitionLog, ProducerFenced, Record
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster, MemoryRecord

P = 1
MARKER_S = 0.3
"""A broker answers a commit before it has written the markers that let readers see it; it writes them in milliseconds."""
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

    async def assigned(self) -> PartitionLog:
        """The group's reader of partition ``P`` of ``transactions``, assigned and at the log's start."""
        ...

    async def truncate(self, topic: str, before: int) -> None: ...

    async def recreate(self, topic: str) -> None: ...

    async def forget_relayed(self) -> None: ...


async def read(log: PartitionLog, at_least: int = 1, most: int = 1000) -> list[Record]:
    """Read on until ``at_least`` records came; each batch must start where the last ended."""
    records: list[Record] = []
    end: int | None = None
    async with asyncio.timeout(4 * WAIT_S):
        while len(records) < at_least:
            batch = await log.fetch(most, WAIT_S)
            assert end in (None, batch.start)
            assert len(batch.records) <= most
            assert all(batch.start <= record.offset < batch.end for record in batch.records)
            end = batch.end
            records += batch.records
    return records


async def values(log: PartitionLog, at_least: int) -> list[bytes | None]:
    return [record.value for record in await read(log, at_least)]


async def relayed(broker: Broker) -> Position | None:
    """The relayed position as a claim reads it: a transaction's offsets are seen once the broker has written its marker,
    and taking over waits for that."""
    outlet = await broker.open_outlet(P)
    position = await broker.relayed(P)
    await outlet.close()
    return position


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


def plain(*found: bytes) -> list[tuple[bytes | None, bytes | None, int]]:
    return [(b"k", value, 1_700_000_000_000) for value in found]


def outputs(*found: bytes, topic: str = "alerts") -> list[Output]:
    return [Output(topic, b"k", value) for value in found]


class BrokerBehaviour:
    """The promises; a subclass gives the ``bench``, whose topics are empty at first."""

    async def test_an_empty_log_starts_and_ends_at_zero(self, bench: Bench) -> None:
        log = await bench.broker.open_log("interactions", P)
        assert await log.bounds() == (0, 0)
        await log.close()

    async def test_a_record_comes_as_it_was_written(self, bench: Bench) -> None:
        await bench.produce("customers", [(b"key", b"value", 1_700_000_000_123), (b"key", None, 5)])
        log = await bench.broker.open_log("customers", P)
        first, second = await read(log, 2)
        assert (first.offset, first.timestamp, first.key, first.value) == (0, 1_700_000_000_123, b"key", b"value")
        assert list(first.headers) == []
        assert (second.offset, second.timestamp, second.value) == (1, 5, None)
        await log.close()

    async def test_batches_join_without_gap_whatever_their_size(self, bench: Bench) -> None:
        await bench.produce("customers", plain(*(b"%d" % n for n in range(10))))
        log = await bench.broker.open_log("customers", P)
        assert [record.offset for record in await read(log, 10, most=3)] == list(range(10))
        await log.close()

    async def test_a_fetch_at_the_end_waits_and_comes_back_empty(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a"))
        log = await bench.broker.open_log("customers", P)
        await read(log, 1)
        batch = await log.fetch(10, 0.2)
        assert (batch.start, batch.end, list(batch.records)) == (1, 1, [])
        await log.close()

    async def test_a_waiting_fetch_brings_what_arrives(self, bench: Bench) -> None:
        log = await bench.broker.open_log("customers", P)
        waiting = asyncio.create_task(read(log, 1))
        await asyncio.sleep(0.05)
        await bench.produce("customers", plain(b"late"))
        assert [record.value for record in await waiting] == [b"late"]
        await log.close()

    async def test_aborted_records_are_invisible_and_positions_step_over_them_and_markers(self, bench: Bench) -> None:
        await bench.transaction("transactions", [b"a", b"b"], "commit")  # offsets 0, 1, marker 2
        await bench.transaction("transactions", [b"x", b"y"], "abort")  # offsets 3, 4, marker 5
        await bench.transaction("transactions", [b"c"], "commit")  # offset 6, marker 7
        log = await bench.broker.open_log("transactions", P)
        assert await log.bounds() == (0, 8)
        assert [(record.offset, record.value) for record in await read(log, 3)] == [(0, b"a"), (1, b"b"), (6, b"c")]
        assert await visible(bench.broker, "transactions") == [b"a", b"b", b"c"]  # and the position reaches the end
        await log.close()

    async def test_a_log_that_ends_in_an_aborted_transaction_is_read_to_its_end(self, bench: Bench) -> None:
        await bench.produce("transactions", plain(b"a"))
        await bench.transaction("transactions", [b"x"], "abort")
        log = await bench.broker.open_log("transactions", P)
        position = 0
        async with asyncio.timeout(WAIT_S):
            while position < 3:
                position = (await log.fetch(10, 0.2)).end
        assert (await log.fetch(10, 0.2)).end == 3
        await log.close()

    async def test_an_open_transaction_holds_the_stable_end_back_until_it_is_decided(self, bench: Bench) -> None:
        await bench.produce("transactions", plain(b"a"))
        await bench.transaction("transactions", [b"b"], "open")
        await bench.produce("transactions", plain(b"c"))
        log = await bench.broker.open_log("transactions", P)
        assert await log.bounds() == (0, 1)
        assert await values(log, 1) == [b"a"]
        assert list((await log.fetch(10, 0.3)).records) == []
        await bench.end_open()
        assert await values(log, 2) == [b"b", b"c"]
        assert await log.bounds() == (0, 4)
        await log.close()

    async def test_seek_reads_again_from_an_offset(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a", b"b", b"c"))
        log = await bench.broker.open_log("customers", P)
        await read(log, 3)
        await log.seek(1)
        assert await values(log, 2) == [b"b", b"c"]
        await log.close()

    async def test_the_end_hint_is_unknown_at_first_and_the_stable_end_of_the_latest_fetch(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a", b"b", b"c"))
        log = await bench.broker.open_log("customers", P)
        assert log.end_hint() is None
        await read(log, 1, most=1)
        assert log.end_hint() == 3
        await log.close()

    async def test_the_group_reads_its_assigned_partition_like_any_other(self, bench: Bench) -> None:
        await bench.transaction("transactions", [b"x"], "abort")
        await bench.transaction("transactions", [b"a", b"b"], "commit")
        log = await bench.assigned()
        await log.seek(0)
        assert await values(log, 2) == [b"a", b"b"]
        assert await log.bounds() == (0, 5)
        await log.seek(3)
        assert await values(log, 1) == [b"b"]
        await bench.broker.mirror(P, 4)

    async def test_reading_below_the_start_of_a_log_says_truncated(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a", b"b", b"c"))
        await bench.truncate("customers", 2)
        log = await bench.broker.open_log("customers", P)
        assert await log.bounds() == (2, 3)
        assert await values(log, 1) == [b"c"]
        await log.seek(1)
        with pytest.raises(LogTruncated):
            await read(log, 1)
        await log.close()

    async def test_reading_beyond_the_end_of_a_log_says_truncated(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a"))
        log = await bench.broker.open_log("customers", P)
        await log.seek(5)
        with pytest.raises(LogTruncated):
            await read(log, 1)
        await log.close()

    async def test_a_topic_made_anew_starts_at_zero(self, bench: Bench) -> None:
        await bench.produce("customers", plain(b"a", b"b", b"c"))
        await bench.recreate("customers")
        await bench.produce("customers", plain(b"new"))
        log = await bench.broker.open_log("customers", P)
        assert await log.bounds() == (0, 1)
        assert await values(log, 1) == [b"new"]
        await log.close()

    async def test_outputs_and_the_relayed_position_appear_together(self, bench: Bench) -> None:
        outlet = await bench.broker.open_outlet(P)
        assert await bench.broker.relayed(P) is None
        sent = [*outputs(b"one"), Output("dead-letters", None, b"two", (("why", b"\x00"),)), *outputs(b"three")]
        assert await outlet.send(sent, Position(7, 8, 9)) is None
        assert await visible(bench.broker, "alerts") == [b"one", b"three"]
        log = await bench.broker.open_log("dead-letters", P)
        (letter,) = await read(log, 1)
        assert (letter.key, letter.value, list(letter.headers)) == (None, b"two", [("why", b"\x00")])
        await outlet.close()
        assert await relayed(bench.broker) == Position(7, 8, 9)
        assert await bench.broker.relayed(P + 1) is None
        await log.close()

    async def test_send_tells_the_offset_after_the_last_journal_entry(self, bench: Bench) -> None:
        outlet = await bench.broker.open_outlet(P)
        assert await outlet.send(outputs(b"1", b"2", topic="journal"), Position(1)) == 2
        assert await outlet.send(outputs(b"x"), Position(2)) is None
        # A marker at 2.
        assert await outlet.send([*outputs(b"3", topic="journal"), *outputs(b"y")], Position(3)) == 4
        await outlet.close()

    async def test_a_position_may_be_relayed_without_outputs(self, bench: Bench) -> None:
        outlet = await bench.broker.open_outlet(P)
        await outlet.send([], Position(3, 1, 0))
        await outlet.close()
        assert await relayed(bench.broker) == Position(3, 1, 0)

    async def test_a_new_outlet_fences_every_earlier_one_of_its_partition(self, bench: Bench) -> None:
        first = await bench.broker.open_outlet(P)
        other = await bench.broker.open_outlet(P + 1)
        await first.send(outputs(b"first"), Position(1))
        second = await bench.broker.open_outlet(P)
        with pytest.raises(ProducerFenced):
            await first.send(outputs(b"zombie"), Position(9))
        await other.send(outputs(b"other"), Position(1))
        await second.send(outputs(b"second"), Position(2))
        assert await visible(bench.broker, "alerts") == [b"first", b"second"]
        for outlet in (first, second, other):
            await outlet.close()
        assert await relayed(bench.broker) == Position(2)

    async def test_an_output_too_large_is_named_and_nothing_of_its_transaction_is_seen(self, bench: Bench) -> None:
        outlet = await bench.broker.open_outlet(P)
        with pytest.raises(OutputTooLarge) as refused:
            await outlet.send(outputs(b"small", b"x" * 3_000_000, b"small too"), Position(4))
        assert refused.value.index == 1
        await outlet.close()
        again = await bench.broker.open_outlet(P)
        assert await bench.broker.relayed(P) is None
        await again.send(outputs(b"only this"), Position(5))
        assert await visible(bench.broker, "alerts") == [b"only this"]
        await again.close()

    async def test_a_group_whose_offsets_were_forgotten_has_no_relayed_position(self, bench: Bench) -> None:
        outlet = await bench.broker.open_outlet(P)
        await outlet.send(outputs(b"one"), Position(7, 8, 9))
        await outlet.close()
        await bench.forget_relayed()
        assert await bench.broker.relayed(P) is None


class MemoryBench:
    """The model, and others' hands on its cluster."""

    def __init__(self) -> None:
        self.cluster = Cluster(4)
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

    async def assigned(self) -> PartitionLog:
        return await self.broker.transactions(P)

    async def truncate(self, topic: str, before: int) -> None:
        self.cluster.log(topic, P).truncate(before)

    async def recreate(self, topic: str) -> None:
        self.cluster.recreate(topic)

    async def forget_relayed(self) -> None:
        self.cluster.forget_offsets()


class TestMemoryBroker(BrokerBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        return MemoryBench()


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


class TestKafkaBroker(BrokerBehaviour):
    @pytest.fixture
    async def bench(self, broker: str, topic_prefix: str) -> AsyncIterator[Bench]:
        real = RealBench(broker, topic_prefix)
        await real.open()
        yield real
        await real.close()
