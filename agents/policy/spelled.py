"""A condition as people read it in an event: the names of ``[let]`` are spelled out, so that its figures can be seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from agents.policy.nodes import Logic, Node, Score
from agents.policy.syntax import parse
from agents.policy.words import in_words


class Speller:
    """Spells out the names of one file's ``[let]``, given as TOML has them (``raw``) and as understood (``let``)."""

    def __init__(self, raw: Mapping[str, object], let: Callable[[str], Node | None]) -> None:
        self._raw = raw
        self._let = let

    def spelled(self, text: str) -> str:
        """``text``, which must be a condition or value without a mistake, with what its names of ``[let]`` stand for.

        Conditions and values stand there as written, in brackets; lookups and conditions on accounts in words. A score tells the
        points of each of its conditions, with the name that ``reasons`` give it.
        """
        tree, source = parse(text)
        if isinstance(tree, ast.Name) and isinstance(whole := self._raw.get(tree.id), str):
            return self.spelled(whole)
        lines = [line.encode() for line in source.split("\n")]
        for name in sorted(_names(tree), key=lambda one: (one.lineno, one.col_offset), reverse=True):
            if name.id in self._raw:
                line = lines[name.lineno - 1]
                part = self._part(name.id).encode()
                lines[name.lineno - 1] = line[: name.col_offset] + part + line[name.end_col_offset :]
        return b"\n".join(lines).decode().removeprefix("(").removesuffix("\n)")

    def _part(self, name: str) -> str:
        """What stands in the place of a name."""
        raw = self._raw[name]
        if isinstance(raw, str):
            if raw.strip() in self._raw:
                return self._part(raw.strip())
            bare = isinstance(parse(raw)[0], ast.Name | ast.Constant | ast.Call)
            return self.spelled(raw) if bare else f"({self.spelled(raw)})"
        node = self._let(name)
        if isinstance(node, Score):
            parts = zip(node.names, node.points, strict=True)
            return f"the points ({'; '.join(f'{points} for {part}: {self.spelled(part)}' for part, points in parts)})"
        if isinstance(raw, dict) and node is not None:
            return f"({in_words(node)})" if isinstance(node, Logic) else in_words(node)
        return f"{raw:_}" if isinstance(raw, int) and not isinstance(raw, bool) else str(raw)


def _names(tree: ast.expr) -> list[ast.Name]:
    """The names that stand for a value, not those of functions."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
