"""Every shipped signal over a real Kafka and Valkey: it begins and ends when whole history says so, to the minor unit and the day."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from agents.policy.loading import TABLES
from deploy.topics import create_topics
from schemas.churn_model import CHURN_FILE
from schemas.cuts import CUTS_FILE
from schemas.events import AlertCleared, AlertRaised
from schemas.rates import RATES_FILE
from tests.oracle.partition import Partition
from tests.oracle.tier_alerts import NEAR, RISK
from tests.properties.test_signals_equal_oracle import expected_of, sent
from tests.real.verdict import entries, read_all
from tests.real.watch import Watch
from tests.real.workers import ROOT, Site
from tests.verify.cast import laid_out, told_by_cast

ZONE = "Asia/Shanghai"
TOPICS = {"txn": "transactions", "facts": "customers", "talk": "interactions"}


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, 1)
    settings = {"TIERLINE_POLICIES": str(ROOT / "policies"), "TIERLINE_TIMEZONE": ZONE}
    site = Site(broker, store, topic_prefix, namespace, tmp_path, settings)
    yield site
    site.clear()


async def live_through(site: Site) -> None:
    """Let the cast's two years happen: what comes over another topic than the record before it waits for that."""
    watch = Watch(site)
    before = ""
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for what, *rest in laid_out(told_by_cast(ZONE)):
            body, stamp = (rest[2], rest[1]) if what == "txn" else (rest[0], rest[1])
            if before not in ("", what):
                await watch.until_settled()
            await producer.send_and_wait(
                f"{site.prefix}{TOPICS[what]}",
                json.dumps(body).encode(),
                key=body["customer_id"].encode(),
                partition=0,
                timestamp_ms=stamp,
            )
            before = what
    await watch.until_settled()


async def published(site: Site) -> list[AlertRaised | AlertCleared]:
    """The alerts about customers, as a consumer of committed records meets them."""
    found: list[AlertRaised | AlertCleared] = []
    for record in await read_all(site.broker, f"{site.prefix}alerts", 0):
        kind = dict(record.headers)["ce_type"]
        if b".alert." in kind:
            if b".cleared." in kind:
                found.append(msgspec.json.decode(record.value, type=AlertCleared))
            else:
                found.append(msgspec.json.decode(record.value, type=AlertRaised))
    return found


def lasting(files: dict[str, str]) -> dict[str, bool]:
    """Whether each shipped signal lasts, and so is cleared, by name."""
    tables: list[dict[str, Any]] = [one for text in files.values() for one in tomllib.loads(text).get("signal", ())]
    return {RISK: True, NEAR: True} | {signal["name"]: "on" not in signal for signal in tables}


async def test_every_shipped_signal_begins_and_ends_as_whole_history_says(site: Site) -> None:
    worker = site.worker()
    await worker.ready()
    await live_through(site)
    assert await worker.stopped() == 0, worker.told()
    files = {path.name: path.read_text() for path in sorted((ROOT / "policies").glob("*.toml"))}
    rules = {name: text for name, text in files.items() if name not in TABLES or name == CUTS_FILE}
    oracle = Partition(rules, timezone=ZONE, rates=files[RATES_FILE], churn=files[CHURN_FILE])
    oracle.run(await entries(site.broker, site.prefix, 0))
    told = sent(await published(site))
    assert told == expected_of(oracle.alerts)
    fired = Counter((one.signal, one.action) for one in told)
    silent = {name for name in lasting(rules) if not fired[name, "raised"]}
    endless = {name for name, lasts in lasting(rules).items() if lasts and not fired[name, "cleared"]}
    assert (silent, endless) == (set(), set())
