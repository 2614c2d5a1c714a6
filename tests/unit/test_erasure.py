"""A tombstone erases a customer for good: from the store, from what the journal says, and from every rebuild."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from agents.policy import compile_policies
from schemas.journal import CustomerErased, JournalEntry
from streams.claim import Refused
from streams.config import EngineConfig
from streams.engine import Engine
from streams.metrics import Metrics
from streams.sealing import hash_of
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock
from streams.testing.logs import Cluster
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.policy.making import ABC

START = dt.datetime(2024, 3, 1, 2, tzinfo=dt.UTC)
SILENT_S = 6.0
"""Loop seconds after which an engine without work has done all that it will do."""


class Bank:
    """One partition's logs, and workers that come and go."""

    def __init__(self) -> None:
        self.cluster = Cluster(1)
        self.server = StoreServer()
        self.metrics = Metrics()
        self.now = START

    def facts(self, customer: str, **facts: object) -> None:
        self._tell(customer, json.dumps({"customer_id": customer, **facts}).encode())

    def erase(self, customer: str) -> None:
        self._tell(customer, None)

    def book(self, customer: str, days: float = 0.0) -> None:
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
        log.append(customer.encode(), json.dumps(body).encode(), int(self.now.timestamp() * 1000))

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

    async def _work(self, server: StoreServer, *, rebuild: bool) -> BaseException | None:
        engine = Engine(
            broker=MemoryBroker(self.cluster),
            store=MemoryStore(server),
            clock=ManualClock(0),
            deciders=compile_policies,
            policies={"abc.toml": ABC},
            config=EngineConfig(partitions=1, clock="log", rebuild=rebuild),
            metrics=self.metrics,
        )
        await engine.assign([0])
        await asyncio.sleep(SILENT_S)
        await engine.stop(1.0)
        return engine.failure


@pytest.fixture
def bank() -> Bank:
    """Three customers of whom facts and bookings are known; the second is then erased, and two days closed."""
    bank = Bank()
    for customer in ("zoe", "ann", "bob"):
        bank.facts(customer, kind="personal", owner_id="rm-7")
        bank.book(customer)
    assert bank.work() is None
    bank.erase("ann")
    bank.book("zoe", days=1)
    bank.book("bob", days=1)
    assert bank.work() is None
    return bank


def dropped(bank: Bank, topic: str) -> float | None:
    return bank.metrics.registry.get_sample_value("tierline_erased_dropped_total", {"topic": topic})


def everything(server: StoreServer) -> list[object]:
    held = server.at(0)
    return [server.state(0), held.ids, held.customers, held.erased, held.seen, held.policy]


def test_record_key_and_id_are_gone_and_the_place_stays(bank: Bank) -> None:
    held = bank.server.at(0)
    assert held.ids == ["zoe", "", "bob"]
    assert held.customers.keys() == {"zoe", "bob"}
    assert held.keys.keys() == {hash_of("zoe"), hash_of("bob")}
    assert held.erased == {hash_of("ann")}
    state = bank.server.state(0)
    assert state is not None
    assert state.customers == 3
    assert bank.published() == ["zoe", "ann", "bob"]


def test_the_journal_names_the_erased_by_hash_and_shows_nobodys_facts(bank: Bank) -> None:
    erased = [entry.payload for entry in bank.journal() if isinstance(entry.payload, CustomerErased)]
    assert erased == [CustomerErased(source_offset=3, customer=hash_of("ann"))]
    text = b"".join(record.value or b"" for record in bank.cluster.log("journal", 0).committed())
    assert not any(word in text for word in (b"ann", b"zoe", b"bob", b"rm-7"))


def test_later_records_of_the_erased_are_dropped_and_counted(bank: Bank) -> None:
    before = everything(bank.server)[1:4]
    bank.book("ann")
    bank.book("ann")
    bank.facts("ann", kind="corporate")
    bank.erase("ann")
    assert bank.work() is None
    assert everything(bank.server)[1:4] == before
    assert (dropped(bank, "transactions"), dropped(bank, "customers")) == (2, 2)
    assert bank.published() == ["zoe", "ann", "bob"]


def test_a_rebuild_cannot_bring_the_erased_back_and_comes_to_the_same_state(bank: Bank) -> None:
    bank.cluster.log("customers", 0).compact(range(4))  # the journal must be enough
    anew = StoreServer()
    anew.at(0).keys = dict(bank.server.at(0).keys)
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
    assert bank.published() == ["zoe", "ann", "bob"]


def test_without_any_keys_a_rebuild_reads_the_facts_of_the_others_from_their_topic(bank: Bank) -> None:
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


def test_a_lost_key_whose_record_is_gone_too_is_refused_in_words(bank: Bank) -> None:
    bank.cluster.log("customers", 0).compact([0])
    failure = bank.work(StoreServer(), rebuild=True)
    assert isinstance(failure, Refused)
    assert "under a key that the store has lost, and the record at offset 0 of customers" in str(failure)


def test_a_store_that_lost_the_erasure_erases_again_whatever_comes_in_between() -> None:
    lost = Bank()
    for customer in ("zoe", "ann"):
        lost.facts(customer, kind="personal")
        lost.book(customer)
    assert lost.work() is None
    backup = lost.server.at(0).copy()
    lost.book("ann")
    lost.facts("ann", kind="corporate")
    assert lost.work() is None
    lost.erase("ann")
    assert lost.work() is None
    done = everything(lost.server)
    lost.server.partitions[0] = backup
    assert lost.work() is None
    assert everything(lost.server) == done
    assert lost.server.at(0).ids == ["zoe", ""]


def test_whoever_is_erased_before_ever_being_seen_stays_unseen() -> None:
    bank = Bank()
    bank.book("zoe")
    bank.erase("eve")
    assert bank.work() is None
    bank.book("eve")
    assert bank.work() is None
    assert bank.server.at(0).ids == ["zoe"]
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)


def test_customers_met_in_one_batch_with_the_erased_keep_their_places_in_a_rebuild() -> None:
    bank = Bank()
    for customer in ("zoe", "ann", "bob", "ann", "eve"):
        bank.book(customer)
    assert bank.work() is None
    bank.erase("ann")
    bank.erase("zoe")
    assert bank.work() is None
    assert bank.server.at(0).ids == ["", "", "bob", "eve"]
    anew = StoreServer()
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
