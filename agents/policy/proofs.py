"""What bounds alone prove: a higher level that is easier to enter, an ``enter`` that does not keep the level.

Only what is certain is an error. A condition on one measure is the exact set of its values. A conjunction is a
set for each measure; two are told apart by a measure that both bound, unless other measures of the ledger in
the same condition could make up for it (assets bound deposits, deposits do not bound assets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from agents.policy.linear import Atom, bound_of
from agents.policy.mistakes import Report
from agents.policy.nodes import MINOR_UNITS, Column, Compare, Condition, Const, Logic, Node, Not, Today, reads
from agents.policy.spans import EVERYTHING, Spans
from agents.policy.written import amount
from schemas.measures import MEASURES

Levels = Sequence[tuple[str, Condition, Condition]]
"""Name, enter and stay of each level, lowest first."""


def check_bounds(levels: Levels, report: Report) -> None:
    """Report every level whose bounds are provably wrong."""
    for place, (name, enter, stay) in enumerate(levels):
        gap = _not_implied(enter.node, stay.node)
        if gap is not None:
            expected = f"bounds that keep whoever enters ({enter.text})"
            report.add(f"level.{name}.stay", stay.text, expected, f"{gap} enters, but does not stay")
        for lower, easier, _ in levels[:place]:
            weaker = _not_implied(enter.node, easier.node)
            if weaker is not None and implied(easier.node, enter.node):
                expected = f"a higher bound than that of the lower level {lower} ({easier.text})"
                report.add(f"level.{name}.enter", enter.text, expected, f"{weaker} enters {name}, but not {lower}")


def values_of(node: Node) -> tuple[Atom, Spans] | None:
    """The one measure that ``node`` reads and the values for which it holds; None if it is not of that kind."""
    match node:
        case Compare():
            bound = bound_of(node)
            return None if bound is None else (bound.atom, Spans.of(bound.op, bound.bound))
        case Not():
            part = values_of(node.part)
            return None if part is None else (part[0], part[1].complement())
        case Logic():
            return _joined(node)
        case _:
            return None


def _joined(node: Logic) -> tuple[Atom, Spans] | None:
    parts = [values_of(part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or len({atom for atom, _ in known}) != 1:
        return None
    atom, values = known[0]
    for _, more in known[1:]:
        values = values.intersect(more) if node.op == "and" else values.union(more)
    return atom, values


def _bounds(node: Node) -> tuple[Mapping[Atom, Spans], frozenset[Node]]:
    """A conjunction as values by measure, and the parts that are not of that kind."""
    whole = values_of(node)
    if whole is not None:
        return {whole[0]: whole[1]}, frozenset()
    if not isinstance(node, Logic) or node.op == "or":
        return {}, frozenset({node})
    bounds: dict[Atom, Spans] = {}
    rest: frozenset[Node] = frozenset()
    for part in node.parts:
        more, other = _bounds(part)
        rest |= other
        for atom, values in more.items():
            bounds[atom] = bounds.get(atom, EVERYTHING).intersect(values)
    return bounds, rest


def implied(premise: Node, conclusion: Node) -> bool:
    """Whether ``conclusion`` provably holds wherever ``premise`` does."""
    given, given_rest = _bounds(premise)
    wanted, wanted_rest = _bounds(conclusion)
    inside = all(not given.get(atom, EVERYTHING).without(values) for atom, values in wanted.items())
    return inside and wanted_rest <= given_rest


def _not_implied(premise: Node, conclusion: Node) -> str | None:
    """A value for which ``premise`` holds and ``conclusion`` provably does not, in words; None without proof."""
    given, given_rest = _bounds(premise)
    wanted, _ = _bounds(conclusion)
    for atom, values in wanted.items():
        others = [other for other in given if other != atom]
        if atom not in given or any(_tied(atom, other) for other in (*others, *given_rest)):
            continue
        outside = given[atom].without(values)
        if outside:
            return f"{_name(atom)} = {_value(atom, outside.sample())}"
    return None


def _tied(atom: Atom, other: Node) -> bool:
    """Whether ``other`` may depend on ``atom``: facts depend on nothing else, figures of the ledger may."""
    names, own = reads(other), reads(atom)
    if any(name in own for name in names):
        return True
    return not (_all_facts(names) or _all_facts(own))


def _all_facts(names: Sequence[str]) -> bool:
    return bool(names) and all(MEASURES[name].source == "fact" for name in names)


def _name(atom: Atom) -> str:
    match atom:
        case Column():
            return atom.name
        case Today():
            return "today"
        case _:
            return f"{atom.name}({', '.join(_name(arg) for arg in atom.args if not isinstance(arg, Const))})"  # type: ignore[arg-type]


def _value(atom: Atom, value: Fraction) -> str:
    return amount(value / MINOR_UNITS if atom.type == "money" else value)
