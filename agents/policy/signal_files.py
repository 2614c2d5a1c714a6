"""A file of signals: the conditions of each, composed, typed, and kept to the names that exist where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

from agents.policy.calendars import check_let_names, read_calendar
from agents.policy.carried import carried_columns
from agents.policy.check import Checker
from agents.policy.cuts import cut_names
from agents.policy.given_signals import check_signal_examples
from agents.policy.mistakes import Report
from agents.policy.nodes import (
    Call,
    Compare,
    Condition,
    Const,
    Logic,
    NextDay,
    Node,
    Not,
    Quantified,
    ValueType,
    occasion_columns_of,
    unquantified,
    walk,
)
from agents.policy.signal_shapes import check_of, check_signals
from agents.policy.signals import Family, Severity, Signal
from agents.policy.spelled import Speller
from agents.policy.types import adopt
from schemas.cuts import Lines
from schemas.occasion_names import ITEMS, OCCASIONAL, ON
from schemas.signal_file import OTHERWISE, SignalsFile, SignalTable

_A_VALUE: Final[Mapping[ValueType, str]] = {
    "money": "a value of money, such as account_balance",
    "day": "a day, such as next_anniversary(birth_date)",
}


def family_of(file: str, table: SignalsFile, report: Report, lines: Lines) -> Family | None:
    """The signals of a file, None if there is a mistake in it."""
    check_let_names(table, report, lines)
    check_signals(table, report)
    family = _Reader(table, report, lines).family(file)
    check_signal_examples(table, report, cut_names(lines))
    return None if len(report) else family


class _Reader:
    """Reads the conditions of one file."""

    def __init__(self, table: SignalsFile, report: Report, lines: Lines) -> None:
        self._table = table
        self._report = report
        self._checker = Checker(report, table.let, read_calendar(table, report), OCCASIONAL, lines)
        self._speller = Speller(table.let, self._checker.let)
        self._signal: SignalTable | None = None

    def family(self, file: str) -> Family:
        """The file with all conditions that can be read."""
        lets = {name: node for name in self._table.let if (node := self._checker.let(name)) is not None}
        scope = self._condition("applies_to", self._table.applies_to)
        if scope is not None and any(one.each == "account" for one in self._table.signal):
            self._kept_apart("applies_to", scope.text, scope.node)
        signals = [self._read(file, one, scope) for one in self._table.signal]
        return Family(file, self._table, tuple(one for one in signals if one is not None), scope, lets)

    def _read(self, file: str, table: SignalTable, scope: Condition | None) -> Signal | None:
        self._signal, place = table, f"signal.{table.name}"
        where = self._condition(f"{place}.where", table.where)
        when = self._condition(f"{place}.when", table.when)
        clear = self._condition(f"{place}.clear", table.clear)
        due_on = self._value(f"{place}.due_on", table.due_on, "day")
        value = self._value(f"{place}.value", table.value, "money")
        severities = self._severities(f"{place}.severity", table)
        carried = carried_columns(f"{place}.carry", table.carry, self._report)
        self._signal = None
        window = None if due_on is None else _window(due_on, table.lead_days or 0)
        meant = [condition.node for condition in (scope, where) if condition is not None]
        parts = [condition.node for condition in (window, when) if condition is not None]
        said = when or window
        if said is None:
            return None
        return Signal(
            file=file,
            family=self._table.signals,
            table=table,
            check=check_of(table),
            when=_of(said, _joined("and", [*meant, *parts])),
            clear=None if clear is None else _of(clear, _joined("or", [clear.node, *map(Not, meant)])),
            severities=severities,
            value=value,
            due_on=due_on,
            where=where,
            raising=_of(said, _joined("and", parts)),
            clearing=clear,
            carried=carried,
        )

    def _severities(self, key: str, table: SignalTable) -> tuple[Severity, ...]:
        if isinstance(table.severity, str):
            return (Severity(table.severity, None),)
        read = [
            Severity(word, condition)
            for word, text in table.severity.items()
            if word != OTHERWISE and (condition := self._condition(f"{key}.{word}", text)) is not None
        ]
        return (*read, Severity(table.severity.get(OTHERWISE, ""), None))

    def _value(self, key: str, text: str | None, type_: ValueType) -> Condition | None:
        if not text:
            return None
        node = self._checker.expression(key, text)
        if node is None or not self._stands(key, text, node):
            return None
        typed = adopt(node, type_) if type_ == "money" else node
        if typed.type == type_:
            return Condition(text.strip(), typed, self._speller.spelled(text))
        self._report.add(key, text, _A_VALUE[type_], f"this is of type {node.type}")
        return None

    def _condition(self, key: str, text: str | None) -> Condition | None:
        if not text:  # left out, or reported as missing
            return None
        node = self._checker.expression(key, text)
        if node is None or not self._stands(key, text, node) or self._checker.truth_value(key, text, node) is None:
            return None
        return Condition(text.strip(), node, self._speller.spelled(text))

    def _stands(self, key: str, text: str, node: Node) -> bool:
        """Whether all names that ``node`` reads exist where it stands; else it is a mistake."""
        signal = self._signal
        if not self._occasion_stands(key, text, node):
            return False
        if signal is not None and signal.each == "account":
            return self._kept_apart(key, text, node)
        if signal is not None and signal.each is None and signal.on is None:
            return self._of_customer(f"signal.{signal.name}.each", node)
        return self._checker.of_customer(key, text, node)

    def _occasion_stands(self, key: str, text: str, node: Node) -> bool:
        """Whether the names of an occasion or item are those of the signal, and stand outside of other conditions."""
        signal = self._signal
        known = {**ON.get(signal.on or "", {}), **ITEMS.get(signal.each or "", {})} if signal else {}
        for column in occasion_columns_of(node):
            if column.name not in known:
                place = f"signal.{signal.name}" if signal else ""
                if not self._report.told(f"{place}.on") and not self._report.told(f"{place}.each"):
                    self._report.add(key, text, f"{column.name} only in {_where(column.name)}")
                return False
        if any(occasion_columns_of(part) for part in walk(node) if isinstance(part, Quantified)):
            self._report.add(key, text, "inside a condition on any or every account no name of an occasion or item")
            return False
        return True

    def _of_customer(self, key: str, node: Node) -> bool:
        """Whether ``node`` reads accounts in conditions on them alone; else ``each`` is missing, told once a signal."""
        account = unquantified(node)
        if account is not None and not self._report.told(key):
            hint = 'for one alert a customer: a name in [let], such as name = { any = "account", that = "..." }'
            self._report.add(key, None, f'"account", because {account.name} is read, but the key is missing', hint)
        return account is None

    def _kept_apart(self, key: str, text: str, node: Node) -> bool:
        """Whether a condition of a signal for each account asks nothing of any or every account."""
        inside = any(isinstance(part, Quantified) for part in walk(node))
        if inside:
            expected = 'no condition on any or every account in a signal with each = "account"'
            self._report.add(key, text, expected, "read account_* here as they are")
        return not inside


def _where(name: str) -> str:
    """In which signals a name exists."""
    on = next((f'on = "{word}"' for word, names in ON.items() if name in names), "")
    each = next((f'each = "{word}"' for word, names in ITEMS.items() if name in names), "")
    return f"a signal with {on or each}"


def _window(due_on: Condition, lead_days: int) -> Condition:
    """That a date is at most ``lead_days`` ahead and not past; the next one of several never is."""
    day = due_on.node
    until = Call("days_until", (day,), "days")
    window: Node = Compare("<=", until, Const(Fraction(lead_days), "days"))
    if not (isinstance(day, NextDay) or (isinstance(day, Call) and day.name == "next_anniversary")):
        window = Logic("and", (window, Compare(">=", until, Const(Fraction(0), "days"))))
    text, spelled = (f"0 <= days_until({day}) <= {lead_days}" for day in (due_on.text, due_on.spelled))
    return Condition(text, window, spelled)


def _of(said: Condition, node: Node) -> Condition:
    """A condition that is told like another one."""
    return Condition(said.text, node, said.spelled)


def _joined(op: Literal["and", "or"], parts: list[Node]) -> Node:
    """The parts joined by ``op``, those that are joined by it themselves dissolved."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Logic) and part.op == op else (part,)
    return flat[0] if len(flat) == 1 else Logic(op, tuple(flat))
