"""From syntax to a typed tree: which names exist, which types meet, which constructs the language has."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from agents.policy.calls import CallRules
from agents.policy.comparisons import ComparisonRules
from agents.policy.lookups import TableRules
from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import (
    Arith,
    Column,
    Const,
    Logic,
    NextDay,
    Node,
    Not,
    Today,
    unquantified,
)
from agents.policy.syntax import NUMBER_MAX, NotASyntax, exact_number, number, parse
from agents.policy.types import combine, mismatch
from schemas.cuts import CUT, CUTS_FILE, Lines
from schemas.measures import ACCOUNT_MEASURES, MEASURES, Measure, measure_named

_OPERATORS: Final[Mapping[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
NEXT: Final = "next_"
"""Prefix of the names that ``[calendar]`` gives: the first date of a list that is today or later."""
_WORDS: Final[Mapping[str, str]] = {
    "true": "write True",
    "yes": "write True",
    "false": "write False",
    "no": "write False",
    "null": "ask with known(...)",
    "unknown": "ask with known(...)",
}
"""What may have been meant by words that other languages have."""
_LANGUAGE: Final = (
    "a condition of names, numbers, and or not, comparisons, in (...), + - *, and the language's functions"
)


class Checker:
    """Reads the conditions of one file; mistakes go to the report, and what is wrong comes back as None."""

    def __init__(
        self,
        report: Report,
        lets: Mapping[str, object],
        calendar: Mapping[str, tuple[int, ...]] | None = None,
        occasional: Mapping[str, Measure] | None = None,
        lines: Lines | None = None,
    ) -> None:
        self._report = report
        self._raw = lets
        self._local: Mapping[str, Measure] = {**ACCOUNT_MEASURES, **(occasional or {})}
        self._given: dict[str, Node] = {
            f"{NEXT}{name}": NextDay(f"{NEXT}{name}", dates) for name, dates in (calendar or {}).items()
        }
        self._given |= {
            f"{CUT}{name}": Const(Fraction(of), "money", f"{CUT}{name}") for name, of in (lines or {}).items()
        }
        self._lets: dict[str, Node | None] = {}
        self._open: list[str] = []
        self._place: tuple[str, str] = ("", "")
        self._source = ""
        self._calls = CallRules(self._node, self._wrong)
        self._tables = TableRules(self, report)
        self._rules: Mapping[type[ast.expr], Callable[..., Node | None]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: ComparisonRules(self._node, self._wrong).comparison,
            ast.Call: self._calls.call,
        }

    @property
    def names(self) -> Iterable[str]:
        """The names in ``[let]``."""
        return self._raw.keys()

    def condition(self, key: str, text: str) -> Node | None:
        """The tree of a condition; a number or text alone is a mistake."""
        node = self.expression(key, text)
        return None if node is None or not self.of_customer(key, text, node) else self.truth_value(key, text, node)

    def each_account(self, key: str, text: str) -> Node | None:
        """The tree of a condition on one account; it may read measures of accounts."""
        node = self.expression(key, text)
        return None if node is None else self.truth_value(key, text, node)

    def listed(self, name: str) -> Node | None:
        """The condition behind a ``[let]`` name that stands in a list, such as that of reasons; None if it is none."""
        node = self.let(name)
        return node if node is not None and node.type == "flag" and unquantified(node) is None else None

    def of_customer(self, key: str, text: str, node: Node) -> bool:
        """Whether ``node`` reads accounts inside conditions on any or every account alone; else it is a mistake."""
        account = unquantified(node)
        if account is not None:
            hint = 'give it a name in [let]: name = { any = "account", that = "..." }'
            self._report.add(key, text, f"{account.name} inside a condition on any or every account", hint)
        return account is None

    def truth_value(self, key: str, text: str, node: Node) -> Node | None:
        """``node`` if it is a condition; anything else is a mistake."""
        if node.type == "flag":
            return node
        hint = f"this is a value of type {node.type}: compare it"
        self._report.add(key, text, "a condition, true or false", hint)
        return None

    def let(self, name: str) -> Node | None:
        """The tree behind a ``[let]`` name, read at first use."""
        if name in self._lets:
            return self._lets[name]
        key = f"let.{name}"
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            self._report.add(key, self._raw[name], "a value that does not need itself", circle)
            return None
        self._open.append(name)
        node = self._named(key, self._raw[name])
        self._open.pop()
        self._lets[name] = node
        return node

    def _named(self, key: str, value: object) -> Node | None:
        if isinstance(value, bool):
            return Const(value, "flag")
        exact = exact_number(Decimal(value)) if isinstance(value, int | Decimal) else None
        if exact is not None:
            return Const(exact, "number")
        if isinstance(value, str):
            return self.expression(key, value)
        if isinstance(value, dict):
            return self._tables.table(key, value)
        self._report.add(key, value, "a number, a condition or value in quotes, or a table of the language")
        return None

    def expression(self, key: str, text: str) -> Node | None:
        """The tree of a condition or value."""
        place, source = self._place, self._source
        self._place = (key, text)
        try:
            tree, self._source = parse(text)
            return self._node(tree)
        except NotASyntax as error:
            self._wrong(str(error), error.hint)
            return None
        finally:
            self._place, self._source = place, source

    def _wrong(self, expected: str, hint: str = "") -> None:
        self._report.add(*self._place, expected, hint)

    def _node(self, tree: ast.expr) -> Node | None:
        rule = self._rules.get(type(tree))
        if rule is None:
            self._wrong(_LANGUAGE, _why_not(tree))
            return None
        return rule(tree)

    def _constant(self, tree: ast.Constant) -> Node | None:
        value = tree.value
        if isinstance(value, bool):
            return Const(value, "flag")
        if isinstance(value, str):
            return Const(value, "text")
        exact = number(tree, self._source) if isinstance(value, int | float) else None
        if exact is None:
            hint = "ask with known(...)" if value is None else ""
            self._wrong(f"a decimal number, a text, True or False instead of {value!r}", hint)
            return None
        return Const(exact, "number")

    def _name(self, tree: ast.Name) -> Node | None:
        name = tree.id
        measure = measure_named(name) or self._local.get(name)
        if name in self._raw and measure is None:
            return self.let(name)
        if name == "today":
            return Today()
        if name in self._given:
            return self._given[name]
        if measure is None:
            self._unknown_name(name)
            return None
        return Column.of(measure)

    def _unknown_name(self, name: str) -> None:
        if name.startswith(CUT):
            near = did_you_mean(name, [given for given in self._given if given.startswith(CUT)])
            run = f"run `tierline fit-cuts policies/{CUTS_FILE}` once a [[cut]] of that name has seen a close"
            self._wrong(f"a cut that {CUTS_FILE} has instead of '{name}'", near or run)
            return
        known = [*self._raw, *MEASURES, *self._local, *self._given, "today"]
        hint = _WORDS.get(name.lower()) or did_you_mean(name, known)
        self._wrong(f"a measure, a fact or a [let] name instead of '{name}'", hint)

    def _logic(self, tree: ast.BoolOp) -> Node | None:
        op = "and" if isinstance(tree.op, ast.And) else "or"
        parts = [self._truth(value, op) for value in tree.values]
        known = [part for part in parts if part is not None]
        return Logic("and" if op == "and" else "or", tuple(known)) if len(known) == len(parts) else None

    def _truth(self, tree: ast.expr, word: str) -> Node | None:
        node = self._node(tree)
        if node is not None and node.type != "flag":
            self._wrong(f"conditions around {word}, not a value of type {node.type}", "compare it with a bound")
            return None
        return node

    def _unary(self, tree: ast.UnaryOp) -> Node | None:
        if isinstance(tree.op, ast.Not):
            part = self._truth(tree.operand, "not")
            return None if part is None else Not(part)
        if not isinstance(tree.op, ast.USub):
            self._wrong(_LANGUAGE, _why_not(tree))
            return None
        node = self._node(tree.operand)
        if node is None:
            return None
        return self._combined("*", Const(Fraction(-1), "number"), node)

    def _arithmetic(self, tree: ast.BinOp) -> Node | None:
        op = _OPERATORS.get(type(tree.op))
        if op is None:
            hint = "multiply instead, or use a ratio measure" if isinstance(tree.op, ast.Div) else ""
            self._wrong("only + - * between numbers", hint)
            return None
        left, right = self._node(tree.left), self._node(tree.right)
        if left is None or right is None:
            return None
        return self._combined(op, left, right)

    def _combined(self, op: str, left: Node, right: Node) -> Arith | Const | None:
        node = combine(op, left, right)
        if node is None:
            self._wrong(f"numbers that can be joined by {op}, not {left.type} and {right.type}", mismatch(left, right))
        elif isinstance(node, Const) and abs(Fraction(node.value)) > NUMBER_MAX:
            self._wrong(f"numbers up to {NUMBER_MAX}")
            return None
        return node


def _why_not(tree: ast.expr) -> str:
    match tree:
        case ast.Tuple():
            return "write 100_000, not 100,000, and lists only after in"
        case ast.Attribute() | ast.Subscript():
            return "names have no parts"
        case ast.IfExp():
            return "use and, or, not"
        case _:
            return f"{type(tree).__name__} is not part of the language"
