"""How fast a worker drains a loaded topic, and what that costs: the worker, the store and the broker apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from bench.processes import cost
from bench.worker import LOOK_S, MeasuredWorker, Sample
from deploy.local import LocalStack

WARM_SHARE: Final = 0.1
"""Share of the events left out at the start: claims, facts and first caches are no steady state."""


CLOSES: Final = 2


class Drained(NamedTuple):
    """Figures of the steady part of a drain."""

    events: float
    seconds: float
    worker_us: float
    stages_us: dict[str, float]
    store_us: float
    broker_us: float
    peak_bytes: int
    closes_s: list[float]
    """CPU seconds of the worker for the close of each of two days of all customers: at the first many are placed."""


async def drain(
    stack: LocalStack,
    environment: Mapping[str, str],
    total: int,
    log: Path,
    end_day: Callable[[int], Awaitable[None]],
    partitions: int,
) -> Drained:
    """Start a worker on the loaded topics, watch it until it has taken ``total`` events in, and then through closes."""
    status = stack.status()
    if status.valkey_pid is None or status.kafka_pid is None:
        raise RuntimeError("the local stack is not up")
    worker = MeasuredWorker(environment, log)
    samples: list[tuple[Sample, float, float]] = []
    try:
        while not samples or samples[-1][0].events < total:
            await asyncio.sleep(LOOK_S)
            sample = await worker.sample()
            if sample is not None:
                samples.append((sample, cost(status.valkey_pid).cpu_s, cost(status.kafka_pid).cpu_s))
        ends = [await _settled(worker)]
        for day in range(CLOSES):
            await end_day(day)
            ends.append(await _settled(worker, ends[-1].open_days + partitions))
    finally:
        worker.stop()
    steady = [one for one in samples if one[0].events >= WARM_SHARE * total]
    return _figures(steady, [after.cost.cpu_s - before.cost.cpu_s for before, after in pairwise(ends)])


async def _settled(worker: MeasuredWorker, open_days: float = 0.0) -> Sample:
    """The worker once it has nothing to do, and as many days are open, added up over the partitions."""
    while True:
        await asyncio.sleep(LOOK_S)
        sample = await worker.sample()
        if sample is not None and not sample.lag and not sample.backlog and sample.open_days >= open_days:
            return sample


def _figures(samples: list[tuple[Sample, float, float]], closes_s: list[float]) -> Drained:
    (first, first_store, first_broker), (last, last_store, last_broker) = samples[0], samples[-1]
    events = last.events - first.events
    if events <= 0:
        raise RuntimeError("the drain was over before it could be measured: ask for more events")
    us = 1e6 / events
    return Drained(
        events=events,
        seconds=last.at - first.at,
        worker_us=(last.cost.cpu_s - first.cost.cpu_s) * us,
        stages_us={name: (spent - first.stages_s.get(name, 0.0)) * us for name, spent in last.stages_s.items()},
        store_us=(last_store - first_store) * us,
        broker_us=(last_broker - first_broker) * us,
        peak_bytes=last.cost.peak_bytes,
        closes_s=closes_s,
    )
