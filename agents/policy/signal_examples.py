"""The examples of signals, run: which are raised for a customer with these figures, and how bad each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.policy.accounts import accounts_of
from agents.policy.exact import ExactRow
from agents.policy.explain_signals import nodes_of
from agents.policy.given import Figures, given_row
from agents.policy.nodes import Condition, account_columns_of, columns_of, occasion_columns_of
from agents.policy.signals import Family, Signal
from agents.policy.why_raised import why_not_raised, why_raised, why_severity
from agents.signals.decide import Truths, seen
from schemas.measures import ACCOUNT_MEASURES
from schemas.occasion_names import ITEMS, ON
from schemas.signal_file import SignalExampleTable
from streams.rows import Rows, Vocabulary


def signal_failures(family: Family, example: SignalExampleTable) -> Iterator[str]:
    """What came out otherwise than ``example`` expects, and which conditions made it so."""
    world = _World(family, example)
    raised = _raised_in(family, world)
    signals = {signal.name: signal for signal in family.signals}
    if set(example.expect) != raised.keys():
        told = [f"expected {_listed(sorted(set(example.expect)))}, raised {_listed(sorted(raised))}"]
        for name in sorted(set(example.expect) ^ raised.keys()):
            told += _why(signals[name], family.applies_to, world)
        yield "; ".join(told)
    for name, word in example.severity.items():
        if name in raised and raised[name] != word:
            told = [f"expected {name} to be {word}, it is {raised[name]}"]
            yield "; ".join([*told, *why_severity(signals[name], world.raised(signals[name]), word, raised[name])])


def raised_in(family: Family, example: SignalExampleTable) -> dict[str, str]:
    """The severity of each signal that is raised, the worst of all its accounts or items.

    Which are held back by others or by a cooldown is not looked at.
    """
    return _raised_in(family, _World(family, example))


def _raised_in(family: Family, world: _World) -> dict[str, str]:
    found = {one.name: _places(one, world) for one in family.signals if _at_levels(one, world.example.levels)}
    severities = {signal.name: signal.severities for signal in family.signals}
    return {name: severities[name][min(places)].word for name, places in found.items() if places}


def _why(signal: Signal, scope: Condition | None, world: _World) -> Iterator[str]:
    """Why it is raised and not expected, or the other way."""
    before = world.before(signal)
    if signal.name in world.example.expect:
        return why_not_raised(signal, scope, list(world.rows(signal)), world.example.levels, before=before)
    return why_raised(signal, world.raised(signal), before=before)


class _World:
    """The figures of an example as rows: the customer's, each account's, each item's."""

    def __init__(self, family: Family, example: SignalExampleTable) -> None:
        nodes = list(nodes_of(family))
        columns = dict.fromkeys(column.name for node in nodes for column in columns_of(node))
        columns |= dict.fromkeys(column.name for node in nodes for column in occasion_columns_of(node))
        read = {column.name for node in nodes for column in account_columns_of(node)}
        self.example = example
        self._columns = tuple(columns)
        self._account_columns = tuple(name for name in ACCOUNT_MEASURES if name in read)
        self._vocabulary = Vocabulary()

    def rows(self, signal: Signal) -> Iterator[ExactRow]:
        """What a signal is looked at for: the customer, each account or item, nothing without its occasion."""
        example, table = self.example, signal.table
        if table.on is not None and not ON[table.on].keys() & example.given.keys():
            return
        if table.each is None:
            yield self._row(self._given({}))
        elif table.each == "account":
            accounts = accounts_of(self._given({}), 0)
            yield from (ExactRow(accounts, row, self._vocabulary) for row in range(len(accounts)))
        else:
            items = [item for item in example.items if ITEMS[table.each].keys() & item.keys()]
            yield from (self._row(self._given(item)) for item in items)

    def before(self, signal: Signal) -> bool:
        """Whether the signal, one that lasts, was raised before."""
        return signal.name in self.example.raised and signal.table.on is None

    def raised(self, signal: Signal) -> list[ExactRow]:
        """The rows for which a signal is raised."""
        return [row for row in self.rows(signal) if _raised(signal, row, before=self.before(signal))]

    def _given(self, item: Figures) -> Rows:
        figures = {**self.example.given, **item}
        return given_row(figures, self.example.accounts, self._columns, self._account_columns, self._vocabulary)

    def _row(self, rows: Rows) -> ExactRow:
        return ExactRow(rows, 0, self._vocabulary)


def _places(signal: Signal, world: _World) -> list[int]:
    """The severity of each account or item for which the signal is raised, by its place."""
    return [_severity(signal, row) for row in world.raised(signal)]


def _raised(signal: Signal, row: ExactRow, *, before: bool) -> bool:
    when = _truth(row, signal.when)
    clear = None if signal.clear is None else _truth(row, signal.clear)
    saw = seen(Truths(when, clear), 0, None, ends_with_when=signal.clear is None)
    return not saw.ends if before else saw.begins


def _truth(row: ExactRow, condition: Condition) -> bool | None:
    value = row.value(condition.node)
    return None if value is None else bool(value)


def _severity(signal: Signal, row: ExactRow) -> int:
    conditions = [severity.when for severity in signal.severities]
    return next(place for place, when in enumerate(conditions) if when is None or row.value(when.node) is True)


def _at_levels(signal: Signal, levels: Mapping[str, str]) -> bool:
    """Whether the customer stands at one of the levels asked for in every scheme that is named."""
    return all(levels.get(scheme) in names for scheme, names in signal.table.for_levels.items())


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
