"""Which bounds of a policy file its own examples decide: at the bound, one unit below and one above.

Of schemes and of signals; a bound of a signal is decided where that very signal, or its severity, turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agents.policy.given import as_of, date_given
from agents.policy.nodes import (
    NUMERIC,
    UNITS,
    Arith,
    Call,
    Column,
    Compare,
    Condition,
    Const,
    Logic,
    NextDay,
    Node,
    Pick,
    Score,
    Today,
    walk,
)
from agents.policy.schemes import Class, Level, Scheme
from agents.policy.signals import Family
from schemas.measures import ACCOUNT_MEASURES
from schemas.occasion_names import ITEMS
from schemas.policy_file import ExampleTable
from schemas.signal_file import SignalExampleTable
from streams.calendar import date_of, number_of

Figures = Mapping[str, object]
Example = ExampleTable | SignalExampleTable
SLACK = 3
"""Most units that one unit of a measure moves a sum in which it is multiplied."""
OF_ANY_CLASS = ""
"""Who is held at a level of an axis is at one of its classes."""


@dataclass(frozen=True)
class Bound:
    """One comparison with a number in a condition of ``place``; ``held`` names who is there already, ``signal`` the signal
    that it is a bound of, if it is one."""

    place: str
    compare: Compare
    held: str | None
    signal: str | None = None

    def __str__(self) -> str:
        names = ", ".join(part.name for part in walk(self.compare) if isinstance(part, Column))
        return f"{self.place}: {names} {self.compare.op} ..."


def bounds(scheme: Scheme) -> list[Bound]:
    """Every comparison of numbers or days, once for coming in and once for staying where that differs."""
    found: dict[tuple[Compare, bool], Bound] = {}
    for place, condition, held in _conditions(scheme):
        for part in walk(condition.node):
            if isinstance(part, Compare) and part.left.type in NUMERIC | {"day"}:
                if held is not None and (part, False) in found:
                    continue
                found.setdefault((part, held is not None), Bound(place, part, held))
    return list(found.values())


def signal_bounds(family: Family) -> list[Bound]:
    """Every comparison of numbers or days, those that clear for who was raised before; those of ``applies_to`` at one signal."""
    found: dict[tuple[str, Compare, bool], Bound] = {}
    scope = set() if family.applies_to is None else set(walk(family.applies_to.node))
    for one in family.signals:
        severities = [severity.when for severity in one.severities if severity.when is not None]
        raising = [(f"{one.name}, when", condition, None) for condition in (one.when, *severities)]
        clearing = [] if one.clear is None else [(f"{one.name}, clear", one.clear, one.name)]
        for place, condition, held in (*raising, *clearing):
            for part in walk(condition.node):
                if isinstance(part, Compare) and part.left.type in NUMERIC | {"day"}:
                    if part in scope and one != family.signals[0]:
                        continue
                    if held is not None and (one.name, part, False) in found:
                        continue
                    found.setdefault((one.name, part, held is not None), Bound(place, part, held, one.name))
    return list(found.values())


def _conditions(scheme: Scheme) -> Iterator[tuple[str, Condition, str | None]]:
    """Where, what, and who must be there already; what lets customers in comes first."""
    levels = [(level.table.name, level.enter, level.stay, level.table.name) for level in scheme.levels]
    classes = [(one.table.name, one.when, one.keep, one.table.name) for one in scheme.classes]
    sides = [
        (f"{axis.table.name}.{side.table.name}", side.enter, side.stay, OF_ANY_CLASS)
        for axis in scheme.axes
        for side in axis.levels
    ]
    acted: list[Level | Class] = [*scheme.levels, *scheme.classes]
    routes = [(f"{place.table.name}.routes", route.when, None, None) for place in acted for route in place.care.routes]
    places = [("applies_to", scheme.applies_to, None, None), *levels, *classes, *sides, *routes]
    yield from ((f"{name}, in", enter, None) for name, enter, _, _ in places if enter is not None)
    yield from ((f"{name}, stay", stay, held) for name, _, stay, held in places if stay is not None)


def is_decided(bound: Bound, examples: Sequence[Example]) -> bool:
    """Whether examples that differ in one figure alone stand at the bound and one unit to each side of it, and come out
    otherwise on its two sides."""
    told = [example for example in examples if _stands(bound, example)]
    return any(_decides(bound, one, told) for one in told)


def _stands(bound: Bound, example: Example) -> bool:
    if isinstance(example, SignalExampleTable):
        return (bound.signal in example.raised) == (bound.held is not None)
    if bound.held is None:
        return example.from_ is None
    return example.from_ is not None if bound.held == OF_ANY_CLASS else example.from_ == bound.held


def _decides(bound: Bound, at: Example, examples: Sequence[Example]) -> bool:
    compare = bound.compare
    if Fraction(0) not in _gaps(compare, at):
        return False
    near = [(gap, one) for one in examples if _differ(at, one) <= 1 for gap in _gaps(compare, one)]
    below = [one for gap, one in near if -SLACK <= gap < 0]
    above = [one for gap, one in near if 0 < gap <= SLACK]
    if compare.op in ("==", "!="):
        return any(_outcome(bound, one) != _outcome(bound, at) for one in (*below, *above))
    at_true = compare.op in ("<=", ">=")
    true, false = (above, below) if compare.op in (">", ">=") else (below, above)
    other = false if at_true else true
    flips = any(_outcome(bound, one) != _outcome(bound, at) for one in other)
    return flips and (bool(true if at_true else false) or _is_last(compare))


def _is_last(compare: Compare) -> bool:
    """Whether nothing lies beyond the bound: all points of a score, or a count of nothing."""
    bound = compare.right.value if isinstance(compare.right, Const) else None
    if isinstance(compare.left, Score):
        return bound == sum(compare.left.points)
    return compare.left.type in ("count", "days") and bound == 0


def _outcome(bound: Bound, example: Example) -> tuple[object, ...]:
    if isinstance(example, SignalExampleTable):
        return bound.signal in example.expect, example.severity.get(bound.signal or "")
    return example.expect, tuple(example.roles or ())


def _flat(example: Example) -> dict[str, object]:
    accounts = {f"{at}.{name}": value for at, one in enumerate(example.accounts) for name, value in one.items()}
    if not isinstance(example, SignalExampleTable):
        return {"from": example.from_, **example.given, **accounts}
    items = {f"item {at}.{name}": value for at, one in enumerate(example.items) for name, value in one.items()}
    return {"levels": example.levels, "raised": example.raised, **example.given, **accounts, **items}


def _differ(one: Example, other: Example) -> int:
    first, second = _flat(one), _flat(other)
    return sum(first.get(name) != second.get(name) for name in first.keys() | second.keys())


def _gaps(compare: Compare, example: Example) -> list[Fraction]:
    """Left less right, in the smallest units, for the customer or for each account or item."""
    rows: list[Figures] = [{}]
    names = {part.name for part in walk(compare) if isinstance(part, Column)}
    if names & ACCOUNT_MEASURES.keys():
        rows = list(example.accounts)
    elif isinstance(example, SignalExampleTable) and any(names & known.keys() for known in ITEMS.values()):
        rows = list(example.items)
    gaps = []
    for row in rows:
        figures = {**example.given, **row}
        left, right = _value(compare.left, figures), _value(compare.right, figures)
        if left is not None and right is not None:
            gaps.append(left - right)
    return gaps


def _value(node: Node, figures: Figures) -> Fraction | None:
    """What a node is worth with these figures, None where it is unknown."""
    match node:
        case Const():
            given = figures.get(node.name)
            return Fraction(node.value) if given is None else Fraction(str(given)) * UNITS[node.type]
        case Today() | NextDay():
            return _day(node, figures)
        case Column():
            return _figure(node, figures)
        case Arith():
            left, right = _value(node.left, figures), _value(node.right, figures)
            if left is None or right is None:
                return None
            return left * right if node.op == "*" else left + right if node.op == "+" else left - right
        case Pick():
            by = figures.get(node.by.name) if isinstance(node.by, Column) else None
            case = next((value for text, value in node.cases if text == by), node.otherwise)
            return None if by is None or case is None else _value(case, figures)
        case Score():
            return Fraction(
                sum(worth for part, worth in zip(node.parts, node.points, strict=True) if _holds(part, figures) is True)
            )
        case Call():
            return _called(node, figures)
    raise AssertionError(node)


def _day(node: Today | NextDay, figures: Figures) -> Fraction | None:
    today = as_of(figures)
    dates = (today,) if isinstance(node, Today) else node.dates
    return next((Fraction(day) for day in dates if day >= today), None)


def _figure(column: Column, figures: Figures) -> Fraction | None:
    value = figures.get(column.name)
    if value is None:
        return None
    if column.type == "day":
        return Fraction(number_of(date_given(value)))
    return Fraction(str(value)) * UNITS.get(column.type, 1)


def _called(call: Call, figures: Figures) -> Fraction | None:
    first = _value(call.args[0], figures)
    if call.name == "coalesce":
        return _value(call.args[1], figures) if first is None else first
    if first is None or call.name == "abs":
        return None if first is None else abs(first)
    if call.name == "months_after":
        months = _value(call.args[1], figures)
        assert months is not None
        day = date_given(date_of(int(first)))
        count = day.month - 1 + int(months)
        return Fraction(number_of(day.replace(year=day.year + count // 12, month=count % 12 + 1)))
    return Fraction(_seen_today(call.name, int(first), as_of(figures)))


def _seen_today(name: str, day: int, today: int) -> int:
    match name:
        case "months_since":
            return _months(day, today)
        case "days_since":
            return today - day
        case "days_until":
            return day - today
    assert name == "next_anniversary"
    born, now = date_of(day), date_of(today)
    this_year = born.replace(year=now.year)
    return number_of(this_year if this_year >= now else born.replace(year=now.year + 1))


def _months(since: int, today: int) -> int:
    """Whole calendar months; the examples at bounds lie on days that every month has."""
    first, last = date_of(since), date_of(today)
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def _holds(node: Node, figures: Figures) -> bool | None:
    """Whether a part of a score holds, None where that is unknown: comparisons, flags, and what joins them."""
    match node:
        case Compare():
            left, right = _value(node.left, figures), _value(node.right, figures)
            if left is None or right is None:
                return None
            return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[node.op]
        case Column():
            known = figures.get(node.name)
            return None if known is None else known is True
        case Logic():
            held, deciding = [_holds(part, figures) for part in node.parts], node.op == "or"
            return deciding if deciding in held else None if None in held else not deciding
        case Call(name="coalesce"):
            first = _holds(node.args[0], figures)
            return _holds(node.args[1], figures) if first is None else first
    raise AssertionError(node)
