"""Conditions as sets: for which values of one measure a condition holds, and a conjunction measure by measure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from typing import cast

from agents.policy.finite import Finite, Member
from agents.policy.linear import Atom, bound_of
from agents.policy.nodes import UNITS, Among, Call, Column, Compare, Const, Logic, NextDay, Node, Not, Pick, Score
from agents.policy.spans import Spans
from agents.policy.types import TEXTS
from agents.policy.words import in_words
from agents.policy.written import amount

Values = Spans | Finite
Bounds = Mapping[Atom, Values]

_TRUTHS = (True, False)


def values_of(node: Node) -> tuple[Atom, Values] | None:
    """The one measure that ``node`` reads and the values for which it holds; None if it is not of that kind."""
    match node:
        case Compare():
            return _compared(node)
        case Among():
            parts = [values_of(Compare("==", node.item, value)) for value in node.values]
            return _joined("or", parts)
        case Column(type="flag"):
            return node, Finite.of([True], _TRUTHS)
        case Not():
            part = values_of(node.part)
            return None if part is None else (part[0], part[1].complement())
        case Logic():
            return _joined(node.op, [values_of(part) for part in node.parts])
        case _:
            return None


def bounds_of(node: Node) -> tuple[Bounds, frozenset[Node]]:
    """A conjunction as values by measure, and the parts that are not of that kind."""
    whole = values_of(node)
    if whole is not None:
        return {whole[0]: whole[1]}, frozenset()
    if not isinstance(node, Logic) or node.op == "or":
        return {}, frozenset({node})
    bounds: dict[Atom, Values] = {}
    rest: frozenset[Node] = frozenset()
    for part in node.parts:
        more, other = bounds_of(part)
        rest |= other
        for atom, values in more.items():
            bounds[atom] = both(bounds[atom], values) if atom in bounds else values
    return bounds, rest


def both(left: Values, right: Values) -> Values:
    """Values in both sets, which are of one measure."""
    return left.intersect(cast("Spans", right)) if isinstance(left, Spans) else left.intersect(cast("Finite", right))


def either(left: Values, right: Values) -> Values:
    """Values in either set, which are of one measure."""
    return left.union(cast("Spans", right)) if isinstance(left, Spans) else left.union(cast("Finite", right))


def outside(given: Bounds, atom: Atom, values: Values) -> Values:
    """What ``given`` allows of a measure beyond ``values``."""
    beyond = values.complement()
    return both(given[atom], beyond) if atom in given else beyond


def impossible(bounds: Bounds) -> bool:
    """Whether the bounds contradict each other."""
    return not all(bounds.values())


def lower_end(values: Values) -> tuple[Fraction, bool] | None:
    """The bound below which there is nothing, and whether it is itself outside; None without one."""
    if not isinstance(values, Spans) or not values:
        return None
    low, above = values.spans[0][0]
    return (low, bool(above)) if isinstance(low, Fraction) else None


def sampled(atom: Atom, values: Values) -> str:
    """One of the values in words, such as ``aum = 50,000``."""
    return f"{atom_name(atom)} = {shown(atom, values.sample())}"


def shown(atom: Atom, value: Fraction | Member) -> str:
    """A value of a measure as people write it."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return f"'{value}'"
    return amount(value / UNITS.get(atom.type, 1))


def atom_name(atom: Atom) -> str:
    """The name of a measure, or the call that makes it."""
    match atom:
        case Column() | NextDay():
            return atom.name
        case Pick() | Score():
            return in_words(atom)
        case Call():
            return f"{atom.name}({', '.join(in_words(arg) for arg in atom.args if not isinstance(arg, Const))})"
        case _:
            return "today"


def _compared(node: Compare) -> tuple[Atom, Values] | None:
    bound = bound_of(node)
    if bound is not None:
        return bound.atom, Spans.of(bound.op, bound.bound)
    fact, const = (node.right, node.left) if isinstance(node.left, Const) else (node.left, node.right)
    if not isinstance(fact, Column) or not isinstance(const, Const) or not isinstance(const.value, str):
        return None
    known = TEXTS.get(fact.name)
    values = Finite.of([const.value], known)
    return fact, values if node.op == "==" else values.complement()


def _joined(op: str, parts: list[tuple[Atom, Values] | None]) -> tuple[Atom, Values] | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or len({atom for atom, _ in known}) != 1:
        return None
    return known[0][0], reduce(both if op == "and" else either, [values for _, values in known])
