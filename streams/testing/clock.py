"""Wall clocks that stand where a test puts them, or run with the loop's virtual time."""

from __future__ import annotations

import asyncio


class ManualClock:
    """A wall clock that moves when told; microseconds since the Unix epoch."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def set(self, now_us: int) -> None:
        """Put the clock at ``now_us``, forwards or backwards."""
        self._now_us = now_us

    def advance(self, us: int) -> None:
        """Move the clock on by ``us``."""
        self._now_us += us


class RunningClock:
    """A wall clock driven by the running loop's time: ``rate`` microseconds pass in one loop second.

    With a rate above 1,000,000 days go by in a few loop seconds, while waits of the protocol keep their length.
    ``stop_us`` is the instant at which the clock stands still.
    """

    def __init__(self, start_us: int, rate: float, stop_us: int | None = None) -> None:
        self._start_us = start_us
        self._rate = rate
        self._origin_s = asyncio.get_running_loop().time()
        self.stop_us = stop_us

    def now_us(self) -> int:
        now_us = self._start_us + int((asyncio.get_running_loop().time() - self._origin_s) * self._rate)
        return now_us if self.stop_us is None else min(now_us, self.stop_us)


class SkewedClock:
    """One machine's reading of a wall clock: ``skew_us`` ahead (behind if negative)."""

    def __init__(self, clock: ManualClock | RunningClock, skew_us: int) -> None:
        self._clock = clock
        self.skew_us = skew_us

    def now_us(self) -> int:
        return self._clock.now_us() + self.skew_us
