"""What a condition read, as a tier change carries it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.days import iso
from agents.policy.exact import ExactRow
from agents.policy.nodes import UNITS, Call, Column, Condition, NextDay, Node, Today, walk
from agents.policy.written import exact_quotient
from streams.rows import UNKNOWN

_DAYS: Final = (Today, NextDay)
_FROM_TODAY: Final = frozenset({"days_since", "days_until", "months_since", "next_anniversary"})
"""Functions that count from the as-of day."""

Evidence = dict[str, float | int | str | bool | None]


def evidence(columns: Iterable[Column], row: ExactRow) -> Evidence:
    """The value of each of ``columns``, by name; unknown is None.

    Money is in major units (see ``exact_value``), a day is an ISO date, a text itself.
    """
    return {column.name: shown(column, row) for column in columns}


def points(condition: Condition, row: ExactRow) -> Evidence:
    """What each score that the condition reads comes to, by its name in ``[let]``."""
    return {score.name: exact_quotient(int(row.value(score) or 0), 1) for score in condition.scores}


def today(nodes: Iterable[Node], row: ExactRow) -> Evidence:
    """The as-of day of the row as ``today``, where any of ``nodes`` counts from it; else nothing."""
    parts = [part for node in nodes for part in walk(node)]
    if any(isinstance(part, _DAYS) or (isinstance(part, Call) and part.name in _FROM_TODAY) for part in parts):
        return {"today": iso(int(row.value(Today()) or 0))}
    return {}


def holding(condition: Condition, row: ExactRow) -> list[str]:
    """The named conditions that give points to the scores that ``condition`` reads, those that hold, each once."""
    parts = [pair for score in condition.scores for pair in zip(score.names, score.parts, strict=True)]
    return [name for name, part in dict(parts).items() if row.value(part) is True]


def shown(column: Column, row: ExactRow) -> float | int | str | bool | None:
    """One value of the row as evidence carries it."""
    value, divisor = row.kept(column)
    if value == UNKNOWN:
        return None
    match column.type:
        case "flag":
            return value != 0
        case "day":
            return iso(value)
        case "text":
            return row.text(column)
        case _:
            return exact_quotient(value, divisor * UNITS.get(column.type, 1))
