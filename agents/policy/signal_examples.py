"""The examples of signals, run: which are raised for a customer with these figures, and how bad each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.policy.accounts import accounts_of
from agents.policy.exact import ExactRow
from agents.policy.explain_signals import nodes_of
from agents.policy.given import Figures, given_row
from agents.policy.nodes import account_columns_of, columns_of, occasion_columns_of
from agents.policy.signals import Family, Signal
from schemas.measures import ACCOUNT_MEASURES
from schemas.occasion_names import ITEMS, ON
from schemas.signal_file import SignalExampleTable
from streams.rows import Rows, Vocabulary


def signal_failures(family: Family, example: SignalExampleTable) -> Iterator[str]:
    """What came out otherwise than ``example`` expects."""
    raised = raised_in(family, example)
    if set(example.expect) != raised.keys():
        yield f"expected {_listed(sorted(set(example.expect)))}, raised {_listed(sorted(raised))}"
    for name, word in example.severity.items():
        if name in raised and raised[name] != word:
            yield f"expected {name} to be {word}, it is {raised[name]}"


def raised_in(family: Family, example: SignalExampleTable) -> dict[str, str]:
    """The severity of each signal that is raised, the worst of all its accounts or items.

    Which are held back by others or by a cooldown is not looked at.
    """
    world = _World(family, example)
    found = {signal.name: _places(signal, world) for signal in family.signals if _at_levels(signal, example.levels)}
    severities = {signal.name: signal.severities for signal in family.signals}
    return {name: severities[name][min(places)].word for name, places in found.items() if places}


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

    def _given(self, item: Figures) -> Rows:
        figures = {**self.example.given, **item}
        return given_row(figures, self.example.accounts, self._columns, self._account_columns, self._vocabulary)

    def _row(self, rows: Rows) -> ExactRow:
        return ExactRow(rows, 0, self._vocabulary)


def _places(signal: Signal, world: _World) -> list[int]:
    """The severity of each account or item for which the signal is raised, by its place."""
    before = signal.name in world.example.raised and signal.table.on is None
    return [_severity(signal, row) for row in world.rows(signal) if _raised(signal, row, before=before)]


def _raised(signal: Signal, row: ExactRow, *, before: bool) -> bool:
    when = row.value(signal.when.node)
    if not before:
        return when is True
    return when is not False if signal.clear is None else row.value(signal.clear.node) is not True


def _severity(signal: Signal, row: ExactRow) -> int:
    conditions = [severity.when for severity in signal.severities]
    return next(place for place, when in enumerate(conditions) if when is None or row.value(when.node) is True)


def _at_levels(signal: Signal, levels: Mapping[str, str]) -> bool:
    """Whether the customer stands at one of the levels asked for in every scheme that is named."""
    return all(levels.get(scheme) in names for scheme, names in signal.table.for_levels.items())


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
