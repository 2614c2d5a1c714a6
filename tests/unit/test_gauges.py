"""Gauges of partitions: told while they are held, and only what is known."""

from __future__ import annotations

import asyncio

import pytest

from agents.policy.compile import compile_policies
from streams.engine import Engine
from streams.metrics import Metrics
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from tests.unit.one_partition import CONFIG, SILENT_S, Bank

GAUGES = (
    "tierline_lag_records",
    "tierline_lag_seconds",
    "tierline_open_day",
    "tierline_customers",
    "tierline_cache_bytes",
    "tierline_relay_backlog",
)
TURNS_MAX = 1_000
"""Turns of the loop in which a claim of an empty partition is made."""
KEY_INFORMATION = "tierline_key_information"


def engine_of(bank: Bank) -> Engine:
    return Engine(
        broker=MemoryBroker(bank.cluster),
        store=MemoryStore(bank.server),
        clock=ManualClock(0),
        deciders=compile_policies,
        policies=bank.policies,
        config=CONFIG,
        metrics=bank.metrics,
    )


def told(metrics: Metrics) -> set[str]:
    """The gauges that tell of a partition now."""
    return {
        sample.name
        for family in metrics.registry.collect()
        if family.type == "gauge"
        for sample in family.samples
        if "partition" in sample.labels
    }


@pytest.fixture
def bank() -> Bank:
    """A day was closed, so that everything there is to tell is known."""
    bank = Bank()
    bank.book("zoe")
    bank.book("zoe", days=2)
    return bank


def test_gauges_are_told_while_the_partition_is_held_and_gone_once_it_is_not(bank: Bank) -> None:
    async def run() -> None:
        engine = engine_of(bank)
        await engine.assign([0])
        await asyncio.sleep(SILENT_S)
        engine.observe(0)
        assert told(bank.metrics) == {*GAUGES, KEY_INFORMATION}
        assert bank.counted("tierline_lag_records", partition="0") == 0
        await engine.revoke([0])
        assert told(bank.metrics) == set()
        engine.observe(0)
        assert told(bank.metrics) == set()

    run_virtual(run())


def test_a_lease_that_is_still_claiming_tells_nothing(bank: Bank) -> None:
    async def run() -> None:
        bank.server.stopped = True
        engine = engine_of(bank)
        await engine.assign([0])
        await asyncio.sleep(0)
        assert 0 in engine.leases
        assert not engine.leases[0].claimed
        engine.observe(0)
        assert told(bank.metrics) == set()
        bank.server.stopped = False
        await engine.stop(1.0)

    run_virtual(run())


def test_the_lag_is_not_told_before_anything_was_fetched_nor_the_day_before_one_is_open() -> None:
    bank = Bank()

    async def run() -> None:
        engine = engine_of(bank)
        await engine.assign([0])
        for _ in range(TURNS_MAX):
            await asyncio.sleep(0)
            if engine.leases[0].claimed:
                break
        assert engine.leases[0].lag_records is None
        engine.observe(0)
        assert told(bank.metrics) == {"tierline_customers", "tierline_cache_bytes", "tierline_relay_backlog"}
        await asyncio.sleep(SILENT_S)
        engine.observe(0)
        assert bank.counted("tierline_lag_records", partition="0") == 0
        assert bank.counted("tierline_lag_seconds", partition="0") == 0
        assert "tierline_open_day" not in told(bank.metrics)
        await engine.stop(1.0)

    run_virtual(run())
