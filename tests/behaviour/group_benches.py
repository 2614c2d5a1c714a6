"""The groups that one behaviour suite is run on: their members write down what they are told."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from streams.kafka import KafkaBroker, KafkaConfig
from streams.outputs import TRANSACTIONS
from streams.ports import Broker, LogUnavailable
from streams.testing.broker import MemoryBroker
from streams.testing.faults import Link
from streams.testing.logs import Cluster
from tests.simulation.group import Group, Seat

T = TypeVar("T")

PARTITIONS = 4
GIVE_UP_S = 0.3
"""A member takes its time to give up what it held: who comes next must wait for it."""


class Told(NamedTuple):
    """Something that the group told a member, in the order in which it happened in all members."""

    member: str
    what: str  # "assign", "revoke", or "gave up" once it had
    partitions: frozenset[int]


class Hearer:
    """What the group tells a member, written down; the model's and the real members' alike."""

    def __init__(self, name: str, story: list[Told]) -> None:
        self._name = name
        self._story = story
        self.holds: frozenset[int] = frozenset()

    async def assign(self, partitions: Iterable[int]) -> None:
        self.holds = frozenset(partitions)
        self._story.append(Told(self._name, "assign", self.holds))

    async def revoke(self, partitions: Iterable[int]) -> None:
        given_up = frozenset(partitions)
        self._story.append(Told(self._name, "revoke", given_up))
        await asyncio.sleep(GIVE_UP_S)
        self.holds = frozenset()
        self._story.append(Told(self._name, "gave up", given_up))

    def shut_out(self, error: LogUnavailable) -> None:
        self._story.append(Told(self._name, f"shut out: {error}", frozenset()))


class Member(Protocol):
    """A process of the group."""

    name: str
    heard: Hearer

    async def ask(self, question: Callable[[Broker, int], Coroutine[Any, Any, T]], partition: int) -> T:
        """Run ``question`` in the member's process, over its broker."""
        ...

    def freeze(self) -> None:
        """Stop it as a machine would: it says and hears nothing until ``thaw``."""
        ...

    def thaw(self) -> None: ...

    def let_idle_time_pass(self, days: int) -> None:
        """As if nobody had read anything for ``days``."""
        ...

    async def leave(self) -> None: ...


class Bench(Protocol):
    """A group; partition ``n`` of ``transactions`` holds one record, ``n`` in digits."""

    story: list[Told]

    async def join(self, name: str) -> Member: ...


class ModelMember:
    """A seat of the model's group, with the broker of the process that sits there."""

    def __init__(self, name: str, group: Group, cluster: Cluster, story: list[Told]) -> None:
        self.name = name
        self.heard = Hearer(name, story)
        self._group = group
        self._link = Link()
        self._broker = MemoryBroker(cluster, self._link)
        self._seat = Seat(name, self._link)
        self._listening = asyncio.create_task(self._seat.listen(self.heard, self._broker))
        group.join(self._seat)

    async def ask(self, question: Callable[[Broker, int], Coroutine[Any, Any, T]], partition: int) -> T:
        return await question(self._broker, partition)

    def freeze(self) -> None:
        self._link.freeze()

    def thaw(self) -> None:
        self._link.thaw()

    def let_idle_time_pass(self, days: int) -> None:
        """The model asks nobody to read."""

    async def leave(self) -> None:
        self._group.leave(self._seat)
        self._listening.cancel()


class ModelBench:
    """The model of the group over a cluster in memory."""

    def __init__(self) -> None:
        self.story: list[Told] = []
        self._cluster = Cluster(PARTITIONS)
        for partition in range(PARTITIONS):
            self._cluster.log(TRANSACTIONS, partition).append(b"k", b"%d" % partition, 0)
        self._group = Group(PARTITIONS, random.Random(1), Counter(), session_s=1.0)
        self._coordinating = asyncio.create_task(self._group.run())
        self._members: list[ModelMember] = []

    async def join(self, name: str) -> Member:
        self._members.append(ModelMember(name, self._group, self._cluster, self.story))
        return self._members[-1]

    async def close(self) -> None:
        self._coordinating.cancel()
        for member in self._members:
            await member.leave()


class RealMember:
    """A member with a thread and a loop of its own, so that it can be frozen whole, heartbeats and all."""

    def __init__(self, name: str, config: KafkaConfig, story: list[Told]) -> None:
        self.name = name
        self.heard = Hearer(name, story)
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name)
        self._thread.start()
        self._thawed = threading.Event()
        self._left = False

    async def join(self) -> None:
        await self._there(self._join())

    async def _join(self) -> None:
        self._broker = KafkaBroker(self._config)
        await self._broker.open()
        await self._broker.join(self.heard)

    async def ask(self, question: Callable[[Broker, int], Coroutine[Any, Any, T]], partition: int) -> T:
        return await self._there(question(self._broker, partition))

    def freeze(self) -> None:
        self._thawed.clear()
        self._loop.call_soon_threadsafe(self._thawed.wait)

    def thaw(self) -> None:
        self._thawed.set()

    def let_idle_time_pass(self, days: int) -> None:
        """Idle time is the client's own figure, and no option of the broker."""
        consumer: Any = self._broker._consumer
        consumer._subscription._last_fetch_ended -= days * 86_400

    async def leave(self) -> None:
        self.thaw()
        if not self._left:
            self._left = True
            await self._there(self._broker.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
            self._loop.close()

    async def _there(self, coro: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coro, self._loop))


class RealBench:
    """A group of a real broker."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.story: list[Told] = []
        # The shortest session that brokers take by default.
        self._config = KafkaConfig(bootstrap=bootstrap, group=f"{prefix}g", prefix=prefix, session_timeout_s=6)
        self._members: list[RealMember] = []

    async def open(self) -> None:
        await create_topics(self._config.bootstrap, self._config.prefix, PARTITIONS)
        async with AIOKafkaProducer(bootstrap_servers=self._config.bootstrap) as producer:
            for partition in range(PARTITIONS):
                topic = f"{self._config.prefix}{TRANSACTIONS}"
                await producer.send_and_wait(topic, b"%d" % partition, key=b"k", partition=partition)

    async def join(self, name: str) -> Member:
        member = RealMember(name, self._config, self.story)
        self._members.append(member)
        await member.join()
        return member

    async def close(self) -> None:
        for member in self._members:
            await member.leave()
