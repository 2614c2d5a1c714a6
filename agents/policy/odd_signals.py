"""What looks odd in files of signals: alerts that never come, that end as they begin, severities that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from agents.policy.nodes import Node
from agents.policy.odd import names_of, never, overlap, unused
from agents.policy.proofs import implied
from agents.policy.signals import Family, Signal


def of_family(family: Family) -> Iterator[tuple[str, str]]:
    """Key and text of each finding."""
    for signal in family.signals:
        place = f"signal.{signal.name}"
        if never(signal.when.node):
            yield f"{place}.when", "can never hold: its bounds contradict each other"
        elif signal.raising is not None and signal.clearing is not None:
            yield from _flaps(f"{place}.clear", signal.raising.node, signal.clearing.node)
        yield from _of_severities(f"{place}.severity", signal)
    yield from unused(family.table, _used(family))
    expected = {name for example in family.table.example for name in example.expect}
    for signal in family.signals:
        if signal.name not in expected:
            yield f"signal.{signal.name}", "no example expects it"


def _flaps(key: str, raising: Node, clearing: Node) -> Iterator[tuple[str, str]]:
    if implied(raising, clearing):
        yield key, "holds wherever when does: the alert is cleared as soon as it is raised"
        return
    shared = overlap(raising, clearing)
    if shared is not None:
        yield key, f"can hold while when holds: both do with {shared}"


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
