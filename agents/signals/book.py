"""The rules of one version of the policies, as looks ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.signals.rules import Rule
from streams.rows import LookKind


@dataclass(frozen=True, slots=True)
class Book:
    """By kind of look what it may decide (``asked``, in order) and the lasting signals for each item that it does not
    (``resting``; without those of anniversaries, which settle nobody); ``lasting`` are all signals that last, by name, ``once``
    the one-shots, ``names`` those of all."""

    asked: tuple[tuple[Rule, ...], ...]
    resting: tuple[tuple[Rule, ...], ...]
    lasting: Mapping[str, Rule]
    once: Mapping[str, Rule]
    names: frozenset[str]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Book:
        """The book of rules that stand in the order in which they are decided."""
        asked = tuple(tuple(rule for rule in rules if rule.made_at(kind)) for kind in LookKind)
        items = [rule for rule in rules if rule.on is None and rule.of_items and not rule.yearly]
        resting = tuple(tuple(rule for rule in items if not rule.made_at(kind)) for kind in LookKind)
        return cls(
            asked,
            resting,
            {rule.name: rule for rule in rules if rule.on is None},
            {rule.name: rule for rule in rules if rule.on is not None},
            frozenset(rule.name for rule in rules),
        )
