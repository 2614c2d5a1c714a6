"""How far money is from a condition: what is missing until it holds, how much may go before it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from agents.policy.exact import ExactRow
from agents.policy.linear import Bound, bound_of
from agents.policy.nodes import MINOR_UNITS, Arith, Column, Compare, Logic, Node, Pick


@dataclass(frozen=True, slots=True)
class Distance:
    """An amount of one measure, in major units and exact.

    Missing: the condition holds once the measure has grown by ``amount`` (``strict``: by more than it).
    Margin: the condition fails once the measure has fallen by more than ``amount`` (``strict``: by as much).
    """

    measure: str
    amount: Fraction
    strict: bool


def missing(node: Node, row: ExactRow) -> tuple[Distance, ...] | None:
    """What more money makes ``node`` true: one distance a measure, none at all if it holds already.

    None if money alone does not help: ``node`` is not a conjunction, or a part fails for another reason.
    """
    if isinstance(node, Logic) and node.op == "or":
        return () if row.value(node) is True else None
    found: dict[str, Distance] = {}
    for part in conjuncts(node):
        if row.value(part) is True:
            continue
        distance = _distance(part, row)
        if distance is None:
            return None
        _keep_larger(found, Distance(distance.measure, -distance.amount, distance.strict))
    return tuple(found.values())


def margin(node: Node, row: ExactRow) -> tuple[Distance, ...] | None:
    """How far each measure of money may fall before ``node`` fails, the others unchanged.

    None if ``node`` does not hold now, is not a conjunction, or no part of it asks for money.
    """
    if row.value(node) is not True or (isinstance(node, Logic) and node.op == "or"):
        return None
    found: dict[str, Distance] = {}
    for part in conjuncts(node):
        distance = _distance(part, row)
        if distance is not None:
            known = found.get(distance.measure)
            if known is None or (distance.amount, not distance.strict) < (known.amount, not known.strict):
                found[distance.measure] = distance
    return tuple(found.values()) or None


def conjuncts(node: Node) -> list[Node]:
    """The parts of ``node`` that must all hold; itself where it is no conjunction."""
    if isinstance(node, Logic) and node.op == "and":
        return [part for child in node.parts for part in conjuncts(child)]
    return [node]


def lower_bound(part: Node, row: ExactRow) -> Bound | None:
    """The bound that ``part`` sets on one measure of money on this row, if it is a lower one; lookups are looked up."""
    bound = bound_of(_looked_up(part, row))
    if bound is None or not isinstance(bound.atom, Column):
        return None
    return bound if bound.atom.type == "money" and bound.op in (">", ">=") else None


def _looked_up(node: Node, row: ExactRow) -> Node:
    """``node`` with the value that each lookup gives on this row in its place."""
    match node:
        case Compare():
            return replace(node, left=_looked_up(node.left, row), right=_looked_up(node.right, row))
        case Arith():
            return replace(node, left=_looked_up(node.left, row), right=_looked_up(node.right, row))
        case Pick():
            case = row.case(node)
            return node if case is None else _looked_up(case, row)
        case _:
            return node


def _distance(part: Node, row: ExactRow) -> Distance | None:
    """How far the measure is above the lower bound that ``part`` sets (below it: negative), if it is one on money."""
    bound = lower_bound(part, row)
    if bound is None or not isinstance(bound.atom, Column):
        return None
    value = row.column(bound.atom)
    if value is None:
        return None
    return Distance(bound.atom.name, (value - bound.bound) / MINOR_UNITS, bound.op == ">")


def _keep_larger(found: dict[str, Distance], distance: Distance) -> None:
    known = found.get(distance.measure)
    if known is None or (distance.amount, distance.strict) > (known.amount, known.strict):
        found[distance.measure] = distance
