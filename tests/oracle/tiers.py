"""The tier decision of a scheme of levels, from the TOML text to one change at one look.

Readings of the design, section 6, and of the policy language:

* ``applies_to`` is looked at on every look, also at a close whose directions are skipped; going out of scope from the
  base is a change too.
* Placement is the first upgrade check at which ``applies_to`` is true, at first and after each time out of scope. It
  counts as a check of both directions even where it ends at the base.
* An event checks the directions that are checked at events, whether or not the customer was in scope then.
* The target of a fall is the highest lower level whose ``stay`` or ``enter`` holds for certain, else the base.
* Grace G that began as of day d is over at a close of day d + G or later and at an event as of a later day than d + G.
* An upgrade at a look leaves nothing for that look's downgrade check to do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.days import date_of, is_last_of, months_after, number_of

Truth = Callable[[str], bool | None]
"""Whether a condition holds at the look."""
NEVER = -(10**9)
CLOSE_MONTHS = {"month_close": 1, "quarter_close": 3, "year_close": 12}


@dataclass(frozen=True, slots=True)
class Level:
    """A level above the base."""

    name: str
    enter: str
    stay: str


@dataclass(frozen=True)
class Scheme:
    """One policy file; ``levels[0]`` stands for the base and has no conditions."""

    name: str
    applies_to: str
    levels: tuple[Level, ...]
    lets: dict[str, str]
    up_check: str
    down_check: str
    steps: str
    grace_days: int
    grace_months: int

    @staticmethod
    def read(text: str) -> Scheme:
        """The scheme of levels in a TOML text; other kinds of files are refused."""
        file: dict[str, Any] = tomllib.loads(text)
        base = Level(file["base"], "False", "True")
        up, down = file.get("upgrade", {}), file.get("downgrade", {})
        return Scheme(
            name=file["scheme"],
            applies_to=file.get("applies_to", "True"),
            levels=(base, *(Level(lv["name"], lv["enter"], lv.get("stay", lv["enter"])) for lv in file["level"])),
            lets={name: str(value) for name, value in file.get("let", {}).items()},
            up_check=up.get("check", "event"),
            down_check=down.get("check", "event"),
            steps=down.get("steps", "balance"),
            grace_days=down.get("grace_days", 0),
            grace_months=down.get("grace_months", 0),
        )

    def grace_ends(self, failing_since: int) -> int:
        """The day whose close takes the level."""
        if self.grace_months:
            return number_of(months_after(date_of(failing_since), self.grace_months))
        return failing_since + self.grace_days


@dataclass(frozen=True, slots=True)
class Look:
    """An event of the customer (``close`` false) or a close of day ``as_of``."""

    as_of: int
    close: bool
    reason: str

    def makes(self, check: str) -> bool:
        """Whether this look makes a check of that name."""
        if check == "event":
            return True
        if check == "day_close":
            return self.close
        return self.close and is_last_of(self.as_of, CLOSE_MONTHS[check])


@dataclass(frozen=True, slots=True)
class Move:
    """What a look did to a standing; ``to`` is None where the customer left the scheme."""

    came_from: str
    to: str | None
    direction: str
    reason: str


@dataclass(slots=True)
class Standing:
    """A customer in a scheme: index of the level (None when not placed), and the days last checked."""

    level: int | None = None
    failing_since: int | None = None
    checked: dict[str, int] = field(default_factory=lambda: {"up": NEVER, "down": NEVER})

    def decide(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        """Look at the customer once; at most one move comes of it."""
        due = {
            "up": look.makes(scheme.up_check) and look.as_of >= self.checked["up"],
            "down": look.makes(scheme.down_check) and look.as_of >= self.checked["down"],
        }
        for direction, checked in due.items():
            if checked:
                self.checked[direction] = look.as_of
        applies = truth(scheme.applies_to)
        if applies is False and self.level is not None:
            return self._leave(scheme)
        if self.level is None:
            return self._place(scheme, look, truth) if applies is True and due["up"] else None
        move = self._rise(scheme, look, truth) if due["up"] else None
        if move is None and due["down"]:
            move = self._fall(scheme, look, truth)
        return move

    def _leave(self, scheme: Scheme) -> Move:
        came_from = scheme.levels[self.level or 0].name
        self.level = self.failing_since = None
        return Move(came_from, None, "out", "scope")

    def _place(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        self.level = 0
        self.checked = {"up": look.as_of, "down": look.as_of}
        move = self._rise(scheme, look, truth)
        return move and Move(move.came_from, move.to, "up", "placement")

    def _rise(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        assert self.level is not None
        entered = [index for index, level in enumerate(scheme.levels) if truth(level.enter) is True]
        highest = max(entered, default=0)
        if highest <= self.level:
            return None
        came_from = scheme.levels[self.level].name
        self.level, self.failing_since = highest, None
        self.checked = {"up": look.as_of, "down": look.as_of}
        return Move(came_from, scheme.levels[highest].name, "up", look.reason)

    def _fall(self, scheme: Scheme, look: Look, truth: Truth) -> Move | None:
        assert self.level is not None
        held = scheme.levels[self.level]
        if truth(held.stay) is not False or truth(held.enter) is True:
            self.failing_since = None
            return None
        if self.failing_since is None:
            self.failing_since = look.as_of
        grace = scheme.grace_days > 0 or scheme.grace_months > 0
        ends = scheme.grace_ends(self.failing_since)
        if grace and not (look.as_of >= ends if look.close else look.as_of > ends):
            return None
        self.level = self._target(scheme, truth)
        self.failing_since = None
        return Move(held.name, scheme.levels[self.level].name, "down", look.reason)

    def _target(self, scheme: Scheme, truth: Truth) -> int:
        assert self.level is not None
        lower = range(self.level - 1, 0, -1)
        if scheme.steps == "one":
            return self.level - 1
        levels = scheme.levels
        return next((i for i in lower if truth(levels[i].stay) is True or truth(levels[i].enter) is True), 0)
