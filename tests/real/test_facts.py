"""Overrides and erasures over a real Kafka and Valkey: told by commands and records, seen by workers, gone for good."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from streams.sealing import hash_of
from streams.store import RedisStore
from tests.real.commands import tierline
from tests.real.test_worker import booking, put
from tests.real.workers import Site

ANN, BOB = "ann", "bob"


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> Site:
    """A bank of one partition, with two customers who hold 150,000 each; a worker has been there."""
    await create_topics(broker, topic_prefix, 1)
    site = Site(broker, store, topic_prefix, namespace, tmp_path)
    for customer in (ANN, BOB):
        await tell(
            site, customer, json.dumps({"customer_id": customer, "kind": "personal", "owner_id": "rm-7"}).encode()
        )
        await put(site, (customer.encode(), booking(customer)))
    await drain(site)
    return site


async def tell(site: Site, customer: str, value: bytes | None) -> None:
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        await producer.send_and_wait(
            f"{site.prefix}customers", value, key=customer.encode(), partition=0, timestamp_ms=1_735_800_000_000
        )


async def drain(site: Site, **settings: str) -> None:
    done = await tierline(site, "worker", "--drain", **settings)
    assert done.code == 0, done.err


async def level(site: Site, customer: str, **settings: str) -> str | None:
    told = await tierline(site, "explain", "--json", customer, **settings)
    found: str | None = told.lines[0]["schemes"]["abc_card"]["level"]
    return found


async def test_an_override_is_held_against_the_rules_and_lifted_again(site: Site) -> None:
    assert await level(site, ANN) == "gold"
    until = dt.date(2025, 12, 31)
    refused = await tierline(
        site, "override", ANN, "abc_card", "golden", "--until", str(until), "--by", "eve", "--reason", "x"
    )
    assert refused.code == 2
    assert "did you mean gold?" in refused.err
    done = await tierline(
        site, "override", ANN, "abc_card", "diamond", "--until", str(until), "--by", "eve", "--reason", "x"
    )
    assert done.code == 0, done.err
    await put(site, (BOB.encode(), booking(BOB, transaction_id="t-2")))
    await drain(site)
    assert await level(site, ANN) == "diamond"
    words = await tierline(site, "explain", ANN)
    assert "held by an override by eve until 2025-12-31: x" in words.out
    lifted = await tierline(site, "override", ANN, "abc_card", "--lift", "--by", "eve", "--reason", "y")
    assert lifted.code == 0, lifted.err
    await put(site, (BOB.encode(), booking(BOB, transaction_id="t-3")))
    await drain(site)
    assert await level(site, ANN) == "gold"


async def test_an_erased_customer_is_gone_and_no_rebuild_brings_anything_back(site: Site) -> None:
    await tell(site, ANN, None)
    await drain(site)
    await put(site, (ANN.encode(), booking(ANN, transaction_id="t-2")))
    await drain(site)
    assert (await tierline(site, "explain", ANN)).code == 1
    anew = f"{site.namespace}-anew-"
    rebuilt = await tierline(site, "rebuild", "--namespace", anew)
    assert rebuilt.code == 0, rebuilt.err
    assert (await tierline(site, "explain", ANN, "--namespace", anew)).code == 1
    assert await level(site, BOB, TIERLINE_NAMESPACE=anew) == "gold"
    for namespace in (site.namespace, anew):
        store = RedisStore(site.store, namespace, site.prefix)
        assert await store.ids(0, 0, 10) == ["", BOB]
        assert (await store.keys(0, [hash_of(ANN), hash_of(BOB)]))[0] is None
        await store.close()
