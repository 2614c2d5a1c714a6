"""Comparisons of a condition: what may be compared with what, and by which sign."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from agents.policy.nodes import Among, Comparator, Compare, Const, Logic, Node, Not
from agents.policy.types import mismatch, nearest_text, unify

_COMPARATORS: Final[Mapping[type[ast.cmpop], Comparator]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class ComparisonRules:
    """Reads comparisons for a ``Checker``: ``node`` reads a part, ``wrong`` reports what was expected and a hint."""

    def __init__(self, node: Callable[[ast.expr], Node | None], wrong: Callable[..., None]) -> None:
        self._node = node
        self._wrong = wrong

    def comparison(self, tree: ast.Compare) -> Node | None:
        """The node of a comparison, a chain of them, or of ``in``; None if it is a mistake."""
        parts: list[Node | None] = []
        left = self._node(tree.left)
        for op, right_tree in zip(tree.ops, tree.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                parts.append(self._among(left, right_tree, negated=isinstance(op, ast.NotIn)))
                left = None
                continue
            right = self._node(right_tree)
            parts.append(self._compared(op, left, right))
            left = right
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        return known[0] if len(known) == 1 else Logic("and", tuple(known))

    def _compared(self, op: ast.cmpop, left: Node | None, right: Node | None) -> Node | None:
        if left is None or right is None:
            return None
        sign = _COMPARATORS.get(type(op))
        if sign is None:
            self._wrong("one of < <= > >= == != between two values", "use == to compare")
            return None
        pair = unify(left, right)
        if pair is None:
            self._wrong(
                f"two values of one type around {sign}, not {left.type} and {right.type}", mismatch(left, right)
            )
            return None
        left, right = pair
        if isinstance(left, Const) and isinstance(right, Const):
            self._wrong(f"a measure or fact on one side of {sign}", "two constants never change")
            return None
        if left.type == "flag":
            return self._flag_compared(sign, left, right)
        if left.type == "text" and sign not in ("==", "!="):
            self._wrong(f"== or != between texts, not {sign}", "texts have no order")
            return None
        return Compare(sign, left, right) if self._texts_exist(left, right) else None

    def _flag_compared(self, sign: Comparator, left: Node, right: Node) -> Node | None:
        node, const = (right, left) if isinstance(left, Const) else (left, right)
        if not isinstance(const, Const) or sign not in ("==", "!="):
            self._wrong("a condition on its own, or == True, or == False")
            return None
        return node if bool(const.value) == (sign == "==") else Not(node)

    def _among(self, item: Node | None, tree: ast.expr, *, negated: bool) -> Node | None:
        trees = tree.elts if isinstance(tree, ast.Tuple | ast.List) else [tree]
        values = [self._node(value) for value in trees]
        if item is None or any(value is None for value in values):
            return None
        pairs = [unify(item, value) for value in values if value is not None]
        constants = [pair[1] for pair in pairs if pair is not None and isinstance(pair[1], Const)]
        if not constants or len(constants) != len(values) or item.type in ("flag", "number"):
            self._wrong(f"constants of type {item.type} in the brackets after in", "such as ('gold', 'platinum')")
            return None
        if not all(self._texts_exist(item, constant) for constant in constants):
            return None
        node = Among(item, tuple(constants))
        return Not(node) if negated else node

    def _texts_exist(self, left: Node, right: Node) -> bool:
        wrong = nearest_text(left, right) or nearest_text(right, left)
        if wrong is not None:
            self._wrong(*wrong)
        return wrong is None
