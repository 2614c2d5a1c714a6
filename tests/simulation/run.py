"""One run: a bank, workers, chaos, then peace, and the checks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agents.policy.compile import compile_policies
from streams.calendar import number_of
from streams.config import EngineConfig
from streams.decider import Decider
from streams.engine import GaveUp
from streams.metrics import Metrics
from streams.ports import Commit
from streams.rows import Vocabulary
from streams.testing.clock import RunningClock, SkewedClock
from streams.testing.faults import RandomFaults
from streams.testing.logs import Cluster
from streams.testing.loop import run_virtual
from streams.testing.store import Partition, StoreServer
from tests.simulation.bank import DAY_US, HOUR_US, RECORD_BYTES_MAX, Bank
from tests.simulation.chaos import Chaos
from tests.simulation.checks import check
from tests.simulation.evidence import Evidence
from tests.simulation.group import Group
from tests.simulation.policies import POLICIES, POLICIES_NEXT
from tests.simulation.worker import Worker, some_config, task_factory
from tests.simulation.world import DAY_S, World

PEACE_S = 120.0
"""Loop seconds after the last fault in which everything must be applied and published."""

POLL_S = 0.5

WORKERS_MAX = 40
"""Processes of a run at most: workers that end again and again are a problem, not a story without end."""

TWO_OWNERS = ("two owners wrote after a failover", "journal and state are not of one run")
"""Refusals that a run may end with where a failover gave a token back: what was written twice cannot be mended, but it
must not go unnoticed."""

LOGS = ("transactions", "customers", "interactions")
OUTPUTS = ("tier-changes", "alerts", "dead-letters", "journal")


@dataclass(slots=True)
class Report:
    """What a run found: broken promises in words, what happened how often, and the story line by line."""

    seed: int
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    @property
    def digest(self) -> int:
        """Tells two stories apart."""
        return zlib.crc32("\n".join(self.trace).encode())


class Stuck(Exception):
    """Peace did not bring the partitions to the end of their logs."""


class Run:
    """A simulated deployment; see ``tests.simulation.chaos.Fleet``."""

    def __init__(self, world: World, server: StoreServer, cluster: Cluster) -> None:
        self.world = world
        self.report = Report(world.seed)
        self.counts = self.report.counts
        self.cluster = cluster
        self.server = server
        self.clock = RunningClock(world.start_us, DAY_US / DAY_S)
        self.workers: list[Worker] = []
        self._rng = random.Random(f"run {world.seed}")
        self.group = Group(world.partitions, random.Random(f"group {world.seed}"), self.counts)
        self.bank = Bank(world, self.cluster, self.clock, self.counts)
        self._metrics = Metrics()
        self._started = 0
        self._begun_s = asyncio.get_running_loop().time()
        self.server.audit = self._audit
        self._refused = False
        self._clocks: list[SkewedClock] = []
        self._everyone: list[Worker] = []

    def note(self, text: str) -> None:
        """Add a line to the story."""
        self.report.trace.append(f"{asyncio.get_running_loop().time():9.4f} {text}")

    def start_worker(self) -> None:
        """A new process joins the group."""
        self._started += 1
        later = self._started > self.world.workers
        rng = self._rng
        clock = SkewedClock(self.clock, rng.choice([0, 0, rng.randint(-3 * HOUR_US, 3 * HOUR_US)]))
        faults = RandomFaults(random.Random(rng.random()), lose=self.world.lose, slow=self.world.slow)
        worker = Worker(
            f"w{self._started}",
            self.cluster,
            self.server,
            clock,
            faults,
            compiled,
            POLICIES_NEXT if later and self.world.new_policies else POLICIES,
            some_config(rng, self.config),
            self._metrics,
            self._worker_failed,
        )
        self.note(f"{worker.name} starts")
        self.workers.append(worker)
        self._everyone.append(worker)
        self._clocks.append(clock)
        self.group.join(worker)

    @property
    def config(self) -> EngineConfig:
        """Settings that all workers share."""
        return EngineConfig(
            partitions=self.world.partitions,
            timezone=self.world.timezone,
            cutoff=self.world.cutoff,
            clock=self.world.clock,
            heartbeat_s=self.world.heartbeat_s,
        )

    async def run(self) -> None:
        """Trouble, then peace, then the checks."""
        asyncio.get_running_loop().set_task_factory(task_factory)
        group = asyncio.create_task(self.group.run())
        for _ in range(self.world.workers):
            self.start_worker()
        chaos = Chaos(self)
        try:
            async with asyncio.TaskGroup() as trouble:
                trouble.create_task(self.bank.run())
                trouble.create_task(chaos.run())
            await self._peace()
        finally:
            group.cancel()
            await self._end_all()
        for worker in self._everyone:
            self.counts.update(worker.faults.counts)
        self.counts["transactions timed out"] += self.cluster.timed_out
        if self._refused:
            return
        self.report.problems += await check(
            Evidence(self.world, self.cluster, self.server, self.config, self.bank.bad, self.counts)
        )

    async def _peace(self) -> None:
        self.note("peace")
        for worker in self._everyone:
            worker.faults.heal()
        for clock in self._clocks:
            clock.skew_us = 0
        self.clock.stop_us = self.clock.now_us()
        if not self.workers:
            self.start_worker()
        calm = 0
        for _ in range(int(PEACE_S / POLL_S)):
            await asyncio.sleep(POLL_S)
            calm = calm + 1 if not self._unfinished() else 0
            if calm == 4 or self._refused:
                return
        raise Stuck("; ".join(self._unfinished()))

    def _unfinished(self) -> list[str]:
        """What is still to be applied or published, partition by partition."""
        found = []
        for number in range(self.world.partitions):
            for topic in (*LOGS, *OUTPUTS):
                log = self.cluster.log(topic, number)
                if log.stable_end != log.end:
                    found.append(f"{topic}[{number}] has an open transaction")
            found += [f"partition {number}: {what}" for what in unfinished(self, number)]
        return found or not_judged(self)

    async def _end_all(self) -> None:
        tasks = set().union(*(worker.tasks for worker in self._everyone))
        for worker in self._everyone:
            worker.crash()
        if tasks:
            await asyncio.wait(tasks, timeout=60)

    def _worker_failed(self, worker: Worker) -> None:
        """A worker that ends by itself is started again; only some ends are allowed."""
        failure = worker.engine.failure
        self.note(f"{worker.name} ends: {type(failure).__name__}: {failure}")
        if isinstance(failure, GaveUp):
            self.counts["workers that gave up"] += 1
        elif self.counts["tokens given back"] and any(words in str(failure) for words in TWO_OWNERS):
            self.counts["two owners noticed"] += 1
            self._refused = True
        else:
            self.report.problems.append(f"{worker.name} ended: {type(failure).__name__}: {failure}")
        if worker in self.workers:
            self.workers.remove(worker)
        self.group.leave(worker)
        asyncio.get_running_loop().call_soon(worker.crash)
        if self._started < WORKERS_MAX and not self._refused:
            self.start_worker()

    def _audit(self, number: int, commit: Commit, before: Partition) -> None:
        self.note(
            f"commit p{number} {commit.token} {commit.commit_no} {commit.from_position} -> {commit.state.position}"
        )
        if commit.token != before.token:
            self.report.problems.append(f"partition {number}: a commit of {commit.token} while {before.token} owns it")
        if commit.commit_no != before.commit_no + 1 or before.position not in (None, commit.from_position):
            self.report.problems.append(f"partition {number}: commit {commit.commit_no} does not follow the last one")


def unfinished(run: Run, number: int) -> list[str]:
    """What the store says is still to do in a partition."""
    held = run.server.at(number)
    if held.state is None:
        return ["never committed"]
    state = run.server.state(number)
    assert state is not None
    found = []
    if state.position.offset != run.cluster.log("transactions", number).stable_end:
        found.append(
            f"stands at {state.position}, the log ends at {run.cluster.log('transactions', number).stable_end}"
        )
    for topic in LOGS[1:]:
        told = [record.offset + 1 for record in run.cluster.log(topic, number).committed()]
        if state.sources.get(topic, 0) < max(told, default=0):
            found.append(f"{topic} wait")
    if state.sweep is not None:
        found.append("a close is under way")
    if held.outbox:
        found.append(f"{len(held.outbox)} commits wait in the outbox")
    if state.open_day is not None and run.world.clock == "wall":
        due = run.world.calendar.end_us(state.open_day) + run.config.close_grace_us
        if run.clock.now_us() >= due:
            found.append(f"day {state.open_day} is not closed")
    return found


def not_judged(run: Run) -> list[str]:
    """What partition 0 has still to judge of the days that all have closed."""
    states = [state for number in range(run.world.partitions) if (state := run.server.state(number)) is not None]
    begun = [state for state in states if state.open_day is not None]
    last = states[0].quality.judged.day
    # Before the first judgement every partition that has begun must have closed a day of its own.
    if not begun or (last is None and any(state.quality.closed_by == 0 for state in begun)):
        return []
    slowest = min(state.open_day for state in begun if state.open_day is not None) - 1
    return [f"day {slowest} is not judged"] if last is None or slowest > number_of(last) else []


def compiled(files: Mapping[str, str], vocabulary: Vocabulary) -> Decider:
    """The decider of one worker."""
    return compile_policies(files, vocabulary)


def simulate(seed: int, server: type[StoreServer] = StoreServer, cluster: type[Cluster] = Cluster) -> Report:
    """Run ``seed`` to its end and report; a run that cannot end is a problem like any other.

    ``server`` and ``cluster`` may be broken ones, to see whether the checks notice.
    """
    reports: list[Report] = []

    async def main() -> None:
        world = World.of(seed)
        run = Run(world, server(), cluster(world.partitions, max_record_bytes=RECORD_BYTES_MAX))
        reports.append(run.report)
        with _told(run):
            try:
                await run.run()
            except Stuck as stuck:
                run.report.problems.append(f"stuck: {stuck}")

    run_virtual(main())
    return reports[0]


@contextlib.contextmanager
def _told(run: Run) -> Iterator[None]:
    """What the protocol logs becomes part of the story."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            run.note(f"{record.levelname.lower()} {message}")
            for outcome in ("FENCED", "REWOUND"):
                run.counts[f"answers {outcome}"] += f"answered {outcome}" in message

    logger, handler = logging.getLogger("streams"), Handler()
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
