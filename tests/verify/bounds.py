"""Twins for each shipped signal: one customer exactly at its bound, and one short of it by the smallest step there is.

A step is a minor unit, a count, a day, or a flag. Who is short of a bound of days acts on the very day that would have begun the
signal. Most come late, and what they did before is told then, since every customer is looked at on every day from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tests.properties.test_signals_equal_oracle import Told
from tests.verify.cast import Record, Story
from tests.verify.drifting import DRIFTING
from tests.verify.levels import LEVELS
from tests.verify.noticed import NOTICED
from tests.verify.twins import BEFORE_TOLD, KNOWN_ON

ABOUT: Final = (*((tell.__name__, tell) for tell in (*DRIFTING, *NOTICED)), *LEVELS)
"""What happens to the twins, each with the signal that it is about."""

TWINS: Final = {
    f"{tell.__name__}_{'short' if short else 'at'}": (signal, tell, short)
    for signal, tell in ABOUT
    for short in (False, True)
}
"""The signal that each customer is about, and what happens, by customer."""

BOUNDS: Final = {name: (signal, not short) for name, (signal, _, short) in TWINS.items()}
"""The signal that each customer is about, and whether it fires."""

TICKS: Final = (KNOWN_ON, "2025-05-04", BEFORE_TOLD, "2025-08-13", "2025-09-01", "2025-10-05")
"""Somebody's bookings, which close the days before what is told is told; the last one closes 4 October, the last day of all."""


def told_by_twins(zone: str) -> list[Record]:
    """The records of all of them, and of the one whose bookings close the days."""
    clock = Story("clock", zone)
    for on in TICKS:
        clock.pay(on, 1)
    entries = clock.entries
    for name, (_, tell, short) in TWINS.items():
        story = Story(name, zone)
        tell(story, short)
        entries += story.entries
    return entries


def fired(told: Iterable[Told]) -> dict[str, tuple[str, bool]]:
    """What became of them, to be compared with ``BOUNDS``."""
    raised = {(one.customer_id, one.signal) for one in told if one.action == "raised"}
    return {name: (signal, (name, signal) in raised) for name, (signal, _) in BOUNDS.items()}
