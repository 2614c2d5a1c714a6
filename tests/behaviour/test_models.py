"""What only the models can do: lose requests and replies, freeze, crash, fail over, on virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest

from schemas.partition import PartitionState
from schemas.position import Position
from streams.ports import Commit, LogUnavailable, Outcome, Output, ProducerFenced, StoreUnavailable
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock, RunningClock, SkewedClock
from streams.testing.faults import Fault, Link, Lost, RandomFaults, Scripted
from streams.testing.logs import TRANSACTION_TIMEOUT_S, Cluster
from streams.testing.loop import StandstillError, run_virtual
from streams.testing.store import MemoryStore, StoreServer

LOST_REQUEST = Fault(0.1, 0.1, Lost.REQUEST)
LOST_REPLY = Fault(0.1, 0.1, Lost.REPLY)


def commit(token: str, number: int) -> Commit:
    state = PartitionState(
        position=Position(number), timezone="Asia/Shanghai", cutoff="00:00", base_currency="CNY", partitions=1
    )
    return Commit(token=token, commit_no=number, from_position=Position(number - 1), state=state)


def test_virtual_time_jumps_over_waits_and_keeps_their_order() -> None:
    async def main() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        seen: list[tuple[float, str]] = []

        async def wait(name: str, *delays: float) -> None:
            for delay in delays:
                await asyncio.sleep(delay)
                seen.append((loop.time(), name))

        await asyncio.gather(wait("a", 3600, 3600), wait("b", 5400, 1800), wait("c", 1_000_000))
        return seen

    assert run_virtual(main()) == [(3600, "a"), (5400, "b"), (7200, "a"), (7200, "b"), (1_000_000, "c")]


def test_a_loop_in_which_nothing_can_happen_any_more_says_so() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StandstillError):
        run_virtual(main())


def test_clocks_stand_run_and_differ_as_told() -> None:
    async def main() -> None:
        manual = ManualClock(1_000)
        manual.advance(5)
        assert SkewedClock(manual, -7).now_us() == 998
        running = RunningClock(1_000, rate=100.0, stop_us=1_500)
        await asyncio.sleep(2)
        assert running.now_us() == 1_200
        await asyncio.sleep(60)
        assert running.now_us() == 1_500

    run_virtual(main())


def test_a_lost_request_has_no_effect_and_a_lost_reply_has_it() -> None:
    async def main() -> None:
        server = StoreServer()
        store = MemoryStore(server, Link(Scripted(store__commit=[LOST_REQUEST, LOST_REPLY])))
        await store.claim(0, "a")
        for commit_no in (0, 1):
            with pytest.raises(StoreUnavailable):
                await store.commit(0, commit("a", 1))
            assert server.at(0).commit_no == commit_no
        assert await store.commit(0, commit("a", 2)) is Outcome.APPLIED

    run_virtual(main())


def test_a_request_takes_effect_though_its_caller_was_cancelled() -> None:
    async def main() -> None:
        server = StoreServer()
        store = MemoryStore(server, Link(Scripted(store__commit=[Fault(before_s=5)])))
        await store.claim(0, "a")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await store.commit(0, commit("a", 1))
        assert server.at(0).commit_no == 0
        await asyncio.sleep(5)
        assert server.at(0).commit_no == 1

    run_virtual(main())


def test_a_frozen_process_sends_and_hears_nothing_until_it_wakes() -> None:
    async def main() -> None:
        server = StoreServer()
        link = Link(Scripted(store__commit=[Fault(1, 1)]))
        store = MemoryStore(server, link)
        await store.claim(0, "a")
        sent = asyncio.create_task(store.commit(0, commit("a", 1)))
        await asyncio.sleep(0.5)
        link.freeze()
        unsent = asyncio.create_task(store.claim(0, "b"))
        await asyncio.sleep(100)
        assert (server.at(0).commit_no, server.at(0).token) == (1, "a")
        assert not sent.done()
        link.thaw()
        assert await sent is Outcome.APPLIED
        await unsent
        assert server.at(0).token == "b"

    run_virtual(main())


def test_a_dead_process_has_no_further_effect() -> None:
    async def main() -> None:
        server = StoreServer()
        link = Link()
        store = MemoryStore(server, link)
        await store.claim(0, "a")
        link.cut()
        with pytest.raises(asyncio.CancelledError):
            await store.claim(0, "b")
        assert server.at(0).token == "a"

    run_virtual(main())


def test_a_failover_takes_back_the_last_writes_of_all_partitions() -> None:
    async def main() -> None:
        server = StoreServer()
        store = MemoryStore(server)
        await store.claim(0, "a")
        await store.claim(1, "b")
        first = commit("a", 1)
        first.customers, first.new_ids = [("ann", b"1")], ["ann"]
        await store.commit(0, first)
        await store.commit(1, commit("b", 1))
        second = commit("a", 2)
        second.customers, second.new_ids = [("ann", b"2"), ("bob", b"2")], ["bob"]
        await store.commit(0, second)
        await store.claim(0, "c")
        assert server.fail_over(lost_writes=3) == 3
        assert (await store.standing(0)).token == "a"
        assert await store.customers(0, ["ann", "bob"]) == [b"1", None]
        assert await store.ids(0, 0, 9) == ["ann"]
        assert await store.commit(0, commit("a", 3)) is Outcome.REWOUND
        assert await store.commit(1, commit("b", 2)) is Outcome.REWOUND
        assert await store.commit(0, second) is Outcome.APPLIED

    run_virtual(main())


def test_a_transaction_whose_commit_lost_its_reply_is_visible_and_one_cut_short_is_not() -> None:
    async def main() -> None:
        cluster = Cluster(1)
        broker = MemoryBroker(cluster, Link(Scripted(broker__commit=[LOST_REPLY], broker__write=[Fault(), LOST_REPLY])))
        for relayed, value in ((1, b"seen"), (2, b"cut short")):
            outlet = await broker.open_outlet(0)
            with pytest.raises(LogUnavailable):
                await outlet.send([Output("alerts", None, value)], Position(relayed))
            await outlet.close()
        assert cluster.relayed == {0: Position(1)}
        assert [record.value for record in cluster.log("alerts", 0).committed()] == [b"seen"]
        assert cluster.log("alerts", 0).bounds() == (0, 2)  # the second one is still open
        await broker.open_outlet(0)
        assert cluster.log("alerts", 0).bounds() == (0, 4)
        assert [record.value for record in cluster.log("alerts", 0).committed()] == [b"seen"]

    run_virtual(main())


def test_a_transaction_left_open_is_aborted_by_the_broker_and_its_producer_fenced() -> None:
    async def main() -> None:
        cluster = Cluster(1)
        broker = MemoryBroker(cluster, Link(Scripted(broker__commit=[Fault(before_s=TRANSACTION_TIMEOUT_S + 1)])))
        outlet = await broker.open_outlet(0)
        with pytest.raises(ProducerFenced):
            await outlet.send([Output("alerts", None, b"slow")], Position(1))
        assert cluster.log("alerts", 0).committed() == []
        assert cluster.log("alerts", 0).bounds() == (0, 2)

    run_virtual(main())


def test_while_the_coordinator_of_the_groups_moves_their_offsets_are_neither_told_nor_taken() -> None:
    async def main() -> None:
        cluster = Cluster(1)
        broker = MemoryBroker(cluster)
        outlet = await broker.open_outlet(0)
        await outlet.send([Output("alerts", b"k", b"one")], Position(7))
        cluster.moving = True
        with pytest.raises(LogUnavailable):
            await broker.relayed(0)
        with pytest.raises(LogUnavailable):
            await broker.mirror(0, 7)
        with pytest.raises(LogUnavailable):
            await outlet.send([Output("alerts", b"k", b"two")], Position(8))
        cluster.moving = False
        await broker.open_outlet(0)
        assert await broker.relayed(0) == Position(7)
        assert [record.value for record in cluster.log("alerts", 0).committed()] == [b"one"]

    run_virtual(main())


def test_compaction_leaves_holes_that_positions_step_over() -> None:
    async def main() -> None:
        cluster = Cluster(1)
        for value in (b"a", b"b", b"c", b"d"):
            cluster.log("customers", 0).append(b"k", value, 0)
        cluster.log("customers", 0).compact([0, 1, 3])
        log = await MemoryBroker(cluster).open_log("customers", 0)
        batch = await log.fetch(10, 0)
        assert (batch.start, batch.end) == (0, 4)
        assert [(record.offset, record.value) for record in batch.records] == [(2, b"c")]

    run_virtual(main())


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[Fault]:
        faults = RandomFaults(random.Random(seed), lose=0.2, slow=0.2)
        return [faults.at("store.commit") for _ in range(100)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert {fault.lost for fault in drawn(1)} == {None, Lost.REQUEST, Lost.REPLY}
