"""What findings in schemes and in signals have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec.structs import fields

from agents.policy.nodes import Node
from agents.policy.syntax import NotASyntax, parse
from agents.policy.values import Values, both, bounds_of, impossible, sampled, values_of
from agents.policy.worlds import in_each
from schemas.policy_file import SchemeFile
from schemas.signal_file import SignalsFile


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd: in which file, at which key, and what."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}"


def never(node: Node) -> bool:
    """Whether the bounds of ``node`` contradict each other, so that it never holds."""
    worlds = list(in_each(node))
    return bool(worlds) and all(impossible(bounds_of(world)[0]) for (world,) in worlds)


def overlap(first: Node, second: Node) -> str | None:
    """A value for which both hold, where both are conditions on one and the same measure."""
    left, right = values_of(first), values_of(second)
    if left is None or right is None or left[0] != right[0]:
        return None
    shared: Values = both(left[1], right[1])
    return sampled(left[0], shared) if shared else None


def unused(table: SchemeFile | SignalsFile, read: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names that nothing reads: none of the conditions, whose names are ``read``, and no other name."""
    used = {*read}
    for value in table.let.values():
        used |= set(_names_in(value))
    keys = {field.encode_name for field in fields(table)}
    for name in table.let:
        if name not in used:
            meant = f"; the key {name} belongs above the first line in [brackets]" if name in keys else ""
            yield f"let.{name}", f"nothing reads it{meant}"
    for name in table.calendar:
        if f"next_{name}" not in used:
            yield f"calendar.{name}", f"nothing reads next_{name}"


def _names_in(value: object) -> Iterator[str]:
    """The names that the value of a let reads."""
    if isinstance(value, str):
        yield from names_of(value)
    if isinstance(value, dict):
        score = value.get("score")
        yield from score if isinstance(score, dict) else ()
        for part in value.values():
            yield from _names_in(part)


def names_of(text: str) -> list[str]:
    """The names in a condition."""
    try:
        tree, _ = parse(text)
    except NotASyntax:
        return []
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
