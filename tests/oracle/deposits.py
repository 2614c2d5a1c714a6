"""What a deposit that is kept would bring: the least that makes a condition hold as of a later day, if nothing else happens.

Readings of the design:

* A deposit raises ``aum`` and ``deposits`` by itself and their averages by its share of the window's days; anything else is as at the look,
  but that days count to the later one. What is booked ahead of the look is none of it.
* Nothing is told where the amount is not what matters. An amount below nothing is told as 0: it gets there by itself.
* Of conditions that read money in other ways than ``aum >= 100``, joined by ``and`` and ``or``, this oracle does not say.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.conditions import Lets, Value, parsed, truth
from tests.oracle.days import date_of, is_last_of, window_start
from tests.oracle.names import MINOR_DIGITS, AccountNames, Names
from tests.oracle.tiers import CLOSE_MONTHS
from tests.oracle.told import names_in

RAISED = ("aum", "deposits")
MOVED = (
    *RAISED, "demand", "lowest_account_balance", "inflow", "net_flow", "contribution", "profit", "account_balance",
    "balance_cv", "deposit_slope", "foreign_deposits", "wealth_share",
)  # fmt: skip
"""How the names of measures begin that a deposit may move."""
ENOUGH = 2**70
"""Minor units, more than any money."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """Major units that, deposited on day ``by`` and kept, count at the close of ``reached``."""

    amount: Fraction
    by: int
    reached: int


def raised(name: str) -> bool:
    """Whether a deposit raises a measure by an amount that is known."""
    return name in RAISED or name.startswith(tuple(f"{balance}_avg_" for balance in RAISED))


def plain(text: str, lets: Lets) -> bool:
    """Whether the least amount is found by trying larger and larger ones."""
    return _plain(parsed(text), lets)


def check_on(check: str, day: int) -> int | None:
    """The first close from ``day`` on that makes a check; None of anniversaries."""
    if check == "anniversary":
        return None
    months = CLOSE_MONTHS.get(check)
    while months is not None and not is_last_of(day, months):
        day += 1
    return day


def least(holds: Callable[[Later], bool], names: Names, first: int, day: int) -> Fraction | None:
    """The smallest whole number of minor units, as major ones, with which ``holds`` as of ``day``; None if money does not decide it."""

    def enough(amount: int) -> bool:
        return holds(Later(names, first, day, amount))

    low, high = -ENOUGH, ENOUGH
    if enough(low) or not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return Fraction(max(high, 0), 10**MINOR_DIGITS)


class Later:
    """Names as of a later day, after a deposit of minor units on day ``first``."""

    def __init__(self, names: Names, first: int, day: int, amount: int) -> None:
        self.names = names
        self.first = first
        self.day = day
        self.amount = amount
        self.accounts = [AccountNames(self, account.account) for account in names.accounts]

    def __call__(self, name: str) -> Value:
        if name == "today":
            return date_of(self.day)
        if not raised(name):
            return self.names(name)
        balance, _, window = name.partition("_avg_")
        known = self.names.measures.ends(balance)
        as_of = self.names.measures.as_of
        start = window_start(window, self.day) if window else self.day
        passed = known[start - as_of - 1 :] if start <= as_of else []
        to_come = self.day - max(start, as_of + 1) + 1
        days = self.day - start + 1
        raised_days = max(0, min(self.day - self.first + 1, days))
        total = sum(passed) + known[-1] * to_come + self.amount * raised_days
        return Fraction(total, days * 10**MINOR_DIGITS)

    def truth(self, text: str, lets: Lets) -> bool | None:
        """Whether a condition holds then."""
        return truth(text, self, lets, date_of(self.day))


def _plain(node: ast.expr, lets: Lets) -> bool:
    match node:
        case ast.BoolOp(values=parts):
            return all(_plain(part, lets) for part in parts)
        case ast.Name(id=name) if isinstance(lets.get(name), str):
            return plain(lets[name], lets)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Gt() | ast.GtE()], comparators=[ast.Constant()]) if raised(
            name
        ):
            return True
    return not any(name.startswith(MOVED) for name in names_in(ast.unparse(node), lets))
