"""Workers joining, leaving, paused and killed; servers killed; the log's oddities: outputs equal the oracle's."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from agents.stopping import EXIT_ABANDONED
from deploy.bank import Bank
from deploy.local import KafkaServer, ValkeyServer
from deploy.local.ports import free_port
from deploy.topics import create_topics
from tests.real.verdict import agree_with_oracle, read_all
from tests.real.workers import ROOT, SESSION_TIMEOUT, Site

PARTITIONS = 4
POLICIES = ROOT / "tests/policies"
STOP_S = 10.0
"""What a worker promises, from SIGTERM to its end."""


@pytest.fixture
async def site(
    broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path, partitions: int
) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, partitions)
    site = Site(broker, store, topic_prefix, namespace, tmp_path)
    yield site
    site.clear()


@pytest.fixture
def partitions() -> int:
    return PARTITIONS


class Producer:
    """Puts a small bank into the site's topics, bit by bit."""

    def __init__(self, site: Site, bank: Bank, producer: AIOKafkaProducer) -> None:
        self._site = site
        self._bank = bank
        self._producer = producer
        self._records = list(bank.transactions())

    async def facts(self) -> None:
        for key, value in self._bank.facts():
            await self._producer.send(f"{self._site.prefix}customers", value, key=key, timestamp_ms=self._bank.start_ms)
        await self._producer.flush()

    async def transactions(self, share: float) -> None:
        """The next ``share`` of all transactions."""
        count = round(share * self._bank.transaction_count)
        batch, self._records = self._records[:count], self._records[count:]
        for timestamp, key, value in batch:
            await self._producer.send(f"{self._site.prefix}transactions", value, key=key, timestamp_ms=timestamp)
        await self._producer.flush()

    async def rest(self) -> None:
        await self.transactions(1.0)


@pytest.fixture
async def bank(site: Site, seed: int) -> AsyncIterator[Producer]:
    async with AIOKafkaProducer(bootstrap_servers=site.broker, enable_idempotence=True) as producer:
        yield Producer(site, Bank(seed, customers=80, days=25, transactions=3_000), producer)


async def test_one_worker_publishes_what_the_oracle_says(site: Site, bank: Producer) -> None:
    await bank.facts()
    await bank.rest()
    await site.drain()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 50


async def test_workers_that_join_pause_die_and_leave_lose_and_repeat_nothing(site: Site, bank: Producer) -> None:
    await bank.facts()
    first = site.worker()
    await first.ready()
    await bank.transactions(0.2)
    second = site.worker()
    await second.ready()
    await bank.transactions(0.1)
    third = site.worker()
    await bank.transactions(0.1)
    first.pause()
    await bank.transactions(0.1)
    await third.ready()
    await asyncio.sleep(float(SESSION_TIMEOUT.rstrip("s")) + 3)  # the group gives the zombie's partitions away
    await bank.transactions(0.1)
    first.wake()
    await asyncio.sleep(2)
    await bank.transactions(0.1)
    second.kill()
    await bank.transactions(0.1)
    assert await third.stopped() == 0
    await bank.rest()
    await first.ready()
    await site.drain()
    assert await first.stopped() == 0, first.told()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 50


async def test_a_store_killed_and_restarted_costs_nothing(site: Site, bank: Producer, own_valkey: ValkeyServer) -> None:
    site.store = own_valkey.address
    await bank.facts()
    worker = site.worker()
    await worker.ready()
    await bank.transactions(0.4)
    own_valkey.kill()
    await bank.transactions(0.2)
    await asyncio.sleep(1)
    own_valkey.start()
    await bank.rest()
    await site.drain()
    assert await worker.stopped() == 0, worker.told()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 50


@pytest.fixture
def own_kafka(local_kafka: None, tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of the test's own, running: to be frozen."""
    server = KafkaServer(tmp_path / "kafka", free_port(), free_port())
    server.start()
    yield server
    server.kill()


async def test_a_worker_told_to_stop_ends_within_ten_seconds_while_kafka_or_the_store_is_frozen_and_costs_nothing(
    own_kafka: KafkaServer, own_valkey: ValkeyServer, tmp_path: Path, seed: int
) -> None:
    site = Site(own_kafka.address, own_valkey.address, "", "", tmp_path)
    await create_topics(site.broker, site.prefix, PARTITIONS)
    async with AIOKafkaProducer(bootstrap_servers=site.broker, enable_idempotence=True) as producer:
        bank = Producer(site, Bank(seed, customers=80, days=25, transactions=3_000), producer)
        await bank.facts()
        try:
            for server in (own_kafka, own_valkey):
                worker = site.worker()
                await worker.ready()
                await bank.transactions(0.3)  # the freeze meets batches under way
                server.send_signal(signal.SIGSTOP)
                begun = time.monotonic()
                code = await worker.stopped()
                took_s = time.monotonic() - begun
                server.send_signal(signal.SIGCONT)
                assert code in {0, EXIT_ABANDONED}, worker.told()
                assert took_s < STOP_S, worker.told()
        finally:
            site.clear()
        await bank.rest()
    await site.drain()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 50


async def test_aborted_transactions_and_markers_of_the_input_are_stepped_over(site: Site, seed: int) -> None:
    bank = Bank(seed, customers=40, days=10, transactions=800)
    draw = random.Random(seed)
    async with AIOKafkaProducer(bootstrap_servers=site.broker, transactional_id=f"{site.prefix}core") as producer:
        async with producer.transaction():
            for key, value in bank.facts():
                await producer.send(f"{site.prefix}customers", value, key=key, timestamp_ms=bank.start_ms)
        records = list(bank.transactions())
        parts = [records[first : first + 50] for first in range(0, len(records), 50)]
        # At least one of each, wherever chance puts the others.
        kinds = [True, False, *(draw.random() < 0.6 for _ in parts[2:])]
        draw.shuffle(kinds)
        for part, kept in zip(parts, kinds, strict=True):
            await producer.begin_transaction()
            for timestamp, key, value in part:
                await producer.send(f"{site.prefix}transactions", value, key=key, timestamp_ms=timestamp)
            await (producer.commit_transaction() if kept else producer.abort_transaction())
    await site.drain()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 0


async def test_a_compacted_log_is_read_over_its_gaps(site: Site, bank: Producer) -> None:
    await bank.facts()
    await bank.transactions(0.5)
    admin = AIOKafkaAdminClient(bootstrap_servers=site.broker)
    await admin.start()
    try:
        await _compact(admin, site)
        await bank.rest()
        await _until_gaps(site)
    finally:
        await admin.close()
    await site.drain()
    assert await agree_with_oracle(site.broker, site.prefix, PARTITIONS, POLICIES) > 0


async def _compact(admin: AIOKafkaAdminClient, site: Site) -> None:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    config = {
        "cleanup.policy": "compact",
        "segment.bytes": "1048576",
        "segment.ms": "1000",
        "min.cleanable.dirty.ratio": "0.01",
        "max.compaction.lag.ms": "1000",
        "retention.ms": "-1",
    }
    topic = f"{site.prefix}transactions"
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=config)])


async def _until_gaps(site: Site) -> None:
    """Wait until the broker's cleaner has removed records somewhere in the middle."""
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for _ in range(60):
            offsets = [r.offset for r in await read_all(site.broker, f"{site.prefix}transactions", 0)]
            if offsets and len(offsets) < offsets[-1] + 1:
                return
            # A segment is closed by the next record only, so each partition gets one that changes nothing.
            for partition in range(PARTITIONS):
                await producer.send_and_wait(
                    f"{site.prefix}transactions", b"{}", key=b"nobody", partition=partition, timestamp_ms=_LAST_MS
                )
            await asyncio.sleep(1)
    raise AssertionError("the broker compacted nothing within a minute")


_LAST_MS = 1_738_000_000_000
"""A time within the bank's days: a later one would close them."""


async def test_a_recreated_topic_is_refused_with_the_command_to_run(site: Site, bank: Producer) -> None:
    await bank.facts()
    await bank.transactions(0.3)
    await site.drain()
    admin = AIOKafkaAdminClient(bootstrap_servers=site.broker)
    await admin.start()
    try:
        await admin.delete_topics([f"{site.prefix}transactions"])
        await asyncio.sleep(1)
    finally:
        await admin.close()
    await create_topics(site.broker, site.prefix, PARTITIONS)
    await bank.transactions(0.5)
    worker = site.worker()
    assert await worker.ended(60) == 1
    assert "recreated" in worker.told()
    assert "TIERLINE_NAMESPACE" in worker.told()


async def test_an_emptied_store_is_refused_and_rebuild_is_named(site: Site, bank: Producer) -> None:
    await bank.facts()
    await bank.transactions(0.3)
    await site.drain()
    site.namespace += "other:"
    worker = site.worker()
    assert await worker.ended(60) == 1
    assert "tierline rebuild" in worker.told()


async def test_a_changed_time_zone_is_refused(site: Site, bank: Producer) -> None:
    await bank.transactions(0.1)
    await site.drain()
    site.settings = {"TIERLINE_TIMEZONE": "Europe/London"}
    worker = site.worker()
    assert await worker.ended(60) == 1
    assert "TIERLINE_TIMEZONE is 'Europe/London'" in worker.told()
