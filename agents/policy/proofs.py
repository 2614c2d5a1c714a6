"""What bounds alone prove: a higher level that is easier to enter, an ``enter`` that does not keep the level.

Only what is certain is an error. A condition on one measure is the exact set of its values. A conjunction is a
set for each measure; two are told apart by a measure that both bound, unless other measures of the ledger in
the same condition could make up for it (assets bound deposits, deposits do not bound assets). Lookups are gone through
case by case.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.policy.linear import Atom
from agents.policy.mistakes import Report
from agents.policy.nodes import Condition, Node, reads
from agents.policy.values import bounds_of, impossible, outside, sampled
from agents.policy.worlds import in_each
from schemas.measures import measure_named

Levels = Sequence[tuple[str, Condition, Condition]]
"""Name, enter and stay of each level, lowest first."""


def check_bounds(place: str, levels: Levels, report: Report) -> None:
    """Report every level whose bounds are provably wrong; ``place`` is the key above their names."""
    for count, (name, enter, stay) in enumerate(levels):
        gap = not_implied(enter.node, stay.node)
        if gap is not None:
            expected = f"bounds that keep whoever enters ({enter.text})"
            report.add(f"{place}.{name}.stay", stay.text, expected, f"{gap} enters, but does not stay")
        for lower, easier, _ in levels[:count]:
            weaker = not_implied(enter.node, easier.node)
            if weaker is not None and implied(easier.node, enter.node):
                expected = f"a higher bound than that of the lower level {lower} ({easier.text})"
                report.add(f"{place}.{name}.enter", enter.text, expected, f"{weaker} enters {name}, but not {lower}")


def implied(premise: Node, conclusion: Node) -> bool:
    """Whether ``conclusion`` provably holds wherever ``premise`` does."""
    worlds = list(in_each(premise, conclusion))
    return bool(worlds) and all(_implied(*world) for world in worlds)


def not_implied(premise: Node, conclusion: Node) -> str | None:
    """A value for which ``premise`` holds and ``conclusion`` provably does not, in words; None without proof."""
    found = (_not_implied(*world) for world in in_each(premise, conclusion))
    return next((sample for sample in found if sample is not None), None)


def _implied(premise: Node, conclusion: Node) -> bool:
    given, given_rest = bounds_of(premise)
    if impossible(given):
        return True
    wanted, wanted_rest = bounds_of(conclusion)
    inside = all(not outside(given, atom, values) for atom, values in wanted.items())
    return inside and wanted_rest <= given_rest


def _not_implied(premise: Node, conclusion: Node) -> str | None:
    given, given_rest = bounds_of(premise)
    wanted, _ = bounds_of(conclusion)
    if impossible(given):
        return None
    for atom, values in wanted.items():
        others = [other for other in given if other != atom]
        if atom not in given or any(_tied(atom, other) for other in (*others, *given_rest)):
            continue
        beyond = outside(given, atom, values)
        if beyond:
            return sampled(atom, beyond)
    return None


def _tied(atom: Atom, other: Node) -> bool:
    """Whether ``other`` may depend on ``atom``: facts depend on nothing else, figures of the ledger may."""
    names, own = reads(other), reads(atom)
    if any(name in own for name in names):
        return True
    return not (_all_facts(names) or _all_facts(own))


def _all_facts(names: Sequence[str]) -> bool:
    return bool(names) and all(_is_fact(name) for name in names)


def _is_fact(name: str) -> bool:
    measure = measure_named(name)
    return measure is not None and measure.source == "fact"
