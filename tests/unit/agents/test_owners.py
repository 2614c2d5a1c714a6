"""Owners against the cap: counted over all partitions, told once a close by one worker, warned of once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from agents.owners import COUNT_EVERY_S, LAG_MAX, OwnerWatch, over_cap, owner_loads, publish_loads
from agents.walk import survey
from schemas.settings import Settings, SettingsError, load_settings
from streams.engine import Engine
from streams.ledger.errors import RecordUnreadable
from streams.metrics import Metrics
from streams.ports import StoreUnavailable
from streams.store import UnknownLayout
from tests.unit.agents.kept import Kept


def told(metrics: Metrics, name: str, **labels: str) -> float | None:
    registry: CollectorRegistry = metrics.registry
    return registry.get_sample_value(name, labels)


def bank() -> Kept:
    """rm-1 has three customers in two partitions, rm-2 two, one customer has no owner."""
    store = Kept(2)
    store.keep(0, ["a", "b"], owner_id="rm-1")
    store.keep(1, ["c"], owner_id="rm-1")
    store.keep(1, ["d", "e"], owner_id="rm-2")
    store.keep(1, ["f"])
    return store


@dataclass
class Watched:
    """A watch on a worker that owns partition 0 or not."""

    store: Kept = field(default_factory=bank)
    cap: int = 2
    metrics: Metrics = field(default_factory=Metrics)
    now: float = 0.0
    slept: int = 0
    stopping: bool = False

    def __post_init__(self) -> None:
        self.lease = SimpleNamespace(
            claimed=True,
            lag_records=cast("int | None", None),
            partition=SimpleNamespace(state=SimpleNamespace(open_day=cast("int | None", 7))),
        )
        self.leases: dict[int, Any] = {0: self.lease}
        settings = Settings(broker="b:1", store="redis://s", owner_cap=self.cap)
        engine = cast("Engine", SimpleNamespace(leases=self.leases))
        self.watch = OwnerWatch(settings, self.store, 2, engine, self.metrics)

    def close(self) -> None:
        self.lease.partition.state.open_day += 1

    async def look(self) -> float | None:
        """Look once; owners over the cap as told then."""
        await self.watch.look(lambda: self.now, self._sleep, lambda: self.stopping)
        return told(self.metrics, "tierline_owners_over_cap")

    async def _sleep(self, _seconds: float) -> None:
        self.slept += 1


async def test_a_worker_that_is_behind_counts_once_it_has_caught_up() -> None:
    watched = Watched()
    watched.lease.lag_records = LAG_MAX + 1
    assert await watched.look() == 0
    assert watched.slept == 0
    watched.lease.lag_records = LAG_MAX
    assert await watched.look() == 1


async def test_owners_are_counted_over_all_partitions() -> None:
    store = bank()
    seen: list[tuple[int, int]] = []
    loads = await owner_loads(store, await survey(store, 2), lambda done, total: seen.append((done, total)))
    assert loads == {"rm-1": 3, "rm-2": 2, "": 1}
    assert seen[-1] == (6, 6)


@pytest.mark.parametrize(("customers", "over"), [(799, False), (800, False), (801, True)])
def test_an_owner_is_over_the_cap_above_it_and_not_at_it(customers: int, over: bool) -> None:
    metrics = Metrics()
    publish_loads(metrics, {"rm-1": customers}, 800)
    assert bool(over_cap({"rm-1": customers}, 800)) is over
    assert told(metrics, "tierline_owners_over_cap") == over
    assert told(metrics, "tierline_owner_customers", le="800") == (not over)


def test_the_fullest_owners_come_first_and_nobody_is_no_owner() -> None:
    assert over_cap({"b": 5, "a": 5, "c": 9, "": 50, "d": 4}, 4) == [("c", 9), ("a", 5), ("b", 5)]


def test_the_distribution_has_no_owner_in_a_label() -> None:
    metrics = Metrics()
    publish_loads(metrics, {"rm-1": 100, "rm-2": 101, "rm-3": 5000, "": 7}, 800)
    at_most = {le: told(metrics, "tierline_owner_customers", le=le) for le in ("100", "200", "1000", "+Inf")}
    assert at_most == {"100": 1, "200": 2, "1000": 2, "+Inf": 3}
    assert told(metrics, "tierline_owner_customers_max") == 5000
    assert told(metrics, "tierline_unowned_customers") == 7


async def test_the_owner_of_partition_0_counts_once_a_close_and_not_more_often_than_allowed() -> None:
    watched = Watched()
    assert await watched.look() == 1
    watched.store.keep(0, ["g"], owner_id="rm-2")
    assert await watched.look() == 1, "no day was closed"
    watched.close()
    watched.now = COUNT_EVERY_S - 1
    assert await watched.look() == 1, "too soon"
    watched.now = COUNT_EVERY_S
    assert await watched.look() == 2


async def test_other_workers_tell_nothing_and_one_that_lost_partition_0_stops_telling() -> None:
    watched = Watched()
    watched.lease.claimed = False
    assert await watched.look() == 0
    watched.lease.claimed = True
    assert await watched.look() == 1
    del watched.leases[0]
    assert await watched.look() == 0
    watched.leases[0] = watched.lease
    assert await watched.look() == 1, "and tells again once it is back"


async def test_nothing_is_counted_before_a_day_is_open_nor_when_the_worker_stops() -> None:
    watched = Watched()
    watched.lease.partition.state.open_day = None
    assert await watched.look() == 0
    watched.lease.partition.state.open_day = 7
    watched.stopping = True
    assert await watched.look() == 0
    watched.stopping = False
    assert await watched.look() == 1
    assert watched.slept == 2, "once a chunk"


@pytest.mark.parametrize(
    "error", [StoreUnavailable("no answer"), UnknownLayout(99), RecordUnreadable("a", "ends too early")]
)
async def test_a_store_that_does_not_answer_or_cannot_be_read_is_asked_again_later(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()

    async def silent(_partition: int) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(watched.store, "peek", silent)
        assert await watched.look() == 0
    assert await watched.look() == 1


async def test_an_owner_who_goes_over_the_cap_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await watched.look()
            watched.close()
            watched.now += COUNT_EVERY_S
        assert [record.getMessage() for record in caplog.records] == [
            "1 owners went over the cap of 2 customers: rm-1 (3); `tierline owners` lists all"
        ]
        watched.store.keep(0, ["g"], owner_id="rm-2")
        await watched.look()
    assert "rm-2 (3);" in caplog.records[-1].getMessage()
    assert len(caplog.records) == 2


@pytest.mark.parametrize("text", ["1", "800", "1000000"])
def test_a_cap_is_a_number_of_customers(text: str) -> None:
    assert load_settings({"TIERLINE_OWNER_CAP": text}, need=()).owner_cap == int(text)


@pytest.mark.parametrize("text", ["0", "-1", "1000001", "many", "8.5"])
def test_a_cap_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected a whole number from 1 to 1000000"):
        load_settings({"TIERLINE_OWNER_CAP": text}, need=())
