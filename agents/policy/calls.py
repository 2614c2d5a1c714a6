"""The functions of the language: what each takes and gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from agents.policy.mistakes import did_you_mean
from agents.policy.nodes import NUMERIC, Call, Column, Const, Known, Node, ValueType, walk
from agents.policy.types import mismatch, unify

_MANY: Final = 64
"""Most arguments of one call."""
_SIZES: Final[Mapping[str, tuple[int, int]]] = {
    "known": (1, 1),
    "coalesce": (2, 2),
    "abs": (1, 1),
    "min": (2, _MANY),
    "max": (2, _MANY),
    "months_since": (1, 1),
    "months_after": (2, 2),
    "days_since": (1, 1),
    "days_until": (1, 1),
    "next_anniversary": (1, 1),
}
_OF_A_DAY: Final[Mapping[str, ValueType]] = {
    "months_since": "months",
    "days_since": "days",
    "days_until": "days",
    "next_anniversary": "day",
}
MONTHS_MAX: Final = 2_400
"""Most months that ``months_after`` adds: two centuries, past which a calendar means nothing."""


class CallRules:
    """Checks calls for a checker, which lends its reading of arguments and its report."""

    def __init__(self, read: Callable[[ast.expr], Node | None], wrong: Callable[[str, str], None]) -> None:
        self._read = read
        self._wrong = wrong

    def call(self, tree: ast.Call) -> Node | None:
        """The node of a call, None after a mistake."""
        name = tree.func.id if isinstance(tree.func, ast.Name) else ast.unparse(tree.func)
        sizes = _SIZES.get(name)
        if sizes is None:
            self._wrong(f"one of the functions {', '.join(_SIZES)} instead of '{name}'", did_you_mean(name, _SIZES))
            return None
        if tree.keywords or not sizes[0] <= len(tree.args) <= sizes[1]:
            most = f"{sizes[0]} or more" if sizes[1] == _MANY else f"{sizes[0]}"
            self._wrong(f"{most} argument{'s' if most != '1' else ''} in {name}(...)", "")
            return None
        read = [self._read(arg) for arg in tree.args]
        args = tuple(arg for arg in read if arg is not None)
        if len(args) != len(read):
            return None
        return self._typed(name, args)

    def _typed(self, name: str, args: tuple[Node, ...]) -> Node | None:
        if not any(isinstance(part, Column) for part in walk(args[0])) and name in ("known", "coalesce"):
            self._wrong(f"a measure or fact as the first argument of {name}(...)", "")
            return None
        if name == "known":
            return Known(args[0])
        if name == "coalesce":
            return self._coalesce(args)
        if name in ("abs", "min", "max"):
            return self._numeric(name, args)
        return self._calendar(name, args)

    def _coalesce(self, args: tuple[Node, ...]) -> Node | None:
        pair = unify(*args)
        if pair is None:
            expected = f"a default of the same type in coalesce(...), not {args[0].type} and {args[1].type}"
            self._wrong(expected, mismatch(*args))
            return None
        return Call("coalesce", pair, pair[0].type)

    def _numeric(self, name: str, args: tuple[Node, ...]) -> Node | None:
        lead = next((arg for arg in args if arg.type != "number"), None)
        if lead is None or lead.type not in NUMERIC:
            self._wrong(f"at least one measure that is a number in {name}(...)", "")
            return None
        typed: list[Node] = []
        for arg in args:
            pair = unify(lead, arg)
            if pair is None:
                self._wrong(f"numbers of one type in {name}(...), not {lead.type} and {arg.type}", mismatch(lead, arg))
                return None
            typed.append(pair[1])
        return Call(name, tuple(typed), lead.type)

    def _calendar(self, name: str, args: tuple[Node, ...]) -> Node | None:
        if args[0].type != "day":
            self._wrong(f"a day as the first argument of {name}(...), not a value of type {args[0].type}", "")
            return None
        if name != "months_after":
            return Call(name, args, _OF_A_DAY[name])
        months = args[1]
        if not isinstance(months, Const) or not _whole_months(months):
            self._wrong(f"a whole number of months up to {MONTHS_MAX} as the second argument of months_after(...)", "")
            return None
        return Call(name, args, "day")


def _whole_months(const: Const) -> bool:
    value = const.value
    if isinstance(value, bool | str):
        return False
    return value.denominator == 1 and abs(value) <= MONTHS_MAX
