"""What every ``Broker`` promises, asked of the model and of a real Kafka in the same words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.position import Position
from streams.ports import (
    Broker,
    LogTruncated,
    LogUnavailable,
    Output,
    OutputTooLarge,
    PartitionLog,
    ProducerFenced,
    Record,
)
from tests.behaviour.broker_benches import WAIT_S, Bench, MemoryBench, P, RealBench, visible


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
        assert await bench.mirrored() == 4

    async def test_a_transaction_that_nobody_ends_is_aborted_after_its_timeout(self, bench: Bench) -> None:
        await bench.abandon("transactions", [b"x", b"y"])  # offsets 0, 1
        await bench.produce("transactions", plain(b"a"))  # offset 2
        log = await bench.broker.open_log("transactions", P)
        assert await log.bounds() == (0, 0), "it holds what comes after it back"
        assert [(record.offset, record.value) for record in await read(log, 1)] == [(2, b"a")]
        assert await log.bounds() == (0, 4), "the broker's own marker ends it"
        await log.close()

    async def test_positions_step_over_the_holes_that_compaction_leaves(self, bench: Bench) -> None:
        keyed: list[tuple[bytes | None, bytes | None, int]] = [
            (b"%d" % key, b"v%d" % offset, 1_700_000_000_000 + offset) for offset, key in enumerate([1, 2, 1, 1, 3, 2])
        ]
        # Offsets 0, 1 and 2 are replaced by 3 and 5.
        await bench.produce_compacted("transactions", [*keyed, (b"9", b"end", 1_700_000_060_000)])
        log = await bench.broker.open_log("transactions", P)
        assert await log.bounds() == (0, 7)
        assert (await log.fetch(1, WAIT_S)).start == 0, (
            "the first batch begins where it was asked to, not at its record"
        )
        await log.seek(1)
        assert [(record.offset, record.value) for record in await read(log, 4, most=2)] == [
            (3, b"v3"), (4, b"v4"), (5, b"v5"), (6, b"end"),
        ]  # fmt: skip
        await log.close()

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


class TestMemoryBroker(BrokerBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        return MemoryBench()


class TestKafkaBroker(BrokerBehaviour):
    @pytest.fixture
    async def bench(self, broker: str, topic_prefix: str) -> AsyncIterator[Bench]:
        real = RealBench(broker, topic_prefix)
        await real.open()
        yield real
        await real.close()

    async def test_outputs_that_only_together_are_too_large_for_a_topic_are_sent_whole_one_by_one(
        self, bench: Bench, broker: str, topic_prefix: str
    ) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        await admin.start()
        small = {"max.message.bytes": "20000"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, f"{topic_prefix}alerts", configs=small)])
        await admin.close()
        await self._until_refused(bench, b"x" * 30_000)
        values = [b"%03d" % number * 300 for number in range(100)]
        outlet = await bench.broker.open_outlet(P)
        with pytest.raises(LogUnavailable, match="did not take"):
            await outlet.send(outputs(*values), Position(4))
        await outlet.close()
        again = await bench.broker.open_outlet(P)
        await again.send(outputs(*values), Position(4))
        assert (await visible(bench.broker, "alerts"))[-len(values) :] == values
        with pytest.raises(OutputTooLarge) as refused:
            await again.send(outputs(b"small", b"x" * 30_000), Position(5))
        assert refused.value.index == 1
        await again.close()

    async def _until_refused(self, bench: Bench, value: bytes) -> None:
        """A setting of a topic comes into force a moment after it was made."""
        outlet = await bench.broker.open_outlet(P)
        async with asyncio.timeout(4 * WAIT_S):
            with contextlib.suppress(OutputTooLarge):
                while True:
                    await outlet.send(outputs(value), Position(1))
        await outlet.close()
