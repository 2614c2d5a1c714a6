"""Where a customer stands in one scheme after one look.

The order within a look: scope, placement, then up and down, or the class. An upgrade is a check of both directions. A level
is kept while its hold lasts and while its ``stay`` or its ``enter`` holds; unknown moves nobody. The scope is looked at on
every look. A check never looks back: a close skips the directions that were already checked as of a later day. Nothing here
depends on evidence, only on the truth mask, the standing and the days of the look, so that a settled customer can be
skipped.
"""

from __future__ import annotations

from agents.tiers.classes import check_class
from agents.tiers.outcome import (
    NOTHING,
    PLACED,
    SKIPPED,
    Move,
    Outcome,
    made,
    next_anniversary,
    over,
    rename,
    stand,
    unmade,
)
from agents.tiers.scheme import BASE, ClassScheme, TierScheme
from schemas.state import Standing
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind

Scheme = TierScheme | ClassScheme


def decide_scheme(scheme: Scheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """Decide one scheme; ``standing`` (level None: not placed, or out of scope) is changed in place."""
    scope = scheme.scope
    if scope is not None and not mask & scope.true:
        if standing.level is None:
            return NOTHING  # false and unknown alike place nobody
        if not mask & scope.unknown:
            return _leave(look, standing, standing.level)
        # unknown ends nobody: the standing goes on
    level = standing.level
    if level is not None and level not in scheme.positions and level in scheme.retired:
        return rename(standing, look, scheme.retired[level])
    if isinstance(scheme, ClassScheme):
        return check_class(scheme, look, mask, standing)
    held = standing.held_until
    if held is not None and look.kind != LookKind.EVENT and look.as_of >= held:
        # Only a close ends a hold for good: an event may be of a later day than closes still to come.
        standing.held_until = None
        return _check_levels(scheme, look, mask, standing)._replace(changed=True)
    return _check_levels(scheme, look, mask, standing)


def deadline_of(scheme: Scheme, look: Look, standing: Standing) -> int:
    """The earliest day whose close may move the customer by itself, the mask unchanged."""
    falls, held = standing.falls_on, standing.held_until
    deadline = next_anniversary(look, standing) if scheme.checks_anniversary else NO_DEADLINE
    if falls is not None and falls < deadline:
        deadline = falls
    return held if held is not None and held < deadline else deadline


def held_by_unknown(scheme: Scheme, mask: int, standing: Standing) -> bool:
    """Whether something unknown may keep the customer from moving, in or out, up or down."""
    scope = scheme.scope
    if scope is not None and mask & scope.unknown:
        return True
    if standing.level is None:
        return False
    position = scheme.positions.get(standing.level)
    if position is None:
        return False
    unknowns = scheme.unknowns if isinstance(scheme, ClassScheme) else scheme.ladder.unknowns
    return bool(mask & unknowns[position])


def _check_levels(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    rises = made(scheme.upgrade_check, look, standing)
    if standing.level is None:
        return _place(scheme, look, mask, standing) if rises else unmade(scheme.upgrade_check, look)
    position = scheme.positions.get(standing.level)
    if position is None:
        return _replace(scheme, look, mask, standing) if rises else unmade(scheme.upgrade_check, look)
    if rises:
        for target, enter in scheme.ladder.enters:
            if target <= position:
                break
            if mask & enter:
                return _rise(scheme, look, standing, target)
    done = NOTHING if rises else unmade(scheme.upgrade_check, look)
    if position == BASE:
        return done
    if not made(scheme.downgrade_check, look, standing):
        return SKIPPED if look.kind >= scheme.downgrade_check else done
    return _check_down(scheme, look, mask, standing, position, done)


def _reach(scheme: TierScheme, look: Look, standing: Standing, position: int) -> None:
    """Be at a level by an upgrade or placement, which checks both directions and begins a hold."""
    stand(standing, look, scheme.ladder.names[position])
    standing.checked_on = look.as_of
    if position != BASE and scheme.holds_levels:
        standing.held_until = scheme.held_until(look.as_of)


def _place(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """The first upgrade check: to the highest level whose ``enter`` holds; at the base nobody is told."""
    position = scheme.ladder.highest(mask)
    _reach(scheme, look, standing, position)
    if position == BASE:
        return PLACED
    return Outcome(Move(scheme.base, scheme.ladder.names[position], "up", "placement"), changed=True, rests=True)


def _leave(look: Look, standing: Standing, level: str) -> Outcome:
    """Out of scope: the standing ends at once, and coming back is a placement."""
    stand(standing, look, None)
    standing.axes = {}
    return Outcome(Move(level, None, "out", "scope"), changed=True)


def _replace(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """The level held is no longer in the file: the customer is placed among those that are."""
    position = scheme.ladder.highest(mask)
    move = Move(standing.level or scheme.base, scheme.ladder.names[position], "across", look.reason)
    _reach(scheme, look, standing, position)
    return Outcome(move, changed=True)


def _rise(scheme: TierScheme, look: Look, standing: Standing, target: int) -> Outcome:
    move = Move(standing.level or scheme.base, scheme.ladder.names[target], "up", look.reason)
    _reach(scheme, look, standing, target)
    return Outcome(move, changed=True, rests=True)


def _check_down(scheme: TierScheme, look: Look, mask: int, standing: Standing, position: int, done: Outcome) -> Outcome:
    """The downgrade check of a level above the base; ``done`` is the outcome if nothing changes."""
    if mask & scheme.ladder.keeps[position]:
        if standing.failing_since is None:
            return done
        standing.failing_since = standing.falls_on = None
        return Outcome(changed=True, grace="cleared")
    if scheme.holds_levels and standing.held_until is not None and not over(look, standing.held_until):
        return done
    if not scheme.grace_days and not scheme.grace_months:
        return _fall(scheme, look, mask, standing, position)
    if standing.falls_on is None:
        standing.failing_since = look.as_of
        standing.falls_on = scheme.falls_on(look.as_of)
        return Outcome(changed=True, grace="began")
    return _fall(scheme, look, mask, standing, position) if over(look, standing.falls_on) else done


def _fall(scheme: TierScheme, look: Look, mask: int, standing: Standing, position: int) -> Outcome:
    names = scheme.ladder.names
    target = scheme.below(mask, position)
    move = Move(names[position], names[target], "down", look.reason)
    stand(standing, look, names[target])
    return Outcome(move, changed=True)
