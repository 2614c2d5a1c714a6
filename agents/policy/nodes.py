"""A checked condition as a tree: every node knows its type, equal trees are equal values.

Money is in minor units here: constants were rounded to them once, when they met a measure of money.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal

from schemas.measures import ACCOUNT_MEASURES, RATIO_UNITS, Measure, MeasureType
from schemas.occasion_names import OCCASIONAL

ValueType = MeasureType | Literal["number"]
"""``number`` is a constant that has not met a measure yet and takes that measure's type."""

NUMERIC: Final = frozenset({"money", "count", "days", "months", "ratio", "number"})
MINOR_UNITS: Final = 100
"""Minor units in one major unit of the base currency."""
UNITS: Final[Mapping[ValueType, int]] = {"money": MINOR_UNITS, "ratio": RATIO_UNITS}
"""Types that are kept in smaller units than they are written in: what is written times this is what is kept."""

_NOT_THE_CUSTOMERS: Final = ACCOUNT_MEASURES.keys() | OCCASIONAL.keys()
"""Names that are read of an account, an item or an occasion."""

Comparator = Literal["<", "<=", ">", ">=", "==", "!="]
COMPARE: Final[Mapping[Comparator, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""What each of them does with two values, or with two arrays of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A measure or fact; ``averaged``: its value is an area, divided by the days of its window; ``divided``: by any number."""

    name: str
    type: ValueType
    averaged: bool = False
    divided: bool = False

    @classmethod
    def of(cls, measure: Measure) -> Column:
        """The column of a measure."""
        return cls(measure.name, measure.type, measure.averaged, measure.divided)

    @property
    def whole(self) -> bool:
        """Whether the value is one whole number."""
        return not self.averaged and not self.divided


@dataclass(frozen=True, slots=True)
class Today:
    """The as-of day of the look."""

    type: ValueType = "day"


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; of money in minor units. ``name`` is what it is called, if it is not written as a value."""

    value: Fraction | str | bool
    type: ValueType
    name: str = ""


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


@dataclass(frozen=True, slots=True)
class NextDay:
    """The first of the file's dates ``name`` that is today or later; unknown after the last."""

    name: str
    dates: tuple[int, ...]
    type: ValueType = "day"


@dataclass(frozen=True, slots=True)
class Pick:
    """A lookup: the value of the case that the text ``by`` is; ``otherwise`` for other texts, unknown without it.

    Unknown where ``by`` is unknown.
    """

    by: Node
    cases: tuple[tuple[str, Node], ...]
    otherwise: Node | None
    type: ValueType


@dataclass(frozen=True, slots=True)
class Score:
    """The points of the conditions that hold, added up; one that is unknown gives none. ``name`` is its own in ``[let]``."""

    name: str
    names: tuple[str, ...]
    parts: tuple[Node, ...]
    points: tuple[int, ...]
    type: ValueType = "count"


@dataclass(frozen=True, slots=True)
class Quantified:
    """Whether ``part`` holds for any, or for every, account of the customer; over none it is false."""

    quantifier: Literal["any", "every"]
    part: Node
    type: ValueType = "flag"


Node = (
    Column | Today | Const | Arith | Call | Known | Compare | Among | Logic | Not | NextDay | Pick | Score | Quantified
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written, as understood, and as people are told it: ``spelled`` has no names of ``[let]``.

    ``columns`` are the measures and facts it reads, ``scores`` the scores, in that order.
    """

    text: str
    node: Node
    spelled: str
    columns: tuple[Column, ...] = field(init=False)
    scores: tuple[Score, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.node))
        object.__setattr__(self, "scores", tuple(part for part in walk(self.node) if isinstance(part, Score)))


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
        case Logic() | Score():
            return node.parts
        case Not() | Quantified():
            return (node.part,)
        case Pick():
            values = [value for _, value in node.cases]
            return (node.by, *values) if node.otherwise is None else (node.by, *values, node.otherwise)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def columns_of(node: Node) -> tuple[Column, ...]:
    """The customer's measures and facts that ``node`` reads, in the order written, each once."""
    return tuple(column for column in _columns(node) if column.name not in _NOT_THE_CUSTOMERS)


def account_columns_of(node: Node) -> tuple[Column, ...]:
    """The measures of accounts that ``node`` reads, in the order written, each once."""
    return tuple(column for column in _columns(node) if column.name in ACCOUNT_MEASURES)


def occasion_columns_of(node: Node) -> tuple[Column, ...]:
    """What ``node`` reads of the occasion of a one-shot, or of the item of a signal for each, in the order written."""
    return tuple(column for column in _columns(node) if column.name in OCCASIONAL)


def unquantified(node: Node) -> Column | None:
    """A measure of accounts that stands outside of any quantifier, if there is one."""
    if isinstance(node, Quantified):
        return None
    if isinstance(node, Column):
        return node if node.name in ACCOUNT_MEASURES else None
    return next((found for found in map(unquantified, children(node)) if found is not None), None)


def reads(node: Node) -> tuple[str, ...]:
    """The names of the customer's measures and facts that ``node`` reads."""
    return tuple(column.name for column in columns_of(node))


def _columns(node: Node) -> dict[Column, None]:
    return dict.fromkeys(part for part in walk(node) if isinstance(part, Column))
