"""What goes wrong in a run, besides single calls: crashes, pauses, rebalances, failovers, outages, storms, clocks."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

from streams.testing.logs import Cluster
from streams.testing.store import StoreServer
from tests.simulation.group import SESSION_S, Group
from tests.simulation.worker import Worker
from tests.simulation.world import World

LOOK_S = 0.05
"""How often a directed fault looks for its moment."""

MOVES_SHARE = 0.25
"""Share of the seeds in which the coordinator of the groups moves, drawn beside all else: it leaves the other stories as they are."""

LOST_WITH_IT = (5, 10, 20, 40)
"""Writes that the store loses with the coordinator: enough for the copy of a relayed position to be among them."""


class Fleet(Protocol):
    """The run that is troubled."""

    world: World
    cluster: Cluster
    server: StoreServer
    group: Group
    counts: Counter[str]
    workers: list[Worker]

    def start_worker(self) -> None: ...

    def note(self, text: str) -> None: ...


class Chaos:
    """Draws events and their times from a seeded random."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._rng = random.Random(f"chaos {fleet.world.seed}")
        self._moves = random.Random(f"moves {fleet.world.seed}")
        self._kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "crash": self._crash,
            "short pause": self._short_pause,
            "long pause": self._long_pause,
            "graceful restart": self._restart,
            "rebalance": self._rebalance,
            "worker added": self._add,
            "failover": self._fail_over,
            "token given back": self._give_back,
            "store restart": self._restart_store,
            "offsets forgotten": self._forget,
            "storm": self._storm,
        }

    async def run(self) -> None:
        """Let the world's share of events happen, each in its own time."""
        async with asyncio.TaskGroup() as events:
            if self._moves.random() < MOVES_SHARE:
                events.create_task(self._move_coordinator(self._moves.uniform(0, self._fleet.world.length_s)))
            for _ in range(self._fleet.world.events):
                kind = self._rng.choice(list(self._kinds))
                events.create_task(self._later(self._rng.uniform(0, self._fleet.world.length_s), kind))

    async def _later(self, delay_s: float, kind: str) -> None:
        await asyncio.sleep(delay_s)
        self._fleet.note(f"chaos: {kind}")
        await self._kinds[kind]()

    def _some_worker(self) -> Worker | None:
        awake = [worker for worker in self._fleet.workers if not worker.silent]
        return self._rng.choice(awake) if awake else None

    def _count(self, what: str) -> None:
        self._fleet.counts[what] += 1

    async def _crash(self) -> None:
        worker = self._some_worker()
        if worker:
            self._count("crashes")
            self._fleet.workers.remove(worker)
            worker.crash()
            await asyncio.sleep(self._rng.uniform(0, 2 * SESSION_S))
            self._fleet.start_worker()

    async def _short_pause(self) -> None:
        await self._pause(self._rng.uniform(0.1, SESSION_S * 0.8), "short pauses")

    async def _long_pause(self) -> None:
        await self._pause(self._rng.uniform(SESSION_S, 4 * SESSION_S), "pauses beyond the session")

    async def _pause(self, length_s: float, what: str) -> None:
        worker = self._some_worker()
        if worker:
            self._count(what)
            worker.link.freeze()
            await asyncio.sleep(length_s)
            worker.link.thaw()

    async def _restart(self) -> None:
        worker = self._some_worker()
        if worker:
            self._count("graceful restarts")
            self._fleet.workers.remove(worker)
            await worker.stop()
            self._fleet.group.leave(worker)
            self._fleet.start_worker()

    async def _rebalance(self) -> None:
        self._fleet.group.rebalance()

    async def _add(self) -> None:
        self._count("workers added")
        self._fleet.start_worker()

    async def _fail_over(self) -> None:
        if self._fleet.server.fail_over(min(self._safe(), self._rng.choice([1, 2, 3, 5, 10]))):
            self._count("failovers that lost a tail")

    def _safe(self) -> int:
        """Writes that may be lost: a store without a partition's very first commit is empty beside published outputs,
        and every worker refuses it."""
        return sum(1 for _ in itertools.takewhile(lambda write: write[1].state is not None, self._fleet.server.tail()))

    async def _give_back(self) -> None:
        """A failover loses even the claim of a paused owner's successor, and the owner wakes at that moment."""
        worker = self._some_worker()
        if not worker:
            return
        worker.link.freeze()
        for _ in range(int(4 * SESSION_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            lost = self._writes_since_owned_by(worker)
            if lost and lost <= self._safe():
                self._count("tokens given back")
                self._fleet.server.fail_over(lost)
                break
        worker.link.thaw()

    def _writes_since_owned_by(self, worker: Worker) -> int | None:
        """How much to lose for ``worker`` to own a partition of which another published entries in the journal."""
        server = self._fleet.server
        for lost, (number, before) in enumerate(server.tail(), 1):
            relayed = self._fleet.cluster.relayed.get(number)
            if (
                worker.owns(before.token)
                and not worker.owns(server.at(number).token)
                and before.position is not None
                and relayed is not None
                and relayed.sequence > before.position.sequence
            ):
                return lost
        return None

    async def _restart_store(self) -> None:
        self._count("store restarts")
        self._fleet.server.stopped = True
        await asyncio.sleep(self._rng.uniform(0.1, 3.0))
        self._fleet.server.stopped = False

    async def _forget(self) -> None:
        """A group idle for days loses its offsets; the store's copy is long written, and on every replica, by then."""
        kept = {number: held.relayed for number, held in self._fleet.server.partitions.items() if held.relayed}
        if kept == self._fleet.cluster.relayed:
            self._count("group offsets forgotten")
            self._fleet.server.replicated()
            self._fleet.cluster.forget_offsets()

    async def _move_coordinator(self, delay_s: float) -> None:
        """The machine that coordinates the groups dies, and the store's beside it: who claims now knows from nobody how far
        outputs are in Kafka."""
        await asyncio.sleep(delay_s)
        self._fleet.note("chaos: coordinator moves")
        self._count("coordinator moves")
        self._fleet.cluster.moving = True
        self._fleet.server.fail_over(min(self._safe(), self._moves.choice(LOST_WITH_IT)))
        await asyncio.sleep(self._moves.uniform(0.5, 2 * SESSION_S))
        self._fleet.cluster.moving = False

    async def _storm(self) -> None:
        worker = self._some_worker()
        if worker:
            self._count("storms")
            calm = worker.faults.lose, worker.faults.slow
            worker.faults.lose, worker.faults.slow = 0.2, 0.2
            await asyncio.sleep(self._rng.uniform(0.5, 4.0))
            worker.faults.lose, worker.faults.slow = calm
