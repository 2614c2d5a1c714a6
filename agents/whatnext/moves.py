"""Where a standing goes if nothing happens: the real decision at the closes to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from agents.policy.compiled import CompiledScheme
from agents.tiers import Move, Outcome, deadline_of, decide_scheme
from agents.tiers.override import decide_overridden
from agents.whatnext.horizon import Horizon
from schemas.events import Cause
from schemas.state import Override, Standing
from streams.decider import NO_DEADLINE, Look

_NOBODY: Final = Cause(topic="", partition=0, offset=0, transaction_id=None)


class Moved(NamedTuple):
    """The first change of standing, at the close of ``day``."""

    day: int
    move: Move


def first_move(
    compiled: CompiledScheme, ahead: Horizon, standing: Standing | None, override: Override | None
) -> Moved | None:
    """The first change if nothing happens; None if there is none before the horizon ends."""
    decided = _decided(compiled, ahead, Standing() if standing is None else standing, override)
    return next((Moved(day, outcome.move) for day, outcome in decided if outcome.move is not None), None)


def recovery(compiled: CompiledScheme, ahead: Horizon, standing: Standing) -> int | None:
    """The day whose close finds a level in grace holding again if nothing happens; None where a change comes first, or
    neither does before the horizon ends."""
    if standing.falls_on is None:
        return None
    for day, outcome in _decided(compiled, ahead, standing, None):
        if outcome.move is not None or outcome.grace == "cleared":
            return day if outcome.move is None else None
    return None


def _decided(
    compiled: CompiledScheme, ahead: Horizon, standing: Standing, override: Override | None
) -> Iterator[tuple[int, Outcome]]:
    """What each close to come decides if nothing happens, by day; those that cannot change anything are left out."""
    scheme, relevant = compiled.tiers, compiled.bits
    standing = msgspec.structs.replace(standing)
    overrides = {} if override is None else {scheme.name: msgspec.structs.replace(override)}
    settled: dict[int, int] = {}
    due = NO_DEADLINE
    for place, (kind, bits) in enumerate(zip(ahead.kinds, ahead.bits, strict=True)):
        day = ahead.first + place
        if day < due and settled.get(kind) == bits & relevant[kind]:
            continue
        look = Look(kind, day, ahead.event_day, "day_close", "", _NOBODY)
        if overrides:
            outcome, due = decide_overridden(scheme, look, bits, standing, overrides)
        else:
            outcome = decide_scheme(scheme, look, bits, standing)
            due = deadline_of(scheme, look, standing)
        yield day, outcome
        settled = _still(settled, outcome, kind, bits & relevant[kind])


def _still(settled: dict[int, int], outcome: Outcome, kind: int, bits: int) -> dict[int, int]:
    """What each kind of close read when it last changed nothing, since anything changed."""
    if outcome.changed:
        return {}
    return {**settled, kind: bits} if outcome.complete else settled
