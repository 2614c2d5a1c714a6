"""One look at one customer while its signals are decided: what they read, and what has come of them so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import xxhash

from agents.policy.exact import ExactRow
from schemas.events import AlertCleared, AlertRaised, TierChanged
from schemas.state import Profile, Raised
from streams.decider import NO_DEADLINE, Look
from streams.rows import Rows, Vocabulary

_NOTHING: Final[dict[str, Raised]] = {}


@dataclass(slots=True)
class Turn:
    """``bits`` are the row's mask, ``settled`` that of the look since which nothing moved, if there is one. ``changes`` are the tier changes of
    this look; ``moves``, ``unrest``, ``stood``, ``restless`` and ``reopens`` are as in ``Decided``.

    ``alerts`` are those to publish, ``worse`` the ids of those that got worse, ``changed`` the signals of which something kept is another
    now; ``deadline`` and ``complete`` are as in ``Decided``.
    """

    look: Look
    rows: Rows
    row: int
    bits: int
    settled: int | None
    profile: Profile
    vocabulary: Vocabulary
    version: str
    changes: list[TierChanged] = field(default_factory=list)
    moves: int = 0
    unrest: int = 0
    stood: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    alerts: list[AlertRaised | AlertCleared] = field(default_factory=list)
    restless: int = 0
    reopens: bool = False
    worse: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    deadline: int = NO_DEADLINE
    complete: bool = True

    @property
    def standings_moved(self) -> bool:
        """Whether any standing is another now."""
        return self.moves != 0

    @property
    def exact(self) -> ExactRow:
        """The customer's row in exact arithmetic."""
        return ExactRow(self.rows, self.row, self.vocabulary)

    def entries(self, signal: str) -> dict[str, Raised]:
        """What is kept of a signal, by item."""
        return self.profile.signals.get(signal, _NOTHING)

    def keep(self, signal: str, item: str, kept: Raised | None) -> None:
        """Keep an entry from here on, or none."""
        entries = self.entries(signal)
        if entries.get(item) == kept:
            return
        self.changed.add(signal)
        if kept is not None:
            self.profile.signals.setdefault(signal, {})[item] = kept
            return
        del entries[item]
        if not entries:
            del self.profile.signals[signal]

    def alert_id(self, signal: str, item: str) -> str:
        """The id of an alert that this look raises: the same after every replay."""
        look, cause = self.look, self.look.cause
        parts = (
            signal, look.customer_id, item, cause.topic, cause.partition, cause.offset, look.as_of, int(look.kind),
        )  # fmt: skip
        return xxhash.xxh3_128_hexdigest("\0".join(map(str, parts)).encode())
