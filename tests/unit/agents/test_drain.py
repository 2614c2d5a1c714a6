from __future__ import annotations

import datetime as dt

import pytest

from agents.drain import Drain, Remainder, targets_of
from schemas.partition import Sweep
from schemas.position import Position
from schemas.quality import Judged, QualityState
from streams.ports import OutboxItem, StoreUnavailable
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster
from tests.unit.agents.held import HeldStore

DONE = Remainder(0, 0)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(partitions=2)


@pytest.fixture
def store() -> HeldStore:
    return HeldStore()


async def a_drain(cluster: Cluster, store: HeldStore) -> Drain:
    broker = MemoryBroker(cluster)
    return Drain(store, broker, await targets_of(broker, 2))


def records(cluster: Cluster, count: int, topic: str = "transactions", partition: int = 0) -> None:
    for _ in range(count):
        cluster.log(topic, partition).append(b"c-1", b"{}", 0)


async def test_empty_logs_are_drained_at_once(cluster: Cluster, store: HeldStore) -> None:
    assert await (await a_drain(cluster, store)).remainder() == DONE


async def test_a_drain_counts_down_to_the_end_that_the_log_had_at_its_start(cluster: Cluster, store: HeldStore) -> None:
    records(cluster, 10)
    drain = await a_drain(cluster, store)
    records(cluster, 5)
    assert drain.total == 10
    assert await drain.remainder() == Remainder(10, 1)
    store.hold(0, offset=9)
    assert await drain.remainder() == Remainder(1, 1)
    store.hold(0, offset=10)
    assert await drain.remainder() == DONE


async def test_outputs_up_to_the_target_must_be_relayed(cluster: Cluster, store: HeldStore) -> None:
    records(cluster, 10)
    drain = await a_drain(cluster, store)
    store.hold(0, offset=12)
    store.items[0] = [OutboxItem(Position(10, 3), [])]
    assert await drain.remainder() == Remainder(0, 1)
    store.items[0] = [OutboxItem(Position(11, 3), [])]
    assert await drain.remainder() == DONE


async def test_a_close_under_way_is_waited_for(cluster: Cluster, store: HeldStore) -> None:
    records(cluster, 10)
    drain = await a_drain(cluster, store)
    store.hold(0, offset=10, sweep=Sweep(day=20_000, total=5, policy=False))
    assert await drain.remainder() == Remainder(0, 1)


@pytest.mark.parametrize("topic", ["customers", "interactions"])
async def test_what_a_side_topic_holds_before_the_target_is_waited_for(
    cluster: Cluster, store: HeldStore, topic: str
) -> None:
    records(cluster, 2, topic, partition=1)
    drain = await a_drain(cluster, store)
    assert await drain.remainder() == Remainder(0, 1)
    store.hold(1, sources={topic: 1})
    assert await drain.remainder() == Remainder(0, 1)
    store.hold(1, sources={topic: 2})
    assert await drain.remainder() == DONE


async def test_a_marker_at_the_end_of_the_facts_is_nothing_to_wait_for(cluster: Cluster, store: HeldStore) -> None:
    log = cluster.log("customers", 0)
    epoch = cluster.init_producer("core")
    transaction = cluster.begin("core", epoch)
    log.append(b"c-1", b"{}", 0, transaction=transaction)
    cluster.commit("core", epoch)
    assert log.end == 2, "the record and its marker"
    drain = await a_drain(cluster, store)
    store.hold(0)
    assert await drain.remainder() == Remainder(0, 1)
    store.hold(0, sources={"customers": 1})
    assert await drain.remainder() == DONE


async def test_days_that_all_have_closed_are_judged_and_the_judgement_relayed(
    cluster: Cluster, store: HeldStore
) -> None:
    records(cluster, 10, partition=1)
    drain = await a_drain(cluster, store)
    closed = QualityState(closed_by=3)
    store.hold(0, offset=0, open_day=20_000, quality=closed)
    store.hold(1, offset=10, open_day=20_001, quality=closed)
    assert await drain.remainder() == Remainder(0, 1)
    judged = Judged(closed=[dt.date(2024, 10, 3), dt.date(2024, 10, 4)])
    store.hold(0, offset=0, open_day=20_000, quality=QualityState(closed_by=3, judged=judged))
    store.items[0] = [OutboxItem(Position(0, 4), [])]
    assert await drain.remainder() == Remainder(0, 1)
    store.items[0] = []
    assert await drain.remainder() == DONE


async def test_a_partition_that_has_still_to_close_the_day_is_not_waited_for(
    cluster: Cluster, store: HeldStore
) -> None:
    drain = await a_drain(cluster, store)
    store.hold(0, open_day=20_001, quality=QualityState(closed_by=3))
    store.hold(1, open_day=20_000)
    assert await drain.remainder() == DONE


async def test_where_the_store_does_not_answer_it_is_as_far_as_at_the_last_look(
    cluster: Cluster, store: HeldStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> None:
        raise StoreUnavailable

    records(cluster, 10)
    drain = await a_drain(cluster, store)
    with monkeypatch.context() as outage:
        outage.setattr(store, "peek", silent)
        assert await drain.remainder() == Remainder(10, 2)
    store.hold(0, offset=9)
    assert await drain.remainder() == Remainder(1, 1)
    with monkeypatch.context() as outage:
        outage.setattr(store, "peek", silent)
        assert await drain.remainder() == Remainder(1, 1)
    store.hold(0, offset=10)
    assert await drain.remainder() == DONE
