"""A condition on one row in exact arithmetic: where floats could err, for evidence, and for distances."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from agents.days import one_months_after, one_months_since, one_next_anniversary
from agents.policy.accounts import accounts_of
from agents.policy.nodes import (
    COMPARE,
    Among,
    Arith,
    Call,
    Column,
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
)
from schemas.occasion_names import OCCASIONAL
from streams.rows import UNKNOWN, Rows, Vocabulary

Value = Fraction | bool
"""Money in minor units, a day as its number, a text as its code, a condition as its truth."""

_ARITH: Final[Mapping[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


class ExactRow:
    """One row of measures, read exactly."""

    def __init__(self, rows: Rows, row: int, vocabulary: Vocabulary) -> None:
        self._rows = rows
        self._row = row
        self._vocabulary = vocabulary

    @property
    def as_of(self) -> int:
        """The as-of day of the look."""
        return int(self._rows.as_of[self._row])

    def accounts(self) -> int:
        """How many accounts the customer has."""
        return len(accounts_of(self._rows, self._row))

    def column(self, column: Column) -> Value | None:
        """The value of a measure, None where unknown; an average as its area over its days, a quotient as such."""
        value, divisor = self.kept(column)
        if value == UNKNOWN:
            return None
        if column.type == "flag":
            return value != 0
        return Fraction(value, divisor)

    def kept(self, column: Column) -> tuple[int, int]:
        """What the row holds of a measure, ``UNKNOWN`` perhaps, and what that is to be divided by.

        Names of an occasion are unknown at looks of others.
        """
        rows, row = self._rows, self._row
        if column.name in OCCASIONAL and column.name not in rows.names:
            return UNKNOWN, 1
        value = int(rows.values[rows.names.index(column.name), row])
        return value, 1 if column.whole else int(rows.divisors[column.name][row])

    def text(self, column: Column) -> str | None:
        """The text of a text fact, None where unknown."""
        value = self.column(column)
        return None if value is None else self._vocabulary.text(int(value))

    def value(self, node: Node) -> Value | None:
        """The value of ``node``, None where unknown."""
        match node:
            case Column():
                return self.column(node)
            case Today():
                return Fraction(self.as_of)
            case Const():
                return self._constant(node)
            case Known():
                return self.value(node.arg) is not None
            case Arith():
                left, right = self.value(node.left), self.value(node.right)
                return None if left is None or right is None else _ARITH[node.op](Fraction(left), Fraction(right))
            case Call():
                return self._call(node)
            case NextDay() | Pick() | Score():
                return self._chosen(node)
            case _:
                return self._truth(node)

    def case(self, pick: Pick) -> Node | None:
        """The value that a lookup gives on this row, as written; None where unknown."""
        by = self.value(pick.by)
        if by is None:
            return None
        return next((value for text, value in pick.cases if self._vocabulary.code(text) == by), pick.otherwise)

    def _chosen(self, node: NextDay | Pick | Score) -> Value | None:
        match node:
            case NextDay():
                return next((Fraction(day) for day in node.dates if day >= self.as_of), None)
            case Score():
                parts = zip(node.parts, node.points, strict=True)
                return Fraction(sum(points for part, points in parts if self.value(part) is True))
            case Pick():
                case = self.case(node)
                return None if case is None else self.value(case)

    def _constant(self, const: Const) -> Value:
        if isinstance(const.value, str):
            return Fraction(self._vocabulary.code(const.value))
        return const.value

    def _quantified(self, node: Quantified) -> bool | None:
        accounts = accounts_of(self._rows, self._row)
        found = [ExactRow(accounts, row, self._vocabulary).value(node.part) for row in range(len(accounts))]
        deciding = node.quantifier == "any"
        if not found or deciding in found:
            return deciding and bool(found)
        return None if None in found else not deciding

    def _truth(self, node: Compare | Among | Logic | Not | Quantified) -> bool | None:
        match node:
            case Quantified():
                return self._quantified(node)
            case Compare():
                left, right = self.value(node.left), self.value(node.right)
                return None if left is None or right is None else bool(COMPARE[node.op](left, right))
            case Among():
                item = self.value(node.item)
                return None if item is None else item in [self._constant(value) for value in node.values]
            case Not():
                part = self.value(node.part)
                return None if part is None else not part
            case Logic():
                return self._logic(node)

    def _logic(self, node: Logic) -> bool | None:
        """The parts in the order written, up to the one that decides."""
        decisive, unknown = node.op == "or", False
        for part in node.parts:
            value = self.value(part)
            if value is None:
                unknown = True
            elif bool(value) == decisive:
                return decisive
        return None if unknown else not decisive

    def _call(self, call: Call) -> Value | None:
        first = self.value(call.args[0])
        if call.name == "coalesce":
            return self.value(call.args[1]) if first is None else first
        rest = [self.value(arg) for arg in call.args[1:]]
        known = [Fraction(value) for value in (first, *rest) if value is not None]
        if len(known) != len(call.args):
            return None
        return self._known_call(call.name, known)

    def _known_call(self, name: str, args: list[Fraction]) -> Fraction:
        today = self.as_of
        match name:
            case "abs":
                return abs(args[0])
            case "min":
                return min(args)
            case "max":
                return max(args)
            case "days_since":
                return today - args[0]
            case "days_until":
                return args[0] - today
            case "months_since":
                return Fraction(one_months_since(int(args[0]), today))
            case "next_anniversary":
                return Fraction(one_next_anniversary(int(args[0]), today))
            case _:
                return Fraction(one_months_after(int(args[0]), int(args[1])))
