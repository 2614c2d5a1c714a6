"""Conditions as a list of NumPy steps: equal parts of all conditions are evaluated once a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from agents.days import months_after, months_since, next_anniversary
from agents.policy.accounts import account_rows, over_accounts
from agents.policy.compare import WithBound, two_reals, two_wholes
from agents.policy.frame import Frame, Result, Whole
from agents.policy.kleene import Truth, all_of, any_of, known_only, negation
from agents.policy.linear import bound_of, is_atom, node_values
from agents.policy.nodes import (
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
    children,
    reads,
    walk,
)
from agents.policy.picks import next_day, picked, scored
from agents.policy.reals import JOINS, as_real, picked_real, real_constant
from streams.rows import Rows, Vocabulary

Step = Callable[[Frame], Result]

_WRONG_PLACE = "the checker lets no {} stand here"


class Plan:
    """The steps that evaluate ``conditions``, and ``days`` beside them."""

    def __init__(self, conditions: Sequence[Node], vocabulary: Vocabulary, days: Sequence[Node] = ()) -> None:
        self._vocabulary = vocabulary
        self._steps: list[Step] = []
        self._known: dict[tuple[str, Node], int] = {}
        self._quantified: dict[Node, int] = {}
        self._places = [self._truth(node) for node in conditions]
        self._days = [self._whole(node) for node in days]
        self._of_accounts = Plan(tuple(self._quantified), vocabulary) if self._quantified else None
        self._read = tuple(dict.fromkeys(name for node in self._quantified for name in reads(node)))

    def evaluate(self, rows: Rows) -> list[Truth]:
        """The truth of each condition on every row, in the order of the conditions."""
        return self.evaluate_all(rows)[0]

    def evaluate_all(self, rows: Rows) -> tuple[list[Truth], list[Whole]]:
        """The truth of each condition and the value of each of ``days`` on every row."""
        frame = Frame(rows, self._vocabulary)
        if self._of_accounts is not None:
            frame.accounts = self._of_accounts.evaluate(account_rows(rows, self._read))
        for step in self._steps:
            frame.results.append(step(frame))
        return [frame.truth(place) for place in self._places], [frame.whole(place) for place in self._days]

    def _add(self, kind: str, node: Node, make: Callable[[], Step]) -> int:
        """The number of the step for ``node``, made with all it needs at first sight."""
        place = self._known.get((kind, node))
        if place is None:
            step = make()
            place = len(self._steps)
            self._steps.append(step)
            self._known[kind, node] = place
        return place

    def _truth(self, node: Node) -> int:
        return self._add("truth", node, lambda: self._truth_step(node))

    def _truth_step(self, node: Node) -> Step:
        match node:
            case Const():
                constant = bool(node.value)
                return lambda frame: Truth(np.full(len(frame.rows), constant), None)
            case Column():
                name = node.name
                return lambda frame: _flag(frame.column(name, averaged=False))
            case Logic():
                parts = [self._truth(part) for part in node.parts]
                join = all_of if node.op == "and" else any_of
                return lambda frame: join([frame.truth(part) for part in parts])
            case Not():
                part = self._truth(node.part)
                return lambda frame: negation(frame.truth(part))
            case Among():
                equal = [self._truth(Compare("==", node.item, value)) for value in node.values]
                return lambda frame: any_of([frame.truth(part) for part in equal])
            case Compare():
                return self._compare_step(node)
            case _:
                return self._other_truth_step(node)

    def _other_truth_step(self, node: Node) -> Step:
        match node:
            case Known():
                return self._known_step(node)
            case Call():
                return self._flag_call(node)
            case Quantified():
                place = self._quantified.setdefault(node.part, len(self._quantified))
                every = node.quantifier == "every"
                return lambda frame: over_accounts(frame.accounts[place], frame.rows, every=every)
            case _:
                raise TypeError(_WRONG_PLACE.format(node))

    def _known_step(self, node: Known) -> Step:
        place = self._any(node.arg)

        def step(frame: Frame) -> Truth:
            unknown = frame.results[place].unknown
            return Truth(np.ones(len(frame.rows), np.bool_) if unknown is None else ~unknown, None)

        return step

    def _flag_call(self, node: Call) -> Step:
        first, default = (self._truth(arg) for arg in node.args)

        def step(frame: Frame) -> Truth:
            value, other = frame.truth(first), frame.truth(default)
            if value.unknown is None:
                return value
            unknown = None if other.unknown is None else value.unknown & other.unknown
            return Truth(np.where(value.unknown, other.true, value.true), unknown)

        return step

    def _compare_step(self, node: Compare) -> Step:
        bound = bound_of(node)
        if bound is not None and not _divided(bound.atom):
            place = self._whole(bound.atom)
            compare = WithBound(bound.op, bound.bound, averaged=_averaged(bound.atom))
            return lambda frame: compare(frame.whole(place))
        if node.left.type == "text":
            return self._text_step(node)
        if is_atom(node.left) and is_atom(node.right) and not (_divided(node.left) or _divided(node.right)):
            op, first, second = node.op, self._whole(node.left), self._whole(node.right)
            return lambda frame: two_wholes(op, frame.whole(first), frame.whole(second))
        left, right = self._real(node.left), self._real(node.right)
        whole = _only_whole(node)
        return lambda frame: two_reals(node, frame.real(left), frame.real(right), frame, whole=whole)

    def _text_step(self, node: Compare) -> Step:
        left, right = (node.right, node.left) if isinstance(node.left, Const) else (node.left, node.right)
        op, first = node.op, self._whole(left)
        if isinstance(right, Const):
            compare = WithBound(op, self._constant(right), averaged=False)
            return lambda frame: compare(frame.whole(first))
        second = self._whole(right)
        return lambda frame: two_wholes(op, frame.whole(first), frame.whole(second))

    def _any(self, node: Node) -> int:
        if node.type == "flag":
            return self._truth(node)
        return self._whole(node) if is_atom(node) else self._real(node)

    def _whole(self, node: Node) -> int:
        return self._add("whole", node, lambda: self._whole_step(node))

    def _whole_step(self, node: Node) -> Step:
        match node:
            case Column():
                name, over = node.name, not node.whole
                return lambda frame: frame.column(name, averaged=over)
            case Today():
                return lambda frame: Whole(frame.rows.as_of, None)
            case Const():
                constant = int(self._constant(node))
                return lambda frame: Whole(np.full(len(frame.rows), constant, np.int64), None)
            case Call(name="coalesce"):
                first, default = (self._whole(arg) for arg in node.args)
                return lambda frame: _coalesced(frame.whole(first), frame.whole(default))
            case Call():
                return self._calendar_step(node)
            case NextDay():
                dates = np.array(node.dates, np.int64)
                return lambda frame: next_day(dates, frame.rows.as_of)
            case Score():
                points = node.points
                parts = [self._truth(part) for part in node.parts]
                return lambda frame: scored([frame.truth(part) for part in parts], points)
            case Pick():
                by, codes, values, otherwise = self._pick(node, self._whole)
                return lambda frame: picked(
                    frame.whole(by), codes, [frame.whole(v) for v in values], otherwise=otherwise
                )
            case _:
                raise TypeError(_WRONG_PLACE.format(node))

    def _pick(self, node: Pick, value: Callable[[Node], int]) -> tuple[int, list[int], list[int], bool]:
        """The step of the text, the codes of its cases, the steps of their values, and whether the last is for others."""
        values = [value(one) for one in node_values(node)]
        return (
            self._whole(node.by),
            [self._vocabulary.code(text) for text, _ in node.cases],
            values,
            node.otherwise is not None,
        )

    def _calendar_step(self, node: Call) -> Step:
        day = self._whole(node.args[0])
        months = node.args[1] if node.name == "months_after" else None
        count = int(months.value) if isinstance(months, Const) else 0
        name = node.name

        def step(frame: Frame) -> Whole:
            days, unknown, _ = frame.whole(day)
            known = days if unknown is None else np.where(unknown, 0, days)
            today = frame.rows.as_of
            match name:
                case "days_since":
                    return Whole(today - known, unknown)
                case "days_until":
                    return Whole(known - today, unknown)
                case "months_since":
                    return Whole(months_since(known, today), unknown)
                case "next_anniversary":
                    return Whole(next_anniversary(known, today), unknown)
                case _:
                    return Whole(months_after(known, count), unknown)

        return step

    def _real(self, node: Node) -> int:
        return self._add("real", node, lambda: self._real_step(node))

    def _real_step(self, node: Node) -> Step:
        if isinstance(node, Const):
            constant = float(self._constant(node))
            return lambda frame: real_constant(constant, len(frame.rows))
        if is_atom(node):
            place = self._whole(node)
            return lambda frame: as_real(frame.whole(place))
        if isinstance(node, Pick):
            by, codes, values, otherwise = self._pick(node, self._real)
            return lambda frame: picked_real(
                frame.whole(by), codes, [frame.real(v) for v in values], otherwise=otherwise
            )
        if not isinstance(node, Call | Arith):
            raise TypeError(_WRONG_PLACE.format(node))
        join = JOINS[node.name if isinstance(node, Call) else node.op]
        args = [self._real(arg) for arg in children(node)]
        return lambda frame: join([frame.real(arg) for arg in args])

    def _constant(self, const: Const) -> Fraction:
        """A constant as a number: a text as its code."""
        value = const.value
        return Fraction(self._vocabulary.code(value) if isinstance(value, str) else value)


def _flag(whole: Whole) -> Truth:
    return known_only(whole.values != 0, whole.unknown)


def _coalesced(first: Whole, default: Whole) -> Whole:
    if first.unknown is None:
        return first
    unknown = None if default.unknown is None else first.unknown & default.unknown
    return Whole(np.where(first.unknown, default.values, first.values), unknown)


def _averaged(node: Node) -> bool:
    return isinstance(node, Column) and node.averaged


def _divided(node: Node) -> bool:
    """Whether ``node`` is a quotient with a divisor too large for whole numbers of 64 bits."""
    return isinstance(node, Column) and node.divided


def _only_whole(node: Node) -> bool:
    """Whether nothing but whole numbers is in ``node``: no average, no quotient, no broken constant."""
    return not any(
        (isinstance(part, Column) and not part.whole)
        or (isinstance(part, Const) and Fraction(part.value).denominator != 1)
        for part in walk(node)
    )
