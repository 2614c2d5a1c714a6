"""A scheme of levels as the decision needs it: conditions as bits of a truth mask, levels as positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from agents.days import one_months_after
from streams.rows import LookKind

BASE: Final = 0
"""Position of the lowest standing; level ``n`` of the file has position ``n``, counted from 1."""


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
class TierScheme:
    """A scheme; ``levels`` are lowest first, without the base.

    ``upgrade_check`` and ``downgrade_check`` are the smallest kinds of look that make the check. At most
    one of ``grace_days`` and ``grace_months`` is not 0. ``scope`` None means everybody.
    """

    name: str
    base: str
    levels: tuple[TierLevel, ...]
    scope: Bits | None = None
    upgrade_check: LookKind = LookKind.EVENT
    downgrade_check: LookKind = LookKind.EVENT
    grace_days: int = 0
    grace_months: int = 0
    one_step: bool = False
    names: tuple[str, ...] = field(init=False)
    positions: dict[str, int] = field(init=False)
    enters: tuple[tuple[int, int], ...] = field(init=False)
    """Position and ``enter`` bit of each level, highest first."""
    keeps: tuple[int, ...] = field(init=False)
    """By position: the bits any of which keeps the level held. Unknown keeps: it moves nobody."""
    holds: tuple[int, ...] = field(init=False)
    """By position: the bits any of which makes the level the target of a fall. Unknown does not."""

    def __post_init__(self) -> None:
        names = (self.base, *(level.name for level in self.levels))
        enters = [(position, level.enter.true) for position, level in enumerate(self.levels, 1)]
        keeps = (0, *(level.stay.true | level.stay.unknown | level.enter.true for level in self.levels))
        holds = (0, *(level.stay.true | level.enter.true for level in self.levels))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "positions", {name: position for position, name in enumerate(names)})
        object.__setattr__(self, "enters", tuple(reversed(enters)))
        object.__setattr__(self, "keeps", keeps)
        object.__setattr__(self, "holds", holds)

    def falls_on(self, failing_since: int) -> int:
        """The day whose close takes a level that began to fail on day ``failing_since``; that day without grace."""
        if self.grace_months:
            return one_months_after(failing_since, self.grace_months)
        return failing_since + self.grace_days
