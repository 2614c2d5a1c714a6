"""How long a transaction takes to become a visible tier change, under a steady stream."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

STEP_S: Final = 0.01
"""The stream is sent in steps of this length, each a burst of rate x step records."""

EVERY: Final = 100
"""One event in this many moves a customer over a tier's line and is timed."""

SETTLE_S: Final = 3.0
"""Wait for the last changes after the stream has ended."""


def _event(customer: str, number: int, amount: int, now: dt.datetime) -> bytes:
    return json.dumps(
        {
            "transaction_id": f"latency-{number}",
            "customer_id": customer,
            "account_id": f"{customer}-a",
            "booked_at": now.isoformat(timespec="milliseconds"),
            "amount": amount,
            "currency": "CNY",
            "product": "deposit",
            "kind": "transfer",
            "channel": "mobile",
            "initiator": "customer",
        }
    ).encode()


async def measure(broker: str, prefix: str, rate: int, seconds: float) -> list[float]:
    """Seconds from produce to visible tier change of each timed event, sorted.

    The worker must be running with a policy that makes any personal customer with 100,000 gold at once.
    """
    sent: dict[str, float] = {}
    delays: list[float] = []
    consumer = AIOKafkaConsumer(
        f"{prefix}tier-changes", bootstrap_servers=broker, isolation_level="read_committed", fetch_max_wait_ms=10
    )
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=2)
    await consumer.start()
    await producer.start()
    try:
        reader = asyncio.create_task(_read(consumer, sent, delays))
        await _know(producer, prefix, int(rate * seconds) // EVERY + 1)
        await _stream(producer, prefix, rate, seconds, sent)
        await asyncio.sleep(SETTLE_S)
        reader.cancel()
        await asyncio.wait([reader])
    finally:
        await producer.stop()
        await consumer.stop()
    if len(delays) < len(sent):
        raise RuntimeError(f"{len(sent) - len(delays)} of {len(sent)} timed events led to no tier change")
    return sorted(delays)


async def _know(producer: AIOKafkaProducer, prefix: str, customers: int) -> None:
    for number in range(customers):
        name = f"latency-{number}"
        facts = json.dumps({"customer_id": name, "kind": "personal"}).encode()
        await producer.send(f"{prefix}customers", facts, key=name.encode())
    await producer.flush()
    await asyncio.sleep(SETTLE_S)


async def _stream(producer: AIOKafkaProducer, prefix: str, rate: int, seconds: float, sent: dict[str, float]) -> None:
    topic, burst = f"{prefix}transactions", int(rate * STEP_S)
    begun, number = time.perf_counter(), 0
    for step in range(int(seconds / STEP_S)):
        now = dt.datetime.now(dt.UTC)
        for _ in range(burst):
            timed = number % EVERY == 0
            customer = f"latency-{number // EVERY}" if timed else f"crowd-{number % 5_000}"
            value = _event(customer, number, 20_000_000 if timed else 100, now)
            if timed:
                sent[customer] = time.perf_counter()
            await producer.send(topic, value, key=customer.encode())
            number += 1
        await asyncio.sleep(max(0.0, begun + (step + 1) * STEP_S - time.perf_counter()))
    await producer.flush()


async def _read(consumer: AIOKafkaConsumer, sent: dict[str, float], delays: list[float]) -> None:
    seen: set[str] = set()
    async for record in consumer:
        customer = (record.key or b"").decode()
        if customer in sent and customer not in seen:
            seen.add(customer)
            delays.append(time.perf_counter() - sent[customer])
