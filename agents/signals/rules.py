"""Signals as the decision needs them: conditions as bits of a truth mask where they stand in it, inhibitors in order."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agents.policy.signals import Signal
from agents.tiers import ANNIVERSARY, Bits, Check
from agents.tiers.scheme import may_check
from schemas.signal_file import Each, On
from streams.rows import LookKind

CUSTOMER: Final = ""
"""The item of a signal that is about the customer as a whole."""

WORD_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Rule:
    """A signal, and where a truth mask tells of it.

    ``when``, ``clear`` and ``severities`` (the true bits of all but the last) are there for signals about the whole customer and
    for one-shots on a transaction or an interaction; anything else is read exactly when it is decided, and so is what is decided on
    anniversaries alone. ``bits`` are those that a decision depends on (of items: one that no look sets, see ``Decided.restless``);
    ``word`` is the place in a mask of the word that tells one state of all accounts, one due date, or one anniversary from another.
    ``inhibitors`` say whether the same item counts or any; ``levels`` are those of ``for_levels``.
    """

    signal: Signal
    check: Check
    when: Bits | None = None
    clear: Bits | None = None
    severities: tuple[int, ...] = ()
    bits: int = 0
    word: int | None = None
    inhibitors: tuple[tuple[str, bool], ...] = ()
    levels: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def name(self) -> str:
        """The signal's name."""
        return self.signal.name

    @property
    def each(self) -> Each | None:
        """What there is one alert for each of."""
        return self.signal.table.each

    @property
    def of_items(self) -> bool:
        """Whether there is one for each item that no measure counts: a relative, a duty, a cycle."""
        return self.each is not None and self.each != "account"

    @property
    def on(self) -> On | None:
        """What a one-shot is about."""
        return self.signal.table.on

    @property
    def yearly(self) -> bool:
        """Whether it is decided on anniversaries alone: then, and at no other look, some of ``bits`` are set."""
        return self.check == ANNIVERSARY

    @property
    def cooldown_days(self) -> int:
        """Days after a raise within which the next one is held."""
        return self.signal.table.cooldown_days

    @property
    def some_begin(self) -> int:
        """Of a signal for each account: the bit that is set where it holds of any."""
        return 0 if self.word is None else 1 << (WORD_BITS * self.word + WORD_BITS - 1)

    def made_at(self, kind: LookKind) -> bool:
        """Whether looks of this kind decide it, on some days at least; a one-shot on a tier change is asked of at any look."""
        if self.on == "tier_change":
            return True
        return kind == LookKind.EVENT if self.on else may_check(self.check, kind)


def in_order(signals: Sequence[Signal]) -> list[Signal]:
    """Inhibitors before what they hold back, else by name."""
    by_name = {signal.name: signal for signal in signals}
    waits = {name: {one for one in signal.table.inhibited_by if one in by_name} for name, signal in by_name.items()}
    ready = sorted(name for name, before in waits.items() if not before)
    ordered: list[Signal] = []
    while ready:
        name = heapq.heappop(ready)
        ordered.append(by_name[name])
        for other, before in waits.items():
            if name in before:
                before.remove(name)
                if not before:
                    heapq.heappush(ready, other)
    return ordered


def inhibitors_of(signal: Signal, by_name: Mapping[str, Signal]) -> tuple[tuple[str, bool], ...]:
    """What holds a signal back: by the same item where both are for each of the same, else by any."""
    return tuple(
        (name, name in by_name and by_name[name].table.each == signal.table.each) for name in signal.table.inhibited_by
    )
