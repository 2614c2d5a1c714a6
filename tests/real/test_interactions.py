"""Interactions over a real Kafka and Valkey: kept once, set aside where unreadable, put back once mended."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from schemas.state import Profile
from streams.calendar import BusinessCalendar, number_of
from streams.ledger.ledger import Ledger
from streams.rows import Vocabulary
from streams.store import RedisStore
from tests.real.commands import tierline
from tests.real.test_worker import booking, put
from tests.real.workers import Site

ANN = "ann"
MONTH = (2025 - 1970) * 12
"""January 2025."""


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> Site:
    """A bank of one partition in which a customer has booked something."""
    await create_topics(broker, topic_prefix, 1)
    site = Site(broker, store, topic_prefix, namespace, tmp_path)
    await put(site, (ANN.encode(), booking(ANN)))
    return site


async def talk(site: Site, interaction_id: str, **fields: object) -> None:
    told = {
        "interaction_id": interaction_id,
        "customer_id": ANN,
        "at": "2025-01-02T11:00:00+08:00",
        "kind": "contact",
        "role": "manager",
        **fields,
    }
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        await producer.send_and_wait(
            f"{site.prefix}interactions",
            json.dumps(told).encode(),
            key=ANN.encode(),
            partition=0,
            timestamp_ms=1_735_800_000_000,
        )


async def drain(site: Site) -> None:
    done = await tierline(site, "worker", "--drain")
    assert done.code == 0, done.err


async def profile(site: Site, namespace: str | None = None) -> Profile:
    """What the store holds of the customer."""
    store = RedisStore(site.store, namespace or site.namespace, site.prefix)
    (record,) = await store.customers(0, [ANN])
    await store.close()
    ledger = Ledger(BusinessCalendar("Asia/Shanghai", "00:00"), Vocabulary(), 0)
    ledger.load([ANN], [record])
    return ledger.profile(int(ledger.slots([ANN])[0]))


async def contacts(site: Site, namespace: str | None = None) -> int:
    return (await profile(site, namespace)).contacts["manager"][MONTH]


async def test_an_interaction_is_kept_once_over_restarts_repeats_and_a_rebuild(site: Site) -> None:
    await talk(site, "i1")
    await drain(site)
    assert (await profile(site)).facts["last_contact_on"] == "2025-01-02"
    assert await contacts(site) == 1
    await talk(site, "i1")
    await talk(site, "i2", kind="complaint", complaint_id="k1")
    await drain(site)
    kept = await profile(site)
    assert kept.complaints == {"k1": number_of(dt.date(2025, 1, 2))}
    assert await contacts(site) == 1
    anew = f"{site.namespace}-anew-"
    rebuilt = await tierline(site, "rebuild", "--namespace", anew)
    assert rebuilt.code == 0, rebuilt.err
    assert await profile(site, anew) == kept


async def test_an_unreadable_interaction_is_set_aside_and_goes_back_once_mended(site: Site, tmp_path: Path) -> None:
    await talk(site, "i1", role="Account Manager")
    await talk(site, "i2")
    await drain(site)
    assert await contacts(site) == 1
    listed = await tierline(site, "dead-letters", "list", "--json")
    (letter,) = listed.lines
    assert (letter["topic"], letter["stage"], letter["offset"]) == ("interactions", "decode", 0)
    assert "role" in letter["reason"]
    mended = tmp_path / "mended.jsonl"
    mended.write_text(json.dumps({"id": letter["id"], "value": {**letter["value"], "role": "manager"}}))
    done = await tierline(site, "dead-letters", "replay", "--from-file", str(mended))
    assert done.code == 0, done.err
    await drain(site)
    assert await contacts(site) == 2
