"""Twins at the end of each shipped signal that lasts: one customer who comes back just far enough, and one short of it by the smallest step.

Both are told of first. A signal with a ``clear`` of its own ends there, once on each side of an ``or``; any other where it would not begin
again. What can neither be booked nor told, such as the day of a holiday, ends by what surrounds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tests.oracle.tier_alerts import RISK
from tests.properties.test_signals_equal_oracle import Told
from tests.verify.cast import Record, Story
from tests.verify.drifting_ends import DRIFTING_ENDS
from tests.verify.levels import LEVEL_ENDS
from tests.verify.noticed_ends import NOTICED_ENDS

TWINS: Final = {
    f"{tell.__name__}_{'stands' if short else 'ends'}": (signal, tell, short)
    for signal, tells in (DRIFTING_ENDS | NOTICED_ENDS | LEVEL_ENDS).items()
    for tell in tells
    for short in (False, True)
}
"""The signal that each customer is about, and what happens, by customer."""

ENDS: Final = {name: (signal, not short) for name, (signal, _, short) in TWINS.items()}
"""The signal that each customer is about, and whether it ends."""

JUDGED: Final = {"holiday_greeting": "2025-01-29"}
"""The last day of which the alerts count, where the signal ends for both later."""
SECURED: Final = "tier.secured"
"""What the end of a level at risk is called where the level is kept."""


def told_by_ends(zone: str) -> list[Record]:
    """The records of all of them."""
    entries: list[Record] = []
    for name, (_, tell, short) in TWINS.items():
        story = Story(name, zone)
        tell(story, short)
        entries += story.entries
    return entries


def ended(told: Iterable[Told]) -> dict[str, tuple[str, bool | None]]:
    """What became of them, to be compared with ``ENDS``: whether all that was raised was cleared; None if nothing was raised."""
    raised: dict[str, int] = dict.fromkeys(TWINS, 0)
    cleared = raised.copy()
    for one in told:
        signal = RISK if one.signal == SECURED else one.signal
        if one.customer_id in TWINS and signal == TWINS[one.customer_id][0] and _counts(one):
            raised[one.customer_id] += one.action == "raised"
            cleared[one.customer_id] += one.action == "cleared"
    return {name: (ENDS[name][0], raised[name] == cleared[name] if raised[name] else None) for name in TWINS}


def _counts(one: Told) -> bool:
    return one.signal not in JUDGED or one.effective_at[: len("2025-01-29")] <= JUDGED[one.signal]
