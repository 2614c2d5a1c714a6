"""Values that look odd in conditions: percent where a share is meant, lookups without a value for other texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from agents.policy.distance import conjuncts
from agents.policy.nodes import UNITS, Among, Call, Column, Compare, Condition, Const, Node, Pick, walk
from agents.policy.schemes import Scheme
from agents.policy.signals import Family
from agents.policy.types import TEXTS
from agents.policy.written import amount

Keyed = Iterable[tuple[str, Condition | None]]
"""Conditions with the keys at which they stand."""

_SHARE: Final = "_share"
"""What the names of measures that are parts of a whole have in common: from 0 to 1."""
_ELSE: Final = frozenset({"other", "others", "else", "default", "rest"})
"""Words that may be meant as ``otherwise``."""
_PERCENT: Final = 100
_SCOPE: Final = "applies_to"


def of_values(conditions: Keyed, lets: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """Key and text of each finding; one for each value, at the first condition that has it."""
    told: set[str] = set()
    scope: Node | None = None
    for key, condition in conditions:
        if key == _SCOPE and condition is not None:
            scope = condition.node
        for text in () if condition is None else _percents(condition.node):
            if text not in told:
                told.add(text)
                yield key, text
    for name, node in lets.items():
        if isinstance(node, Pick) and node.otherwise is None:
            yield from _open_ended(f"let.{name}", node, scope)


def of_scheme(scheme: Scheme) -> Keyed:
    """All conditions of a scheme that decide."""
    yield _SCOPE, scheme.applies_to
    for level in scheme.levels:
        yield f"level.{level.table.name}.enter", level.enter
        yield f"level.{level.table.name}.stay", level.stay
    for one in scheme.classes:
        yield f"class.{one.table.name}.when", one.when
        yield f"class.{one.table.name}.keep", one.keep
    for axis in scheme.axes:
        for side in axis.levels:
            yield f"axis.{axis.table.name}.level.{side.table.name}.enter", side.enter
            yield f"axis.{axis.table.name}.level.{side.table.name}.stay", side.stay


def of_family(family: Family) -> Keyed:
    """All conditions of signals that decide."""
    yield _SCOPE, family.applies_to
    for signal in family.signals:
        place = f"signal.{signal.name}"
        yield f"{place}.where", signal.where
        yield f"{place}.when", signal.raising
        yield f"{place}.clear", signal.clearing
        for severity in signal.severities:
            yield f"{place}.severity.{severity.word}", severity.when


def _percents(node: Node) -> Iterator[str]:
    """Shares that are compared with more than the whole."""
    for part in walk(node):
        if not isinstance(part, Compare | Among):
            continue
        sides = (part.left, part.right) if isinstance(part, Compare) else (part.item, *part.values)
        shares = [side.name for side in sides if isinstance(side, Column) and _SHARE in side.name]
        for const in sides:
            if shares and isinstance(const, Const) and isinstance(const.value, Fraction):
                yield from _too_large(shares[0], const.value / UNITS["ratio"])


def _too_large(share: str, value: Fraction) -> Iterator[str]:
    if value > 1:
        percent, part = amount(value * _PERCENT), amount(value / _PERCENT)
        yield f"compares {share} with {amount(value)}, which is {percent} %: {amount(value)} % is {part}"


def _texts_of(scope: Node, name: str) -> set[str]:
    """The texts of which the fact ``name`` is one within ``scope``; one that no fact is where it says nothing of it."""
    for part in conjuncts(scope):
        if isinstance(part, Among) and isinstance(part.item, Column) and part.item.name == name:
            return {str(const.value) for const in part.values}
        if isinstance(part, Compare) and part.op == "==" and isinstance(part.left, Column) and part.left.name == name:
            return {str(part.right.value)} if isinstance(part.right, Const) else {""}
    return {""}


def _open_ended(key: str, pick: Pick, scope: Node | None) -> Iterator[tuple[str, str]]:
    texts = [text for text, _ in pick.cases]
    asked = pick.by
    if isinstance(asked, Call) and asked.name == "coalesce" and isinstance(asked.args[-1], Const):
        asked = asked.args[0]
    by = asked.name if isinstance(asked, Column) else "the text"
    if set(TEXTS.get(by, ("",))) <= set(texts) or (scope is not None and _texts_of(scope, by) <= set(texts)):
        return
    meant = next((text for text in texts if text.lower() in _ELSE), None)
    hint = f"; {meant} is one more text of {by}" if meant else ""
    yield key, f"is unknown where {by} is none of {', '.join(texts)}: give otherwise = ... for all others{hint}"
