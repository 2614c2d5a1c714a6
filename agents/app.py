"""The Faust app that hosts a worker: the engine as a service, the agent on ``tier-changes``, the pages.

Faust gives the life cycle, the web server and the low-rate agent. Transactions do not pass through its
message loop: the engine has its own consumer, commits to the store, and is only started and stopped from here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import faust
import mode
from prometheus_client import generate_latest

from agents.changes import ChangeBoard, add_changes_agent
from agents.drain import DrainStore
from agents.pages import Explains, add_pages
from agents.warmup import warm_up
from schemas.settings import Settings
from streams.engine import Engine
from streams.kafka import KafkaBroker
from streams.lease import Lease
from streams.metrics import Metrics
from streams.outputs import DEAD_LETTERS, TIER_CHANGES
from streams.ports import Store, WallClock

ENGINE_STOP_S: Final = 5.0
"""Longest wait for the batches under way: half of the ten seconds that a stop may take in all."""

STUCK_S: Final = 60.0
"""A partition with records waiting that moved nothing for this long is stuck; a batch takes well under a second."""

log = logging.getLogger(__name__)


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
    board: ChangeBoard = field(default_factory=ChangeBoard)
    warm: bool = False

    def exposition(self) -> bytes:
        """All metrics, brought up to date, as Prometheus reads them."""
        self.engine.observe(self.clock.now_us())
        return generate_latest(self.metrics.registry)

    def not_alive(self) -> list[str]:
        """Why the process should be restarted: it failed and is about to end by itself."""
        failure = self.engine.failure
        return [] if failure is None else [f"the worker failed: {failure}"]

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


class EngineService(mode.Service):
    """Runs the engine in the app: compiles the kernels, joins the group, stops it in time."""

    def __init__(self, parts: Parts, **options: Any) -> None:
        self._parts = parts
        super().__init__(**options)

    @mode.Service.task
    async def _run(self) -> None:
        """Compile first: a worker that joined would hold partitions idle meanwhile."""
        await asyncio.to_thread(warm_up, self._parts.settings, self._parts.policies)
        self._parts.warm = True
        await self._parts.broker.join(self._parts.engine)

    async def on_stop(self) -> None:
        """Let the batches under way commit, or abandon them: what is not committed is read again."""
        await self._parts.engine.stop(ENGINE_STOP_S)


class TierlineApp(faust.App):
    """A Faust app whose services include the engine; it starts and stops with the app."""

    engine_service: EngineService

    def on_init_dependencies(self) -> Iterable[mode.ServiceT]:
        """Faust's own services, then ours: it stops first."""
        return [*super().on_init_dependencies(), self.engine_service]


def create_app(settings: Settings, parts: Parts, datadir: Path) -> TierlineApp:
    """The app of one process. ``datadir`` is a folder of its own that exists; nothing of value is kept there.

    Tables, the leader topic, RPC and declared topics are off: state lives in the store, topics are made before.
    """
    app = TierlineApp(
        # A group of its own: it must differ from the workers', whose members read ``transactions``.
        f"{settings.group}.changes",
        broker=[f"kafka://{address}" for address in settings.broker.split(",")],
        store="memory://",
        datadir=str(datadir),
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        broker_session_timeout=30.0,
        worker_redirect_stdouts=False,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        web_tables_enabled=False,
        web_router_enabled=False,
    )
    app.engine_service = EngineService(parts)
    add_changes_agent(app, parts.board, settings.topic(TIER_CHANGES), settings.topic(DEAD_LETTERS))
    add_pages(app, host=parts, explains=parts.explains, board=parts.board)
    return app
