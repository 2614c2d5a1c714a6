"""What looks odd in files of signals: alerts that never come, that end as they begin, severities that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agents.policy.linear import Atom
from agents.policy.nodes import Call, Column, Node, walk
from agents.policy.odd import names_of, never, overlap, unused
from agents.policy.odd_values import of_family as conditions_of
from agents.policy.odd_values import of_values
from agents.policy.proofs import implied
from agents.policy.signals import Family, Signal
from agents.policy.values import both, bounds_of, impossible, sampled, values_of
from agents.policy.worlds import in_each
from schemas.measures import measure_named

_YEAR_DAYS: Final = 365
"""Most days to a next anniversary: from the day after one in a leap year."""
_PAST: Final = frozenset(
    {
        "birth_date",
        "opened_on",
        "last_contact_on",
        "complaint_open_since",
        "enquired_on",
        "account_last_activity_on",
        "account_last_induced_on",
        "account_card_activated_on",
        "cycle_last_on",
    }
)
"""Days of what has happened: none of them is ever to come."""


def of_family(family: Family) -> Iterator[tuple[str, str]]:
    """Key and text of each finding."""
    for signal in family.signals:
        place = f"signal.{signal.name}"
        if never(signal.when.node):
            yield f"{place}.when", "can never hold: its bounds contradict each other"
        elif signal.raising is not None and signal.clearing is not None:
            yield from _flaps(f"{place}.clear", signal.raising.node, signal.clearing.node)
        yield from _of_severities(f"{place}.severity", signal)
        yield from _of_dates(place, signal)
    yield from of_values(conditions_of(family), family.lets)
    yield from unused(family.table, _used(family))
    expected = {name for example in family.table.example for name in example.expect}
    for signal in family.signals:
        if signal.name not in expected:
            yield f"signal.{signal.name}", "no example expects it"


def _flaps(key: str, raising: Node, clearing: Node) -> Iterator[tuple[str, str]]:
    if implied(raising, clearing):
        yield key, "holds wherever when does: it ends nothing before when does not hold any more"
        return
    if never(clearing):
        yield key, "can never hold: its bounds contradict each other, and the alert is never cleared"
        return
    shared = overlap(raising, clearing)
    if shared is not None:
        yield key, f"can hold while when holds: both do with {shared}"
        return
    shared = _shared(raising, clearing)
    if shared is not None:
        yield key, f"can hold while when holds: both allow {shared}"


def _shared(raising: Node, clearing: Node) -> str | None:
    """A value that ``raising``, which bounds several measures, allows of the one that ``clearing`` bounds."""
    cleared = values_of(clearing)
    if cleared is None:
        return None
    atom, ending = cleared
    for (world,) in in_each(raising):
        bounds, _ = bounds_of(world)
        if impossible(bounds) or atom not in bounds or any(_akin(atom, other) for other in bounds if other != atom):
            continue
        shared = both(bounds[atom], ending)
        if shared:
            return sampled(atom, shared)
    return None


def _akin(atom: Atom, other: Atom) -> bool:
    """Whether two measures are one figure over two windows, so that what bounds one may bound the other."""
    return not _families(atom).isdisjoint(_families(other))


def _families(atom: Atom) -> set[str]:
    names = [part.name for part in walk(atom) if isinstance(part, Column)]
    return {name if (measure := measure_named(name)) is None else measure.family for name in names}


def _of_dates(place: str, signal: Signal) -> Iterator[tuple[str, str]]:
    """A day that is past when it is known, and a lead that is always under way."""
    day = None if signal.due_on is None else signal.due_on.node
    if isinstance(day, Column) and day.name in _PAST:
        yield f"{place}.due_on", f"{day.name} is past once it is known: next_anniversary({day.name}) is the day to come"
    yearly = (isinstance(day, Call) and day.name == "next_anniversary") or (
        isinstance(day, Column) and day.name == "relative_next_on"
    )
    lead = signal.table.lead_days or 0
    if yearly and lead >= _YEAR_DAYS:
        yield (
            f"{place}.lead_days",
            f"raised on every day: the next anniversary is never more than {_YEAR_DAYS} days ahead",
        )


def _of_severities(key: str, signal: Signal) -> Iterator[tuple[str, str]]:
    told = [(one.word, one.when.node) for one in signal.severities if one.when is not None]
    for place, (word, node) in enumerate(told):
        worse = next((name for name, other in told[:place] if implied(node, other)), None)
        if never(node):
            yield f"{key}.{word}", "can never hold: its bounds contradict each other"
        elif worse is not None:
            yield f"{key}.{word}", f"never reached: it is {worse} wherever this holds"


def _used(family: Family) -> Iterator[str]:
    """The names that conditions and values read."""
    yield from names_of(family.table.applies_to or "")
    for signal in family.signals:
        table = signal.table
        texts = [table.when, table.clear, table.where, table.due_on, table.value]
        conditions = [severity.when.text for severity in signal.severities if severity.when is not None]
        for text in (*texts, *conditions):
            yield from names_of(text or "")
