"""Which types may meet, and how a bare number takes the type of the measure it meets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, get_args

from agents.policy.mistakes import did_you_mean
from agents.policy.nodes import MINOR_UNITS, NUMERIC, Arith, Column, Const, Node, ValueType
from schemas.facts import CustomerKind

_SCALES: Final = frozenset({"number", "ratio", "count"})
"""What anything may be multiplied by; the product keeps the other side's type."""

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {"kind": get_args(CustomerKind)}
"""Text facts whose every value is known: another text would silently be true of nobody."""


def adopt(const: Const, type_: ValueType) -> Const:
    """A bare number as a value of ``type_``; money is rounded to minor units here, once, half to even."""
    if const.type != "number" or type_ == "number" or isinstance(const.value, str):
        return const
    value = Fraction(const.value)
    return Const(Fraction(round(value * MINOR_UNITS)) if type_ == "money" else value, type_)


def unify(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides with one type, or None if they do not belong together."""
    if isinstance(left, Const) and left.type == "number" and right.type in NUMERIC:
        left = adopt(left, right.type)
    elif isinstance(right, Const) and right.type == "number" and left.type in NUMERIC:
        right = adopt(right, left.type)
    return (left, right) if left.type == right.type else None


def combine(op: str, left: Node, right: Node) -> Arith | Const | None:
    """The sum, difference or product, folded if both are bare numbers; None if the types do not belong together."""
    if left.type not in NUMERIC or right.type not in NUMERIC:
        return None
    if isinstance(left, Const) and isinstance(right, Const) and left.type == right.type == "number":
        return Const(_folded(op, Fraction(left.value), Fraction(right.value)), "number")
    if op == "*":
        return _product(left, right)
    pair = unify(left, right)
    if pair is None:
        return None
    return Arith("+" if op == "+" else "-", *pair, pair[0].type)


def _product(left: Node, right: Node) -> Arith | None:
    if right.type in _SCALES:
        return Arith("*", left, right, right.type if left.type == "number" else left.type)
    if left.type in _SCALES:
        return Arith("*", left, right, right.type)
    return None


def _folded(op: str, left: Fraction, right: Fraction) -> Fraction:
    if op == "*":
        return left * right
    return left + right if op == "+" else left - right


def mismatch(left: Node, right: Node) -> str:
    """A hint for two types that do not belong together."""
    types = {left.type, right.type}
    if "day" in types:
        return "turn a day into days with days_since(...) or days_until(...)"
    if "text" in types:
        return "texts are compared with texts in single quotes"
    return ""


def nearest_text(fact: Node, const: Node) -> tuple[str, str] | None:
    """What was expected, and a hint, if ``fact`` can never have the text ``const``."""
    if not isinstance(fact, Column) or not isinstance(const, Const):
        return None
    known = TEXTS.get(fact.name)
    if known is None or const.value in known:
        return None
    text = str(const.value)
    return f"{fact.name} to be one of {', '.join(known)} instead of '{text}'", did_you_mean(text, known)
