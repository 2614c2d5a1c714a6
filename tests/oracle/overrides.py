"""A person's word over the rules of one scheme, and what is left of it when it ends.

Readings of the policy language and of the decision on overrides:

* While an override is in force nobody's figures are looked at in its scheme. It is over at the close of its last day and
  at an event as of a later day. Lifted, it was over on the day before the one as of which that was told.
* The end takes up the standing from before the first override of an unbroken row, and decides it at that same look. An event
  of a later day that came under the override still counts as a look, behind which no close goes back.
* An override of a level that the scheme does not have never begins; it ends if a new version drops its level.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import MutableMapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.oracle.days import number_of
from tests.oracle.schemes import Classes, Scheme, Truth
from tests.oracle.tiers import NEVER, Look, Move, Standing


@dataclass(slots=True)
class Override:
    """What was told, with the standing of before once it is in force, and the latest event under it."""

    level: str
    until: int
    before: Standing | None = None
    event: int = NEVER


def learn(overrides: MutableMapping[str, Override], told: dict[str, Any], day: int) -> None:
    """Take over what is told for a look as of ``day``."""
    earlier = overrides.get(told["scheme"])
    if told["level"] is not None:
        new = Override(told["level"], number_of(dt.date.fromisoformat(told["until"])))
        if earlier is not None:
            new.before, new.event = earlier.before, earlier.event
        overrides[told["scheme"]] = new
    elif earlier is not None:
        earlier.until = min(earlier.until, day - 1)


def decide(
    scheme: Scheme | Classes,
    look: Look,
    truth: Truth,
    standings: MutableMapping[str, Standing],
    overrides: MutableMapping[str, Override],
) -> Move | None:
    """Look at one customer in one scheme, under an override if there is one."""
    standing = standings.setdefault(scheme.name, Standing())
    override = overrides.get(scheme.name)
    if override is None:
        return standing.decide(scheme, look, truth)
    left = standing.name(scheme)
    if override.level in scheme.names and not look.reaches(override.until):
        if override.before is None:
            override.before = deepcopy(standing)
        if not look.close:
            override.event = max(override.event, look.as_of)
        standing.put(scheme, override.level, look)
        return _move(scheme, left, override.level)
    del overrides[scheme.name]
    if override.before is None:
        return standing.decide(scheme, look, truth)
    resumed = standings[scheme.name] = override.before
    resumed.looked(scheme, override.event)
    resumed.decide(scheme, look, truth)
    return _move(scheme, left, resumed.name(scheme))


def _move(scheme: Scheme | Classes, left: str | None, reached: str | None) -> Move | None:
    came_from = scheme.base if left is None else left
    if reached in (left, came_from):
        return None
    if reached is None:
        return Move(came_from, None, "out", "override")
    ranks = scheme.names
    if isinstance(scheme, Classes) or came_from not in ranks or reached not in ranks:
        return Move(came_from, reached, "across", "override")
    return Move(came_from, reached, "up" if ranks.index(reached) > ranks.index(came_from) else "down", "override")
