"""Figures of all customers: added up over partitions, told by one worker, grown since the year's start."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from agents.census import OUTSIDE
from agents.commands.members import count_lines
from agents.policy.compile import policy_version
from agents.population import PopulationWatch, growth, population_of
from schemas.journal import PolicyActivated
from schemas.partition import PartitionState
from schemas.population import Cut, Levels, YearStart
from schemas.position import Position
from streams.engine import Engine
from streams.metrics import Metrics
from streams.ports import Claimed, StoreUnavailable
from streams.sketch import sketch_of
from streams.standings import counted
from tests.unit.policy.making import ABC

YEAR_END = 19_722
"""31 December 2023."""
TODAY = YEAR_END + 90


def state(
    levels: Levels | None, start: Levels | None = None, *, year_end: int = YEAR_END, **more: Any
) -> PartitionState:
    return PartitionState(
        position=Position(1),
        levels=levels,
        year_start=None if start is None else YearStart(day=year_end, levels=start),
        timezone="Asia/Shanghai",
        cutoff="00:00",
        base_currency="CNY",
        partitions=2,
        **{"open_day": TODAY, **more},
    )


def cut(*values: int) -> Cut:
    return Cut(scheme="abc", measure="aum", lines={"first": 20}, sketch=sketch_of(np.array(values, np.int64)))


def test_levels_are_added_up_and_the_empty_ones_left_out() -> None:
    levels = counted({"abc": {"gold": 2, "ordinary": 1}}, {("abc", "gold"): -2, ("abc", "ordinary"): 3, ("b", "x"): 1})
    assert levels == {"abc": {"ordinary": 4}, "b": {"x": 1}}
    assert counted(levels, {("b", "x"): -1}) == {"abc": {"ordinary": 4}}
    together = population_of([state({"abc": {"gold": 2}}), state({"abc": {"gold": 1, "ordinary": 5}})])
    assert together.now == {"abc": {"gold": 3, "ordinary": 5}}


def test_customers_by_level_are_unknown_while_a_partition_does_not_count() -> None:
    assert population_of([state({"abc": {"gold": 2}}), state(None)]).now is None


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (state({}, {"abc": {"gold": 1}}), {"abc": {"gold": 3}}),
        (state({}, {"abc": {"gold": 1}}, year_end=YEAR_END - 365), None),
        (state({}, open_day=YEAR_END), None),
        (state({}, open_day=YEAR_END + 1), {"abc": {"gold": 2}}),
        (state({}, open_day=None), {"abc": {"gold": 2}}),
        (state(None, open_day=YEAR_END + 1), None),
        (state(None, open_day=None), {"abc": {"gold": 2}}),
    ],
    ids=[
        "closed it too",
        "closed the year before",
        "has it open",
        "began after it",
        "has no customers",
        "does not count",
        "has no customers to count",
    ],
)
def test_the_years_start_is_known_once_all_who_had_customers_then_have_closed_it(
    other: PartitionState, expected: Levels | None
) -> None:
    for states in ([state({}, {"abc": {"gold": 2}}), other], [other, state({}, {"abc": {"gold": 2}})]):
        assert population_of(states).year_start == expected


def test_before_the_first_year_is_closed_there_is_no_start() -> None:
    assert population_of([state({"abc": {"gold": 2}})]).year_start is None


@pytest.mark.parametrize(("now", "before", "rate"), [(3_533, 3_078, 0.1478), (12, 6, 1.0), (3, 4, -0.25)])
def test_growth_is_what_came_by_what_was(now: int, before: int, rate: float) -> None:
    found = growth(now, before)
    assert isinstance(found, Fraction)
    assert float(found) == pytest.approx(rate, abs=5e-5)


def test_from_nothing_there_is_no_growth() -> None:
    assert growth(5, 0) is None


def test_counts_of_levels_tell_growth_where_the_years_start_is_known() -> None:
    names = ["gold", "new", OUTSIDE]
    now = {"gold": 3_533, "new": 4, OUTSIDE: 7}
    assert list(count_lines(names, now, None)) == [
        "gold              3,533",
        "new                   4",
        "(outside)             7",
    ]
    assert list(count_lines(names, now, {"gold": 3_078})) == [
        "                    now    year start     growth",
        "gold              3,533         3,078    +14.78%",
        "new                   4             0",
        "(outside)             7",
    ]


class Watched:
    """A watch over two partitions, on a worker that owns the first."""

    def __init__(self) -> None:
        self.states = {
            0: state({"abc": {"gold": 2}, "gone": {"x": 9}}, {"abc": {"gold": 4}}, cuts=[cut(300, 0, -1)]),
            1: state({"abc": {"gold": 1}}, {"abc": {"gold": 1}}, cuts=[cut(100, 1)]),
        }
        self.silent = False
        self.leases: dict[int, Any] = {0: SimpleNamespace(claimed=True)}
        self.metrics = Metrics()
        engine = cast("Engine", SimpleNamespace(leases=self.leases))
        self.watch = PopulationWatch(self, 2, engine, self.metrics)  # type: ignore[arg-type]

    async def peek(self, partition: int) -> Claimed:
        if self.silent:
            raise StoreUnavailable("no answer")
        files = {"abc.toml": ABC}
        policy = msgspec.json.encode(PolicyActivated(version=policy_version(files), files=files))
        return Claimed(self.states[partition], 1, None, 0, policy, {})

    def told(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"tierline_{name}", labels)


async def test_the_owner_of_partition_0_tells_the_figures_of_all_partitions() -> None:
    watched = Watched()
    await watched.watch.look()
    assert watched.told("tier_customers", scheme="abc", level="gold") == 3
    assert watched.told("tier_customers_at_year_start", scheme="abc", level="gold") == 5
    assert watched.told("cut_share", scheme="abc", cut="first") == pytest.approx(300 / 400, rel=1 / 128)
    signs = [
        watched.told("cut_customers", scheme="abc", measure="aum", sign=sign) for sign in ("above", "zero", "below")
    ]
    assert signs == [3, 1, 1]
    assert watched.told("tier_customers", scheme="gone", level="x") is None, "no active policy has that scheme"


async def test_a_worker_without_partition_0_tells_nothing_any_more() -> None:
    watched = Watched()
    await watched.watch.look()
    for leases in ({0: SimpleNamespace(claimed=False)}, {1: SimpleNamespace(claimed=True)}):
        watched.leases.clear()
        watched.leases.update(leases)
        await watched.watch.look()
        assert watched.told("tier_customers", scheme="abc", level="gold") is None
        assert watched.told("cut_share", scheme="abc", cut="first") is None


async def test_while_the_store_is_silent_the_last_figures_stand() -> None:
    watched = Watched()
    await watched.watch.look()
    watched.silent = True
    watched.states[0] = state({})
    await watched.watch.look()
    assert watched.told("tier_customers", scheme="abc", level="gold") == 3
    watched.silent = False
    await watched.watch.look()
    assert watched.told("tier_customers", scheme="abc", level="gold") == 1
