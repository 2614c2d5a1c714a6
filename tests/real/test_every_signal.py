"""Every shipped signal and level over a real Kafka and Valkey: they begin and end when whole history says so, whatever dies.

Whole history is the oracle's; besides, customers stand at the bound of each signal and the smallest step short of it, and come back to
its end and the smallest step short of that.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from agents.policy.loading import TABLES
from deploy.topics import create_topics
from schemas.churn_model import CHURN_FILE
from schemas.cuts import CUTS_FILE
from schemas.events import AlertCleared, AlertRaised, TierChanged
from schemas.rates import RATES_FILE
from tests.oracle.judge import Change
from tests.oracle.partition import Alert as OracleAlert
from tests.oracle.partition import Entry, Partition
from tests.oracle.tier_alerts import NEAR, RISK
from tests.properties.test_signals_equal_oracle import expected_of, sent
from tests.properties.test_tiers_equal_oracle import due
from tests.properties.test_tiers_equal_oracle import published as sent_changes
from tests.real.verdict import entries, read_all
from tests.real.watch import Watch
from tests.real.workers import ROOT, Site, Worker
from tests.verify.bounds import BOUNDS, fired, told_by_twins
from tests.verify.cast import laid_out, told_by_cast
from tests.verify.ends import ENDS, ended, told_by_ends
from tests.verify.places import entered, places, tag_reasons, told_by_places

ZONE = "Asia/Shanghai"
DEATHS = ("2024-11-15", "2025-09-15")
"""Days with whose opening a worker is killed: closes stand before it in the log, and behind it those that begin and end most signals."""
TOPICS = {"txn": "transactions", "facts": "customers", "talk": "interactions"}


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, 1)
    settings = {"TIERLINE_POLICIES": str(ROOT / "policies"), "TIERLINE_TIMEZONE": ZONE}
    site = Site(broker, store, topic_prefix, namespace, tmp_path, settings)
    yield site
    site.clear()


def log_of_all() -> list[Entry]:
    """What is told of the cast, of those who come to every level and class, and of the twins at the bounds and at the ends."""
    return laid_out([*told_by_cast(ZONE), *told_by_places(ZONE), *told_by_twins(ZONE), *told_by_ends(ZONE)])


def without_offsets(log: Iterable[Entry]) -> list[Entry]:
    """The entries of a log without the places of transactions in their topic."""
    return [("txn", *entry[2:]) if entry[0] == "txn" else entry for entry in log]


async def live_through(site: Site, log: Sequence[Entry], worker: Worker) -> Worker:
    """Let it happen: what comes over another topic than the record before it waits for that. Workers die on their way."""
    watch = Watch(site)
    deaths = [*DEATHS]
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for what, together in groupby(log, key=lambda entry: str(entry[0])):
            last_ms = await _tell(site, producer, what, together)
            if deaths and last_ms > _midnight_ms(deaths[0]) and what == "txn":
                await watch.until_open(deaths.pop(0))
                worker.kill()
                worker = site.worker()
            await watch.until_settled()
    assert not deaths
    return worker


async def _tell(site: Site, producer: AIOKafkaProducer, what: str, entries: Iterable[Entry]) -> int:
    """Put entries of one kind into their topic; when the last one was stamped, in milliseconds."""
    sent, stamp = [], 0
    for _, *rest in entries:
        body, stamp = (rest[2], rest[1]) if what == "txn" else (rest[0], rest[1])
        topic, key = f"{site.prefix}{TOPICS[what]}", body["customer_id"].encode()
        sent.append(await producer.send(topic, json.dumps(body).encode(), key=key, partition=0, timestamp_ms=stamp))
    await asyncio.gather(*sent)
    return stamp


def _midnight_ms(date: str) -> int:
    return int(dt.datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * 1000


async def published(site: Site) -> tuple[list[TierChanged], list[AlertRaised | AlertCleared]]:
    """The tier changes and the alerts about customers, as a consumer of committed records meets them; none comes twice."""
    changes = await read_all(site.broker, f"{site.prefix}tier-changes", 0)
    told = [(dict(record.headers), record) for record in await read_all(site.broker, f"{site.prefix}alerts", 0)]
    ids = [headers["ce_id"] for headers in (*(dict(one.headers) for one in changes), *(headers for headers, _ in told))]
    assert max(Counter(ids).values()) == 1, "an event was published twice"
    alerts: list[AlertRaised | AlertCleared] = []
    for headers, record in told:
        if b".alert." in headers["ce_type"]:
            cleared = b".cleared." in headers["ce_type"]
            kind: type[AlertRaised | AlertCleared] = AlertCleared if cleared else AlertRaised
            alerts.append(msgspec.json.decode(record.value, type=kind))
    return [msgspec.json.decode(record.value, type=TierChanged) for record in changes], alerts


def lasting(files: dict[str, str]) -> dict[str, bool]:
    """Whether each shipped signal lasts, and so is cleared, by name."""
    tables: list[dict[str, Any]] = [one for text in files.values() for one in tomllib.loads(text).get("signal", ())]
    return {RISK: True, NEAR: True} | {signal["name"]: "on" not in signal for signal in tables}


def whole_history(
    log: list[Entry], rules: dict[str, str], rates: str, churn: str
) -> tuple[list[Change], list[OracleAlert]]:
    """What the oracle says."""
    oracle = Partition(rules, timezone=ZONE, rates=rates, churn=churn)
    return oracle.run(log), oracle.alerts


async def test_every_shipped_signal_and_level_begins_and_ends_as_whole_history_says_whatever_dies(site: Site) -> None:
    files = {path.name: path.read_text() for path in sorted((ROOT / "policies").glob("*.toml"))}
    rules = {name: text for name, text in files.items() if name not in TABLES or name == CUTS_FILE}
    log = log_of_all()
    worker = site.worker()
    await worker.ready()
    with ProcessPoolExecutor(1, get_context("spawn")) as aside:  # the oracle takes as long as the worker
        oracle = aside.submit(whole_history, log, rules, files[RATES_FILE], files[CHURN_FILE])
        worker = await live_through(site, log, worker)
        assert await worker.stopped() == 0, worker.told()
        moves, due_alerts = await asyncio.wrap_future(oracle)
    assert without_offsets(await entries(site.broker, site.prefix, 0)) == without_offsets(log)
    changes, alerts = await published(site)
    told = sent(alerts)
    assert told == expected_of(due_alerts)
    assert sent_changes(changes) == due(moves)

    counts = Counter((one.signal, one.action) for one in told)
    lasts = lasting(rules)
    assert {name for name in lasts if not counts[name, "raised"]} == set()
    assert {name for name, does in lasts.items() if does and not counts[name, "cleared"]} == set()
    assert places(rules.values()) - entered(changes).keys() == set(), "nobody came to these"
    assert tag_reasons(rules.values()) - {(one.scheme, reason) for one in changes for reason in one.reasons} == set()

    assert fired(told) == BOUNDS
    assert ended(told) == ENDS
    assert lasts.keys() - {signal for signal, _ in BOUNDS.values()} == set(), "nobody stands at the bounds of these"
    ends = {name for name, does in lasts.items() if does}
    assert ends - {signal for signal, _ in ENDS.values()} == set(), "nobody comes back to the ends of these"
