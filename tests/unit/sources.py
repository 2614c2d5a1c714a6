"""A bank whose sources are counted and judged: logs in memory, and workers that come and go."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from prometheus_client.metrics_core import Metric

from agents.policy.compile import compile_policies
from schemas.journal import JournalEntry, SourcesMeasured
from schemas.quality import QUALITY_FILE, QualityState
from streams.config import EngineConfig
from streams.engine import Engine
from streams.metrics import Metrics
from streams.ports import Commit, Outcome
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock
from streams.testing.logs import Cluster
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.policy.making import ABC

START = dt.datetime(2024, 3, 1, 2, tzinfo=dt.UTC)
"""Ten o'clock in Shanghai."""
SILENT_S = 6.0
"""Loop seconds after which an engine without work has done all that it will do."""
CARDS = (("ce_source", b"/cards"),)
RULES = """
minimum_records = 2
rejected_percent = 25
gap_percent = 50
late_percent = 25
late_days = 3
key_information_percent = 80
"""


class Dying(MemoryStore):
    """A store's client whose process dies at a commit: it is never sent, and nothing comes after it."""

    def __init__(self, server: StoreServer, commits: int) -> None:
        super().__init__(server)
        self._left = commits

    @property
    def is_dead(self) -> bool:
        return self._left == 0

    async def commit(self, partition: int, commit: Commit) -> Outcome:
        if self.is_dead:
            await asyncio.Event().wait()
        self._left -= 1
        return await super().commit(partition, commit)


class Bank:
    """Some partitions' logs, and workers that come and go."""

    def __init__(self, rules: str = RULES, partitions: int = 1) -> None:
        self.partitions = partitions
        self.cluster = Cluster(partitions)
        self.server = StoreServer()
        self.metrics = Metrics()
        self.now = START
        self._policies = {"abc.toml": ABC, QUALITY_FILE: rules}
        self._number = 0
        self._told: list[Metric] = []

    def change_rules(self, rules: str) -> None:
        """Workers that start from now on bring these."""
        self._policies = {**self._policies, QUALITY_FILE: rules}

    def facts(self, customer: str, **facts: object) -> None:
        body = json.dumps({"customer_id": customer, **facts}).encode()
        self.cluster.log("customers", 0).append(customer.encode(), body, self.stamp)

    def talk(self, customer: str, headers: tuple[tuple[str, bytes], ...] = (), **more: object) -> None:
        body = {"customer_id": customer, "at": self.now.isoformat(), "kind": "contact", **more}
        self.cluster.log("interactions", 0).append(customer.encode(), json.dumps(body).encode(), self.stamp, headers)

    def book(
        self, headers: tuple[tuple[str, bytes], ...] = (), days_old: float = 0, partition: int = 0, **more: object
    ) -> None:
        """A booking of ``ada``, written now."""
        self._number += 1
        body: dict[str, Any] = {
            "transaction_id": f"t{self._number}",
            "customer_id": "ada",
            "account_id": "ada-1",
            "booked_at": (self.now - dt.timedelta(days=days_old)).isoformat(),
            "amount": 100,
            "currency": "CNY",
            "product": "deposit",
            "kind": "transfer",
            "channel": "online",
            "initiator": "customer",
        }
        customer = more.get("customer_id", "ada")
        self.write(json.dumps({**body, **more}).encode(), headers, str(customer).encode(), partition)

    def write(
        self, value: bytes, headers: tuple[tuple[str, bytes], ...] = (), key: bytes = b"ada", partition: int = 0
    ) -> None:
        self.cluster.log("transactions", partition).append(key, value, self.stamp, headers)

    def later(self, days: int = 1) -> None:
        self.now += dt.timedelta(days=days)

    def work(
        self,
        commits: int | None = None,
        *,
        batch_records: int = 8_000,
        sweep_customers: int = 2_000,
        rebuild: bool = False,
        held: Sequence[int] | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        """Let a worker that holds ``held`` (all) do all there is to do, or die before its commit number ``commits``."""
        if store is None:
            store = MemoryStore(self.server) if commits is None else Dying(self.server, commits)
        config = EngineConfig(
            partitions=self.partitions,
            clock="log",
            batch_records=batch_records,
            sweep_customers=sweep_customers,
            rebuild=rebuild,
        )
        with ThreadPoolExecutor(1) as pool:  # the loop of this thread belongs to whoever runs async tests
            partitions = range(self.partitions) if held is None else held
            failure = pool.submit(lambda: run_virtual(self._work(store, config, partitions))).result()
        assert failure is None

    @property
    def quality(self) -> QualityState:
        state = self.server.state(0)
        assert state is not None
        return state.quality

    def judgements(self) -> list[SourcesMeasured]:
        """What all journals tell of judgements."""
        logs = [self.cluster.log("journal", number).committed() for number in range(self.partitions)]
        payloads = [msgspec.json.decode(r.value or b"", type=JournalEntry).payload for log in logs for r in log]
        return [payload for payload in payloads if isinstance(payload, SourcesMeasured)]

    def alerts(self) -> list[tuple[Any, ...]]:
        """What stands in ``alerts``, partition by partition: ids, bodies and all."""
        logs = [self.cluster.log("alerts", number).committed() for number in range(self.partitions)]
        return [(r.key, r.value, tuple(r.headers)) for log in logs for r in log]

    def told(self) -> list[tuple[str, str, str, str]]:
        """Type, source, measure and day of each alert."""
        found = []
        for _, value, headers in self.alerts():
            body = json.loads(value)
            kind = dict(headers)["ce_type"].decode().split(".")[2]
            found.append((kind, body["source"], body["measure"], body["day"]))
        return found

    def told_at_work(self, name: str, **labels: str) -> float | None:
        """A gauge as the worker told it before it ended."""
        samples = [sample for family in self._told for sample in family.samples]
        return next((one.value for one in samples if (one.name, one.labels) == (name, labels)), None)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)

    @property
    def stamp(self) -> int:
        return int(self.now.timestamp() * 1000)

    async def _work(self, store: MemoryStore, config: EngineConfig, partitions: Iterable[int]) -> BaseException | None:
        engine = Engine(
            broker=MemoryBroker(self.cluster),
            store=store,
            clock=ManualClock(0),
            deciders=compile_policies,
            policies=self._policies,
            config=config,
            metrics=self.metrics,
        )
        await engine.assign(partitions)
        await asyncio.sleep(SILENT_S)
        engine.observe(0)
        self._told = list(self.metrics.registry.collect())
        await engine.stop(1.0)
        return engine.failure
