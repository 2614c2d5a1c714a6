"""A bank's first day on a real Kafka and Valkey: its snapshot goes in, a worker places everyone, people ask who is where."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from agents.cli import assemble
from deploy.topics import create_topics
from tests.properties.bank import txn
from tests.real.test_generate import PARTITIONS, read_all
from tests.real.workers import ROOT, Site

CUSTOMERS = 60
AS_OF = "2026-03-31"
COUNTED_WITHIN_S = 60.0
"""A worker looks every ten seconds whether to count owners; a busy machine takes longer."""


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    await create_topics(broker, topic_prefix, PARTITIONS)
    settings = {"TIERLINE_POLICIES": str(ROOT / "policies")}
    site = Site(broker, store, topic_prefix, namespace, tmp_path, settings)
    yield site
    site.clear()


async def tierline(site: Site, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output of a command with the site's settings."""
    env = {name: value for name, value in site.environment(0).items() if name.startswith("TIERLINE_")}
    env.pop("TIERLINE_WEB_PORT")
    done = await asyncio.to_thread(CliRunner().invoke, assemble(arguments), list(arguments), env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def snapshot(path: Path) -> None:
    """Every third customer has 100,000 in two accounts, the others 99,999.99 in two; one line is wrong."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "kind", "owner_id", "branch_id", "account_id", "product", "balance", "opened_on"])
        for n in range(CUSTOMERS):
            told = [f"c{n:03d}", "personal", f"rm-{n % 2}", "b-1"]
            rows.writerow([*told, f"a{n}-1", "deposit", "40000", "2019-05-06"])
            rows.writerow([*told, f"a{n}-2", "wealth", "59999.99" if n % 3 else "60000", "2020-05-06"])
        rows.writerow(["c000", "personal", "rm-0", "b-1", "bad", "savings", "1", ""])


async def _told_by_a_worker(site: Site, over_cap: int, cap: int) -> None:
    """Wait until the metrics of a worker count that many owners over ``cap``, and its log warns of them."""
    site.settings = {"TIERLINE_OWNER_CAP": str(cap)}
    worker = site.worker()
    await worker.ready()
    deadline = asyncio.get_running_loop().time() + COUNTED_WITHIN_S
    wanted = f"tierline_owners_over_cap {over_cap:.1f}\n"
    while wanted not in await asyncio.to_thread(_metrics, worker._port):
        assert asyncio.get_running_loop().time() < deadline, worker.told()
        await asyncio.sleep(0.5)
    assert f"{over_cap} owners went over the cap of {cap} customers" in worker.told()
    assert await worker.stopped() == 0


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


async def test_a_snapshot_is_placed_without_alarm_and_its_customers_are_found(site: Site) -> None:
    path = site.folder / "accounts.csv"
    await asyncio.to_thread(snapshot, path)
    code, said = await tierline(site, "import", str(path), "--as-of", AS_OF)
    assert code == 1, "a line was rejected"
    assert f"{2 * CUSTOMERS} accounts of {CUSTOMERS} customers imported, as of the close of {AS_OF}" in said
    assert "product: expected one of deposit, wealth" in said
    await tierline(site, "import", str(path), "--as-of", AS_OF, "--again")  # which does no harm
    await site.drain()

    changes = [
        json.loads(value) for part in await read_all(site.broker, f"{site.prefix}tier-changes") for _, _, value in part
    ]
    assert {change["reason"] for change in changes} == {"placement"}
    golden = {f"c{n:03d}" for n in range(0, CUSTOMERS, 3)}
    assert {change["customer_id"] for change in changes if change["scheme"] == "abc_card"} == golden
    assert not any(await read_all(site.broker, f"{site.prefix}dead-letters"))
    assert await alerts(site) == []

    listed = site.folder / "gold.csv"
    assert await tierline(site, "members", "abc_card", "gold", "--csv", str(listed)) == (0, "")
    rows = list(csv.DictReader((await asyncio.to_thread(listed.read_text)).splitlines()))
    assert {row["customer_id"] for row in rows} == golden
    assert {(row["level"], row["since"], row["branch_id"]) for row in rows} == {("gold", AS_OF, "b-1")}
    assert await tierline(site, "members", "abc_card", "gold", "--count") == (0, f"{len(golden)}\n")
    _, counted = await tierline(site, "members", "abc_card")
    assert dict(line.split() for line in counted.splitlines()) == {
        "ordinary": str(CUSTOMERS - len(golden)), "gold": str(len(golden)), "platinum": "0", "diamond": "0",
        "(outside)": "0",
    }  # fmt: skip

    half = CUSTOMERS // 2
    assert await tierline(site, "owners", "--owner-cap", str(half - 1)) == (0, f"rm-0\t{half}\nrm-1\t{half}\n")
    assert await tierline(site, "owners", "--owner-cap", str(half)) == (0, "")
    assert await tierline(site, "owners", "--all") == (0, f"rm-0\t{half}\nrm-1\t{half}\n")

    await _told_by_a_worker(site, over_cap=2, cap=half - 1)

    _, explained = await tierline(site, "explain", "--json", "c003")
    assert json.loads(explained)["measures"]["aum"] == 100_000


async def alerts(site: Site) -> list[object]:
    """Every alert that was published, of customers and of sources."""
    return [json.loads(value) for part in await read_all(site.broker, f"{site.prefix}alerts") for _, _, value in part]


OLD = 12
"""Customers whose accounts are years old, hold hardly anything, and of whose use the snapshot says nothing."""
LATER = ("2026-04-01T09:00:00Z", "2026-05-01T09:00:00Z", "2026-06-29T09:00:00Z")
"""Instants of bookings of others: the next day, after a month's close, and as the bank has watched for almost 90 days."""


def old_accounts(path: Path) -> None:
    """Of each an account with next to nothing, one with more, and a card, opened six or seven years ago."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "kind", "account_id", "product", "balance", "opened_on"])
        for n in range(OLD):
            for product, balance in (("deposit", "200"), ("deposit", "9000"), ("card", "0")):
                rows.writerow([f"old{n:02d}", "personal", f"{product}-{n}-{balance}", product, balance, "2019-07-06"])


async def _booked_by_others(site: Site) -> None:
    """A booking in each partition at each of the later instants: days close before them."""
    async with AIOKafkaProducer(bootstrap_servers=site.broker) as producer:
        for at in LATER:
            for partition in range(PARTITIONS):
                body = txn(partition, at, 100, customer=f"other{partition}", account=f"other{partition}-1")
                body["transaction_id"] = f"{at}-{partition}"
                stamp = int(dt.datetime.fromisoformat(at).timestamp() * 1000)
                topic = f"{site.prefix}transactions"
                key = body["customer_id"].encode()
                await producer.send_and_wait(topic, json.dumps(body).encode(), key, partition, stamp)


async def test_no_alert_comes_of_a_snapshot_of_old_accounts_before_the_bank_has_watched_them(site: Site) -> None:
    path = site.folder / "old.csv"
    await asyncio.to_thread(old_accounts, path)
    code, _ = await tierline(site, "import", str(path), "--as-of", AS_OF)
    assert code == 0
    await _booked_by_others(site)
    await site.drain()
    assert await alerts(site) == []
