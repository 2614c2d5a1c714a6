"""An override: a person holds a customer at a level or class until the close of a day, whatever the rules say.

While it is in force no check of its scheme is made, the scope included. At its end the standing of before is taken up as if
nobody had looked meanwhile, and that same look decides it.
"""

from __future__ import annotations

import msgspec

from agents.tiers.decide import Scheme, deadline_of, decide_scheme
from agents.tiers.outcome import NOTHING, Move, Outcome, over, stand
from agents.tiers.scheme import TierScheme
from schemas.events import Direction
from schemas.state import Override, Standing
from streams.calendar import date_of
from streams.decider import Look


def decide_overridden(
    scheme: Scheme, look: Look, mask: int, standing: Standing, overrides: dict[str, Override]
) -> tuple[Outcome, int]:
    """``decide_scheme`` under the override that ``overrides`` hold for ``scheme``, and the deadline that follows.

    An override that is over is taken out of ``overrides``; one of a level that is not there never begins, or ends.
    """
    override = overrides[scheme.name]
    if in_force(scheme, look, override):
        return overrule(scheme, look, standing, override), override.until
    del overrides[scheme.name]
    outcome = resume(scheme, look, mask, standing, override)
    return outcome, deadline_of(scheme, look, standing)


def in_force(scheme: Scheme, look: Look, override: Override) -> bool:
    """Whether ``override`` holds at this look: it is not over, and its level is still there."""
    return override.level in scheme.positions and not over(look, override.until)


def overrule(scheme: Scheme, look: Look, standing: Standing, override: Override) -> Outcome:
    """Hold ``standing`` at the level of an ``override`` that is in force; both are changed in place."""
    begins = override.since is None
    if begins:
        override.since, override.before = look.as_of, msgspec.structs.replace(standing)
    if standing.level == override.level:
        standing.failing_since = standing.falls_on = standing.held_until = None
        return Outcome(changed=True) if begins else NOTHING
    left = standing.level
    stand(standing, look, override.level)
    return _outcome(scheme, left, override.level, words_of(override))


def resume(scheme: Scheme, look: Look, mask: int, standing: Standing, override: Override) -> Outcome:
    """What a look decides at which ``override`` ended: on the standing of before, which ``standing`` becomes."""
    before = override.before
    if override.since is None or before is None:
        return decide_scheme(scheme, look, mask, standing)  # it never was in force
    left = standing.level
    for field in Standing.__struct_fields__:
        setattr(standing, field, getattr(before, field))
    decided = decide_scheme(scheme, look, mask, standing)
    ended = _outcome(scheme, left, standing.level, f"end of {words_of(override)}")
    return ended._replace(grace=decided.grace, complete=decided.complete)


def _outcome(scheme: Scheme, left: str | None, reached: str | None, words: str) -> Outcome:
    if left == reached:
        return Outcome(changed=True)
    move = Move(left or scheme.base, reached, _direction(scheme, left, reached), "override")
    return Outcome(move if move.from_ != reached else None, changed=True, words=words)


def _direction(scheme: Scheme, left: str | None, reached: str | None) -> Direction:
    if reached is None:
        return "out"
    before = scheme.positions.get(left or scheme.base)
    after = scheme.positions.get(reached)
    if not isinstance(scheme, TierScheme) or before is None or after is None:
        return "across"
    return "up" if after > before else "down"


def words_of(override: Override) -> str:
    """By whom, until when and why."""
    return f"override by {override.by} until {date_of(override.until)}: {override.reason}"
