"""A checked condition as a tree: every node knows its type, equal trees are equal values.

Money is in minor units here: constants were rounded to them once, when they met a measure of money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

from schemas.measures import MeasureType

ValueType = MeasureType | Literal["number"]
"""``number`` is a constant that has not met a measure yet and takes that measure's type."""

NUMERIC: Final = frozenset({"money", "count", "days", "months", "ratio", "number"})
MINOR_UNITS: Final = 100
"""Minor units in one major unit of the base currency."""

Comparator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Column:
    """A measure or fact; ``averaged``: its value is an area, divided by the days of its window."""

    name: str
    type: ValueType
    averaged: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """The as-of day of the look."""

    type: ValueType = "day"


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; of money in minor units."""

    value: Fraction | str | bool
    type: ValueType


@dataclass(frozen=True, slots=True)
class Arith:
    """A sum, difference or product."""

    op: Literal["+", "-", "*"]
    left: Node
    right: Node
    type: ValueType


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language other than ``known``."""

    name: str
    args: tuple[Node, ...]
    type: ValueType


@dataclass(frozen=True, slots=True)
class Known:
    """Whether the argument is known; itself never unknown."""

    arg: Node
    type: ValueType = "flag"


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two values of one type."""

    op: Comparator
    left: Node
    right: Node
    type: ValueType = "flag"


@dataclass(frozen=True, slots=True)
class Among:
    """``item in (values)``."""

    item: Node
    values: tuple[Const, ...]
    type: ValueType = "flag"


@dataclass(frozen=True, slots=True)
class Logic:
    """Kleene ``and`` or ``or`` of two or more parts."""

    op: Literal["and", "or"]
    parts: tuple[Node, ...]
    type: ValueType = "flag"


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    part: Node
    type: ValueType = "flag"


Node = Column | Today | Const | Arith | Call | Known | Compare | Among | Logic | Not


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written and as understood; ``columns`` are the measures and facts it reads, in that order."""

    text: str
    node: Node
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.node))


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below ``node``, in the order written."""
    match node:
        case Arith() | Compare():
            return (node.left, node.right)
        case Call():
            return node.args
        case Known():
            return (node.arg,)
        case Among():
            return (node.item, *node.values)
        case Logic():
            return node.parts
        case Not():
            return (node.part,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def columns_of(node: Node) -> tuple[Column, ...]:
    """The measures and facts that ``node`` reads, in the order written, each once."""
    return tuple(dict.fromkeys(part for part in walk(node) if isinstance(part, Column)))


def reads(node: Node) -> tuple[str, ...]:
    """Their names."""
    return tuple(column.name for column in columns_of(node))
