"""The Faust app that hosts a worker: the engine as a service, the agents on its outputs, the pages.

Faust gives the life cycle, the web server and the low-rate agents. Transactions do not pass through its
message loop: the engine has its own consumer, commits to the store, and is only started and stopped from here.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

import faust
import mode
from faust.types import TP

from agents.alerts import add_alerts_agent
from agents.boards import KEPT, Asides, BoardTopics, Place
from agents.changes import add_changes_agent
from agents.owners import LOOK_EVERY_S, OwnerWatch
from agents.pages import add_pages
from agents.parts import Parts
from agents.population import TELL_EVERY_S, PopulationWatch
from agents.warmup import calm_collector, warm_up
from schemas.settings import Settings
from streams.outputs import ALERTS, DEAD_LETTERS, TIER_CHANGES
from streams.ports import LogUnavailable

ENGINE_STOP_S: Final = 3.0
"""Longest wait for the batches under way; with the broker and Faust after it the ten seconds of a stop are kept."""

SWITCH_S: Final = 0.0005
"""Longest that a thread of Python waits for its turn: the one that talks to Kafka has an answer to read between any two steps of
a batch, a dozen for one transaction. The interpreter's own 5 ms would be a good part of an alert's delay."""

COMMIT_NEVER_S: Final = 86_400.0
"""The group of the pages is this process's own: where it stood is of no use to a later one."""


class EngineService(mode.Service):
    """Runs the engine in the app: compiles the kernels, joins the group, stops it in time."""

    def __init__(self, parts: Parts, **options: Any) -> None:
        self._parts = parts
        super().__init__(**options)

    @property
    def held(self) -> Collection[int]:
        """The partitions that this process works on."""
        return self._parts.engine.leases.keys()

    @mode.Service.task
    async def _run(self) -> None:
        """Compile first: a worker that joined would hold partitions idle meanwhile."""
        await asyncio.to_thread(warm_up, self._parts.settings, self._parts.policies)
        calm_collector()
        sys.setswitchinterval(SWITCH_S)
        self._parts.warm = True
        try:
            await self._parts.broker.join(self._parts.engine)
        except LogUnavailable as error:
            self._parts.give_up(error)

    @mode.Service.task
    async def _watch_owners(self) -> None:
        """Count customers by owner once a close."""
        parts = self._parts
        watch = OwnerWatch(parts.settings, parts.store, parts.partitions, parts.engine, parts.metrics)
        while not self.should_stop:
            await self.sleep(LOOK_EVERY_S)
            await watch.look(time.monotonic, self.sleep, lambda: self.should_stop)

    @mode.Service.task
    async def _watch_population(self) -> None:
        """Tell the figures of all customers now and then."""
        parts = self._parts
        watch = PopulationWatch(parts.store, parts.partitions, parts.engine, parts.metrics)
        while not self.should_stop:
            await watch.look()
            await self.sleep(TELL_EVERY_S)

    async def on_stop(self) -> None:
        """Let the batches under way commit, or abandon them: what is not committed is read again."""
        await self._parts.engine.stop(ENGINE_STOP_S)


class TierlineApp(faust.App):
    """A Faust app whose services include the engine; it starts and stops with the app."""

    engine_service: EngineService

    def __init__(self, *args: Any, **options: Any) -> None:
        self._read_before: dict[TP, int] = {}
        super().__init__(*args, **options)

    def on_init_dependencies(self) -> Iterable[mode.ServiceT]:
        """Faust's own services, then ours: it stops first."""
        return [*super().on_init_dependencies(), self.engine_service]

    async def on_started(self) -> None:
        """Once all runs, let the agents read the last records again that were there before."""
        await super().on_started()
        assigned = self.consumer.assignment()
        if assigned:
            await self._go_back(sorted(assigned))

    async def _go_back(self, assigned: list[TP]) -> None:
        """A group of this process alone starts at the topic's end; a page that shows nothing after a restart helps nobody."""
        starts = await self.consumer.earliest_offsets(*assigned)
        ends = await self.consumer.highwaters(*assigned)
        self._read_before = dict(ends)
        for tp in assigned:
            await self.consumer.seek(tp, max(starts[tp], ends[tp] - KEPT))

    def sets_aside(self, place: Place) -> bool:
        """Whether the letter of an unreadable record is this process's to write: it holds the partition, and did not go
        back to what somebody read before."""
        return place.partition in self.engine_service.held and place.offset >= self._read_before.get(
            TP(place.topic, place.partition), 0
        )


def create_app(settings: Settings, parts: Parts, datadir: Path) -> TierlineApp:
    """The app of one process. ``datadir`` is a folder of its own that exists; nothing of value is kept there.

    Tables, the leader topic, RPC and declared topics are off: state lives in the store, topics are made before.
    """
    app = TierlineApp(
        # A group of this process alone: its pages show what comes of all partitions, whoever works on them, and no
        # other worker's death can hold it up. It must differ from the workers' group, whose members read transactions.
        f"{settings.group}.changes.{secrets.token_hex(4)}",
        broker=[f"kafka://{address}" for address in settings.broker.split(",")],
        store="memory://",
        datadir=str(datadir),
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        consumer_auto_offset_reset="latest",
        broker_commit_interval=COMMIT_NEVER_S,
        broker_session_timeout=30.0,
        worker_redirect_stdouts=False,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        web_tables_enabled=False,
        web_router_enabled=False,
    )
    app.engine_service = EngineService(parts)
    rejected = settings.topic(DEAD_LETTERS)
    asides = Asides(parts.metrics, app.sets_aside)
    add_changes_agent(app, parts.boards.changes, BoardTopics(settings.topic(TIER_CHANGES), rejected), asides)
    add_alerts_agent(app, parts.boards.alerts, BoardTopics(settings.topic(ALERTS), rejected), asides)
    add_pages(app, host=parts, explains=parts.explains, boards=parts.boards)
    return app
