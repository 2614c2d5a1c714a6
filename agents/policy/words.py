"""A condition in words, for people who do not read expressions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from agents.policy.nodes import (
    UNITS,
    Among,
    Arith,
    Call,
    Column,
    Comparator,
    Compare,
    Const,
    Known,
    Logic,
    NextDay,
    Node,
    Not,
    Pick,
    Quantified,
    Score,
    Today,
    ValueType,
)
from agents.policy.written import amount

_COMPARED: Final[Mapping[Comparator, str]] = {
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
    "==": "is",
    "!=": "is not",
}
_JOINED: Final[Mapping[str, str]] = {"+": "plus", "-": "less", "*": "times"}
_CALLED: Final[Mapping[str, str]] = {
    "abs": "{0} without its sign",
    "coalesce": "{0} (if unknown: {1})",
    "months_since": "whole months since {0}",
    "months_after": "the day {1} months after {0}",
    "days_since": "days since {0}",
    "days_until": "days until {0}",
    "next_anniversary": "the next anniversary of {0}",
}


def days_in_words(count: int) -> str:
    """So many days, the one day apart."""
    return f"{count} {'day' if count == 1 else 'days'}"


def in_words(node: Node) -> str:
    """``node`` as a person would say it; money in major units, measures by name."""
    node = _as_written(node)
    match node:
        case Logic("and", (Quantified("any", meant), Quantified("every", Logic("or", (Not(where), that))))) if (
            meant == where
        ):
            return f"for every account where {_part(where)}, of which there is one or more, {_part(that)}"
        case Logic():
            return f" {node.op} ".join(_part(part) for part in node.parts)
        case Not():
            return _negated(node.part)
        case Compare():
            return f"{_part(node.left)} {_COMPARED[node.op]} {_part(node.right)}"
        case Among():
            return f"{in_words(node.item)} is one of {_listed(node.values)}"
        case Known():
            return f"{in_words(node.arg)} is known"
        case Quantified():
            return f"for {node.quantifier} account ({in_words(node.part)})"
        case _:
            return _value(node)


def _as_written(node: Node) -> Node:
    """``node`` without the factor that turns what is written into the units that are kept."""
    if not isinstance(node, Arith) or not isinstance(node.right, Const) or node.right.type != "number":
        return node
    left = node.left
    if left.type == "number" and node.type != "number":
        return left  # a sum or product of bare numbers that has met a measure
    millionths = isinstance(left, Arith) and left.op == "*" and _of_a_ratio(left.left.type, left.right.type)
    return left if millionths and node.right.value == Fraction(1, UNITS["ratio"]) else node


def _of_a_ratio(left: ValueType, right: ValueType) -> bool:
    """Whether a ratio is multiplied by a measure: what then is kept is told in millionths of itself."""
    return "ratio" in (left, right) and "number" not in (left, right)


def _negated(part: Node) -> str:
    match part:
        case Among():
            return f"{in_words(part.item)} is none of {_listed(part.values)}"
        case Known():
            return f"{in_words(part.arg)} is unknown"
        case _:
            return f"not {_part(part)}"


def _value(node: Column | Today | Const | Arith | Call | NextDay | Pick | Score) -> str:
    match node:
        case Column() | NextDay():
            return node.name
        case Score():
            parts = [f"{points} for {name}" for name, points in zip(node.names, node.points, strict=True)]
            return f"the points ({', '.join(parts)})"
        case Pick():
            cases = [f"{_part(value)} for '{text}'" for text, value in node.cases]
            others = [] if node.otherwise is None else [f"otherwise {_part(node.otherwise)}"]
            return f"what {in_words(node.by)} gives ({', '.join(cases + others)})"
        case Today():
            return "today"
        case Const():
            return _constant(node)
        case Arith():
            return f"{_part(node.left)} {_JOINED[node.op]} {_part(node.right)}"
        case Call():
            args = [in_words(arg) for arg in node.args]
            if node.name in ("min", "max"):
                return f"the {'smallest' if node.name == 'min' else 'largest'} of {', '.join(args)}"
            return _CALLED[node.name].format(*args)


def _part(node: Node) -> str:
    """``node`` inside another one: in brackets where it could be read otherwise."""
    node = _as_written(node)
    text = in_words(node)
    return f"({text})" if isinstance(node, Logic | Arith) else text


def _listed(values: tuple[Const, ...]) -> str:
    return ", ".join(_constant(value) for value in values)


def _constant(const: Const) -> str:
    value = const.value
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return "always" if value else "never"
    words = amount(Fraction(value) / UNITS.get(const.type, 1))
    return f"{const.name} ({words})" if const.name else words
