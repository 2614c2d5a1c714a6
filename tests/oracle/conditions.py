"""Conditions of the policy language, walked over the syntax tree anew at every look.

A number is an exact fraction of its decimal text, money is in major units, unknown is None, and ``and``, ``or``
and ``not`` follow Kleene; every other operation on something unknown is unknown.

Readings of the policy language, tables in ``[let]``:

* A lookup by something unknown is unknown, also with ``otherwise``; without it so is one by a text that has no case.
* A score counts what is unknown as not holding.
* ``any`` and ``every`` over no account are false; with ``where`` over no account for which that holds.
* The next date of a calendar may be today; after the last it is unknown.
"""

from __future__ import annotations

import ast
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.days import anniversary, months_after, months_between

Known = Fraction | str | bool | dt.date
Value = Known | None
Names = Callable[[str], Value]
"""What a measure or fact is worth at the look; None where unknown. An attribute ``accounts`` gives the same of each
account, with the names of accounts beside the customer's."""
Lets = Mapping[str, Any]
"""What ``[let]`` and ``[calendar]`` say, as TOML gives it; dates of a calendar in a list under ``next_<name>``."""


def truth(text: str, names: Names, lets: Lets, today: dt.date) -> bool | None:
    """Whether a condition holds, None where that is unknown."""
    found = value(text, names, lets, today)
    if found is None or isinstance(found, bool):
        return found
    msg = f"{text!r} is no condition: it came to {found!r}"
    raise TypeError(msg)


def value(text: str, names: Names, lets: Lets, today: dt.date) -> Value:
    """What an expression comes to, None where that is unknown."""
    return Walk(names, lets, today).value(parsed(text))


@functools.cache
def parsed(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


@functools.cache
def _exact(number: float) -> Fraction:
    return Fraction(str(number))


class Walk:
    """The evaluation of one condition at one look."""

    def __init__(self, names: Names, lets: Lets, today: dt.date) -> None:
        self.names = names
        self.lets = lets
        self.today = today

    def value(self, node: ast.expr) -> Value:
        """The value of a part of the tree."""
        match node:
            case ast.Constant(value=bool() | str() as literal):
                return literal
            case ast.Constant(value=int() | float() as number):
                return _exact(number)
            case ast.Name(id=name):
                return self._let(self.lets[name]) if name in self.lets else self.names(name)
            case ast.BoolOp(op=op, values=parts):
                return kleene((self.value(part) for part in parts), deciding=isinstance(op, ast.Or))
            case ast.UnaryOp(op=op, operand=operand):
                return _unary(op, self.value(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return _arithmetic(op, self.value(left), self.value(right))
            case ast.Compare():
                return self._compare(node)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self.value(argument) for argument in arguments])
        msg = f"not in the language: {ast.unparse(node)}"
        raise ValueError(msg)

    def _let(self, raw: Any) -> Value:
        """The value of a ``[let]`` name."""
        match raw:
            case dict():
                return self._table(raw)
            case list():
                return min((day for day in map(_date, raw) if day >= self.today), default=None)
            case _:
                return self.value(parsed(str(raw)))

    def _table(self, table: dict[str, Any]) -> Value:
        if "by" in table:
            text = self.value(parsed(table["by"]))
            if text is None:
                return None
            return self._let(table[str(text)]) if text in table.keys() - {"by", "otherwise"} else self._otherwise(table)
        if "score" in table:
            parts = table["score"].items()
            return Fraction(sum(points for name, points in parts if self._let(self.lets[name]) is True))
        return self._over_accounts(table)

    def _otherwise(self, table: dict[str, Any]) -> Value:
        return self._let(table["otherwise"]) if "otherwise" in table else None

    def _over_accounts(self, table: dict[str, Any]) -> Value:
        walks = [Walk(account, self.lets, self.today) for account in getattr(self.names, "accounts", ())]
        meant = [walk.value(parsed(table.get("where", "True"))) for walk in walks]
        that = [walk.value(parsed(table["that"])) for walk in walks]
        both = [kleene([one, other], deciding=False) for one, other in zip(meant, that, strict=True)]
        if "any" in table:
            return kleene(both, deciding=True)
        outside = [_unary(ast.Not(), one) for one in meant]
        held = [kleene([one, other], deciding=True) for one, other in zip(outside, that, strict=True)]
        return kleene([kleene(meant, deciding=True), kleene(held, deciding=False)], deciding=False)

    def _compare(self, node: ast.Compare) -> Value:
        results: list[Value] = []
        left = self.value(node.left)
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
                found = kleene([_order(ast.Eq(), left, self.value(item)) for item in right.elts], deciding=True)
                results.append(found if isinstance(op, ast.In) else _unary(ast.Not(), found))
                continue
            value = self.value(right)
            results.append(_order(op, left, value))
            left = value
        return kleene(results, deciding=False)

    def _call(self, name: str, arguments: list[Value]) -> Value:
        if name == "known":
            return arguments[0] is not None
        if name == "coalesce":
            return next((argument for argument in arguments if argument is not None), None)
        if None in arguments:
            return None
        match name, arguments:
            case "abs", [Fraction() as number]:
                return abs(number)
            case "min" | "max", numbers:
                return (min if name == "min" else max)(number for number in numbers if isinstance(number, Fraction))
            case "months_after", [dt.date() as date, Fraction() as months]:
                return months_after(date, int(months))
            case "next_anniversary", [dt.date() as date]:
                return anniversary(date, self.today)
            case "months_since" | "days_since" | "days_until", [dt.date() as date]:
                days = (self.today - date).days
                lengths = {"months_since": months_between(date, self.today), "days_since": days, "days_until": -days}
                return Fraction(lengths[name])
        msg = f"not in the language: {name}{tuple(arguments)}"
        raise ValueError(msg)


def _date(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def kleene(values: Iterable[Value], *, deciding: bool) -> Value:
    """``or`` where true decides, ``and`` where false does; unknown if nothing decided and something was unknown."""
    known = True
    for one in values:
        if one is deciding:
            return deciding
        known = known and one is not None
    return not deciding if known else None


def _unary(op: ast.unaryop, value: Value) -> Value:
    if value is None:
        return None
    if isinstance(op, ast.Not):
        return not value
    if isinstance(op, ast.USub) and isinstance(value, Fraction):
        return -value
    msg = f"not in the language: {op} of {value!r}"
    raise ValueError(msg)


def _arithmetic(op: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    match op, left, right:
        case ast.Add(), Fraction(), Fraction():
            return left + right
        case ast.Sub(), Fraction(), Fraction():
            return left - right
        case ast.Mult(), Fraction(), Fraction():
            return left * right
    msg = f"not in the language: {op} of {left!r} and {right!r}"
    raise ValueError(msg)


def _order(op: ast.cmpop, left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(op, ast.Eq):
        return left == right
    if isinstance(op, ast.NotEq):
        return left != right
    if not (isinstance(left, Fraction) and isinstance(right, Fraction)) and not (
        isinstance(left, dt.date) and isinstance(right, dt.date)
    ):
        msg = f"{left!r} and {right!r} have no order"
        raise TypeError(msg)
    match op:
        case ast.Lt():
            return left < right  # type: ignore[operator]  # both fractions or both dates, see above
        case ast.LtE():
            return left <= right  # type: ignore[operator]
        case ast.Gt():
            return left > right  # type: ignore[operator]
        case ast.GtE():
            return left >= right  # type: ignore[operator]
    msg = f"not in the language: {op}"
    raise ValueError(msg)
