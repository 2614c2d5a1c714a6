"""The tables that ``[let]`` may hold: lookups, scores, and conditions on any or every account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import NUMERIC, Const, Logic, Node, Not, Pick, Quantified, Score, unquantified, walk
from agents.policy.syntax import exact_number
from agents.policy.types import TEXTS, unify

POINTS_MAX: Final = 1_000_000
"""Most points of one condition in a score, either way."""
_KINDS: Final = (
    'a lookup { by = "region", guangzhou = 200_000, otherwise = 300_000 }, a score { score = { large_outflow = 30 } }, '
    'or { any = "account", that = "..." } or { every = "account", that = "..." }'
)


class Expressions(Protocol):
    """What the tables need of the checker: it reads conditions and values in quotes."""

    @property
    def names(self) -> Iterable[str]: ...

    def expression(self, key: str, text: str) -> Node | None: ...

    def each_account(self, key: str, text: str) -> Node | None: ...

    def listed(self, name: str) -> Node | None: ...


class TableRules:
    """Reads the tables of one file's ``[let]``."""

    def __init__(self, checker: Expressions, report: Report) -> None:
        self._checker = checker
        self._report = report

    def table(self, key: str, table: Mapping[str, object]) -> Node | None:
        """The node of a table, None after a mistake."""
        if "by" in table:
            return self._lookup(key, table)
        if "score" in table:
            return self._score(key, table)
        if "any" in table or "every" in table:
            return self._quantified(key, table)
        self._report.add(key, table, _KINDS)
        return None

    def _lookup(self, key: str, table: Mapping[str, object]) -> Node | None:
        by = self._text(f"{key}.by", table["by"])
        found = {text: self._value(f"{key}.{text}", value) for text, value in table.items() if text != "by"}
        values = [value for value in found.values() if value is not None]
        if by is None or len(values) != len(found):
            return None
        if not found.keys() - {"otherwise"}:
            self._report.add(key, table, "at least one case, such as guangzhou = 200_000")
            return None
        lead = next((value for value in values if value.type != "number"), values[0])
        pairs = [unify(lead, value) for value in values]
        typed = [pair[1] for pair in pairs if pair is not None]
        if len(typed) != len(pairs):
            self._report.add(key, table, f"values of one type, like the first ({lead.type})")
            return None
        cases = dict(zip(found, typed, strict=True))
        otherwise = cases.pop("otherwise", None)
        return Pick(by, tuple(cases.items()), otherwise, lead.type) if self._exist(key, by, cases) else None

    def _text(self, key: str, value: object) -> Node | None:
        node = self._checker.expression(key, value) if isinstance(value, str) else None
        if isinstance(value, str) and node is None:
            return None
        if node is None or node.type != "text" or isinstance(node, Const):
            self._report.add(key, value, 'a fact that is a text, such as by = "region"')
            return None
        return node

    def _value(self, key: str, value: object) -> Node | None:
        if isinstance(value, str):
            node = self._checker.expression(key, value)
            if node is None or node.type in NUMERIC:
                return node
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            exact = exact_number(Decimal(value))
            if exact is not None:
                return Const(exact, "number")
        self._report.add(key, value, "a number, or a value in quotes that is one")
        return None

    def _exist(self, key: str, by: Node, cases: Mapping[str, Node]) -> bool:
        """Whether the fact can have the texts of all cases."""
        known = TEXTS.get(by.name) if hasattr(by, "name") else None
        wrong = [] if known is None else [text for text in cases if text not in known]
        for text in wrong:
            self._report.add(f"{key}.{text}", None, f"one of {', '.join(known or ())}", did_you_mean(text, known or ()))
        return not wrong

    def _score(self, key: str, table: Mapping[str, object]) -> Node | None:
        parts = table["score"]
        if not isinstance(parts, dict) or not parts or table.keys() != {"score"}:
            self._report.add(key, table, "points by the names of conditions: { score = { large_outflow = 30 } }")
            return None
        nodes: list[Node] = []
        for name, points in parts.items():
            node = self._part(f"{key}.score.{name}", name, points)
            if node is not None:
                nodes.append(node)
        if len(nodes) != len(parts):
            return None
        return Score(key.removeprefix("let."), tuple(parts), tuple(nodes), tuple(parts.values()))

    def _part(self, key: str, name: str, points: object) -> Node | None:
        if name not in self._checker.names:
            self._report.add(key, points, "the name of a condition in [let]", did_you_mean(name, self._checker.names))
            return None
        node = self._checker.listed(name)
        if node is None:
            self._report.add(key, points, "the name of a condition in [let] that can be read")
            return None
        if isinstance(points, bool) or not isinstance(points, int) or abs(points) > POINTS_MAX:
            self._report.add(key, points, f"a whole number of points up to {POINTS_MAX:,}")
            return None
        return node

    def _quantified(self, key: str, table: Mapping[str, object]) -> Node | None:
        every = "every" in table
        word = "every" if every else "any"
        for extra in sorted(table.keys() - {word, "that", "where"}):
            self._report.add(f"{key}.{extra}", table[extra], f"one of the keys {word}, that, where")
        if table[word] != "account":
            self._report.add(f"{key}.{word}", table[word], '"account"')
            return None
        that = self._condition(f"{key}.that", table.get("that"))
        where = self._condition(f"{key}.where", table["where"]) if "where" in table else None
        if that is None or ("where" in table and where is None):
            return None
        if not every:
            return Quantified("any", that if where is None else Logic("and", (where, that)))
        if where is None:
            return Quantified("every", that)
        meant = Quantified("every", Logic("or", (Not(where), that)))
        return Logic("and", (Quantified("any", where), meant))  # over none that is meant: false

    def _condition(self, key: str, value: object) -> Node | None:
        if not isinstance(value, str) or not value:
            self._report.add(key, value, "a condition on one account, in quotes")
            return None
        node = self._checker.each_account(key, value)
        if node is None:
            return None
        if any(isinstance(part, Quantified) for part in walk(node)):
            self._report.add(key, value, "no condition on other accounts inside")
            return None
        if unquantified(node) is None:
            self._report.add(key, value, "a measure of accounts, such as account_balance")
            return None
        return node
