"""Comparisons that are one measure against one bound: the common case, compared exactly in integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from agents.policy.nodes import Arith, Call, Column, Comparator, Compare, Const, NextDay, Node, Pick, Score, Today

_FLIPPED: Final[dict[Comparator, Comparator]] = {
    "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=",
}  # fmt: skip
_CALENDAR: Final = frozenset({"months_since", "months_after", "days_since", "days_until", "next_anniversary"})
_CONSTANT_MAX: Final = 2**62
"""Largest constant kept as a 64-bit number."""

Atom = Column | Today | Call | NextDay | Pick | Score


@dataclass(frozen=True, slots=True)
class Line:
    """``factor * atom + constant``."""

    atom: Atom | None
    factor: Fraction
    constant: Fraction


@dataclass(frozen=True, slots=True)
class Bound:
    """``atom op bound``, with the atom's own unit: minor units, days, a count."""

    atom: Atom
    op: Comparator
    bound: Fraction


def is_atom(node: Node) -> bool:
    """Whether ``node`` is a whole number a row (an average or quotient: two of them)."""
    match node:
        case Column() | Today():
            return node.type != "flag"
        case NextDay() | Score():
            return True
        case Pick():
            return all(_whole(value) for value in node_values(node))
        case Call(name="coalesce"):
            return all(_whole(arg) for arg in node.args)
        case Call():
            return node.name in _CALENDAR
        case _:
            return False


def bound_of(node: Node) -> Bound | None:
    """``node`` as one atom against one bound; None if it is anything else, or compares texts."""
    if not isinstance(node, Compare) or "text" in (node.left.type, node.right.type):
        return None
    left, right = line_of(node.left), line_of(node.right)
    if left is None or right is None or (left.atom and right.atom and left.atom != right.atom):
        return None
    atom = left.atom or right.atom
    factor = left.factor - right.factor
    if atom is None or factor == 0:
        return None
    op = node.op if factor > 0 else _FLIPPED[node.op]
    return Bound(atom, op, (right.constant - left.constant) / factor)


def line_of(node: Node) -> Line | None:
    """``node`` as a line in one atom, or a constant; None if it is anything else."""
    if isinstance(node, Const):
        return None if isinstance(node.value, str) else Line(None, Fraction(0), Fraction(node.value))
    if isinstance(node, Column | Today | Call | NextDay | Pick | Score) and is_atom(node):
        return Line(node, Fraction(1), Fraction(0))
    if not isinstance(node, Arith):
        return None
    left, right = line_of(node.left), line_of(node.right)
    if left is None or right is None:
        return None
    return _times(left, right) if node.op == "*" else _plus(left, right, 1 if node.op == "+" else -1)


def node_values(pick: Pick) -> tuple[Node, ...]:
    """The values that a lookup may give."""
    values = tuple(value for _, value in pick.cases)
    return values if pick.otherwise is None else (*values, pick.otherwise)


def _plus(left: Line, right: Line, sign: int) -> Line | None:
    if left.atom is not None and right.atom is not None and left.atom != right.atom:
        return None
    factor = left.factor + sign * right.factor
    return Line(left.atom or right.atom, factor, left.constant + sign * right.constant)


def _times(left: Line, right: Line) -> Line | None:
    if left.atom is not None and right.atom is not None:
        return None
    line, scale = (left, right.constant) if right.atom is None else (right, left.constant)
    return Line(line.atom, line.factor * scale, line.constant * scale)


def _whole(node: Node) -> bool:
    """Whether ``node`` is one whole number a row, so that a default may stand in for it."""
    if isinstance(node, Const):
        value = node.value
        return not isinstance(value, Fraction) or (value.denominator == 1 and abs(value) <= _CONSTANT_MAX)
    return is_atom(node) and (not isinstance(node, Column) or node.whole)
