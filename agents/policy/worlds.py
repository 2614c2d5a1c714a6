"""Conditions with lookups, case by case: in each world every lookup is the value of one of its cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Final

from agents.policy.nodes import Among, Arith, Call, Compare, Const, Logic, Node, Not, Pick, walk

WORLDS_MAX: Final = 256
"""Most combinations of cases that are looked at; beyond them nothing is proven."""

World = Mapping[Node, str | None]
"""Text by what a lookup goes by; None: a text without a case of its own."""


def worlds_of(nodes: Sequence[Node]) -> list[World] | None:
    """All combinations of the cases of all lookups; one, empty, without any; None if they are too many."""
    cases: dict[Node, dict[str | None, None]] = {}
    for node in nodes:
        for part in walk(node):
            if isinstance(part, Pick):
                known = cases.setdefault(part.by, {})
                known |= dict.fromkeys(text for text, _ in part.cases)
                known |= {None: None}
    found: list[World] = [
        dict(zip(cases, texts, strict=True)) for texts in islice(product(*cases.values()), WORLDS_MAX + 1)
    ]
    return found if len(found) <= WORLDS_MAX else None


def within(node: Node, world: World, others: Mapping[Node, tuple[str, ...]]) -> Node:
    """``node`` where each lookup is its case and the facts that they go by are what the world says.

    ``others`` gives, for what lookups go by, the texts that have cases.
    """
    given = [_is(by, text, others[by]) for by, text in world.items()]
    parts = [*given, _settled(node, world)]
    return parts[0] if len(parts) == 1 else Logic("and", tuple(parts))


def texts_of(worlds: Sequence[World]) -> dict[Node, tuple[str, ...]]:
    """The texts with cases, by what the lookups go by."""
    found: dict[Node, dict[str, None]] = {}
    for world in worlds:
        for by, text in world.items():
            known = found.setdefault(by, {})
            if text is not None:
                known[text] = None
    return {by: tuple(texts) for by, texts in found.items()}


def _is(by: Node, text: str | None, others: tuple[str, ...]) -> Node:
    if text is not None:
        return Compare("==", by, Const(text, "text"))
    return Not(Among(by, tuple(Const(other, "text") for other in others)))


def _settled(node: Node, world: World) -> Node:
    match node:
        case Pick() if node.by in world:
            text = world[node.by]
            value = next((value for name, value in node.cases if name == text), node.otherwise)
            return node if value is None else _settled(value, world)
        case Compare() | Arith():
            return replace(node, left=_settled(node.left, world), right=_settled(node.right, world))
        case Logic():
            return Logic(node.op, tuple(_settled(part, world) for part in node.parts))
        case Not():
            return Not(_settled(node.part, world))
        case Call():
            return replace(node, args=tuple(_settled(arg, world) for arg in node.args))
        case _:
            return node


def in_each(*nodes: Node) -> Iterator[tuple[Node, ...]]:
    """The conditions in each world; nothing if the worlds are too many."""
    worlds = worlds_of(nodes)
    if worlds is None:
        return
    others = texts_of(worlds)
    for world in worlds:
        yield tuple(within(node, world, others) for node in nodes)
