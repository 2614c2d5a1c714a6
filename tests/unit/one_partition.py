"""One partition's logs in memory, a bank that writes to them, and workers that come and go."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec

from agents.policy.compile import compile_policies
from schemas.journal import JournalEntry
from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.config import EngineConfig
from streams.engine import Engine
from streams.ledger.ledger import Ledger
from streams.metrics import Metrics
from streams.ports import Store
from streams.rows import Vocabulary
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock
from streams.testing.logs import Cluster
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.policy.making import ABC

START = dt.datetime(2024, 3, 1, 2, tzinfo=dt.UTC)
CONFIG = EngineConfig(partitions=1, clock="log")
SILENT_S = 6.0
"""Loop seconds after which an engine without work has done all that it will do."""


class Bank:
    """One partition's logs, and workers that come and go."""

    def __init__(self) -> None:
        self.cluster = Cluster(1)
        self.server = StoreServer()
        self.metrics = Metrics()
        self.now = START
        self.policies = {"abc.toml": ABC}
        self.config = CONFIG

    def facts(self, customer: str, **facts: object) -> None:
        self._tell(customer, json.dumps({"customer_id": customer, **facts}).encode())

    def talk(self, customer: str, kind: str = "contact", **more: object) -> None:
        """An interaction, with an id of its own unless one is given."""
        log = self.cluster.log("interactions", 0)
        told = {"interaction_id": f"i{log.end}", "customer_id": customer, "at": self.now.isoformat(), "kind": kind}
        log.append(customer.encode(), json.dumps(told | more).encode(), int(self.now.timestamp() * 1000))

    def erase(self, customer: str) -> None:
        self._tell(customer, None)

    def book(self, customer: str, days: float = 0.0, stamp_ms: int | None = None) -> None:
        """A booking so many days later; its record is stamped then too, unless another stamp is given."""
        self.now += dt.timedelta(days=days, minutes=1)
        number = self.cluster.log("transactions", 0).end
        body: dict[str, Any] = {
            "transaction_id": f"t{number}",
            "customer_id": customer,
            "account_id": f"{customer}-1",
            "booked_at": self.now.isoformat(),
            "amount": 20_000_000,
            "currency": "CNY",
            "product": "deposit",
            "kind": "transfer",
            "channel": "online",
            "initiator": "customer",
        }
        log = self.cluster.log("transactions", 0)
        stamp = int(self.now.timestamp() * 1000) if stamp_ms is None else stamp_ms
        log.append(customer.encode(), json.dumps(body).encode(), stamp)

    def work(self, server: StoreServer | None = None, *, rebuild: bool = False) -> BaseException | None:
        """Let a worker do all there is to do; why it failed, if it did."""
        with ThreadPoolExecutor(1) as pool:  # the loop of this thread belongs to whoever runs async tests
            return pool.submit(lambda: run_virtual(self._work(server or self.server, rebuild=rebuild))).result()

    def journal(self) -> list[JournalEntry]:
        records = self.cluster.log("journal", 0).committed()
        return [msgspec.json.decode(record.value or b"", type=JournalEntry) for record in records]

    def published(self) -> list[str]:
        return [(record.key or b"").decode() for record in self.cluster.log("tier-changes", 0).committed()]

    def _tell(self, customer: str, value: bytes | None) -> None:
        self.cluster.log("customers", 0).append(customer.encode(), value, int(self.now.timestamp() * 1000))

    def profile(self, customer: str) -> Profile:
        """What the store holds of a customer."""
        ledger = Ledger(BusinessCalendar(CONFIG.timezone, CONFIG.cutoff), Vocabulary(), 0)
        ledger.load([customer], [self.server.at(0).customers[customer]])
        return ledger.profile(int(ledger.slots([customer])[0]))

    def counted(self, name: str, **labels: str) -> float | None:
        """A metric of all the workers."""
        return self.metrics.registry.get_sample_value(name, labels)

    def engine(self, store: Store, *, rebuild: bool = False) -> Engine:
        """A worker's engine, to be assigned the partition in the loop that runs."""
        return Engine(
            broker=MemoryBroker(self.cluster),
            store=store,
            clock=ManualClock(0),
            deciders=compile_policies,
            policies=self.policies,
            config=replace(self.config, rebuild=rebuild),
            metrics=self.metrics,
        )

    async def _work(self, server: StoreServer, *, rebuild: bool) -> BaseException | None:
        engine = self.engine(MemoryStore(server), rebuild=rebuild)
        await engine.assign([0])
        await asyncio.sleep(SILENT_S)
        await engine.stop(1.0)
        return engine.failure


def everything(server: StoreServer) -> list[object]:
    """All that a store holds of the partition but keys."""
    held = server.at(0)
    return [server.state(0), held.ids, held.customers, held.erased, held.seen, held.policy]
