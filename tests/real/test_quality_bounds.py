"""Data quality over a real Kafka and Valkey: a source exactly at each shipped threshold is borne, a record beyond it is told once, and its end."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from tests.real.verdict import read_all
from tests.real.watch import SETTLED_S, Watch
from tests.real.workers import ROOT, Site

AT, BEYOND, BACK, AFTER = (dt.date(2025, 3, day) for day in (3, 4, 5, 6))
"""Days: the wavering sources are at their thresholds, a record beyond, and at them again; on the last nothing is sent."""
RECORDS: Final = 200
"""Of each source a day: every threshold is a whole number of them."""
BORNE: Final = {"rejected_percent": 2, "gap_percent": 4, "late_percent": 10}
"""Bad ones among them, by measure: 1 %, 2 % and 5 %."""
PARTS: Final = {
    "rejected_percent": ("rejected", "records"),
    "gap_percent": ("gaps", "told"),
    "late_percent": ("late", "applied"),
}
PERSONS, COMPLETE = 100, 80
Headers = list[tuple[str, bytes]]
"""Those of a record."""
FEW: Final = 99
"""Records that are too few to be judged."""


class Source(NamedTuple):
    """A source that sends one kind of bad records; it stays at the threshold, or wavers."""

    measure: str
    wavers: bool

    @property
    def name(self) -> str:
        return f"/{'wavering' if self.wavers else 'steady'}/{self.measure}"

    @property
    def customer(self) -> str:
        return self.name.replace("/", "-")


SOURCES = [Source(measure, wavers) for measure in BORNE for wavers in (True, False)]


class Bank:
    """Puts the records of each day into one partition; those of a gap tell a fen too much."""

    def __init__(self, site: Site, producer: AIOKafkaProducer) -> None:
        self._site = site
        self._producer = producer
        self._count = 0
        self._balances = dict.fromkeys((source.customer for source in SOURCES), 0)

    async def opens(self, day: dt.date) -> None:
        """The first booking of a day, which closes the one before."""
        await self._book(day, "clock", day, [])

    async def knows(self, day: dt.date, customer: str, **facts: object) -> None:
        """A fact, told while a day is open."""
        body = json.dumps({"customer_id": customer, **facts}).encode()
        await self._put("customers", day, customer, body, [])

    async def sends(self, day: dt.date, source: Source) -> None:
        """What a source sends in a day: as many bad records as are borne, of which there is one record less where it is beyond."""
        bad = BORNE[source.measure]
        for number in range(RECORDS - (source.wavers and day == BEYOND)):
            await self._one(day, source, is_bad=number < bad)

    async def sends_few(self, day: dt.date) -> None:
        """Hardly any records, and all of them bad."""
        for _ in range(FEW):
            await self._put("transactions", day, "x", b"{", _headers("/few"))

    async def _one(self, day: dt.date, source: Source, *, is_bad: bool) -> None:
        customer, headers = source.customer, _headers(source.name)
        match source.measure:
            case "rejected_percent" if is_bad:
                await self._put("transactions", day, customer, b"{", headers)
            case "gap_percent":
                self._balances[customer] += 1 + is_bad
                await self._book(day, customer, day, headers, balance_after=self._balances[customer])
            case "late_percent":
                await self._book(day, customer, day - dt.timedelta(days=3 + is_bad), headers)
            case _:
                await self._book(day, customer, day, headers)

    async def _book(self, day: dt.date, customer: str, booked: dt.date, headers: Headers, **fields: object) -> None:
        self._count += 1
        told = {
            "transaction_id": f"t-{self._count}",
            "customer_id": customer,
            "account_id": f"{customer}-1",
            "booked_at": f"{booked}T02:30:00+08:00",
            "amount": 1,
            "currency": "CNY",
            "product": "deposit",
            "kind": "transfer",
            "channel": "online",
            "initiator": "customer",
            **fields,
        }
        await self._put("transactions", day, customer, json.dumps(told).encode(), headers)

    async def _put(self, topic: str, day: dt.date, key: str, value: bytes, headers: Headers) -> None:
        stamp = dt.datetime.fromisoformat(f"{day}T03:00:00+08:00")
        await self._producer.send(
            f"{self._site.prefix}{topic}",
            value,
            key=key.encode(),
            partition=0,
            timestamp_ms=int(stamp.timestamp() * 1000),
            headers=headers,
        )


def _headers(source: str) -> Headers:
    return [("ce_source", source.encode())]


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, 1)
    site = Site(broker, store, topic_prefix, namespace, tmp_path, {"TIERLINE_POLICIES": str(ROOT / "policies")})
    yield site
    site.clear()


async def first_facts(bank: Bank) -> None:
    """Persons of whom as many are known as must be, and firms in whose names the sources book."""
    for number in range(PERSONS):
        known = {"has_address": True, "has_phone": True, "has_employer": number < COMPLETE}
        await bank.knows(AT, f"p-{number}", kind="personal", **known)
    for customer in ("clock", *(source.customer for source in SOURCES)):
        await bank.knows(AT, customer, kind="corporate")


async def until_judged(site: Site, day: dt.date) -> None:
    """Wait until the journal has the judgement of a day: what is put before it counts with that day."""
    async with asyncio.timeout(SETTLED_S):
        while True:
            journal = await read_all(site.broker, f"{site.prefix}journal", 0)
            payloads = [json.loads(record.value)["payload"] for record in journal]
            if any(one["type"] == "sources" and one["day"] == day.isoformat() for one in payloads):
                return
            await asyncio.sleep(0.2)


async def quality_alerts(site: Site) -> list[tuple[str, dict[str, Any]]]:
    """Raised or cleared, and the body."""
    found = []
    for record in await read_all(site.broker, f"{site.prefix}alerts", 0):
        _, family, kind, _ = dict(record.headers)["ce_type"].decode().split(".")
        if family == "quality":
            found.append((kind, json.loads(record.value)))
    return found


async def test_a_source_at_its_threshold_is_borne_a_record_beyond_is_told_and_so_is_its_end(site: Site) -> None:
    watch = Watch(site)
    worker = site.worker()
    await worker.ready()
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        bank = Bank(site, producer)
        await bank.opens(AT)
        await producer.flush()
        await watch.until_open(AT.isoformat())
        await first_facts(bank)
        for day, following in ((AT, BEYOND), (BEYOND, BACK), (BACK, AFTER)):
            if day != AT:
                await bank.knows(day, "p-0", has_phone=day == BACK)
            for source in SOURCES:
                await bank.sends(day, source)
            await bank.sends_few(day)
            await producer.flush()
            await watch.until_settled()
            await bank.opens(following)
            await producer.flush()
            await until_judged(site, day)
    assert await worker.stopped() == 0, worker.told()

    told = await quality_alerts(site)
    of_sources = {
        (kind, source.name, source.measure, day.isoformat(), tuple(zip(PARTS[source.measure], figures, strict=True)))
        for source in SOURCES
        if source.wavers
        for kind, day, figures in (
            ("raised", BEYOND, (BORNE[source.measure], RECORDS - 1)),
            ("cleared", BACK, (BORNE[source.measure], RECORDS)),
        )
    }
    of_persons = {
        (kind, "customers", "key_information_percent", day.isoformat(), (("complete", complete), ("persons", PERSONS)))
        for kind, day, complete in (("raised", BEYOND, COMPLETE - 1), ("cleared", BACK, COMPLETE))
    }
    found = [(kind, one["source"], one["measure"], one["day"], tuple(one["counts"].items())) for kind, one in told]
    assert len(found) == len(set(found))
    assert set(found) == of_sources | of_persons
    raised, cleared = (
        {one["measure"]: one["alert_id"] for kind, one in told if kind == which} for which in ("raised", "cleared")
    )
    assert raised == cleared
    assert len(set(raised.values())) == len(raised) == len(BORNE) + 1
