"""What every ``Group`` promises its members, asked of the model and of a real Kafka in the same words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from streams.ports import Broker, LogUnavailable
from tests.behaviour.group_benches import PARTITIONS, Bench, Member, ModelBench, RealBench, Told

ALL = frozenset(range(PARTITIONS))
LOOK_S = 0.05
BEATS_S = 2.0
"""Some heartbeats of a real member: with them it would say that it leaves."""
SETTLED_S = 40.0
"""Longest wait for the group: a session of a silent member and some rounds of dealing, on a busy machine."""


async def until(settled: Callable[[], bool], story: list[Told]) -> None:
    """Wait until the group has come to what is expected."""
    for _ in range(round(SETTLED_S / LOOK_S)):
        if settled():
            return
        await asyncio.sleep(LOOK_S)
    pytest.fail(f"the group did not come to what was expected: {story}")


def shared(*members: Member) -> bool:
    """Whether all partitions are dealt among ``members``, each to one, and nobody is without."""
    held = [member.heard.holds for member in members]
    return all(held) and sum(len(one) for one in held) == PARTITIONS and frozenset().union(*held) == ALL


async def one_then_two(bench: Bench) -> tuple[Member, Member]:
    """Ann holds everything, and shares it with Bob once he has joined."""
    ann = await bench.join("ann")
    await until(lambda: shared(ann), bench.story)
    bob = await bench.join("bob")
    await until(lambda: shared(ann, bob), bench.story)
    return ann, bob


async def unsought(broker: Broker, partition: int) -> list[bytes | None]:
    """What the group's reader brings before anybody said where to read on."""
    log = await broker.transactions(partition)
    return [record.value for record in (await log.fetch(10, 0.5)).records]


async def read_one(broker: Broker, partition: int) -> list[bytes | None]:
    """The first record, by the group's reader."""
    log = await broker.transactions(partition)
    await log.seek(0)
    async with asyncio.timeout(SETTLED_S):
        while True:
            batch = await log.fetch(10, 0.2)
            if batch.records:
                return [record.value for record in batch.records]


class GroupBehaviour:
    """The promises; a subclass gives the ``bench``."""

    async def test_the_first_member_holds_everything_and_reads_once_it_has_said_from_where(self, bench: Bench) -> None:
        ann = await bench.join("ann")
        await until(lambda: shared(ann), bench.story)
        assert await ann.ask(unsought, 2) == []
        assert await ann.ask(read_one, 2) == [b"2"]

    async def test_who_joins_is_given_partitions_only_after_those_who_held_them_gave_them_up(
        self, bench: Bench
    ) -> None:
        await one_then_two(bench)
        given_up = bench.story.index(Told("ann", "gave up", ALL))
        given = [place for place, told in enumerate(bench.story) if told.member == "bob" and told.partitions]
        assert given[0] > given_up, bench.story

    async def test_a_reader_of_a_partition_that_went_to_another_is_unavailable_and_the_other_reads_it(
        self, bench: Bench
    ) -> None:
        ann, bob = await one_then_two(bench)
        gone = min(bob.heard.holds)
        for question in (unsought, read_one):
            with pytest.raises(LogUnavailable):
                await ann.ask(question, gone)
        assert await bob.ask(read_one, gone) == [b"%d" % gone]

    async def test_what_a_member_that_leaves_held_goes_to_those_who_stay(self, bench: Bench) -> None:
        ann, bob = await bench.join("ann"), await bench.join("bob")
        await until(lambda: shared(ann, bob), bench.story)
        await bob.leave()
        await until(lambda: ann.heard.holds == ALL, bench.story)

    async def test_a_member_that_reads_nothing_for_weeks_stays_and_takes_over_from_one_that_leaves(
        self, bench: Bench
    ) -> None:
        ann, bob = await one_then_two(bench)
        told = len(bench.story)
        ann.let_idle_time_pass(days=30)
        await asyncio.sleep(BEATS_S)
        assert bench.story[told:] == []
        await bob.leave()
        await until(lambda: ann.heard.holds == ALL, bench.story)

    async def test_a_member_silent_beyond_its_session_is_expelled_unheard_and_gives_up_once_it_wakes(
        self, bench: Bench
    ) -> None:
        ann, bob = await bench.join("ann"), await bench.join("bob")
        await until(lambda: shared(ann, bob), bench.story)
        held = ann.heard.holds
        ann.freeze()
        frozen_at = len(bench.story)
        await until(lambda: bob.heard.holds == ALL, bench.story)
        assert not any(told.member == "ann" for told in bench.story[frozen_at:]), "it could not have heard"
        ann.thaw()
        await until(lambda: shared(ann, bob), bench.story)
        heard = [told for told in bench.story[frozen_at:] if told.member == "ann"]
        assert heard[:2] == [Told("ann", "revoke", held), Told("ann", "gave up", held)]


class TestModelGroup(GroupBehaviour):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        model = ModelBench()
        yield model
        await model.close()


class TestKafkaGroup(GroupBehaviour):
    @pytest.fixture
    async def bench(self, broker: str, topic_prefix: str) -> AsyncIterator[Bench]:
        real = RealBench(broker, topic_prefix)
        await real.open()
        yield real
        await real.close()
