"""Twins for each shipped signal: one customer exactly at its bound, and one short of it by the smallest step there is.

A step is a minor unit, a count, a day, or a flag. Who is short of a bound of days acts on the very day that would have begun the
signal. Most come late, and what they did before is told then, since every customer is looked at on every day from then on.
"""

from __future__ import annotations

from typing import Final

from tests.verify.cast import Record, Story
from tests.verify.drifting import DRIFTING
from tests.verify.noticed import NOTICED
from tests.verify.twins import BEFORE_TOLD, KNOWN_ON

TWINS: Final = {
    f"{tell.__name__}_{'short' if short else 'at'}": (tell, short)
    for tell in (*DRIFTING, *NOTICED)
    for short in (False, True)
}
"""What happens to each, by customer."""

BOUNDS: Final = {name: (tell.__name__, not short) for name, (tell, short) in TWINS.items()}
"""The signal that each customer is about, and whether it fires."""

TICKS: Final = (KNOWN_ON, "2025-05-04", BEFORE_TOLD, "2025-08-13", "2025-09-01", "2025-10-05")
"""Somebody's bookings, which close the days before what is told is told; the last one closes 4 October, the last day of all."""


def told_by_twins(zone: str) -> list[Record]:
    """The records of all of them, and of the one whose bookings close the days."""
    clock = Story("clock", zone)
    for on in TICKS:
        clock.pay(on, 1)
    entries = clock.entries
    for name, (tell, short) in TWINS.items():
        story = Story(name, zone)
        tell(story, short)
        entries += story.entries
    return entries
