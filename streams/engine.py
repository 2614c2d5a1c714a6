"""The engine: the leases of one worker, claimed as partitions are assigned and claimed again after a refusal."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from schemas.journal import PolicyActivated
from streams.calendar import BusinessCalendar
from streams.config import EngineConfig
from streams.decider import Decider, DeciderFactory
from streams.evaluation import Evaluation
from streams.lease import FATAL, Lease
from streams.ledger.ledger import Ledger
from streams.marks import Marks
from streams.metrics import Metrics
from streams.partition import Partition
from streams.ports import (
    Broker,
    LogTruncated,
    LogUnavailable,
    Outcome,
    ProducerFenced,
    Refusal,
    Store,
    StoreUnavailable,
    WallClock,
)
from streams.rows import Vocabulary

log = logging.getLogger(__name__)

REFUSALS_MAX: Final = 3
"""Refused claims in a row that end the worker: one or two come with a rebalance, three mean two owners."""

OUTAGES_MAX: Final = 50
"""Failed tries in a row to reach Kafka or the store: some minutes, then the orchestrator may restart the worker."""

REVOKE_WAIT_S: Final = 1.0
"""Wait for cancelled leases inside a rebalance: fencing makes them harmless, so the group need not wait longer."""


class GaveUp(Exception):
    """A partition could not be claimed or written for so long that the worker ends."""


class Engine:
    """Runs a lease for each assigned partition; free of any framework, on the running asyncio loop.

    ``failed`` is set, with ``failure``, when the worker must end with a non-zero code.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        clock: WallClock,
        deciders: DeciderFactory,
        policies: Mapping[str, str],
        config: EngineConfig,
        metrics: Metrics,
        tokens: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._broker = broker
        self._store = store
        self._clock = clock
        self._deciders = deciders
        self._config = config
        self._metrics = metrics
        self._tokens = tokens
        self._calendar = BusinessCalendar(config.timezone, config.cutoff)
        self._marks = Marks(self._calendar, config.close_grace_us, config.clock)
        self._vocabulary = Vocabulary()
        self._compiled: dict[str, Decider] = {}
        decider = deciders(policies, self._vocabulary)
        self._compiled[decider.version] = decider
        self._policy = PolicyActivated(version=decider.version, files=dict(policies))
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.leases: dict[int, Lease] = {}
        self.joined = False
        self.failed = asyncio.Event()
        self.failure: BaseException | None = None

    @property
    def assigned(self) -> frozenset[int]:
        """Partitions the group gave to this worker, claimed or not."""
        return frozenset(self._tasks)

    async def assign(self, partitions: Iterable[int]) -> None:
        """Begin a lease for each of ``partitions``; each claims in a task of its own."""
        self.joined = True
        for number in partitions:
            if number not in self._tasks:
                self._tasks[number] = asyncio.create_task(self._hold(number), name=f"lease-{number}")

    async def revoke(self, partitions: Iterable[int]) -> None:
        """End the leases of ``partitions`` at once; what they have not committed is thrown away. Until the next assignment this
        worker has no place in the group."""
        self.joined = False
        await self._end([number for number in partitions if number in self._tasks], REVOKE_WAIT_S)

    def shut_out(self, error: LogUnavailable) -> None:
        """The group gave nothing but errors for so long that the worker ends."""
        self._fail(GaveUp(f"the worker finds no place in its group: {error}"))

    async def stop(self, within_s: float) -> None:
        """End all leases; false hopes of finishing are abandoned after ``within_s`` seconds."""
        await self._end(list(self._tasks), within_s)

    def observe(self, now_us: int) -> None:
        """Bring the gauges up to date; called when metrics are read. ``now_us`` is the wall clock."""
        for number, lease in self.leases.items():
            if lease.claimed:
                self._tell(str(number), lease, now_us)

    def _tell(self, label: str, lease: Lease, now_us: int) -> None:
        """The gauges of a claimed partition; what is not known yet is left out, since 0 would read as in order."""
        state = lease.partition.state
        if lease.lag_records is not None:
            self._metrics.lag_records.labels(label).set(lease.lag_records)
            if lease.lag_records == 0:
                self._metrics.lag_seconds.labels(label).set(0.0)
            elif lease.last_timestamp_ms is not None:
                age_s = now_us / 1e6 - lease.last_timestamp_ms / 1e3
                self._metrics.lag_seconds.labels(label).set(max(0.0, age_s))
        if state.open_day is not None:
            self._metrics.open_day.labels(label).set(state.open_day)
        self._metrics.customers.labels(label).set(state.customers)
        if state.quality.closed is not None:
            for field, count in msgspec.structs.asdict(state.quality.closed).items():
                self._metrics.key_information.labels(label, field).set(count)
        self._metrics.cache_bytes.labels(label).set(lease.partition.cache_bytes)
        self._metrics.backlog.labels(label).set(lease.relay.backlog)

    async def _end(self, numbers: list[int], within_s: float) -> None:
        tasks = [self._tasks.pop(number) for number in numbers]
        for number, task in zip(numbers, tasks, strict=True):
            if number in self.leases:
                self.leases[number].end()
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)

    async def _hold(self, number: int) -> None:
        """Keep the partition leased: claim again after refusals and outages, within limits."""
        refusals = outages = 0
        while self._tasks.get(number) is asyncio.current_task():
            lease = self._new_lease(number)
            self.leases[number] = lease
            try:
                await lease.run()
            except (Refusal, ProducerFenced) as error:
                refusals = 1 if lease.commits else refusals + 1
                self._count(error)
                if refusals >= REFUSALS_MAX:
                    self._fail(GaveUp(f"partition {number} was refused {refusals} times in a row: {error}"))
                    return
                log.warning("partition %d: %s; claims again", number, error)
            except (StoreUnavailable, LogUnavailable, LogTruncated) as error:
                outages = 1 if lease.commits else outages + 1
                if outages >= OUTAGES_MAX:
                    self._fail(GaveUp(f"partition {number} could not go on: {error}"))
                    return
                log.warning("partition %d: %s; claims again", number, error)
            except FATAL as error:
                self._fail(error)
                return
            except Exception as error:
                log.exception("partition %d: unexpected end", number)
                self._fail(error)
                return
            finally:
                if self.leases.get(number) is lease:
                    del self.leases[number]
                    self._metrics.forget_partition(number)
            await asyncio.sleep(2 * self._config.heartbeat_s)

    def _new_lease(self, number: int) -> Lease:
        ledger = Ledger(self._calendar, self._vocabulary, self._config.cache_bytes // self._config.partitions)
        evaluation = Evaluation(number, self._calendar, self._store, ledger, self._compile, self._metrics)
        partition = Partition(number, self._config, self._calendar, self._store, evaluation, self._metrics)
        return Lease(
            partition,
            self._tokens(),
            self._config,
            self._marks,
            self._broker,
            self._store,
            self._clock,
            self._metrics,
            lambda: self._policy,
        )

    def _compile(self, policy: PolicyActivated) -> Decider:
        decider = self._compiled.get(policy.version)
        if decider is None:
            decider = self._compiled[policy.version] = self._deciders(policy.files, self._vocabulary)
        return decider

    def _count(self, error: Exception) -> None:
        if isinstance(error, Refusal) and error.outcome is Outcome.REWOUND:
            self._metrics.rewinds.inc()
        else:
            self._metrics.fences.inc()

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        self.failed.set()
