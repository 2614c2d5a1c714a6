"""The alerts that come of a scheme itself: a level at risk, the next level near.

Readings of the policy language:

* ``tier.at_risk`` lasts while the grace of a level does. It is due on the day whose close takes the level: that of the first check of falls
  at the end of the grace or later. Its clearing is ``tier.secured`` unless the level is lost: by a fall, by leaving the scope, or because
  the level is no more. ``tier.near`` is looked at where rises are checked; a customer who moved is near another level. An opening tells
  nobody of it.
* What is read is the ``stay`` of the level at risk and the ``enter`` of the one near; of what ended with a move what decided that, and
  nothing where a person did.
* An event's deposit can be made on its day, a close's on the next one; one that saves a level is what is enough a week from then. It is told
  where the grace began at this look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.oracle.days import date_of
from tests.oracle.deposits import Deposit, Later, check_on, least, plain, raised
from tests.oracle.names import Names
from tests.oracle.schemes import Level, Scheme
from tests.oracle.signals import Entry
from tests.oracle.tiers import Look, Move, Standing
from tests.oracle.told import UNTOLD, Asked, Said, Told, names_in, to_cents

RISK, SECURED, NEAR = "tier.at_risk", "tier.secured", "tier.near"
DAYS_TO_ACT = 7
Known = dict[str, dict[str, Entry]]


@dataclass(frozen=True, slots=True)
class Decided:
    """A scheme at a look: how the customer stood before and after it, and what came of it; ``held`` by an override, ``by_person`` where one moved
    or let go."""

    scheme: Scheme
    before: Standing
    after: Standing
    move: Move | None
    look: Look
    names: Names
    held: bool
    by_person: bool

    def tell(self, known: Known) -> Iterator[Told]:
        """The alerts of the scheme."""
        yield from self._at_risk(known.setdefault(RISK, {}).setdefault(self.scheme.name, Entry()))
        if self.scheme.near is not None:
            yield from self._near(known.setdefault(NEAR, {}).setdefault(self.scheme.name, Entry()))

    def _at_risk(self, entry: Entry) -> Iterator[Told]:
        failing = self.after.failing_since
        if failing is not None and not entry.raised:
            ends = self.scheme.grace_ends(failing)
            entry.raised, entry.due_on = True, self._taken_on(ends)
            level = self._held()
            yield self._told(RISK, "raised", "high", Said() if level is None else self._risk(level, ends), entry.due_on)
        elif failing is None and entry.raised:
            entry.raised = False
            lost = self.move is not None and self.move.direction in ("down", "out", "across")
            yield self._told(RISK if lost else SECURED, "cleared", "high", self._ended(self._held()), entry.due_on)

    def _taken_on(self, end: int) -> int:
        """The first day whose close checks falls, of those from the end of a grace on that are not closed yet."""
        day = max(end, self._first)
        while not Look(day, close=True, reason="").makes(self.scheme.down_check, self.after.since):
            day += 1
        return day

    def _risk(self, level: Level, ends: int) -> Said:
        """What fails of the level held, the one that a fall would lead to as things stand, and the deposit that saves it."""
        said = self._read(level.stay)
        below = self.scheme.levels[self.after.target(self.scheme, self._truth)]
        evidence = said.evidence | {"level": level.name, "falls_to": below.name}
        return replace(said, evidence=evidence, value=self._saving(level, ends))

    def _near(self, entry: Entry) -> Iterator[Told]:
        level = self._above()
        if entry.raised and (self.move is not None or level is None):
            yield from self._far(entry, self._ended(level))
        rises = not self.held and self.look.makes(self.scheme.up_check, self.before.since)
        if level is None or not rises or self.look.as_of < self.before.checked["up"]:
            return
        bound = self.scheme.bound_above(self.scheme.levels.index(level) - 1)
        if bound is None:
            yield from self._far(entry, self._read(level.enter))
            return
        measure, op, lowest = bound
        value = self.names(measure)
        if value is None:
            return
        assert isinstance(value, Fraction)
        entered = value >= lowest if op == ">=" else value > lowest
        near = value >= lowest * (1 - Fraction(self.scheme.near or 0, 100)) and not entered
        if near and not entry.raised:
            entry.raised = True
            if self.look.reason != "placement":
                entry.sent = "low"
                yield self._told(NEAR, "raised", "low", self._gap(level, lowest - value), None)
        elif not near and entry.raised:
            yield from self._far(entry, self._read(level.enter))

    def _far(self, entry: Entry, said: Said) -> Iterator[Told]:
        if entry.sent is not None:
            yield self._told(NEAR, "cleared", "low", said, None)
        entry.raised, entry.sent = False, None

    def _told(self, signal: str, action: str, severity: str, said: Said, due_on: int | None) -> Told:
        level = None if self.after.level is None else self.scheme.levels[self.after.level]
        roles = () if level is None else self.scheme.roles(level, self._truth)
        return Told(signal, self.scheme.name, action, severity, due_on, roles, said)

    def _truth(self, text: str) -> bool | None:
        found = Asked(self.names, date_of(self.look.as_of))(text, self.scheme.lets)
        assert found is None or isinstance(found, bool), text
        return found

    def _held(self) -> Level | None:
        """The level above the base that the customer has."""
        return self.scheme.levels[self.after.level] if self.after.level and self.after.gone is None else None

    def _above(self) -> Level | None:
        level = None if self.after.gone is not None else self.after.level
        return None if level in (None, len(self.scheme.levels) - 1) else self.scheme.levels[(level or 0) + 1]

    def _read(self, text: str) -> Said:
        read = Asked(self.names, date_of(self.look.as_of)).read([text], self.scheme.lets)
        return replace(read, reasons=())

    def _ended(self, level: Level | None) -> Said:
        """What decided that an alert ended: the move if there was one, else the level that it is about."""
        if self.by_person or (self.move is not None and self._renamed(self.move)):
            return Said()
        if self.move is None:
            return Said() if level is None else self._read(level.stay)
        if self.move.direction == "out":
            return self._read(self.scheme.applies_to)
        down = self.move.direction == "down"
        levels = {level.name: level for level in self.scheme.levels[1:]}
        moved = levels.get(self.move.came_from if down else str(self.move.to))
        return Said() if moved is None else self._read(moved.stay if down else moved.enter)

    def _renamed(self, move: Move) -> bool:
        """Whether the level is only called otherwise by a new version of the file."""
        return move.direction == "across" and move.came_from in self.scheme.retired

    @property
    def _first(self) -> int:
        """The first day on which a deposit can still be made."""
        return self.look.as_of + self.look.close

    def _saving(self, level: Level, falls_on: int) -> Fraction | str | None:
        """The deposit that saves a level whose grace ends on a day, if money can."""
        lets, ends = self.scheme.lets, check_on(self.scheme.down_check, max(falls_on, self._first))
        read = {name for text in (level.stay, level.enter) for name in names_in(text, lets)}
        averaged = any(raised(name) and "_avg_" in name for name in read)
        if ends is None or (averaged and self.scheme.grace_ends(self.look.as_of) != falls_on):
            return None
        if not plain(level.stay, lets) or not plain(level.enter, lets):
            return UNTOLD

        def holds(later: Later) -> bool:
            return later.truth(level.stay, lets) is not False or later.truth(level.enter, lets) is True

        return least(holds, self.names, min(self._first + DAYS_TO_ACT - 1, ends), ends)

    def _gap(self, level: Level, gap: Fraction) -> Said:
        said = self._read(level.enter)
        evidence = said.evidence | {"gap": gap}
        deposit = self._rising(level)
        if deposit is not None:
            evidence |= {"deposit": deposit.amount, "deposit_by": date_of(deposit.by)}
            evidence |= {"reached_by": date_of(deposit.reached)}
        return replace(said, evidence=evidence, value=to_cents(gap))

    def _rising(self, level: Level) -> Deposit | None:
        averaged = "_avg_" in level.enter
        from_day = self.look.as_of + self.scheme.near_days if averaged else self._first
        reached = check_on(self.scheme.up_check, from_day)
        if reached is None:
            return None
        amount = least(lambda later: later.truth(level.enter, {}) is True, self.names, self._first, reached)
        return None if amount is None else Deposit(amount, self._first if averaged else reached, reached)


def copied(standing: Standing) -> Standing:
    """The standing as it is now."""
    return replace(standing, axes=dict(standing.axes), checked=dict(standing.checked))
