"""Where a customer stands in one scheme after one look.

The order within a look: scope, placement, up, down. An upgrade is a check of both directions. A level is kept while
its ``stay`` or its ``enter`` holds; unknown moves nobody. The scope is looked at on every look. A check never looks back:
a close skips the directions that were already checked as of a later day. Nothing here depends on evidence, only on the truth mask, the standing and
the days of the look, so that a settled customer can be skipped.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from agents.tiers.scheme import BASE, TierScheme
from schemas.events import Direction, Reason
from schemas.state import Standing
from streams.decider import Look
from streams.rows import LookKind

Grace = Literal["began", "cleared"]
"""What happened to the grace of the level held; a fall ends it without a word of its own."""


class Move(NamedTuple):
    """A change of standing. ``to`` is None when the customer left the scheme's scope."""

    from_: str
    to: str | None
    direction: Direction
    reason: Reason


class Outcome(NamedTuple):
    """What a look did to one standing.

    ``changed`` is true for any change at all, also one that nobody is told of (a placement at the base, a
    grace). ``complete`` is false when a check of this look was skipped because a later day was already checked.
    """

    move: Move | None = None
    changed: bool = False
    grace: Grace | None = None
    complete: bool = True


_NOTHING: Final = Outcome()
_SKIPPED: Final = Outcome(complete=False)


def decide_scheme(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """Decide one scheme; ``standing`` (level None: not placed, or out of scope) is changed in place."""
    scope = scheme.scope
    if scope is None or mask & scope.true:
        return _checks(scheme, look, mask, standing)
    if standing.level is None:
        return _NOTHING  # false and unknown alike place nobody
    if mask & scope.unknown:
        return _checks(scheme, look, mask, standing)  # unknown ends nobody: the standing goes on
    return _leave(look, standing, standing.level)


def _checks(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    rises = _made(scheme.upgrade_check, look, standing)
    if standing.level is None:
        return _place(scheme, look, mask, standing) if rises else _unmade(scheme.upgrade_check, look)
    position = scheme.positions.get(standing.level)
    if position is None:
        return _replace(scheme, look, mask, standing) if rises else _unmade(scheme.upgrade_check, look)
    if rises:
        for target, enter in scheme.enters:
            if target <= position:
                break
            if mask & enter:
                return _rise(scheme, look, standing, target)
    done = _NOTHING if rises else _unmade(scheme.upgrade_check, look)
    if position == BASE:
        return done
    if not _made(scheme.downgrade_check, look, standing):
        return _SKIPPED if look.kind >= scheme.downgrade_check else done
    return _check_down(scheme, look, mask, standing, position, done)


def _made(check: LookKind, look: Look, standing: Standing) -> bool:
    """Whether this look makes the check: its kind does, and no later day was checked before."""
    if look.kind < check:
        return False
    if look.kind == LookKind.EVENT:
        return True  # an event is never as of an earlier day than a look before it
    if standing.checked_on is not None and standing.checked_on > look.as_of:
        return False  # an upgrade or placement checks both directions
    return check != LookKind.EVENT or not _overtaken(look)


def _unmade(check: LookKind, look: Look) -> Outcome:
    """Nothing happened, because the look is too small for the check or was overtaken."""
    return _SKIPPED if look.kind >= check else _NOTHING


def _overtaken(look: Look) -> bool:
    """Whether this is a close and an event of the customer was already looked at as of a later day."""
    return look.kind != LookKind.EVENT and look.event_day is not None and look.event_day > look.as_of


def _highest(scheme: TierScheme, mask: int) -> int:
    return next((position for position, enter in scheme.enters if mask & enter), BASE)


def _stand(standing: Standing, look: Look, level: str | None) -> None:
    standing.level = level
    standing.since = look.as_of
    standing.failing_since = None
    standing.falls_on = None


def _place(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """The first upgrade check: to the highest level whose ``enter`` holds; at the base nobody is told."""
    position = _highest(scheme, mask)
    _stand(standing, look, scheme.names[position])
    standing.checked_on = look.as_of
    move = None if position == BASE else Move(scheme.base, scheme.names[position], "up", "placement")
    return Outcome(move, changed=True)


def _leave(look: Look, standing: Standing, level: str) -> Outcome:
    """Out of scope: the standing ends at once, and coming back is a placement."""
    _stand(standing, look, None)
    return Outcome(Move(level, None, "out", "scope"), changed=True)


def _replace(scheme: TierScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """The level held is no longer in the file: the customer is placed among those that are."""
    target = scheme.names[_highest(scheme, mask)]
    move = Move(standing.level or scheme.base, target, "across", look.reason)
    _stand(standing, look, target)
    standing.checked_on = look.as_of
    return Outcome(move, changed=True)


def _rise(scheme: TierScheme, look: Look, standing: Standing, target: int) -> Outcome:
    move = Move(standing.level or scheme.base, scheme.names[target], "up", look.reason)
    _stand(standing, look, scheme.names[target])
    standing.checked_on = look.as_of
    return Outcome(move, changed=True)


def _check_down(scheme: TierScheme, look: Look, mask: int, standing: Standing, position: int, done: Outcome) -> Outcome:
    """The downgrade check of a level above the base; ``done`` is the outcome if nothing changes."""
    if mask & scheme.keeps[position]:
        if standing.failing_since is None:
            return done
        standing.failing_since = standing.falls_on = None
        return Outcome(changed=True, grace="cleared")
    if not scheme.grace_days and not scheme.grace_months:
        return _fall(scheme, look, mask, standing, position)
    if standing.falls_on is None:
        standing.failing_since = look.as_of
        standing.falls_on = scheme.falls_on(look.as_of)
        return Outcome(changed=True, grace="began")
    return _fall(scheme, look, mask, standing, position) if _due(look, standing.falls_on) else done


def _due(look: Look, falls_on: int) -> bool:
    """Whether the close of day ``falls_on`` is reached: an event as of a later day counts as after it."""
    return look.as_of > falls_on or (look.as_of == falls_on and look.kind != LookKind.EVENT)


def _fall(scheme: TierScheme, look: Look, mask: int, standing: Standing, position: int) -> Outcome:
    target = position - 1
    if not scheme.one_step:
        while target > BASE and not mask & scheme.holds[target]:
            target -= 1
    move = Move(scheme.names[position], scheme.names[target], "down", look.reason)
    _stand(standing, look, scheme.names[target])
    return Outcome(move, changed=True)
