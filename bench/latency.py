"""How long a transaction takes to become a visible tier change, and a fact an alert, under a steady stream."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

STEP_S: Final = 0.01
"""The stream is sent in steps of this length, each a burst of rate x step records."""

EVERY: Final = 100
"""One event in this many moves a customer over a tier's line and is timed."""

RISKY: Final = 700
"""A risk score beyond the threshold of the shipped signal, 600."""

OPENING: Final = 1_000
"""Customers with a transaction before the stream: some in every partition."""

SETTLE_S: Final = 3.0
"""Wait for the last changes after the stream has ended."""


def _event(customer: str, number: int, amount: int, now: dt.datetime) -> bytes:
    return json.dumps(
        {
            "transaction_id": f"{customer}-{number}",
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


class Delays(NamedTuple):
    """Seconds from produce to what a consumer sees, sorted: transactions to tier changes, facts to alerts."""

    changes: list[float]
    alerts: list[float]


class Timed:
    """What is sent and what comes of it, by customer."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.delays: dict[str, float] = {}

    def begin(self, customer: str) -> None:
        """The customer's record is produced now."""
        self.sent[customer] = time.perf_counter()

    async def read(self, consumer: AIOKafkaConsumer) -> None:
        """Note when the first output about each customer is seen."""
        async for record in consumer:
            customer = (record.key or b"").decode()
            if customer in self.sent:
                self.delays.setdefault(customer, time.perf_counter() - self.sent[customer])

    def result(self, what: str) -> list[float]:
        """The delays, sorted; an error if one is missing."""
        if len(self.delays) < len(self.sent):
            raise RuntimeError(
                f"{len(self.sent) - len(self.delays)} of {len(self.sent)} timed records led to no {what}"
            )
        return sorted(self.delays.values())


async def measure(broker: str, prefix: str, rate: int, seconds: float, *, risky: bool) -> Delays:
    """Time what a steady stream leads to; with ``risky`` facts too, in the midst of it.

    The worker must be running with a policy that makes any personal customer with 100,000 gold at once, and for ``risky`` with
    a signal that a risk score of 600 raises at once.
    """
    changes, alerts = Timed(), Timed()
    async with (
        AIOKafkaProducer(bootstrap_servers=broker, linger_ms=2) as producer,
        _reader(broker, f"{prefix}tier-changes") as of_changes,
        _reader(broker, f"{prefix}alerts") as of_alerts,
    ):
        reading = [asyncio.create_task(changes.read(of_changes)), asyncio.create_task(alerts.read(of_alerts))]
        await _know(producer, prefix, int(rate * seconds) // EVERY + 1)
        await _stream(producer, prefix, rate, seconds, changes, alerts if risky else None)
        await asyncio.sleep(SETTLE_S)
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
    return Delays(changes.result("tier change"), alerts.result("alert"))


def _reader(broker: str, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(topic, bootstrap_servers=broker, isolation_level="read_committed", fetch_max_wait_ms=10)


async def _know(producer: AIOKafkaProducer, prefix: str, customers: int) -> None:
    """Make the timed customers known, and open the day of every partition: before it, facts are kept and nobody is looked at."""
    for number in range(OPENING):
        customer = f"opening-{number}"
        value = _event(customer, number, 100, dt.datetime.now(dt.UTC))
        await producer.send(f"{prefix}transactions", value, key=customer.encode())
    for number in range(customers):
        for name in (f"latency-{number}", f"risk-{number}"):
            facts = json.dumps({"customer_id": name, "kind": "personal"}).encode()
            await producer.send(f"{prefix}customers", facts, key=name.encode())
    await producer.flush()
    await asyncio.sleep(SETTLE_S)


async def _stream(
    producer: AIOKafkaProducer, prefix: str, rate: int, seconds: float, changes: Timed, alerts: Timed | None
) -> None:
    topic, burst = f"{prefix}transactions", int(rate * STEP_S)
    begun, number = time.perf_counter(), 0
    for step in range(int(seconds / STEP_S)):
        now = dt.datetime.now(dt.UTC)
        for _ in range(burst):
            timed = number % EVERY == 0
            customer = f"latency-{number // EVERY}" if timed else f"crowd-{number % 5_000}"
            value = _event(customer, number, 20_000_000 if timed else 100, now)
            if timed:
                changes.begin(customer)
            await producer.send(topic, value, key=customer.encode())
            if timed and alerts is not None:
                await _turn_risky(producer, prefix, f"risk-{number // EVERY}", alerts)
            number += 1
        await asyncio.sleep(max(0.0, begun + (step + 1) * STEP_S - time.perf_counter()))
    await producer.flush()


async def _turn_risky(producer: AIOKafkaProducer, prefix: str, customer: str, alerts: Timed) -> None:
    alerts.begin(customer)
    facts = json.dumps({"customer_id": customer, "risk_score": RISKY}).encode()
    await producer.send(f"{prefix}customers", facts, key=customer.encode())
