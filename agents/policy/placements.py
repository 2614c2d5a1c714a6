"""Customers who stand nowhere yet: what a look makes of them depends on the mask and the day alone, so it is remembered.

A bank's first close places everybody in every scheme, and many of them for the same reasons.
"""

from __future__ import annotations

from copy import copy
from typing import Final, NamedTuple

from agents.tiers import Outcome, Scheme, deadline_of, decide_scheme, held_by_unknown
from schemas.state import Standing
from streams.decider import Look

KEPT_MAX: Final = 4_096
"""Masks of one scheme that are remembered for one day."""

DAYS_MAX: Final = 8
"""Days and kinds of look that are remembered: events of the open day and the next two, and the close under way."""


class Placed(NamedTuple):
    """What a look made of a customer who stood nowhere: ``standing`` is None who still does."""

    outcome: Outcome
    standing: Standing | None
    deadline: int
    held: bool

    def anew(self) -> Standing:
        """The standing of one more customer."""
        standing = copy(self.standing) if self.standing is not None else Standing()
        if standing.axes:
            standing.axes = dict(standing.axes)
        return standing


class Placements:
    """What first looks come to, by scheme and by what it reads of the mask."""

    def __init__(self, schemes: int) -> None:
        self._schemes = schemes
        self._days: dict[tuple[int, int, int | None], list[dict[int, Placed]]] = {}

    def at(self, look: Look) -> list[dict[int, Placed]]:
        """What is remembered of looks like this one, by scheme."""
        day = (look.kind, look.as_of, look.event_day)
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= DAYS_MAX:
                self._days.clear()
            known = self._days[day] = [{} for _ in range(self._schemes)]
        return known


def placed(known: dict[int, Placed], scheme: Scheme, look: Look, bits: int) -> Placed:
    """What this look makes of a customer who stands nowhere; ``bits`` are those that the scheme reads at it."""
    found = known.get(bits)
    if found is None:
        standing = Standing()
        outcome = decide_scheme(scheme, look, bits, standing)
        held = outcome.move is None and held_by_unknown(scheme, bits, standing)
        deadline = deadline_of(scheme, look, standing)
        if len(known) >= KEPT_MAX:
            known.clear()
        found = known[bits] = Placed(outcome, standing if outcome.changed else None, deadline, held)
    return found
