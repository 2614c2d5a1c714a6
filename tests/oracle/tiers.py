"""The tier decision of a scheme, one change at one look.

Readings of the design, section 6, and of the policy language:

* ``applies_to`` is looked at on every look, also at a close whose directions are skipped; going out of scope from the
  base is a change too.
* Placement is the first upgrade check at which ``applies_to`` is true, at first and after each time out of scope. It
  counts as a check of both directions even where it ends at the base.
* An event checks the directions that are checked at events, whether or not the customer was in scope then.
* The target of a fall is the highest lower level whose ``stay`` or ``enter`` holds for certain, else the base.
* Grace G that began as of day d is over at a close of day d + G or later and at an event as of a later day than d + G.
* An upgrade at a look leaves nothing for that look's downgrade check to do.
* A hold of N days that began as of day d is over at a close of day d + N or later and at an event as of a later day;
  until then a downgrade check changes nothing. It begins with an upgrade or a placement above the base.
* An anniversary check is made at the close of each day whole years after the customer came to the level held; one not
  placed yet is placed at any close.
* The first class that matches is the customer's; the one held matches as long as its ``keep`` is not false for certain.
  An axis moves as levels do, without grace. A move between classes is ``across``, placements too.
* A level or class that a new version no longer has is called by the name that ``retired`` gives it at the next look in scope,
  which does nothing else; without one the next upgrade check places its customers anew. A side of an axis that is no
  more is its base.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.days import date_of, is_last_of, months_after, number_of
from tests.oracle.schemes import Classes, Level, Scheme, Truth

NEVER = -(10**9)
CLOSE_MONTHS = {"month_close": 1, "quarter_close": 3, "year_close": 12}


@dataclass(frozen=True, slots=True)
class Look:
    """An event of the customer (``close`` false) or a close of day ``as_of``."""

    as_of: int
    close: bool
    reason: str

    def makes(self, check: str, since: int | None) -> bool:
        """Whether this look makes a check of that name for a customer at its level ``since`` (None: not placed)."""
        if check == "anniversary":
            return self.close and (since is None or self.is_anniversary(since))
        if check == "event":
            return True
        if check == "day_close":
            return self.close
        return self.close and is_last_of(self.as_of, CLOSE_MONTHS[check])

    def reaches(self, day: int) -> bool:
        """Whether the close of ``day`` is reached: an event of that day comes before it."""
        return self.as_of >= day if self.close else self.as_of > day

    def is_anniversary(self, since: int) -> bool:
        """Whether this is the same day of a later year; 29 February has the 28th in common years."""
        years = date_of(self.as_of).year - date_of(since).year
        return years > 0 and number_of(months_after(date_of(since), 12 * years)) == self.as_of


@dataclass(frozen=True, slots=True)
class Move:
    """What a look did to a standing; ``to`` is None where the customer left the scheme."""

    came_from: str
    to: str | None
    direction: str
    reason: str


@dataclass(slots=True)
class Standing:
    """A customer in a scheme: index of the level, or the class (None when not placed), and the days last checked.

    ``gone`` is the name of a level that the scheme no longer has; ``level`` says nothing then but that there is one.
    """

    level: int | None = None
    gone: str | None = None
    label: str | None = None
    axes: dict[str, str] = field(default_factory=dict)
    since: int | None = None
    held_until: int | None = None
    failing_since: int | None = None
    checked: dict[str, int] = field(default_factory=lambda: {"up": NEVER, "down": NEVER})

    def name(self, scheme: Scheme | Classes) -> str | None:
        """The level or class held."""
        if isinstance(scheme, Classes):
            return self.label
        return self.gone if self.gone is not None or self.level is None else scheme.levels[self.level].name

    def put(self, scheme: Scheme | Classes, name: str, look: Look) -> None:
        """Be at a level or class because a person says so: no hold, no grace."""
        if self.name(scheme) != name:
            self.since = look.as_of
        self.failing_since = self.held_until = self.gone = None
        if isinstance(scheme, Classes):
            self.label = name
        else:
            self.level = scheme.names.index(name)

    def looked(self, scheme: Scheme | Classes, day: int) -> None:
        """An event as of ``day`` was looked at, though nothing was checked."""
        checks = (
            {"up": scheme.check} if isinstance(scheme, Classes) else {"up": scheme.up_check, "down": scheme.down_check}
        )
        for direction, check in checks.items():
            if check == "event":
                self.checked[direction] = max(self.checked[direction], day)

    def renew(self, before: Scheme | Classes, after: Scheme | Classes) -> None:
        """Stand in the new version of a scheme under the same name."""
        if isinstance(before, Classes) or isinstance(after, Classes) or self.level is None:
            return
        held = self.name(before)
        assert held is not None
        self.gone = None if held in after.names else held
        self.level = after.names.index(held) if held in after.names else 0

    def decide(self, scheme: Scheme | Classes, look: Look, truth: Truth) -> Move | None:
        """Look at the customer once; at most one move comes of it."""
        if isinstance(scheme, Classes):
            return self._classify(scheme, look, truth)
        due = {
            "up": look.makes(scheme.up_check, self.since) and look.as_of >= self.checked["up"],
            "down": look.makes(scheme.down_check, self.since) and look.as_of >= self.checked["down"],
        }
        for direction, checked in due.items():
            if checked:
                self.checked[direction] = look.as_of
        applies = truth(scheme.applies_to)
        if applies is False and self.level is not None:
            return self._leave(scheme)
        if self.level is None:
            return self._place(scheme, look, truth) if applies is True and due["up"] else None
        if self.gone is not None:
            return self._replace(scheme, self.gone, look, truth, checked=due["up"])
        move = self._rise(scheme, look, truth) if due["up"] else None
        if move is None and due["down"]:
            move = self._fall(scheme, look, truth)
        return move

    def _classify(self, scheme: Classes, look: Look, truth: Truth) -> Move | None:
        due = look.makes(scheme.check, self.since) and look.as_of >= self.checked["up"]
        if due:
            self.checked["up"] = look.as_of
        applies, held = truth(scheme.applies_to), self.label
        if applies is False and held is not None:
            self.label = self.since = None
            self.axes = {}
            return Move(held, None, "out", "scope")
        if held is not None and held not in scheme.names and held in scheme.retired:
            self.label, self.since = scheme.retired[held], look.as_of
            return Move(held, self.label, "across", look.reason)
        if not due or (held is None and applies is not True):
            return None
        for name, ladder in scheme.axes.items():
            self.axes[name] = _side(ladder, self.axes.get(name, ladder[0].name), truth)
        found = scheme.match(held, self.axes, truth)
        if found == held:
            return None
        self.label, self.since = found, look.as_of
        if held is None:
            return None if found == scheme.base else Move(scheme.base, found, "across", "placement")
        return Move(held, found, "across", look.reason)

    def _leave(self, scheme: Scheme) -> Move:
        came_from = self.name(scheme) or scheme.base
        self.level = self.gone = self.failing_since = self.held_until = self.since = None
        return Move(came_from, None, "out", "scope")

    def _place(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        self.level, self.since = 0, look.as_of
        self.checked = {"up": look.as_of, "down": look.as_of}
        move = self._rise(scheme, look, truth)
        return move and Move(move.came_from, move.to, "up", "placement")

    def _replace(self, scheme: Scheme, gone: str, look: Look, truth: Truth, *, checked: bool) -> Move | None:
        """The level held is no more: the one that takes its customers, else whichever can be entered."""
        if gone in scheme.retired:
            self.level = scheme.names.index(scheme.retired[gone])
        elif checked:
            self.level = max((i for i, level in enumerate(scheme.levels) if truth(level.enter) is True), default=0)
            self.checked = {"up": look.as_of, "down": look.as_of}
            self.failing_since = None
            self.held_until = scheme.held_until(look.as_of) if self.level else None
        else:
            return None
        self.gone, self.since = None, look.as_of
        return Move(gone, scheme.levels[self.level].name, "across", look.reason)

    def _rise(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        assert self.level is not None
        entered = [index for index, level in enumerate(scheme.levels) if truth(level.enter) is True]
        highest = max(entered, default=0)
        if highest <= self.level:
            return None
        came_from = scheme.levels[self.level].name
        self.level, self.failing_since, self.since = highest, None, look.as_of
        self.held_until = scheme.held_until(look.as_of)
        self.checked = {"up": look.as_of, "down": look.as_of}
        return Move(came_from, scheme.levels[highest].name, "up", look.reason)

    def _fall(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        assert self.level is not None
        held = scheme.levels[self.level]
        if truth(held.stay) is not False or truth(held.enter) is True:
            self.failing_since = None
            return None
        if self.held_until is not None and not look.reaches(self.held_until):
            return None
        if self.failing_since is None:
            self.failing_since = look.as_of
        grace = scheme.grace_days > 0 or scheme.grace_months > 0
        ends = scheme.grace_ends(self.failing_since)
        if grace and not look.reaches(ends):
            return None
        self.level, self.since = self.target(scheme, truth), look.as_of
        self.failing_since = self.held_until = None
        return Move(held.name, scheme.levels[self.level].name, "down", look.reason)

    def target(self, scheme: Scheme, truth: Truth) -> int:
        """The level to which a fall leads."""
        assert self.level is not None
        lower = range(self.level - 1, 0, -1)
        if scheme.steps == "one":
            return self.level - 1
        levels = scheme.levels
        return next((i for i in lower if truth(levels[i].stay) is True or truth(levels[i].enter) is True), 0)


def _side(ladder: tuple[Level, ...], held: str, truth: Truth) -> str:
    """The level on one axis after a look: the highest that can be entered, else the highest that is kept."""
    names = [level.name for level in ladder]
    place = names.index(held) if held in names else 0
    entered = max((index for index, level in enumerate(ladder) if truth(level.enter) is True), default=0)
    if entered > place:
        return ladder[entered].name
    if truth(ladder[place].stay) is not False or truth(ladder[place].enter) is True:
        return ladder[place].name
    lower = range(place - 1, 0, -1)
    kept = (i for i in lower if truth(ladder[i].stay) is True or truth(ladder[i].enter) is True)
    return ladder[next(kept, 0)].name
