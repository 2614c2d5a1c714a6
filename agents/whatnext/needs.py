"""How much more balance makes a condition hold: on every day of some rows, to the minor unit.

A deposit that is kept raises ``aum`` and ``deposits`` by itself, their averages by its share of the window's days, and
``inflow`` and ``net_flow`` by itself as long as the window has its day; what leaves again lowers ``net_flow`` and no ``inflow``.
Everything else stays as the row has it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from agents.days import window_first
from agents.policy.distance import lower_bound
from agents.policy.exact import ExactRow
from agents.policy.linear import Bound, bound_of
from agents.policy.nodes import Column, Logic, Node, walk
from agents.policy.plan import Plan
from streams.rows import UNKNOWN, Rows, Vocabulary

ALWAYS: Final = -(2**80)
"""The need of what holds whatever the balance is: less than any money."""
NEVER: Final = 2**80
"""The need of what no money mends: more than any money."""

_BALANCES: Final = ("aum", "deposits")
_AVERAGES: Final = tuple(f"{name}_avg_" for name in _BALANCES)
_INFLOWS: Final = "inflow_"
_FLOWS: Final = (_INFLOWS, "net_flow_")
_GROWING: Final = ("demand", "demand_lowest_30d", "lowest_account_balance")
_GROWING_SUMS: Final = ("contribution_", "profit_")
"""What a deposit may raise, nobody knows by how much: a lower bound on it that holds goes on holding."""
_TANGLED: Final = frozenset(
    {"account_balance", "balance_cv_90d", "demand_share", "deposit_slope_6m", "foreign_deposits", "wealth_share"}
)
"""What a deposit may move either way."""


def raised(name: str) -> bool:
    """Whether a deposit raises the measure ``name`` by an amount that is known."""
    return name in _BALANCES or name.startswith(_AVERAGES) or flows(name)


def flows(name: str) -> bool:
    """Whether the measure ``name`` is a sum of what comes in, which a deposit raises while its day is in the window."""
    return name.startswith(_FLOWS)


def needs(node: Node, rows: Rows, vocabulary: Vocabulary, first: int, *, unknown_holds: bool) -> list[int] | None:
    """By row the smallest amount, in minor units, by which balances must be higher from day ``first`` on for ``node`` to hold.

    Negative: they may be lower by that much. ``ALWAYS`` and ``NEVER`` where the amount is not what matters. None if the
    condition reads balances in a way that no single amount answers.
    """
    if isinstance(node, Logic):
        parts = [needs(part, rows, vocabulary, first, unknown_holds=unknown_holds) for part in node.parts]
        known = [part for part in parts if part is not None]
        choose = max if node.op == "and" else min
        return [choose(row) for row in zip(*known, strict=True)] if len(known) == len(parts) else None
    names = [part.name for part in walk(node) if isinstance(part, Column)]
    if any(map(raised, names)):
        bound = lower_bound(node, ExactRow(rows, 0, vocabulary)) if len(rows) else None
        if bound is None or not isinstance(bound.atom, Column) or not raised(bound.atom.name):
            return None
        return _amounts(bound, bound.atom, rows, first, ALWAYS if unknown_holds else NEVER)
    if not _TANGLED.isdisjoint(names) or (any(map(_grows, names)) and not _from_below(node)):
        return None
    return _as_it_is(node, rows, vocabulary, unknown_holds=unknown_holds)


def smallest(bound: Fraction, area: int, days: int, raised_days: int, *, strict: bool) -> int:
    """The smallest whole x for which (area + x * raised_days) / days reaches ``bound``, or with ``strict`` exceeds it."""
    above = bound.numerator * days - bound.denominator * area
    per_unit = bound.denominator * raised_days
    return above // per_unit + 1 if strict else -(-above // per_unit)


def _amounts(bound: Bound, column: Column, rows: Rows, first: int, unknown: int) -> list[int]:
    strict = bound.op == ">"
    areas = rows.values[rows.names.index(column.name)].tolist()
    days = [1] * len(rows) if column.whole else rows.divisors[column.name].tolist()
    found = []
    for area, length, as_of in zip(areas, days, rows.as_of.tolist(), strict=True):
        raised_days = _raised_days(column.name, as_of, length, first)
        if area == UNKNOWN:
            found.append(unknown)
            continue
        least = smallest(bound.bound, area, length, max(raised_days, 1), strict=strict)
        if raised_days > 0 and (least > 0 or not column.name.startswith(_INFLOWS)):
            found.append(least)
        else:
            found.append(ALWAYS if least <= 0 else NEVER)
    return found


def _raised_days(name: str, as_of: int, length: int, first: int) -> int:
    """The days of a measure's window, seen on day ``as_of``, that have a balance of day ``first`` on; none for a flow that has
    not its day."""
    if flows(name):
        return int(window_first(name.rpartition("_")[2], as_of) <= first <= as_of)
    return min(as_of - first + 1, length)


def _as_it_is(node: Node, rows: Rows, vocabulary: Vocabulary, *, unknown_holds: bool) -> list[int]:
    truth = Plan((node,), vocabulary).evaluate(rows)[0]
    holds = truth.true if truth.unknown is None or not unknown_holds else truth.true | truth.unknown
    return [ALWAYS if one else NEVER for one in holds.tolist()]


def _grows(name: str) -> bool:
    return name in _GROWING or name.startswith(_GROWING_SUMS)


def _from_below(node: Node) -> bool:
    bound = bound_of(node)
    return bound is not None and bound.op in (">", ">=")
