"""What every ``WallClock`` promises, asked of the models and of the machine's own in the same words."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import pytest

from agents.parts import SystemClock
from streams.ports import WallClock
from streams.testing.clock import ManualClock, RunningClock, SkewedClock

PASSES_S = 0.05
"""Seconds that pass in a test; asyncio may wake up to a clock's tick early, a busy machine later."""
SLACK_S = 5.0
TICK_S = 0.02
NOON = dt.datetime(2025, 1, 2, 12, tzinfo=dt.UTC)
NOON_US = int(NOON.timestamp()) * 1_000_000


class Bench:
    """A clock to test, what it should show (UTC), and a way to let time pass."""

    def __init__(self, clock: WallClock, right: Callable[[], dt.datetime], manual: ManualClock | None = None) -> None:
        self.clock = clock
        self.right = right
        self._manual = manual

    async def let_pass(self) -> None:
        """Let ``PASSES_S`` pass."""
        if self._manual is None:
            await asyncio.sleep(PASSES_S)
        else:
            self._manual.advance(round(PASSES_S * 1e6))


class ClockBehaviour:
    """The promises; a subclass gives the ``bench``."""

    async def test_it_tells_whole_microseconds_since_the_epoch(self, bench: Bench) -> None:
        now_us = bench.clock.now_us()
        assert type(now_us) is int
        told = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=now_us)
        assert abs(bench.right() - told) < dt.timedelta(seconds=SLACK_S)

    async def test_it_moves_on_by_the_time_that_passes(self, bench: Bench) -> None:
        before_us = bench.clock.now_us()
        await bench.let_pass()
        passed_s = (bench.clock.now_us() - before_us) / 1e6
        assert PASSES_S - TICK_S <= passed_s < PASSES_S + SLACK_S

    async def test_looking_at_it_does_not_move_it_back_or_away(self, bench: Bench) -> None:
        seen_us = [bench.clock.now_us() for _ in range(1000)]
        assert seen_us == sorted(seen_us)
        assert seen_us[-1] - seen_us[0] < SLACK_S * 1e6


class TestSystemClock(ClockBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        return Bench(SystemClock(), lambda: dt.datetime.now(dt.UTC))


class TestManualClock(ClockBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        clock = ManualClock(NOON_US)
        return Bench(clock, lambda: NOON, clock)


class TestRunningClock(ClockBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        return Bench(RunningClock(NOON_US, rate=1e6), lambda: NOON)


class TestSkewedClock(ClockBehaviour):
    @pytest.fixture
    async def bench(self) -> Bench:
        clock = ManualClock(NOON_US)
        return Bench(SkewedClock(clock, 3_600_000_000), lambda: NOON + dt.timedelta(hours=1), clock)
