"""One worker process and the commands around it, over a real Kafka and Valkey, as an operator meets them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from deploy.bank import Bank
from deploy.bank.publish import publish
from deploy.local.ports import free_port
from deploy.topics import create_topics
from tests.real.commands import COMMAND_S, tierline
from tests.real.workers import ROOT, Site, Worker

PARTITIONS = 3
STOP_S = 10.0
SAMPLED_S = 20.0
"""The lag is told once the end of the log is known, which the first fetches tell; on a busy machine later."""
SOMEBODY = "C00000001"


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, PARTITIONS)
    site = Site(broker, store, topic_prefix, namespace, tmp_path)
    yield site
    site.clear()


async def page(worker: Worker, path: str) -> tuple[int, bytes]:
    """Status and body of one of the worker's pages."""

    def get() -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{worker._port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    return await asyncio.to_thread(get)


async def publish_bank(site: Site, seed: int, customers: int = 30, transactions: int = 600) -> Bank:
    bank = Bank(seed, customers=customers, days=20, transactions=transactions)
    await publish(site.broker, bank, topic_prefix=site.prefix)
    return bank


async def put(site: Site, *records: tuple[bytes | None, bytes | None], partition: int = 0) -> None:
    """Write records to one partition of ``transactions``, stamped within the bank's days."""
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for key, value in records:
            await producer.send_and_wait(
                f"{site.prefix}transactions", value, key=key, partition=partition, timestamp_ms=1_735_800_000_000
            )


def booking(customer: str, **fields: object) -> bytes:
    """A readable transaction of ``customer``, with ``fields`` in place of its own."""
    return json.dumps(
        {
            "transaction_id": "t-1",
            "customer_id": customer,
            "account_id": f"{customer}-a",
            "booked_at": "2025-01-02T10:00:00+08:00",
            "amount": 150_000_00,
            "currency": "CNY",
            "product": "deposit",
            "kind": "salary",
            "channel": "other",
            "initiator": "third_party",
            **fields,
        }
    ).encode()


async def metrics_with(worker: Worker, line: bytes) -> bytes:
    """The metrics page, as soon as it has the line."""
    async with asyncio.timeout(SAMPLED_S):
        while True:
            _, metrics = await page(worker, "/metrics")
            if line in metrics:
                return metrics
            await asyncio.sleep(0.1)


async def test_a_worker_becomes_ready_answers_on_its_pages_and_stops_on_sigterm(site: Site, seed: int) -> None:
    await publish_bank(site, seed)
    await site.drain()
    worker = site.worker()
    await worker.ready()
    assert (await page(worker, "/live")) == (200, b'{"ok":true,"reasons":[]}')
    assert (await page(worker, "/ready")) == (200, b'{"ok":true,"reasons":[]}')
    assert b"tierline_open_day{" in await metrics_with(worker, b'tierline_lag_records{partition="0"} 0.0')
    await until_changes(worker)
    status, body = await page(worker, "/changes?limit=3")
    changes = json.loads(body)
    assert len(changes["changes"]) == 3
    assert changes["changes"][0]["number"] == changes["total"]
    assert {"customer_id", "scheme", "from", "to", "reason", "evidence"} <= changes["changes"][0]["change"].keys()
    assert (await page(worker, "/changes?limit=many"))[0] == 400
    status, body = await page(worker, f"/customers/{SOMEBODY}")
    assert status == 200
    (told,) = (await tierline(site, "explain", "--json", SOMEBODY)).lines
    assert json.loads(body) == told
    status, body = await page(worker, "/customers/no%20body")
    assert status == 404
    assert "'no body' is not known" in json.loads(body)["error"]
    assert await worker.stopped() == 0, worker.told()


async def until_changes(worker: Worker) -> None:
    """Wait until the agent has read some of the changes."""
    async with asyncio.timeout(30):
        while True:
            if json.loads((await page(worker, "/changes"))[1])["total"] >= 3:
                return
            await asyncio.sleep(0.2)


async def test_sigterm_during_the_start_ends_the_worker_within_ten_seconds(site: Site) -> None:
    worker = site.worker()
    async with asyncio.timeout(COMMAND_S):
        while True:
            if "EngineService" in worker.told() or "partition" in worker.told():
                break
            await asyncio.sleep(0.05)
            assert worker.process.poll() is None, worker.told()
    begun = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert await worker.ended(STOP_S + 1) == 0, worker.told()
    assert time.monotonic() - begun < STOP_S


async def test_a_drain_waits_for_partitions_that_hold_nothing_but_facts(site: Site) -> None:
    facts = {f"c-{number}": b'{"customer_id": "c-%d", "kind": "personal"}' % number for number in range(PARTITIONS)}
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for partition, (key, value) in enumerate(facts.items()):
            await producer.send_and_wait(f"{site.prefix}customers", value, key=key.encode(), partition=partition)
    await site.drain()
    told = await tierline(site, "explain", "--json", *facts)
    assert told.code == 0, told.err
    assert [line["customer_id"] for line in told.lines] == list(facts)
    assert [line["as_of"] for line in told.lines] == [None] * PARTITIONS


async def test_an_empty_broker_is_drained_at_once(site: Site) -> None:
    await site.drain()


async def test_explain_tells_tier_reason_and_what_is_missing_in_words_and_as_json(site: Site) -> None:
    facts = b'{"customer_id": "c-1", "kind": "personal"}'
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        await producer.send_and_wait(f"{site.prefix}customers", facts, key=b"c-1", partition=1)
    await put(site, (b"c-1", booking("c-1")), partition=1)
    await site.drain()
    told = await tierline(site, "explain", "--json", "c-1", "nobody")
    assert told.code == 1
    assert "'nobody' is not known" in told.err
    (line,) = told.lines
    assert (line["customer_id"], line["as_of"], line["partition"]) == ("c-1", "2025-01-02", 1)
    assert line["measures"]["aum"] == 150_000
    assert line["measures"]["kind"] == "personal"
    card = line["schemes"]["abc_card"]
    assert (card["level"], card["since"], card["next_level"]) == ("gold", "2025-01-02", "platinum")
    assert card["missing"] == [{"measure": "aum", "amount": 850_000, "strict": False}]
    assert card["margin"] == [{"measure": "aum", "amount": 55_000, "strict": False}]
    words = await tierline(site, "explain", "c-1")
    assert words.code == 0
    assert "gold (Gold card) since 2025-01-02" in words.out
    assert "next is platinum: aum >= 1_000_000; missing 850,000.00 of aum" in words.out
    assert "falls when aum loses more than 55,000.00" in words.out


async def test_history_tells_why_a_customer_was_moved_from_the_events_themselves(site: Site) -> None:
    facts = b'{"customer_id": "c-1", "kind": "personal"}'
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        await producer.send_and_wait(f"{site.prefix}customers", facts, key=b"c-1", partition=1)
    await put(site, (b"c-1", booking("c-1")), (b"c-2", booking("c-2", transaction_id="t-2")), partition=1)
    await site.drain()
    assert (await tierline(site, "history", "nobody")).code == 1
    told = await tierline(site, "history", "--json", "c-1")
    cards = [line["event"] for line in told.lines if line["event"]["scheme"] == "abc_card"]
    assert [(one["from"], one["to"], one["condition"]) for one in cards] == [("ordinary", "gold", "aum >= 100_000")]
    words = await tierline(site, "history", "c-1", "--records", "100000")
    assert words.code == 0, words.err
    assert "abc_card: ordinary -> gold (up, placement)" in words.out
    assert "with     aum 150,000.00" in words.out
    assert f"that is all that {site.prefix}tier-changes has of this customer" in words.out
    assert "looking through tier-changes" in words.err


async def test_bad_records_are_listed_with_reasons_mended_and_put_back_once(site: Site, tmp_path: Path) -> None:
    await put(
        site,
        (b"c-1", booking("c-1", amount=1.5)),
        (b"c-1", b"not json"),
        (b"c-9", booking("c-1", transaction_id="t-2")),
        (b"c-1", booking("c-1", transaction_id="t-3", amount=5_00)),
        partition=2,
    )
    await site.drain()
    listed = await tierline(site, "dead-letters", "list")
    assert listed.code == 0, listed.err
    assert "amount is 1.5 (expected integer minor units" in listed.out
    assert "value is not JSON" in listed.out
    assert 'key is "c-9" (expected the customer_id "c-1")' in listed.out
    assert "3 of 3 shown; 3 waiting (3 decode), 0 put back" in listed.out
    assert "1 of 1 shown" in (await tierline(site, "dead-letters", "list", "--reason", "json")).out

    nothing = await tierline(site, "dead-letters", "replay")
    assert nothing.code == 2
    assert "say which dead letters" in nothing.err

    letters = (await tierline(site, "dead-letters", "list", "--json")).lines
    mended = tmp_path / "letters.jsonl"
    for letter in letters:
        if letter["offset"] == 0:
            letter["value"]["amount"] = 100_00
        if letter["offset"] == 2:
            letter["key"] = "c-1"
    mended.write_text("\n".join(json.dumps(letter) for letter in letters if letter["offset"] != 1))
    dry = await tierline(site, "dead-letters", "replay", "--from-file", str(mended), "--dry-run")
    assert "would put back 2 records" in dry.out
    replayed = await tierline(site, "dead-letters", "replay", "--from-file", str(mended))
    assert replayed.code == 0, replayed.err
    assert "put back 2 records" in replayed.out
    again = await tierline(site, "dead-letters", "replay", "--from-file", str(mended))
    assert again.code == 1
    assert "it was put back before; say --again" in again.err

    await site.drain()
    (line,) = (await tierline(site, "explain", "--json", "c-1")).lines
    assert line["measures"]["txn_count_7d"] == 3
    assert line["measures"]["aum"] == 150_000 + 100 + 5
    assert line["as_of"] == "2025-01-02", "a record that goes back keeps its time"
    listed = await tierline(site, "dead-letters", "list")
    assert "1 of 1 shown; 1 waiting (1 decode), 2 put back" in listed.out
    every = await tierline(site, "dead-letters", "replay", "--all")
    assert "put back 1 record" in every.out
    assert "0 waiting, 3 put back" in (await tierline(site, "dead-letters", "list")).out


async def test_a_rebuild_gives_the_same_customers_and_publishes_nothing_again(site: Site, seed: int) -> None:
    bank = await publish_bank(site, seed)
    await site.drain()
    customers = [f"C{number + 1:08d}" for number in range(bank.customer_count)]
    before = (await tierline(site, "explain", "--json", *customers)).lines
    changes = await count(site, "tier-changes")

    taken = await tierline(site, "rebuild")
    assert taken.code == 2
    assert "already holds 3 partitions" in taken.err

    anew = f"{site.namespace}new:"
    stranger = await tierline(site, "rebuild", "--namespace", anew, "--group", f"{site.prefix}other")
    assert stranger.code == 2
    assert "give the workers' own --group" in stranger.err
    rebuilt = await tierline(site, "rebuild", "--namespace", anew)
    assert rebuilt.code == 0, rebuilt.err
    assert f"TIERLINE_NAMESPACE={anew}" in rebuilt.out
    assert (await tierline(site, "explain", "--json", "--namespace", anew, *customers)).lines == before
    assert await count(site, "tier-changes") == changes

    site.namespace = anew
    await publish_more(site)
    await site.drain()
    (line,) = (await tierline(site, "explain", "--json", "c-new")).lines
    assert line["measures"]["aum"] == 150_000


async def publish_more(site: Site) -> None:
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        await producer.send_and_wait(
            f"{site.prefix}transactions",
            booking("c-new", booked_at="2025-01-20T10:00:00+08:00"),
            key=b"c-new",
            partition=0,
            timestamp_ms=1_737_340_000_000,
        )


async def count(site: Site, topic: str) -> int:
    """Committed records of one topic."""
    from tests.real.verdict import read_all

    return sum([len(await read_all(site.broker, f"{site.prefix}{topic}", number)) for number in range(PARTITIONS)])


async def test_a_rebuild_is_refused_while_a_worker_runs(site: Site) -> None:
    worker = site.worker()
    await worker.ready()
    refused = await tierline(site, "rebuild", "--namespace", f"{site.namespace}new:")
    assert refused.code == 2
    assert "has 1 member" in refused.err
    assert "stop all its workers first" in refused.err
    assert await worker.stopped() == 0, worker.told()


async def test_a_worker_refuses_wrong_settings_with_every_mistake(site: Site) -> None:
    refused = await tierline(
        site,
        "worker",
        TIERLINE_TIMEZONE="Asia/Shangai",
        TIERLINE_CUTOFF="25:00",
        TIERLINE_WEB_PORT="0",
        TIERLINE_POLICY="policies",
    )
    assert refused.code == 2
    for words in ("did you mean Asia/Shanghai", "25:00", "TIERLINE_WEB_PORT", "did you mean TIERLINE_POLICIES"):
        assert words in refused.err
    assert "4 mistakes" in refused.err


async def test_a_worker_refuses_wrong_policies_with_every_mistake(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    first = 'scheme = "one"\nbase = "o"\n[[level]]\nname = "gold"\nenter = "amu >= 100_000"\n'
    second = 'scheme = "two"\nbase = "o"\n[[level]]\nname = "gold"\nenter = "aum = 5"\n[downgrade]\nsteps = "too"\n'
    (folder / "one.toml").write_text(first)
    (folder / "two.toml").write_text(second)
    refused = await tierline(site, "worker", TIERLINE_POLICIES=str(folder))
    assert refused.code == 2
    for words in ("one.toml", "did you mean aum", "two.toml", "use ==", "downgrade.steps"):
        assert words in refused.err
    both = await tierline(site, "worker", TIERLINE_POLICIES=str(folder), TIERLINE_TIMEZONE="Asia/Shangai")
    assert both.code == 2
    for words in ("did you mean Asia/Shanghai", "one.toml", "two.toml", "downgrade.steps"):
        assert words in both.err, "mistakes of settings and of policies are told together"
    nowhere = await tierline(site, "worker", TIERLINE_POLICIES=str(tmp_path / "none"))
    assert nowhere.code == 2
    assert "does not exist" in nowhere.err


async def test_a_worker_says_what_to_do_when_there_is_no_topic_no_store_or_no_free_port(site: Site) -> None:
    no_topic = await tierline(site, "worker", TIERLINE_TOPIC_PREFIX=f"{site.prefix}none.")
    assert no_topic.code == 2
    assert "run `tierline topics create`" in no_topic.err
    no_store = await tierline(site, "worker", TIERLINE_STORE=f"redis://127.0.0.1:{free_port()}/0")
    assert no_store.code == 2
    assert "TIERLINE_STORE" in no_store.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        no_port = await tierline(site, "worker", TIERLINE_WEB_PORT=str(port))
    assert no_port.code == 2, no_port.err
    assert f"cannot listen on 127.0.0.1:{port}" in no_port.err
    assert "TIERLINE_WEB_PORT" in no_port.err


async def test_policy_check_compares_with_the_version_that_is_active(site: Site, tmp_path: Path) -> None:
    await put(site, (b"c-1", booking("c-1")))
    await site.drain()
    same = await tierline(site, "policy", "check")
    assert same.code == 0, same.err
    assert "this very version" in same.out
    folder = tmp_path / "rules"
    folder.mkdir()
    for path in (ROOT / "tests/policies").glob("*.toml"):
        (folder / path.name).write_text(
            path.read_text().replace("aum_avg_12m >= 5_000_000", "aum_avg_12m >= 6_000_000")
        )
    other = await tierline(site, "policy", "check", "--policies", str(folder))
    assert other.code == 0, other.err
    assert "-      enters when aum_avg_12m is at least 5,000,000" in other.out
    assert "+      enters when aum_avg_12m is at least 6,000,000" in other.out
