"""The bank of a run: producers that write transactions, facts and interactions, good and bad, plain and in transactions."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
from collections import Counter
from typing import Any

from schemas.limits import AMOUNT_MAX, CLASS_BALANCE_MAX
from streams.ports import Headers
from streams.testing.clock import RunningClock
from streams.testing.logs import Cluster, MemoryRecord
from tests.simulation.world import World

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
WHALE = "whale"
WHALE_ACCOUNTS = CLASS_BALANCE_MAX // AMOUNT_MAX
"""Accounts of the largest balance each that one customer may hold in a class; one more cannot be applied."""

RECORD_BYTES_MAX = 4000
"""What the model's topics take: more than any policy file or change, so that only a huge bad record is cut down."""

SOURCES = (None, b"/cards", b"/core")

NO_TIMES = (0, 10**15)
"""Kafka timestamps outside the calendar: none at all, and microseconds taken for milliseconds."""

Written = tuple[bytes | None, bytes | None]


class Bank:
    """Writes to ``cluster`` as time goes by. ``bad`` are offsets of transactions that nobody can read."""

    def __init__(self, world: World, cluster: Cluster, clock: RunningClock, counts: Counter[str]) -> None:
        self._world = world
        self._cluster = cluster
        self._clock = clock
        self._counts = counts
        self._rng = random.Random(f"bank {world.seed}")
        self.bad: set[tuple[int, int]] = set()
        self._stamps = random.Random(f"stamps {world.seed}")
        self._number = 0
        self._sent: dict[int, list[Written]] = {partition: [] for partition in range(world.partitions)}
        self._said: dict[int, list[Written]] = {partition: [] for partition in range(world.partitions)}

    async def run(self) -> None:
        """Write until the world's days are over."""
        for partition in range(self._world.partitions):
            self._begin(partition)
        async with asyncio.TaskGroup() as producers:
            for partition in range(self._world.partitions):
                producers.create_task(self._produce(partition, random.Random(f"{self._world.seed} txn {partition}")))
                producers.create_task(self._tell(partition, random.Random(f"{self._world.seed} facts {partition}")))
                producers.create_task(self._talk(partition, random.Random(f"{self._world.seed} talks {partition}")))

    def _begin(self, partition: int) -> None:
        """What stands in the topics before any worker starts."""
        rng = self._rng
        for customer in self._customers(partition):
            if rng.random() < 0.5:
                self._fact(partition, rng, customer)
            if rng.random() < 0.2:
                self._interaction(partition, rng, customer)
        if self._world.undated:
            for _ in range(self._stamps.randint(0, 2)):
                (key, value), _ = self._transaction(partition, self._stamps)
                stamp = self._stamps.choice(NO_TIMES)
                self._cluster.log("transactions", partition).append(key, value, stamp, _headers(value))
                self._counts["undated records before the first day"] += 1
        if self._world.holes:
            log = self._cluster.log("transactions", partition)
            for _ in range(6):
                self._append(partition, rng, self._transaction(partition, rng))
            log.compact(rng.sample(range(log.end), 3))
            self._counts["compaction holes"] += 1
        if self._world.poison and partition == 0:
            for account in range(WHALE_ACCOUNTS):
                self._append(partition, rng, self._whale(account))

    async def _produce(self, partition: int, rng: random.Random) -> None:
        times = sorted(rng.uniform(0, self._world.length_s) for _ in range(self._world.bursts))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for time in times:
            await asyncio.sleep(max(0.0, begun + time - loop.time()))
            records = [self._any(partition, rng) for _ in range(rng.randint(1, 8))]
            way = rng.choices(["plain", "commit", "abort"], [5, 3, 1])[0]
            if way == "plain":
                for record in records:
                    self._append(partition, rng, record)
            else:
                await self._in_transaction(partition, rng, records, way)

    async def _in_transaction(self, partition: int, rng: random.Random, records: list[Any], way: str) -> None:
        producer = f"core-{partition}"
        epoch = self._cluster.init_producer(producer)
        self._cluster.begin(producer, epoch)
        for record in records:
            self._append(partition, rng, record, (producer, epoch))
            await asyncio.sleep(rng.choice([0.0, 0.0, 0.05, 0.5]))
        if way == "commit":
            self._cluster.commit(producer, epoch)
            self._counts["producer transactions"] += 1
        else:
            self._cluster.abort(producer, epoch)
            self._counts["aborted producer transactions"] += 1

    async def _tell(self, partition: int, rng: random.Random) -> None:
        for _ in range(rng.randint(0, 6)):
            await asyncio.sleep(rng.uniform(0, self._world.length_s / 4))
            self._fact(partition, rng, rng.choice(self._customers(partition)))

    async def _talk(self, partition: int, rng: random.Random) -> None:
        for _ in range(rng.randint(0, 12)):
            await asyncio.sleep(rng.uniform(0, self._world.length_s / 8))
            for _ in range(rng.choice([1, 1, 3])):
                self._interaction(partition, rng, rng.choice(self._customers(partition)))

    def _customers(self, partition: int) -> list[str]:
        return [f"c{partition}-{number}" for number in range(self._world.customers)]

    # -- facts

    def _fact(self, partition: int, rng: random.Random, customer: str) -> None:
        facts: dict[str, Any] = {"customer_id": customer}
        if rng.random() < 0.8:
            facts["kind"] = rng.choice(["personal", "personal", "personal", "corporate", None])
        if rng.random() < 0.3:
            facts["owner_id"] = f"rm-{rng.randint(1, 3)}"
        if rng.random() < 0.2:
            facts["birth_date"] = "1980-02-29"
        key: bytes | None = customer.encode()
        value: bytes | None = json.dumps(facts).encode()
        dice = rng.random()
        if dice < 0.1:
            key, value = rng.choice([(b"", None), (key, b"{"), (b"another", value), (key, b'{"kind": "personal"}')])
            self._counts["bad facts"] += 1
        elif dice < 0.15:
            value = None
            self._counts["tombstones"] += 1
        self._cluster.log("customers", partition).append(key, value, self._stamp(rng))
        self._counts["facts"] += 1

    # -- interactions

    def _interaction(self, partition: int, rng: random.Random, customer: str) -> None:
        said = self._said[partition]
        if said and rng.random() < 0.15:
            self._counts["repeated interactions"] += 1
            key, value = rng.choice(said)
        else:
            key, value = customer.encode(), json.dumps(self._any_talk(rng, customer)).encode()
            said.append((key, value))
        if rng.random() < 0.1:
            key, value = rng.choice([(b"", value), (key, None), (key, b"{"), (b"another", value)])
            self._counts["bad interactions"] += 1
        self._cluster.log("interactions", partition).append(key, value, self._stamp(rng))
        self._counts["interactions"] += 1

    def _any_talk(self, rng: random.Random, customer: str) -> dict[str, Any]:
        self._number += 1
        kind = rng.choice(["contact", "contact", "complaint", "resolution", "enquiry", "card_activation", "feedback"])
        late = rng.choice([0, rng.randint(0, 3 * DAY_US), -rng.randint(0, 2 * HOUR_US), -3 * DAY_US])
        talk: dict[str, Any] = {
            "interaction_id": f"i{self._number}",
            "customer_id": customer,
            "at": self._instant(late),
            "kind": kind,
        }
        if kind in ("complaint", "resolution") and rng.random() < 0.8:
            talk["complaint_id"] = rng.choice(["k1", "k2"])
        if kind == "contact" and rng.random() < 0.8:
            talk["role"] = rng.choice(["manager", "president"])
        if kind == "enquiry" and rng.random() < 0.7:
            talk["product"] = rng.choice(["mortgage", "fund"])
        if kind == "card_activation" and rng.random() < 0.9:
            talk |= {"account_id": f"{customer}-{rng.choice(['card', 'deposit'])}-{rng.randint(1, 3)}"}
        if kind == "feedback":
            talk |= {"alert_id": "a1", "signal": "tier.at_risk", "verdict": rng.choice(["accepted", "dismissed"])}
            talk |= {"reason": "on holiday"} if talk["verdict"] == "dismissed" else {}
        return talk

    # -- transactions

    def _append(
        self, partition: int, rng: random.Random, record: tuple[Written, bool], producer: tuple[str, int] | None = None
    ) -> None:
        (key, value), readable = record
        if producer is None:
            log = self._cluster.log("transactions", partition)
            offset = log.append(key, value, self._txn_stamp(rng), _headers(value))
        else:
            written = MemoryRecord(0, self._txn_stamp(rng), key, value, _headers(value))
            offset = self._cluster.write(*producer, "transactions", partition, written)
        if not readable:
            self.bad.add((partition, offset))

    def _txn_stamp(self, rng: random.Random) -> int:
        """A timestamp of a transaction, in some worlds one that tells no time."""
        stamp = self._stamp(rng)
        if not self._world.undated or self._stamps.random() > 0.1:
            return stamp
        self._counts["undated records"] += 1
        return self._stamps.choice(NO_TIMES)

    def _stamp(self, rng: random.Random) -> int:
        """A Kafka timestamp: now, or a machine's idea of it up to an hour off."""
        return (self._clock.now_us() + rng.choice([0, 0, 0, rng.randint(-HOUR_US, HOUR_US)])) // 1000

    def _any(self, partition: int, rng: random.Random) -> tuple[Written, bool]:
        dice = rng.random()
        if dice < 0.05:
            return self._bad(partition, rng), False
        if dice < 0.12 and self._sent[partition]:
            self._counts["duplicates"] += 1
            return rng.choice(self._sent[partition]), True
        if dice < 0.15 and self._world.poison and partition == 0:
            self._counts["poison"] += 1
            self._number += 1
            return self._whale(WHALE_ACCOUNTS + self._number)
        return self._transaction(partition, rng)

    def _bad(self, partition: int, rng: random.Random) -> Written:
        self._counts["bad records"] += 1
        (key, value), _ = self._transaction(partition, rng)
        assert value is not None
        body = json.loads(value)
        match rng.randrange(7):
            case 0:
                return key, None
            case 1:
                return key, b"not JSON"
            case 2:
                return b"somebody else", value
            case 3:
                del body["amount"]
            case 4:
                body["product"] = "gold bars"
            case 5:
                return key, b"x" * RECORD_BYTES_MAX
            case _:
                body["amount"] = AMOUNT_MAX + 1
        return key, json.dumps(body).encode()

    def _transaction(self, partition: int, rng: random.Random) -> tuple[Written, bool]:
        customers = self._customers(partition)
        customer = customers[min(int(rng.expovariate(0.5)), len(customers) - 1)]
        self._number += 1
        product = rng.choices(["deposit", "wealth", "loan", "card"], [6, 2, 1, 1])[0]
        body: dict[str, Any] = {
            "transaction_id": f"t{self._number}",
            "customer_id": customer,
            "account_id": f"{customer}-{product}-{rng.randint(1, 2)}",
            "booked_at": self._booked_at(rng),
            "amount": rng.choice([rng.randint(-150_000, 200_000), 100_000, 90_000, -100_000, 1, -1]),
            "currency": "CNY",
            "product": product,
            "kind": rng.choice(["transfer", "salary", "purchase", "purchase", "fee", "interest"]),
            "channel": rng.choice(["mobile", "counter"]),
            "initiator": rng.choice(["customer", "customer", "third_party", "bank"]),
        }
        if body["kind"] == "purchase":
            body["category"] = rng.choice(["groceries", "fuel"])
        if rng.random() < 0.4:
            body["balance_after"] = rng.choice([rng.randint(-10_000, 400_000), 100_000, 99_999, 300_000])
        self._variant(rng, body)
        written = (customer.encode(), json.dumps(body).encode())
        self._sent[partition].append(written)
        return written, True

    def _booked_at(self, rng: random.Random) -> str:
        late = rng.choices(
            [rng.randint(0, 2 * HOUR_US), rng.randint(0, 6 * DAY_US), -rng.randint(0, 2 * DAY_US), -5 * DAY_US],
            [80, 12, 6, 2],
        )[0]
        return self._instant(late)

    def _instant(self, late: int) -> str:
        """So many microseconds ago."""
        us = self._clock.now_us() - late
        return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us)).isoformat()

    def _variant(self, rng: random.Random, body: dict[str, Any]) -> None:
        dice = rng.random()
        if dice < 0.06:
            balance = rng.randint(0, 400_000)
            body |= {"kind": "opening", "amount": 0, "balance_after": balance}
            if balance % 2:  # an average of a month before, looked at from 28 days on or not
                body["booked_at"] = self._instant(balance % 50 * DAY_US)
        elif dice < 0.10:
            body |= {"reverses": "t1", "reverses_booked_at": self._booked_at(rng)}
        elif dice < 0.13:
            body |= {"currency": "USD", "amount_base": body["amount"] * 7}
        elif dice < 0.15:
            body |= {"currency": "USD"}

    def _whale(self, account: int) -> tuple[Written, bool]:
        now = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=self._clock.now_us())
        body = {
            "transaction_id": f"w{account}",
            "customer_id": WHALE,
            "account_id": f"{WHALE}-{account}",
            "booked_at": now.isoformat(),
            "amount": 0,
            "currency": "CNY",
            "product": "wealth",
            "kind": "opening",
            "channel": "other",
            "initiator": "bank",
            "balance_after": AMOUNT_MAX,
        }
        return (WHALE.encode(), json.dumps(body).encode()), True


def _headers(value: bytes | None) -> Headers:
    """Of three records one names no source, the others one of two."""
    source = SOURCES[len(value or b"") % len(SOURCES)]
    return () if source is None else (("ce_id", b"1"), ("ce_source", source))
