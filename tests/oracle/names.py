"""What the names in conditions stand for at one look: of a customer, of an account, of an item or occasion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction

from tests.oracle.account_rows import AccountValue
from tests.oracle.conditions import Value
from tests.oracle.days import date_of
from tests.oracle.measure_names import MONEY, NAMES
from tests.oracle.measures import Measures

MINOR_DIGITS = 2
ACCOUNT_MONEY = frozenset(("account_balance", "account_card_spend_6m"))


class Names:
    """Names of a customer: measures in major units, and facts."""

    def __init__(self, measures: Measures, fact: Callable[[str, dt.date], Value]) -> None:
        self.measures = measures
        self.fact = fact
        self.accounts: list[AccountNames] = []
        self._known: dict[str, Value] = {}

    def __call__(self, name: str) -> Value:
        if name not in self._known:
            self._known[name] = self._value(name)
        return self._known[name]

    def _value(self, name: str) -> Value:
        if name in NAMES:
            value = self.measures[name]
            return None if value is None else Fraction(value) / (10**MINOR_DIGITS if name in MONEY else 1)
        if name == "today":
            return date_of(self.measures.as_of)
        return self.fact(name, date_of(self.measures.as_of))


class Over:
    """Names of an item or occasion over those of a customer."""

    def __init__(self, names: Names, over: Mapping[str, Value]) -> None:
        self.names = names
        self.over = over
        self.accounts = names.accounts

    def __call__(self, name: str) -> Value:
        return self.over[name] if name in self.over else self.names(name)


class AccountNames:
    """Names of an account: its measures, and those of its customer."""

    def __init__(self, customer: Callable[[str], Value], account: dict[str, AccountValue]) -> None:
        self.customer = customer
        self.account = account

    def __call__(self, name: str) -> Value:
        if name not in self.account:
            return self.customer(name)
        value = self.account[name]
        if value is None or isinstance(value, bool | str):
            return value
        if name.endswith(("_on", "_since")):
            return date_of(value)
        return Fraction(value, 10**MINOR_DIGITS if name in ACCOUNT_MONEY else 1)
