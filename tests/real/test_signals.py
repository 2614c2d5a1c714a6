"""The shipped signals over a real Kafka and Valkey: raised and cleared at their exact bounds, once each, whatever dies."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from tests.real.verdict import read_all
from tests.real.watch import Watch
from tests.real.workers import ROOT, Site

RAISED, CLEARED = "raised", "cleared"

Found = tuple[str, dict[str, Any]]
"""Raised or cleared, and the body."""
Subject = tuple[str, str, str]
"""Customer, signal, and account or scheme."""
Told = tuple[str, str, str]
"""Raised or cleared, from when, and how bad."""


class History:
    """Puts a bank's records into one partition, each stamped with the time that it tells of."""

    def __init__(self, site: Site, producer: AIOKafkaProducer) -> None:
        self._site = site
        self._producer = producer
        self._count = 0

    async def is_known(self, customer: str, **facts: object) -> None:
        """A fact, told before the first day."""
        told = {"customer_id": customer, "kind": "personal", "owner_id": "rm-7", **facts}
        await self._put("customers", customer, "2025-01-02T08:00", told)

    async def books(self, customer: str, at: str, amount: int, **fields: object) -> None:
        """A booking by the customer, in fen."""
        self._count += 1
        told = {
            "transaction_id": f"t-{self._count}",
            "customer_id": customer,
            "account_id": f"{customer}-1",
            "booked_at": f"{at}:00+08:00",
            "amount": amount,
            "currency": "CNY",
            "product": "deposit",
            "kind": "transfer",
            "channel": "counter",
            "initiator": "customer",
            **fields,
        }
        await self._put("transactions", customer, at, told)

    async def day(self, date: str) -> None:
        """Something happens on ``date``, so that the days before it are closed."""
        await self.books("clock", f"{date}T03:00", 1)

    async def talks(self, customer: str, at: str, kind: str, **fields: object) -> None:
        """An interaction."""
        self._count += 1
        told = {"interaction_id": f"i-{self._count}", "customer_id": customer, "at": f"{at}:00+08:00", "kind": kind}
        await self._put("interactions", customer, at, {**told, **fields})

    async def _put(self, topic: str, customer: str, at: str, told: dict[str, object]) -> None:
        moment = dt.datetime.fromisoformat(f"{at}:00+08:00")
        await self._producer.send_and_wait(
            f"{self._site.prefix}{topic}",
            json.dumps(told).encode(),
            key=customer.encode(),
            partition=0,
            timestamp_ms=int(moment.timestamp() * 1000),
        )


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, 1)
    settings = {"TIERLINE_POLICIES": str(ROOT / "policies")}
    site = Site(broker, store, topic_prefix, namespace, tmp_path, settings)
    yield site
    site.clear()


@pytest.fixture
async def history(site: Site) -> AsyncIterator[History]:
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        yield History(site, producer)


async def alerts(site: Site) -> list[Found]:
    """What a consumer of committed records meets: raised or cleared, and the body. No event comes twice."""
    records = await read_all(site.broker, f"{site.prefix}alerts", 0)
    headers = [dict(record.headers) for record in records]
    assert max(Counter(one["ce_id"] for one in headers).values()) == 1, "an event was published twice"
    kinds = [one["ce_type"].decode().split(".")[2] for one in headers]
    return [(kind, json.loads(record.value)) for kind, record in zip(kinds, records, strict=True)]


def by_subject(found: list[Found]) -> dict[Subject, list[Found]]:
    """Alerts by customer, signal and account or scheme, in order."""
    sorted_: dict[Subject, list[Found]] = defaultdict(list)
    for kind, body in found:
        about = body["account_id"] or body["about"] or ""
        sorted_[body["customer_id"], body["signal"], about].append((kind, body))
    return sorted_


def midnight(date: str) -> str:
    """The end of the day before ``date``, which its close tells."""
    return f"{date}T00:00:00+08:00"


async def first_quarter(history: History) -> None:
    """Accounts that will fall asleep, a large customer, a wobbling one, and a leaver's first months."""
    customers = ("low", "lifted", "high", "paid", "leaver", "angry", "wobbly", "fallen", "clock")
    for customer in customers:
        await history.is_known(customer)
    await history.is_known("rich", birth_date="1980-08-20")
    await history.books("rich", "2025-01-02T09:00", 5_000_000_00, balance_after=5_000_000_00)
    await history.books("leaver", "2025-01-05T09:00", 50_000_00, balance_after=50_000_00)
    await history.books("leaver", "2025-01-05T10:00", -1_000_00)
    await history.books("angry", "2025-01-06T09:00", 500_00, balance_after=500_00)
    for customer, balance in (("low", 299_99), ("lifted", 299_99), ("high", 300_00), ("paid", 299_98)):
        await history.books(customer, "2025-01-15T10:00", balance, balance_after=balance)
    for customer in ("wobbly", "fallen"):
        await history.books(customer, "2025-02-01T09:00", 100_000_00, balance_after=100_000_00)
    await history.books("leaver", "2025-02-05T10:00", -1_100_00)
    await history.books("wobbly", "2025-02-10T09:00", -5_000_00)  # 95,000 is still enough
    await history.books("wobbly", "2025-02-11T09:00", -1)
    await history.books("fallen", "2025-02-11T09:30", -5_000_01)
    await history.books("wobbly", "2025-02-20T09:00", 1)
    await history.day("2025-03-03")


async def until_summer(history: History) -> None:
    for month, out in ((3, 900_00), (4, 1_000_00), (5, 1_200_00), (6, 800_00)):
        at = "2025-03-20" if month == 3 else f"2025-{month:02d}-05"
        await history.books("leaver", f"{at}T10:00", -out)
    await history.books("leaver", "2025-07-10T10:00", -9_999_99)
    await history.books("leaver", "2025-07-12T10:00", -1)
    for customer in ("lifted", "paid"):
        await history.books(customer, "2025-07-20T23:00", 1, kind="interest", initiator="bank")
    await history.books("paid", "2025-07-25T10:00", -1)
    await history.day("2025-08-01")


EXPECTED: dict[Subject, list[Told]] = {
    # Six calendar months after 15 January, at 299.99 and not at 300.00; five months are near it.
    ("low", "nearing_dormancy", "low-1"): [
        (RAISED, midnight("2025-06-16"), "low"),
        (CLEARED, midnight("2025-07-16"), "low"),
    ],
    ("low", "sleep_account", "low-1"): [(RAISED, midnight("2025-07-16"), "low")],
    ("high", "nearing_dormancy", "high-1"): [],
    ("high", "sleep_account", "high-1"): [],
    # A cent of interest lifts one account to the bound, and wakes nobody; the customer's own transaction does.
    ("lifted", "sleep_account", "lifted-1"): [
        (RAISED, midnight("2025-07-16"), "low"),
        (CLEARED, midnight("2025-07-21"), "low"),
    ],
    ("paid", "sleep_account", "paid-1"): [
        (RAISED, midnight("2025-07-16"), "low"),
        (CLEARED, midnight("2025-07-26"), "low"),
    ],
    # 9,999.99 are not enough, another cent is; after 30 days nothing of it counts any more.
    ("leaver", "large_outflow", ""): [
        (RAISED, midnight("2025-07-13"), "medium"),
        (CLEARED, midnight("2025-08-10"), "medium"),
    ],
    # Open for 7 days, then for 14, then resolved.
    ("angry", "complaint_unresolved", ""): [
        (RAISED, midnight("2025-03-11"), "medium"),
        (RAISED, midnight("2025-03-18"), "high"),
        (CLEARED, midnight("2025-03-20"), "high"),
    ],
    ("rich", "product_enquiry", ""): [
        (RAISED, "2025-03-03T12:05:00+08:00", "high"),
        (RAISED, "2025-03-03T12:10:00+08:00", "high"),
    ],
    # Seven days before 20 August, until the day after it.
    ("rich", "birthday", ""): [
        (RAISED, midnight("2025-08-14"), "low"),
        (CLEARED, midnight("2025-08-22"), "low"),
    ],
    # A cent below the bound, and secured by a cent; who lets the grace end falls, and is at risk no more.
    ("wobbly", "tier.at_risk", "abc_card"): [(RAISED, "2025-02-11T09:00:00+08:00", "high")],
    ("wobbly", "tier.secured", "abc_card"): [(CLEARED, "2025-02-20T09:00:00+08:00", "high")],
    ("fallen", "tier.at_risk", "abc_card"): [
        (RAISED, "2025-02-11T09:30:00+08:00", "high"),
        (CLEARED, midnight("2025-03-14"), "high"),
    ],
    ("fallen", "tier.secured", "abc_card"): [],
}


async def test_signals_begin_and_end_at_their_bounds_once_each_whatever_dies(site: Site, history: History) -> None:
    watch = Watch(site)
    worker = site.worker()
    await worker.ready()
    await first_quarter(history)
    await watch.until_settled()
    await history.talks("angry", "2025-03-03T12:00", "complaint", complaint_id="k-1")
    await history.talks("rich", "2025-03-03T12:05", "enquiry", product="fund")
    await history.talks("rich", "2025-03-03T12:10", "enquiry", product="fund")
    await watch.until_settled()
    await history.day("2025-03-19")
    await watch.until_open("2025-03-10")
    worker.kill()
    worker = site.worker()
    await watch.until_settled()
    await history.talks("angry", "2025-03-19T12:00", "resolution", complaint_id="k-1")
    await watch.until_settled()
    await until_summer(history)
    for reached in ("2025-04-20", "2025-07-14"):
        await watch.until_open(reached)
        worker.kill()
        worker = site.worker()
    await watch.until_settled()
    await history.day("2025-08-23")
    await watch.until_open("2025-08-12")
    worker.kill()
    await site.drain()
    found = await alerts(site)
    by = by_subject(found)
    told = {key: [(kind, one["effective_at"], one["severity"]) for kind, one in by[key]] for key in EXPECTED}
    assert told == EXPECTED
    shared = [len({one["alert_id"] for _, one in by[key]}) for key in EXPECTED if by[key]]
    assert sorted(shared) == [1] * (len(shared) - 1) + [2], (
        "from raise to clearing an alert has one id, each enquiry its own"
    )
    (outflow,) = (body for kind, body in found if body["signal"] == "large_outflow" and kind == RAISED)
    assert (outflow["value_at_stake"], outflow["owner_id"]) == (10_000, "rm-7")
    risks = [body for kind, body in found if body["about"] == "abc_card" and kind == RAISED and body["due_on"]]
    assert [(body["due_on"], body["value_at_stake"]) for body in risks] == [("2025-03-13", 0.01)] * 2
    changes = [json.loads(one.value) for one in await read_all(site.broker, f"{site.prefix}tier-changes", 0)]
    fallen = [one for one in changes if (one["customer_id"], one["scheme"]) == ("fallen", "abc_card")]
    assert [(one["to"], one["effective_at"]) for one in fallen] == [
        ("gold", "2025-02-01T09:00:00+08:00"),
        ("ordinary", midnight("2025-03-14")),
    ]
