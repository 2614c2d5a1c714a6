"""Which types may meet, and how a bare number takes the type of the measure it meets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, get_args

from agents.policy.mistakes import did_you_mean
from agents.policy.nodes import NUMERIC, UNITS, Arith, Column, Const, Node, Pick, ValueType
from schemas.events import Direction, Reason
from schemas.facts import AdminLevel, CustomerKind, Sex
from schemas.interactions import INTERACTION_KINDS
from schemas.transactions import CHANNELS, COUNTERPARTIES, INITIATORS, KINDS, PRODUCTS

_SCALES: Final = frozenset({"number", "ratio", "count"})
"""What anything may be multiplied by; the product keeps the other side's type."""

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": get_args(CustomerKind),
    "sex": get_args(Sex),
    "admin_level": get_args(AdminLevel),
    "account_product": PRODUCTS,
    "txn_product": PRODUCTS,
    "txn_kind": KINDS,
    "txn_channel": CHANNELS,
    "txn_initiator": INITIATORS,
    "txn_counterparty": COUNTERPARTIES,
    "interaction_kind": INTERACTION_KINDS,
    "interaction_channel": CHANNELS,
    "tier_direction": get_args(Direction),
    "tier_reason": get_args(Reason),
}
"""Text facts whose every value is known: another text would silently be true of nobody."""


def adopt(node: Node, type_: ValueType) -> Node:
    """A bare number as a value of ``type_``; money is rounded to minor units here, once, half to even."""
    if node.type != "number" or type_ == "number":
        return node
    units = UNITS.get(type_, 1)
    match node:
        case Const():
            value = Fraction(node.value) * units
            return Const(Fraction(round(value)) if type_ == "money" else value, type_)
        case Pick():
            cases = tuple((text, adopt(value, type_)) for text, value in node.cases)
            return Pick(node.by, cases, None if node.otherwise is None else adopt(node.otherwise, type_), type_)
        case _:
            return Arith("*", node, Const(Fraction(units), "number"), type_)


def unify(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides with one type, or None if they do not belong together."""
    if left.type == "number" and right.type in NUMERIC:
        left = adopt(left, right.type)
    elif right.type == "number" and left.type in NUMERIC:
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
    scale, other = (right, left) if right.type in _SCALES else (left, right)
    if scale.type not in _SCALES:
        return None
    type_ = scale.type if other.type == "number" else other.type
    product = Arith("*", left, right, type_)
    if scale.type != "ratio" or other.type == "number":
        return product
    return Arith("*", product, Const(Fraction(1, UNITS["ratio"]), "number"), type_)  # a ratio is kept in millionths


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
