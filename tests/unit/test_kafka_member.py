"""A place in a group whose coordinator answers what no real one can be brought to: the client's own classes over a stub."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import UnknownError

from agents.parts import Parts
from streams import kafka_member
from streams.kafka_member import POLL_INTERVAL_MAX_MS, Listener, attend
from streams.ports import LogUnavailable
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from tests.unit.one_partition import Bank

TOPIC = "transactions"
UNKNOWN_SERVER_ERROR = -1
REBALANCE_IN_PROGRESS = 27
LOOK_S = 0.02
SETTLED_S = 30.0


class Coordinator:
    """Answers as a broker that coordinates a group of two, of which the other leads; ``gives`` is what this one is dealt."""

    cluster = ClusterMetadata(metadata_max_age_ms=10_000)

    def __init__(self, *gives: int) -> None:
        self.gives = list(gives)
        self.join_errors: list[int] = []
        self.refuses_all = False
        self.rebalancing = False
        self.asked: Counter[str] = Counter()

    async def coordinator_lookup(self, *_: object) -> int:
        return 1

    async def ready(self, *_: object, **__: object) -> bool:
        return True

    def set_topics(self, _topics: object) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        done.set_result(True)
        return done

    async def send(self, _node: int, request: object, group: object = None) -> SimpleNamespace:
        name = type(request).__name__
        self.asked[name] += 1
        if name == "JoinGroupRequest":
            return self._joined()
        if name == "SyncGroupRequest":
            self.rebalancing = False
            dealt = ConsumerProtocolMemberAssignment(0, [(TOPIC, self.gives)], b"")
            return SimpleNamespace(error_code=0, member_assignment=dealt.encode())
        if name == "HeartbeatRequest" and self.rebalancing:
            return SimpleNamespace(error_code=REBALANCE_IN_PROGRESS)
        return SimpleNamespace(error_code=0, topics=[])

    def _joined(self) -> SimpleNamespace:
        error = self.join_errors.pop(0) if self.join_errors else UNKNOWN_SERVER_ERROR if self.refuses_all else 0
        return SimpleNamespace(
            error_code=error,
            member_id="me",
            generation_id=1,
            group_protocol="roundrobin",
            leader_id="other",
            members=[],
        )


class Fetcher:
    """The client's fetcher on a cluster that tells no offsets and holds no records."""

    def __init__(self, subscription: Any) -> None:
        self._subscription = subscription

    async def fetched_records(self, *_: object, **__: object) -> dict[TopicPartition, list[object]]:
        if self._subscription.reassignment_in_progress:
            await self._subscription.wait_for_assignment()
        return {}

    async def beginning_offsets(self, *_: object) -> None:
        raise UnknownError("the broker told no offsets")

    def seek_to(self, tp: TopicPartition, offset: int) -> None:
        self._subscription.seek(tp, offset)

    async def close(self) -> None:
        """Nothing runs."""


class Heard:
    """What the group told, as an engine would hear it."""

    def __init__(self) -> None:
        self.holds: list[int] | None = None
        self.times = 0
        self.out: LogUnavailable | None = None

    async def assign(self, partitions: Iterable[int]) -> None:
        self.holds = sorted(partitions)  # the client tells a set
        self.times += 1

    async def revoke(self, partitions: Iterable[int]) -> None:
        self.holds = None

    def shut_out(self, error: LogUnavailable) -> None:
        self.out = error


async def until(settled: Callable[[], bool]) -> None:
    for _ in range(round(SETTLED_S / LOOK_S)):
        if settled():
            return
        await asyncio.sleep(LOOK_S)
    pytest.fail(f"the group did not come to what was expected within {SETTLED_S} s")


@pytest.fixture
async def consumer() -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers="localhost:1", group_id="g", enable_auto_commit=False)
    yield consumer
    await consumer.stop()


def joining(consumer: AIOKafkaConsumer, coordinator: Coordinator, heard: Heard) -> Heard:
    """Let ``consumer`` join the group of ``coordinator``, with beats of a tenth of a second."""
    subscription = consumer._subscription
    subscription.subscribe({TOPIC}, listener=Listener(consumer, heard))
    subscription.register_fetch_waiters(set())
    consumer._fetcher = Fetcher(subscription)
    consumer._coordinator = GroupCoordinator(
        coordinator,
        subscription,
        group_id="g",
        heartbeat_interval_ms=100,
        session_timeout_ms=1000,
        retry_backoff_ms=50,
        enable_auto_commit=False,
        max_poll_interval_ms=POLL_INTERVAL_MAX_MS,
    )
    return heard


async def test_a_member_without_partitions_that_fetched_nothing_for_a_year_is_still_one(
    consumer: AIOKafkaConsumer,
) -> None:
    coordinator = Coordinator()
    heard = joining(consumer, coordinator, Heard())
    await until(lambda: heard.holds == [])
    consumer._subscription._last_fetch_ended -= 366 * 86_400
    beats = coordinator.asked["HeartbeatRequest"]
    await until(lambda: coordinator.asked["HeartbeatRequest"] > beats + 1)
    assert coordinator.asked["LeaveGroupRequest"] == 0
    coordinator.gives, coordinator.rebalancing = [0, 1], True  # the active worker died
    await until(lambda: heard.holds == [0, 1])


async def test_partitions_are_worked_on_though_kafka_answers_nothing_while_they_are_assigned(
    consumer: AIOKafkaConsumer,
) -> None:
    heard = joining(consumer, Coordinator(2), Heard())
    await until(lambda: heard.holds == [2])
    assert consumer.paused() == {TopicPartition(TOPIC, 2)}


async def test_a_member_that_the_group_refuses_once_asks_again_though_it_reads_nothing(
    consumer: AIOKafkaConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_member, "ATTEND_S", LOOK_S)
    coordinator = Coordinator(0)
    heard = joining(consumer, coordinator, Heard())
    await until(lambda: heard.holds == [0])
    attending = asyncio.create_task(attend(consumer, TOPIC, heard))
    coordinator.join_errors, coordinator.rebalancing = [UNKNOWN_SERVER_ERROR], True
    await until(lambda: heard.times == 2)
    assert heard.holds == [0]
    attending.cancel()


async def test_a_member_that_the_group_goes_on_refusing_is_shut_out_with_the_last_error(
    consumer: AIOKafkaConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_member, "ATTEND_S", LOOK_S)
    monkeypatch.setattr(kafka_member, "ERRORS_MAX", 5)
    coordinator = Coordinator(0)
    heard = joining(consumer, coordinator, Heard())
    await until(lambda: heard.holds == [0])
    coordinator.refuses_all = coordinator.rebalancing = True
    async with asyncio.timeout(SETTLED_S):
        await attend(consumer, TOPIC, heard)
    assert heard.holds is None
    assert "UnknownError" in str(heard.out)


def test_a_worker_whose_partitions_were_revoked_is_not_ready_until_the_group_deals_again() -> None:
    bank = Bank()
    out = "no assignment of partitions from the group yet"

    async def work() -> None:
        engine = bank.engine(MemoryStore(bank.server))
        parts = cast("Any", SimpleNamespace(warm=True, engine=engine, not_alive=list))
        await engine.assign([0])
        await engine.revoke([0])
        assert Parts.not_ready(parts) == [out]
        await engine.assign([])
        assert Parts.not_ready(parts) == []
        await engine.stop(1.0)

    run_virtual(work())


async def test_an_engine_that_is_shut_out_of_its_group_fails_with_the_words_of_the_group() -> None:
    bank = Bank()
    engine = bank.engine(MemoryStore(bank.server))
    engine.shut_out(LogUnavailable("GroupAuthorizationFailedError: g"))
    assert engine.failed.is_set()
    assert "GroupAuthorizationFailedError" in str(engine.failure)
