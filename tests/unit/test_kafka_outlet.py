"""Producers that end although nobody waits for them, or although the broker answers nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from streams import kafka_outlet
from streams.kafka import KafkaBroker, KafkaConfig
from streams.kafka_outlet import KafkaOutlet

OPENS_S = 0.02


class Producers:
    """Stands where the client's class stands, and counts those made and stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.started = self.stopped = 0

    def __call__(self, **_: object) -> Producers:
        return self

    async def start(self) -> None:
        self.begun.set()
        await asyncio.sleep(OPENS_S)
        self.started += 1

    async def stop(self) -> None:
        self.stopped += 1


async def test_a_producer_that_starts_while_its_lease_is_revoked_belongs_to_nobody_and_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producers = Producers()
    monkeypatch.setattr(kafka_outlet, "AIOKafkaProducer", producers)
    broker = KafkaBroker(KafkaConfig(bootstrap="localhost:1", group="g"))
    opening = asyncio.create_task(broker.open_outlet(0))
    await asyncio.sleep(0)
    producers.begun.wait()
    time.sleep(5 * OPENS_S)  # noqa: ASYNC251  # a step of another partition: nothing is heard here meanwhile
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await broker.close()
    assert (producers.started, producers.stopped) == (1, 1)


async def test_a_producer_that_will_not_stop_is_given_up_though_its_closing_lease_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producers = Producers()
    closing, cut = threading.Event(), list[str]()

    async def stop() -> None:
        closing.set()
        await asyncio.Event().wait()

    async def close() -> None:
        cut.append("connections")

    client: Any = producers
    client.stop = stop
    client._sender = SimpleNamespace(sender_task=None)
    client._message_accumulator = SimpleNamespace(fail_all=lambda _error: None)
    client.client = SimpleNamespace(close=close)
    monkeypatch.setattr(kafka_outlet, "AIOKafkaProducer", producers)
    monkeypatch.setattr(kafka_outlet, "CLOSE_TIMEOUT_S", 0.1)
    broker = KafkaBroker(KafkaConfig(bootstrap="localhost:1", group="g"))
    outlet = await broker.open_outlet(0)
    task = asyncio.create_task(outlet.close())
    await asyncio.to_thread(closing.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await broker.close()
    assert cut == ["connections"]


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


async def holding_a_batch() -> tuple[Any, list[str]]:
    """A producer in a transaction, with a batch that no broker takes; and where its client writes that it is closed."""
    producer = AIOKafkaProducer(bootstrap_servers="localhost:1", transactional_id="g-0")
    closed: list[str] = []

    async def close() -> None:
        closed.append("client")

    producer.client.close = close
    producer._sender._sender_task = asyncio.create_task(_forever())
    producer._txn_manager.set_pid_and_epoch(1, 1)
    producer._txn_manager.begin_transaction()
    batch = producer.create_batch()
    batch.append(timestamp=None, key=b"k", value=b"v")
    await producer._message_accumulator.add_batch(batch, TopicPartition("alerts", 0), 1.0)
    return producer, closed


async def test_a_producer_that_cannot_send_what_it_holds_is_given_up_with_its_tasks_and_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_outlet, "CLOSE_TIMEOUT_S", 0.1)
    producer, closed = await holding_a_batch()
    outlet = KafkaOutlet("localhost:1", "g", "", 0, set())
    outlet._producer = producer
    await outlet.close()
    assert closed
    assert producer._sender.sender_task.done()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_a_producer_that_heeds_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_outlet, "CLOSE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(kafka_outlet, "BREAK_OFF_S", 0.1)
    producer, closed = await holding_a_batch()
    producer.stop = _forever
    producer._closed = True  # as the client notes at once
    outlet = KafkaOutlet("localhost:1", "g", "", 0, set())
    outlet._producer = producer
    await outlet.close()
    assert closed == ["client"]
