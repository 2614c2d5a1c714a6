"""Why a signal is raised for the customer of an example, or is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agents.policy.exact import ExactRow
from agents.policy.nodes import Condition
from agents.policy.signals import Signal
from agents.policy.why import why
from schemas.occasion_names import ITEMS, ON

_ROWS_MAX: Final = 3
"""Most accounts or items whose figures are told: the others of an example are mostly alike."""


def why_not_raised(
    signal: Signal, scope: Condition | None, rows: Sequence[ExactRow], levels: Mapping[str, str], *, before: bool
) -> Iterator[str]:
    """Why it is not raised: the levels that the customer has not, nothing to look at, or what did not hold.

    ``scope`` is ``applies_to`` of its file, ``rows`` are what it is looked at for, ``before``: it was raised before.
    """
    place = f"signal.{signal.name}"
    away = list(_away(place, signal, levels))
    if away:
        yield from away
    elif not rows:
        yield f"{place} is looked at for {_looked_at(signal)}, and the example gives none"
    elif before and signal.clear is not None:
        yield from _told(signal, [(f"{place}.clear", signal.clear)], rows)
    else:
        parts = [("applies_to", scope), (f"{place}.where", signal.where), (_when(signal), signal.raising)]
        yield from _told(signal, [(key, part) for key, part in parts if part is not None], rows, failing=True)


def why_raised(signal: Signal, rows: Sequence[ExactRow], *, before: bool) -> Iterator[str]:
    """What holds of ``rows``, those for which it is raised, or was and is not cleared (``before``)."""
    clear = signal.clear if before else None
    if clear is not None and all(row.value(clear.node) is not True for row in rows):
        yield from _told(signal, [(f"signal.{signal.name}.clear", clear)], rows)
    elif signal.raising is not None:  # it keeps raised what `clear` would end
        yield from _told(signal, [(_when(signal), signal.raising)], rows)


def why_severity(signal: Signal, rows: Sequence[ExactRow], expected: str, got: str) -> Iterator[str]:
    """That the condition of the severity ``expected`` does not hold, or that of a worse one does."""
    places = [signal.severity_of(expected), signal.severity_of(got)]
    one = signal.severities[min(places)]
    if one.when is not None:
        yield from _told(signal, [(f"signal.{signal.name}.severity.{one.word}", one.when)], rows)


def _away(place: str, signal: Signal, levels: Mapping[str, str]) -> Iterator[str]:
    for scheme, names in signal.table.for_levels.items():
        if scheme not in levels:
            write = f'levels = {{ {scheme} = "{names[0]}" }}'
            yield f"{place}.for_levels asks for {' or '.join(names)} of {scheme}: give the example {write}"
        elif levels[scheme] not in names:
            yield f"{place}.for_levels asks for {' or '.join(names)} of {scheme}, not {levels[scheme]}"


def _when(signal: Signal) -> str:
    """The key that raises it: a dated signal may have no ``when``."""
    return f"signal.{signal.name}.{'when' if signal.table.when is not None else 'due_on'}"


def _looked_at(signal: Signal) -> str:
    table = signal.table
    names = ON[table.on] if table.on is not None else ITEMS.get(table.each or "", {})
    what = f"each {table.on or table.each}".replace("_", " ")
    return f"{what} ({', '.join(list(names)[:2])}, ...)" if names else what


def _told(
    signal: Signal, parts: Sequence[tuple[str, Condition]], rows: Sequence[ExactRow], *, failing: bool = False
) -> Iterator[str]:
    """The ``parts`` on each row, ``failing``: those alone that do not hold."""
    each = signal.table.each
    for count, row in enumerate(rows[:_ROWS_MAX], 1):
        told = [why(key, part, row) for key, part in parts if not failing or row.value(part.node) is not True]
        yield "; ".join(told) if each is None else f"{each} {count}: {'; '.join(told)}"
    if len(rows) > _ROWS_MAX:
        yield f"and so on for {len(rows) - _ROWS_MAX} more"
