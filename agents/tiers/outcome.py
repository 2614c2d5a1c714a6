"""What a look may do to a standing, and when a check is made."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from agents.days import anniversary_from
from agents.tiers.scheme import ANNIVERSARY, Check
from schemas.events import Direction, Reason
from schemas.state import Standing
from streams.decider import NO_DEADLINE, Look
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
    grace). ``complete`` is false when a check of this look was skipped because a later day was already checked. ``sides``
    names the axes that moved with the level before and after, where that decided the class. ``words`` say why, where no
    condition decided. ``rests`` is true where the next look of this kind does nothing if it finds the same mask and no
    deadline is due: whoever has just been placed at, or risen to, the highest level that lets in is kept there.
    """

    move: Move | None = None
    changed: bool = False
    grace: Grace | None = None
    complete: bool = True
    sides: tuple[tuple[str, str, str], ...] = ()
    words: str = ""
    rests: bool = False


NOTHING: Final = Outcome()
PLACED: Final = Outcome(changed=True, rests=True)
SKIPPED: Final = Outcome(complete=False)
AHEAD_MAX: Final = 2
"""Days by which an event may be of a later day than the open one, so that closes of earlier days are still to come."""


def made(check: Check, look: Look, standing: Standing) -> bool:
    """Whether this look makes the check: its kind does, and no later day was checked before."""
    if check == ANNIVERSARY:
        return look.kind != LookKind.EVENT and _anniversary(look, standing) and not _checked_later(look, standing)
    if look.kind < check:
        return False
    if look.kind == LookKind.EVENT:
        return True  # an event is never as of an earlier day than a look before it
    if _checked_later(look, standing):
        return False
    return check != LookKind.EVENT or not _overtaken(look)


def unmade(check: Check, look: Look) -> Outcome:
    """Nothing happened, because the look is too small for the check or was overtaken."""
    return SKIPPED if look.kind >= check else NOTHING


def stand(standing: Standing, look: Look, level: str | None) -> None:
    """Be at ``level`` from this look on, without grace or hold."""
    standing.level = level
    standing.since = look.as_of
    standing.failing_since = standing.falls_on = standing.held_until = None


def rename(standing: Standing, look: Look, level: str) -> Outcome:
    """The level held has another name now; a grace or hold of it goes on."""
    move = Move(standing.level or "", level, "across", look.reason)
    standing.level = level
    standing.since = look.as_of
    return Outcome(move, changed=True, words=f"the policies have no {move.from_} any more, {level} takes its customers")


def over(look: Look, day: int) -> bool:
    """Whether the close of ``day`` is reached: an event as of a later day counts as after it."""
    return look.as_of > day or (look.as_of == day and look.kind != LookKind.EVENT)


def next_anniversary(look: Look, standing: Standing) -> int:
    """The next close that an anniversary check falls on, as far as this look can tell."""
    if standing.level is None:
        return NO_DEADLINE
    from_day = look.as_of - AHEAD_MAX if look.kind == LookKind.EVENT else look.as_of + 1
    return anniversary_from(standing.since, from_day)


def _checked_later(look: Look, standing: Standing) -> bool:
    """Whether an upgrade, placement or change of class as of a later day checked everything."""
    return standing.checked_on is not None and standing.checked_on > look.as_of


def _overtaken(look: Look) -> bool:
    """Whether this is a close and an event of the customer was already looked at as of a later day."""
    return look.kind != LookKind.EVENT and look.event_day is not None and look.event_day > look.as_of


def _anniversary(look: Look, standing: Standing) -> bool:
    """Whether the standing is whole years old today; who is not placed yet is placed at any close."""
    return standing.level is None or anniversary_from(standing.since, look.as_of) == look.as_of
