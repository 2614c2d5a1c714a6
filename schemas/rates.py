"""``rates.toml``: what money costs and earns the bank, dated; the bank's own figures behind contribution and cost.

One table ``[[rates]]`` a period, oldest first, each from the first day of a month on (of older days only month ends are
kept)::

    [[rates]]
    from = 2024-01-01
    transfer_price = 0.025        # internal price of money, a year
    deposit_rate = 0.015          # average paid on deposits, a year
    loan_rate = 0.045             # weighted average earned on loans, a year
    cost_per_transaction = 0.50   # variable cost of a booking on a deposit or wealth account, major units; 0 if left out
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from math import gcd
from typing import Final, NamedTuple

from schemas.tables import Table, is_exact, read_table

RATES_FILE: Final = "rates.toml"
"""Name of the file, in the folder of policies."""
DAYS_OF_YEAR: Final = 360
"""Days by which a year's rate is spread over days."""
RATE_UNITS: Final = 1_000_000
"""A rate is a whole number of millionths: 2.35 % is 23,500."""
_MINOR_UNITS: Final = 100
_COST_MAX: Final = 10**9
"""Largest cost of one booking, minor units."""
_EPOCH: Final = dt.date(1970, 1, 1)
_NUMBERS: Final = ("transfer_price", "deposit_rate", "loan_rate")
_KEYS: Final = ("from", *_NUMBERS, "cost_per_transaction")


class RatePeriod(NamedTuple):
    """What holds from day number ``first_day`` on: what a deposit or a loan earns a year over the transfer price, in
    shares of ``RateTable.divisor``; the cost of a booking in minor units."""

    first_day: int
    deposit: int
    loan: int
    cost: int


class RateTable(NamedTuple):
    """Periods, oldest first. A contribution is the sum of area x spread over ``divisor``, in minor units."""

    periods: tuple[RatePeriod, ...]
    divisor: int


NO_RATES: Final = RateTable((), 1)
"""No rate is known, and so is no contribution."""


def read_rates(text: str) -> RateTable:
    """Read the file's text; ``ValueError`` tells all mistakes, one a line."""
    table = read_table(text, _mistakes)
    spreads = [
        (_day(period), *_spreads(period), int(period.get("cost_per_transaction", 0) * _MINOR_UNITS))
        for period in table["rates"]
    ]
    whole = DAYS_OF_YEAR * RATE_UNITS
    common = gcd(whole, *(number for _, deposit, loan, _ in spreads for number in (deposit, loan)))
    periods = [RatePeriod(day, deposit // common, loan // common, cost) for day, deposit, loan, cost in spreads]
    return RateTable(tuple(periods), whole // common)


def _day(period: dict[str, dt.date]) -> int:
    return (period["from"] - _EPOCH).days


def _spreads(period: dict[str, Decimal]) -> tuple[int, int]:
    """What a deposit and a loan earn over the transfer price, in millionths."""
    price = period["transfer_price"]
    return int((price - period["deposit_rate"]) * RATE_UNITS), int((period["loan_rate"] - price) * RATE_UNITS)


def _mistakes(table: Table) -> Iterator[str]:
    periods = table.get("rates")
    for key in table.keys() - {"rates"}:
        yield f"{key}: expected nothing but [[rates]]"
    if not isinstance(periods, list) or not periods or not all(isinstance(period, dict) for period in periods):
        yield "rates: expected at least one table [[rates]]"
        return
    before: dt.date | None = None
    for number, period in enumerate(periods, 1):
        yield from (f"rates.{number}.{mistake}" for mistake in _wrong(period))
        first = period.get("from")
        if type(first) is dt.date:
            if before is not None and first <= before:
                yield f"rates.{number}.from = {first}: expected a date after {before}, the oldest first"
            before = first


def _wrong(period: dict[str, object]) -> Iterator[str]:
    for key in sorted(period.keys() - set(_KEYS)):
        yield f"{key}: expected one of the keys {', '.join(_KEYS)}"
    first = period.get("from")
    if type(first) is not dt.date or first.day != 1:
        yield f"from = {first}: expected the first day of a month, such as 2024-01-01"
    for key in _NUMBERS:
        if not is_exact(period.get(key), RATE_UNITS, -RATE_UNITS, RATE_UNITS):
            yield f"{key} = {period.get(key)}: expected a rate a year from -1 to 1 with at most 6 decimals, such as 0.025"
    cost = period.get("cost_per_transaction", 0)
    if not is_exact(cost, _MINOR_UNITS, 0, _COST_MAX):
        yield f"cost_per_transaction = {cost}: expected an amount of at least 0 with at most 2 decimals"
