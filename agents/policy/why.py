"""Why a condition holds on a row or does not: the parts that make it so, each in words and with the figures it read."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from agents.days import iso
from agents.policy.exact import ExactRow
from agents.policy.nodes import UNITS, Call, Column, Condition, Logic, NextDay, Node, Quantified, Today, walk
from agents.policy.words import in_words
from agents.policy.written import amount
from streams.rows import UNKNOWN

_PARTS_MAX = 4
"""Most parts that are told of one condition: what is longer is read in the file."""

_OF_TODAY = frozenset({"months_since", "days_since", "days_until", "next_anniversary"})
"""Functions that read the as-of day."""


def why(key: str, condition: Condition, row: ExactRow) -> str:
    """Whether the condition at ``key`` holds on ``row``, is unknown there or does not hold, and the parts that decide.

    Of ``and`` and ``or`` those parts that hold where the whole does, else those that do not.
    """
    return why_node(key, condition.node, row)


def why_node(key: str, node: Node, row: ExactRow) -> str:
    """The same of a tree, such as a name of ``[let]``."""
    value = row.value(node)
    found = list(dict.fromkeys(_told(part, row) for part in _deciding(node, row, holds=value is True)))
    more = [f"and {len(found) - _PARTS_MAX} more"] if len(found) > _PARTS_MAX else []
    what = "is unknown" if value is None else "holds" if value else "does not hold"
    return f"{key} {what}: {', '.join([*found[:_PARTS_MAX], *more])}"


def _deciding(node: Node, row: ExactRow, *, holds: bool) -> Iterator[Node]:
    """The parts of ``node`` that are no ``and`` or ``or`` and are true (``holds``), or are not."""
    if not isinstance(node, Logic):
        yield node
        return
    for part in node.parts:
        if (row.value(part) is True) == holds:
            yield from _deciding(part, row, holds=holds)


def _told(part: Node, row: ExactRow) -> str:
    """A part in words, then its figures."""
    if isinstance(part, Quantified):
        accounts = row.accounts()
        return f"{in_words(part)} ({accounts or 'no'} {'account' if accounts == 1 else 'accounts'} given)"
    columns = dict.fromkeys(one for one in walk(part) if isinstance(one, Column))
    figures = [f"{column.name} {_figure(column, row)}" for column in columns]
    if any(map(_of_today, walk(part))):
        figures.append(f"today is {iso(row.as_of)}")
    return f"{in_words(part)} ({', '.join(figures)})" if figures else in_words(part)


def _of_today(node: Node) -> bool:
    """Whether the as-of day is read."""
    return isinstance(node, Today | NextDay) or (isinstance(node, Call) and node.name in _OF_TODAY)


def _figure(column: Column, row: ExactRow) -> str:
    value, divisor = row.kept(column)
    if value == UNKNOWN:
        return "is not given"
    match column.type:
        case "flag":
            return f"is {value != 0}"
        case "day":
            return f"is {iso(value)}"
        case "text":
            return f"is '{row.text(column)}'"
        case _:
            return f"is {amount(Fraction(value, divisor * UNITS.get(column.type, 1)))}"
