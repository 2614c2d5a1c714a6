"""Figures about all customers of all partitions: who stands where, growth since the year's start, what the first hold.

Each partition keeps its part in its state in the store, so any worker can add them up, whoever owns what. The worker
that owns partition 0 does, and tells them as metrics.
"""

from __future__ import annotations

import logging
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from agents.walk import WalkedStore, survey
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.population import Cut, Levels
from streams.engine import Engine
from streams.metrics import Metrics
from streams.ports import StoreUnavailable
from streams.sketch import merged_cuts, signs_of, top_share

TELL_EVERY_S: Final = 30.0
"""Seconds between two tellings: a read of each partition's state, without its customers."""

log = logging.getLogger(__name__)


class Population(NamedTuple):
    """Partitions added up; None where a partition cannot tell.

    ``year_start`` counts who stood where when the last year was closed: known once every partition with customers then
    has closed it.
    """

    now: Levels | None
    year_start: Levels | None
    cuts: list[Cut]


def population_of(states: Collection[PartitionState]) -> Population:
    """The figures of all partitions together."""
    return Population(
        now=_sum([state.levels for state in states]),
        year_start=_year_start(states),
        cuts=merged_cuts(cut for state in states for cut in state.cuts),
    )


def growth(now: int, before: int) -> Fraction | None:
    """``(now - before) / before``; None from nothing."""
    return Fraction(now - before, before) if before else None


def _sum(parts: Iterable[Levels | None]) -> Levels | None:
    together: dict[str, Counter[str]] = {}
    for part in parts:
        if part is None:
            return None
        for scheme, levels in part.items():
            together.setdefault(scheme, Counter()).update(levels)
    return {scheme: dict(levels) for scheme, levels in together.items()}


def _year_start(states: Collection[PartitionState]) -> Levels | None:
    starts = {state.year_start.day for state in states if state.year_start is not None}
    if not starts:
        return None
    day = max(starts)
    parts: list[Levels] = []
    for state in states:
        if state.year_start is not None and state.year_start.day == day:
            parts.append(state.year_start.levels)
        elif state.open_day is not None and (state.levels is None or state.year_start or state.open_day <= day):
            return None  # it has still to close that year, or closed it without counting
    return _sum(parts)


def publish(metrics: Metrics, population: Population, schemes: Collection[str]) -> None:
    """Tell ``population``, of the ``schemes`` that are active."""
    for gauge, levels in (
        (metrics.tier_customers, population.now),
        (metrics.tier_customers_at_year_start, population.year_start),
    ):
        gauge.clear()
        for scheme in (levels or {}).keys() & schemes:
            for level, count in (levels or {})[scheme].items():
                gauge.labels(scheme, level).set(count)
    metrics.cut_share.clear()
    metrics.cut_customers.clear()
    for cut in population.cuts:
        for sign, count in signs_of(cut.sketch)._asdict().items():
            metrics.cut_customers.labels(cut.scheme, cut.measure, sign).set(count)
        for name, percent in cut.lines.items():
            share = top_share(cut.sketch, percent)
            if share is not None:
                metrics.cut_share.labels(cut.scheme, name).set(float(share))


def schemes_of(files: Mapping[str, str]) -> Collection[str]:
    """The schemes in policy files without mistakes."""
    return {name for text in files.values() if (name := tomllib.loads(text).get("scheme")) is not None}


class PopulationWatch:
    """Tells the figures while this worker owns partition 0; none of them when it does not."""

    def __init__(self, store: WalkedStore, partitions: int, engine: Engine, metrics: Metrics) -> None:
        self._store = store
        self._partitions = partitions
        self._engine = engine
        self._metrics = metrics
        self._schemes: dict[str, Collection[str]] = {}

    async def look(self) -> None:
        """Tell the figures as they are now."""
        lease = self._engine.leases.get(0)
        if lease is None or not lease.claimed:
            publish(self._metrics, Population(None, None, []), ())
            return
        try:
            ground = await survey(self._store, self._partitions)
        except (StoreUnavailable, Mistake) as error:
            log.info("customers by level are not told now: %s", error)
            return
        for version, policy in ground.policies.items():
            if version not in self._schemes:
                self._schemes[version] = schemes_of(policy.files)
        active = {scheme for version in ground.policies for scheme in self._schemes[version]}
        publish(self._metrics, population_of(ground.states.values()), active)
