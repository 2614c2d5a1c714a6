"""What a worker is made of: wired from the settings, opened and closed together, asked for its health."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from prometheus_client import generate_latest

from agents.connections import open_broker, store_in_words
from agents.drain import Drain, DrainStore, targets_of
from agents.explain import Explainer
from agents.pages import Boards, Explains
from agents.policy.compile import compile_policies
from deploy.topics import create_topics, partition_counts, refuse_future
from schemas.mistakes import Mistake
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.config import EngineConfig
from streams.engine import Engine
from streams.kafka import BEATS_A_SESSION, KafkaBroker
from streams.lease import Lease
from streams.metrics import Metrics
from streams.outputs import TRANSACTIONS
from streams.ports import Store, WallClock
from streams.store import RedisStore

STUCK_S: Final = 60.0
"""A partition with records waiting that moved nothing for this long is stuck; a batch takes well under a second."""

log = logging.getLogger(__name__)


class WorkerFailed(Exception):
    """The worker ended by itself because something is wrong; the text says what."""


class SystemClock:
    """The wall clock of this machine."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""
        return time.time_ns() // 1000


class WorkerStore(Store, DrainStore, Protocol):
    """The store as a worker uses it: fenced writes for the engine, plain looks for pages and drains."""


@dataclass(kw_only=True)
class Parts:
    """What a worker is made of, wired but not started. ``warm`` turns true once the kernels are compiled."""

    settings: Settings
    policies: Mapping[str, str]
    partitions: int
    broker: KafkaBroker
    store: WorkerStore
    clock: WallClock
    engine: Engine
    explains: Explains
    metrics: Metrics
    boards: Boards = field(default_factory=Boards)
    warm: bool = False
    gave_up: asyncio.Event = field(default_factory=asyncio.Event)
    reason: BaseException | None = None

    def give_up(self, reason: BaseException) -> None:
        """End the worker because of ``reason``; the first one counts."""
        self.reason = self.reason or reason
        self.gave_up.set()

    async def failed(self) -> None:
        """Wait until the worker must end; always raises ``WorkerFailed``."""
        waiting = [asyncio.create_task(event.wait()) for event in (self.engine.failed, self.gave_up)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        raise WorkerFailed(str(self.failure)) from self.failure

    @property
    def failure(self) -> BaseException | None:
        """Why the worker must end; None while it need not."""
        return self.engine.failure or self.reason

    def exposition(self) -> bytes:
        """All metrics, brought up to date, as Prometheus reads them."""
        self.engine.observe(self.clock.now_us())
        return generate_latest(self.metrics.registry)

    def not_alive(self) -> list[str]:
        """Why the process should be restarted: it failed and is about to end by itself."""
        return [] if self.failure is None else [f"the worker failed: {self.failure}"]

    def not_ready(self) -> list[str]:
        """Why the worker does not do its work at this moment; partitions by number."""
        if not self.warm:
            return ["kernels are being compiled"]
        if not self.engine.joined:
            return ["no assignment of partitions from the group yet"]
        now = asyncio.get_running_loop().time()
        between = self.engine.assigned - self.engine.leases.keys()
        pausing = [f"partition {number} waits before it is claimed again" for number in sorted(between)]
        unwell = (_unwell(number, lease, now) for number, lease in sorted(self.engine.leases.items()))
        return [*self.not_alive(), *pausing, *(reason for reason in unwell if reason is not None)]


def _unwell(number: int, lease: Lease, now: float) -> str | None:
    if not lease.claimed:
        return f"partition {number} is being claimed"
    still_s = now - lease.last_progress
    if lease.lag_records and still_s > STUCK_S:
        return f"partition {number} moved nothing for {still_s:.0f} s while {lease.lag_records} offsets wait"
    return None


async def prepare_topics(settings: Settings) -> int:
    """Make the topics that are missing; returns the number of partitions. ``Mistake`` if there is nothing to read."""
    name = settings.topic(TRANSACTIONS)
    partitions = (await partition_counts(settings.broker, [name])).get(name)
    if partitions is None:
        msg = (
            f"topic {name!r} does not exist at {settings.broker}: run `tierline topics create`, "
            "or mend TIERLINE_TOPIC_PREFIX or TIERLINE_BROKER"
        )
        raise Mistake(msg)
    await refuse_future(settings.broker, [settings.topic(topic.name) for topic in TOPICS if topic.direction == "in"])
    for line in await create_topics(settings.broker, settings.topic_prefix, partitions, topics=TOPICS):
        if not line.endswith("is there"):
            log.info("topic %s", line)
    return partitions


@asynccontextmanager
async def open_parts(settings: Settings, policies: Mapping[str, str], *, rebuild: bool = False) -> AsyncIterator[Parts]:
    """The parts of a worker, connected; closed at the end. ``rebuild`` lets an empty store stand beside old outputs."""
    partitions = await prepare_topics(settings)
    store = RedisStore(settings.store, settings.namespace, settings.topic_prefix)
    metrics = Metrics()
    clock = SystemClock()
    try:
        with store_in_words(settings):
            await store.open()
        async with open_broker(settings) as broker:
            engine = Engine(
                broker=broker,
                store=store,
                clock=clock,
                deciders=compile_policies,
                policies=policies,
                config=engine_config(settings, partitions, rebuild=rebuild),
                metrics=metrics,
            )
            yield Parts(
                settings=settings,
                policies=policies,
                partitions=partitions,
                broker=broker,
                store=store,
                clock=clock,
                engine=engine,
                explains=Explainer(store, partitions),
                metrics=metrics,
            )
    finally:
        await store.close()


def engine_config(settings: Settings, partitions: int, *, rebuild: bool) -> EngineConfig:
    """What the engine needs of the settings."""
    return EngineConfig(
        partitions=partitions,
        timezone=settings.timezone,
        cutoff=settings.cutoff,
        base_currency=settings.base_currency,
        close_grace_us=settings.close_grace_s * 1_000_000,
        clock=settings.clock,
        cache_bytes=settings.cache_bytes,
        heartbeat_s=settings.session_timeout_s / BEATS_A_SESSION,
        rebuild=rebuild,
    )


async def new_drain(parts: Parts) -> Drain:
    """A drain to where the logs end now."""
    return Drain(parts.store, parts.broker, await targets_of(parts.broker, parts.partitions))
