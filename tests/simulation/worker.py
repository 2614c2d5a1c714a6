"""One worker process: an engine behind a link that can freeze or die, and the tasks that die with it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from streams.config import EngineConfig
from streams.decider import DeciderFactory
from streams.engine import Engine
from streams.metrics import Metrics
from streams.ports import WallClock
from streams.testing.broker import MemoryBroker
from streams.testing.faults import Link, RandomFaults
from streams.testing.logs import Cluster
from streams.testing.store import MemoryStore, StoreServer
from tests.simulation.group import Seat

_PROCESS: ContextVar[Worker | None] = ContextVar("process", default=None)
"""Whose task is running: a task belongs to the process of the task that made it."""


def task_factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
    """Make a task and enter it into the process that asked for it."""
    task = asyncio.Task(coro, loop=loop, **kwargs)
    process = _PROCESS.get()
    if process is not None:
        process.tasks.add(task)
        task.add_done_callback(process.tasks.discard)
    return task


class Worker(Seat):
    """A process of the group."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        server: StoreServer,
        clock: WallClock,
        faults: RandomFaults,
        deciders: DeciderFactory,
        policies: dict[str, str],
        config: EngineConfig,
        metrics: Metrics,
        failed: Callable[[Worker], None],
    ) -> None:
        super().__init__(name, Link(faults))
        self.faults = faults
        self.tasks: set[asyncio.Task[Any]] = set()
        self.dead = False
        self._claims = 0
        self._failed = failed
        broker = MemoryBroker(cluster, self.link)
        self.engine = Engine(
            broker=broker,
            store=MemoryStore(server, self.link),
            clock=clock,
            deciders=deciders,
            policies=policies,
            config=config,
            metrics=metrics,
            tokens=self._token,
        )
        self._spawn(self.listen(self.engine, broker))
        self._spawn(self._watch())

    @property
    def silent(self) -> bool:
        return self.dead or self.link.frozen

    def owns(self, token: str | None) -> bool:
        """Whether ``token`` is one of this worker's claims."""
        return token is not None and token.startswith(f"{self.name}/")

    def crash(self) -> None:
        """Die at once: nothing is flushed, closed or said."""
        self.dead = True
        self.link.cut()
        for task in list(self.tasks):
            task.cancel()

    async def stop(self) -> None:
        """End like a worker that got SIGTERM."""
        await self.engine.stop(1.0)
        self.crash()

    def _token(self) -> str:
        self._claims += 1
        return f"{self.name}/{self._claims}"

    def _spawn(self, coro: Coroutine[Any, Any, None]) -> None:
        before = _PROCESS.set(self)
        asyncio.get_running_loop().create_task(coro)
        _PROCESS.reset(before)

    async def _watch(self) -> None:
        await self.engine.failed.wait()
        await self.link.awake()
        self._failed(self)


def some_config(rng: random.Random, base: EngineConfig) -> EngineConfig:
    """A worker's own sizes: no output may depend on them."""
    return replace(
        base,
        batch_records=rng.choice([1, 3, 10, 1000]),
        sweep_customers=rng.choice([1, 2, 100]),
        cache_bytes=rng.choice([1, 40_000, 1 << 24]) * base.partitions,
    )
