"""Schemes as the decision needs them: conditions as bits of a truth mask, levels as positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from agents.days import anniversary_from, end_of_next_year, end_of_period, one_months_after
from schemas.state import Standing
from streams.rows import LookKind

BASE: Final = 0
"""Position of the lowest standing; level ``n`` of the file has position ``n``, counted from 1."""

ANNIVERSARY: Final = 99
"""The check that is made at the close of each day whole years after the standing began, or, of a signal, after the customer was first seen; no
kind of look is so large."""

_PERIODS: Final[Mapping[int, str]] = {
    LookKind.MONTH_CLOSE: "month",
    LookKind.QUARTER_CLOSE: "quarter",
    LookKind.YEAR_CLOSE: "year",
}

Check = LookKind | int
"""The smallest kind of look that makes a check, or ``ANNIVERSARY``."""


class Bits(NamedTuple):
    """The two bits of one condition in a truth mask; at most one of them is set."""

    true: int
    unknown: int


@dataclass(frozen=True, slots=True)
class TierLevel:
    """One level: what lets a customer in and what keeps one there."""

    name: str
    enter: Bits
    stay: Bits


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels above a base, lowest first: those of a scheme, or of one axis."""

    base: str
    levels: tuple[TierLevel, ...]
    names: tuple[str, ...] = field(init=False)
    positions: dict[str, int] = field(init=False)
    enters: tuple[tuple[int, int], ...] = field(init=False)
    """Position and ``enter`` bit of each level, highest first."""
    keeps: tuple[int, ...] = field(init=False)
    """By position: the bits any of which keeps the level held. Unknown keeps: it moves nobody."""
    holds: tuple[int, ...] = field(init=False)
    """By position: the bits any of which makes the level the target of a fall. Unknown does not."""
    unknowns: tuple[int, ...] = field(init=False)
    """By position: the unknown bits that may keep a customer from leaving it, up or down."""

    def __post_init__(self) -> None:
        levels = self.levels
        names = (self.base, *(level.name for level in levels))
        above = [level.enter.unknown for level in levels]
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "positions", {name: position for position, name in enumerate(names)})
        enters = [(position, level.enter.true) for position, level in enumerate(levels, 1)]
        object.__setattr__(self, "enters", tuple(reversed(enters)))
        keeps = (0, *(level.stay.true | level.stay.unknown | level.enter.true for level in levels))
        object.__setattr__(self, "keeps", keeps)
        object.__setattr__(self, "holds", (0, *(level.stay.true | level.enter.true for level in levels)))
        own = (0, *(level.stay.unknown for level in levels))
        unknowns = tuple(union(above[position:]) | own[position] for position in range(len(names)))
        object.__setattr__(self, "unknowns", unknowns)

    def highest(self, mask: int) -> int:
        """The highest position whose ``enter`` holds."""
        for position, enter in self.enters:
            if mask & enter:
                return position
        return BASE

    def lower(self, mask: int, position: int) -> int:
        """The highest position below ``position`` that holds for certain."""
        target = position - 1
        while target > BASE and not mask & self.holds[target]:
            target -= 1
        return target


@dataclass(frozen=True, slots=True)
class TierScheme:
    """A scheme of levels; ``levels`` are lowest first, without the base.

    ``upgrade_check`` and ``downgrade_check`` are the smallest kinds of look that make the check. At most
    one of ``grace_days`` and ``grace_months`` is not 0, and at most one of the three holds is set. ``scope`` None means
    everybody. ``retired`` maps levels that are no more to those that take their customers.
    """

    name: str
    base: str
    levels: tuple[TierLevel, ...]
    scope: Bits | None = None
    upgrade_check: Check = LookKind.EVENT
    downgrade_check: Check = LookKind.EVENT
    grace_days: int = 0
    grace_months: int = 0
    one_step: bool = False
    hold_days: int = 0
    hold_months: int = 0
    hold_next_year_end: bool = False
    retired: Mapping[str, str] = field(default_factory=dict)
    ladder: Ladder = field(init=False)
    positions: dict[str, int] = field(init=False)
    checks_anniversary: bool = field(init=False)

    def __post_init__(self) -> None:
        ladder = Ladder(self.base, self.levels)
        object.__setattr__(self, "ladder", ladder)
        object.__setattr__(self, "positions", ladder.positions)
        object.__setattr__(self, "checks_anniversary", ANNIVERSARY in (self.upgrade_check, self.downgrade_check))

    def checks_at(self, kind: LookKind) -> bool:
        """Whether a look of this kind may make a check."""
        return may_check(self.upgrade_check, kind) or may_check(self.downgrade_check, kind)

    @property
    def holds_levels(self) -> bool:
        """Whether a level is held for some time after an upgrade or a placement."""
        return bool(self.hold_days or self.hold_months or self.hold_next_year_end)

    def falls_on(self, failing_since: int) -> int:
        """The last day of the grace of a level that began to fail on day ``failing_since``; that day without grace."""
        if self.grace_months:
            return one_months_after(failing_since, self.grace_months)
        return failing_since + self.grace_days

    def below(self, mask: int, position: int) -> int:
        """The position to which a fall from ``position`` leads, one above the base."""
        return position - 1 if self.one_step else self.ladder.lower(mask, position)

    def taken_on(self, standing: Standing, first: int) -> int | None:
        """The day whose close takes a level in grace: the first one of the downgrade check from day ``first`` on, the first that is not
        closed yet, and not before the grace ends. A grace may have ended during an override, which no check looks into."""
        if standing.falls_on is None:
            return None
        day = max(standing.falls_on, first)
        if self.downgrade_check == ANNIVERSARY:
            return anniversary_from(standing.since, day)
        return close_from(self.downgrade_check, day)

    def held_until(self, day: int) -> int | None:
        """The last day of the hold of a level reached on ``day``; None without a hold."""
        if self.hold_next_year_end:
            return end_of_next_year(day)
        if self.hold_months:
            return one_months_after(day, self.hold_months)
        return day + self.hold_days if self.hold_days else None


@dataclass(frozen=True, slots=True)
class TierClass:
    """One class: by conditions, or (``at``) by the level of each axis that it names."""

    name: str
    when: Bits | None = None
    keep: Bits | None = None
    at: Mapping[str, str] | None = None
    let_in: int = field(init=False)
    """The bit that lets in."""
    kept: int = field(init=False)
    """The bits any of which keeps the class held. Unknown keeps: it moves nobody."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "let_in", 0 if self.when is None else self.when.true)
        object.__setattr__(self, "kept", 0 if self.keep is None else union(self.keep))


@dataclass(frozen=True, slots=True)
class ClassScheme:
    """A scheme of classes: the first that matches wins; ``base`` where none does. ``axes`` by name, each with its own
    hysteresis; ``retired`` as in ``TierScheme``."""

    name: str
    base: str
    classes: tuple[TierClass, ...]
    axes: Mapping[str, Ladder] = field(default_factory=dict)
    scope: Bits | None = None
    check: Check = LookKind.EVENT
    retired: Mapping[str, str] = field(default_factory=dict)
    positions: dict[str, int] = field(init=False)
    """Names that are there, by place in the file; a base that is no class comes last."""
    checks_anniversary: bool = field(init=False)
    unknowns: tuple[int, ...] = field(init=False)
    """By position: the unknown bits that may keep a customer from leaving it."""

    def __post_init__(self) -> None:
        names = dict.fromkeys([*(one.name for one in self.classes), self.base])
        object.__setattr__(self, "positions", {name: position for position, name in enumerate(names)})
        object.__setattr__(self, "checks_anniversary", self.check == ANNIVERSARY)
        sides = union(union(ladder.unknowns) for ladder in self.axes.values())
        whens = [one.when.unknown if one.when is not None else 0 for one in self.classes]
        keeps = [one.keep.unknown if one.keep is not None else 0 for one in self.classes]
        unknowns = [
            sides | keep | union(whens if one.name == self.base else whens[:place])
            for place, (one, keep) in enumerate(zip(self.classes, keeps, strict=True))
        ]
        object.__setattr__(self, "unknowns", (*unknowns, sides | union(whens)))

    def checks_at(self, kind: LookKind) -> bool:
        """Whether a look of this kind may make the check."""
        return may_check(self.check, kind)


def check_named(name: str) -> Check:
    """The check that policy files call ``name``."""
    return ANNIVERSARY if name == "anniversary" else LookKind[name.upper()]


def close_from(check: Check, day: int) -> int:
    """The first day from ``day`` on whose own close is of the kind ``check``."""
    return end_of_period(day, _PERIODS[check]) if check in _PERIODS else day


def may_check(check: Check, kind: LookKind) -> bool:
    """Whether looks of this kind make the check, on some days at least."""
    return kind != LookKind.EVENT if check == ANNIVERSARY else kind >= check


def union(bits: Iterable[int]) -> int:
    """All bits together."""
    together = 0
    for some in bits:
        together |= some
    return together
