"""What one seed decides: sizes, dates, clocks, and the shares of what goes wrong."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import Literal

from streams.calendar import BusinessCalendar, number_of

DAY_S = 4.0
"""Loop seconds in which a business day goes by: long against the protocol's waits, short enough for many days."""

STARTS = (
    ("Asia/Shanghai", "00:00", dt.date(2024, 2, 26)),  # a leap day and a month's end
    ("Asia/Shanghai", "22:00", dt.date(2023, 12, 28)),  # a year's end
    ("Europe/London", "00:00", dt.date(2024, 3, 27)),  # a day of 23 hours and a quarter's end
    ("Asia/Shanghai", "00:00", dt.date(2024, 5, 14)),
)


@dataclass(frozen=True, slots=True)
class World:
    """The shape of one run."""

    seed: int
    partitions: int
    workers: int
    days: int
    customers: int
    bursts: int
    timezone: str
    cutoff: str
    start: dt.date
    clock: Literal["wall", "log"]
    lose: float
    slow: float
    events: int
    poison: bool
    holes: bool
    new_policies: bool
    """Workers that start later bring the next version of the policies along."""
    heartbeat_s: float
    """With the longer one, a paused worker may lose its partitions and wake without noticing that it had stood still."""
    undated: bool
    """Some transactions are stamped outside the calendar, a partition's first ones perhaps."""

    @classmethod
    def of(cls, seed: int) -> World:
        """The world of ``seed``."""
        rng = random.Random(f"world {seed}")
        timezone, cutoff, start = rng.choice(STARTS)
        return cls(
            seed=seed,
            partitions=rng.choice([1, 2, 2, 3]),
            workers=rng.choice([1, 2, 2, 3]),
            days=rng.randint(4, 8),
            customers=rng.randint(2, 7),
            bursts=rng.randint(6, 18),
            timezone=timezone,
            cutoff=cutoff,
            start=start,
            clock=rng.choice(["wall", "wall", "wall", "log"]),
            lose=rng.choice([0.0, 0.01, 0.03]),
            slow=rng.choice([0.0, 0.02, 0.05]),
            events=rng.randint(2, 10),
            poison=rng.random() < 0.25,
            holes=rng.random() < 0.3,
            new_policies=rng.random() < 0.3,
            heartbeat_s=rng.choice([0.25, 0.5]),
            undated=rng.random() < 0.1,
        )

    @property
    def length_s(self) -> float:
        """Loop seconds until the bank falls silent."""
        return self.days * DAY_S

    @property
    def calendar(self) -> BusinessCalendar:
        """The bank's calendar."""
        return BusinessCalendar(self.timezone, self.cutoff)

    @property
    def start_us(self) -> int:
        """The wall clock at the start: some hours into the first day."""
        return self.calendar.start_us(number_of(self.start)) + 9 * 3_600_000_000
