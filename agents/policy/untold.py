"""Facts that nobody told and that keep a customer where she is: beside ``or``, an unknown fact leaves the whole unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agents.policy.nodes import Call, Column, Condition, Known, Logic, Node, Not, Quantified, Score, children, walk
from agents.policy.schemes import Scheme
from schemas.fact_names import TAG
from schemas.measures import measure_named

_TAGS: Final = "tags"
"""All tags are unknown until a source tells the first: they count as one fact."""


def untold(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Key and text for each fact that, while it is not told, holds customers at a level or class for ever."""
    given = frozenset() if scheme.applies_to is None else _open(scheme.applies_to.node)
    for key, keeps in _keeping(scheme):
        for fact in sorted(_loose(keeps.node) - given):
            said = f"{TAG}..." if fact == _TAGS else fact
            yield key, f"can hold for ever where {said} is not told: write coalesce({said}, ...), or ask known({said})"


def _keeping(scheme: Scheme) -> Iterator[tuple[str, Condition]]:
    """The conditions that keep a level or class, each with the key under which it is written."""
    for level in scheme.levels:
        yield f"level.{level.table.name}.{'enter' if level.table.stay is None else 'stay'}", level.stay
    for axis in scheme.axes:
        for side in axis.levels:
            word = "enter" if side.table.stay is None else "stay"
            yield f"axis.{axis.table.name}.level.{side.table.name}.{word}", side.stay
    for one in scheme.classes:
        if one.keep is not None:
            yield f"class.{one.table.name}.{'when' if one.table.keep is None else 'keep'}", one.keep


def _loose(node: Node, *, turned: bool = False) -> frozenset[str]:
    """Facts that leave an ``or`` unknown whatever else stands in it; ``turned``: below ``not``, where ``and`` is one."""
    if isinstance(node, Not):
        return _loose(node.part, turned=not turned)
    if not isinstance(node, Logic):
        return frozenset()
    below = frozenset[str]().union(*(_loose(part, turned=turned) for part in node.parts))
    if (node.op == "or") == turned:
        return below - _asked(node)
    facts = [_open(part) for part in node.parts]
    meant = frozenset[str]() if turned else _let_in(node)
    return (below | frozenset[str]().union(*facts) - facts[0].intersection(*facts)) - meant


def _open(node: Node) -> frozenset[str]:
    """Facts whose absence leaves ``node`` unknown, of an ``and`` where its other parts hold."""
    if isinstance(node, Column):
        measure = measure_named(node.name)
        is_fact = measure is not None and (measure.source == "fact" or measure.origin.startswith("facts:"))
        return frozenset({_TAGS if node.name.startswith(TAG) else node.name} if is_fact else ())
    if isinstance(node, Known | Score | Quantified):
        return frozenset()
    if isinstance(node, Call) and node.name == "coalesce":
        return _open(node.args[-1])
    found = frozenset[str]().union(*map(_open, children(node)))
    return found - _asked(node)


def _let_in(node: Logic) -> frozenset[str]:
    """Facts of which a part of an ``or`` says that they may be unknown: ``not known(fact)``."""
    unknown = [part.part.arg for part in node.parts if isinstance(part, Not) and isinstance(part.part, Known)]
    return frozenset(one.name for arg in unknown for one in walk(arg) if isinstance(one, Column))


def _asked(node: Node) -> frozenset[str]:
    """Facts that a part of an ``and`` asks to be known."""
    if not (isinstance(node, Logic) and node.op == "and"):
        return frozenset()
    asked = [part for known in node.parts if isinstance(known, Known) for part in walk(known.arg)]
    return frozenset(part.name for part in asked if isinstance(part, Column))
