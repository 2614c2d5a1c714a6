"""The bank's rates, read anew from their TOML: exact fractions of a year, oldest first."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.days import number_of


@dataclass(frozen=True, slots=True)
class Rate:
    """What holds from ``first_day`` on; ``cost`` is minor units a transaction."""

    first_day: int
    deposit_spread: Fraction
    loan_spread: Fraction
    cost: int


def read_rates(text: str) -> list[Rate]:
    """The periods of ``rates.toml``."""
    return [_rate(period) for period in tomllib.loads(text, parse_float=Fraction).get("rates", [])]


def _rate(period: dict[str, Fraction | dt.date]) -> Rate:
    first, price, paid, earned = (period[key] for key in ("from", "transfer_price", "deposit_rate", "loan_rate"))
    cost = period.get("cost_per_transaction", Fraction(0))
    assert isinstance(first, dt.date)
    assert not isinstance(price, dt.date)
    assert not isinstance(paid, dt.date)
    assert not isinstance(earned, dt.date)
    assert not isinstance(cost, dt.date)
    return Rate(number_of(first), price - paid, earned - price, int(cost * 100))


def rate_on(rates: list[Rate], day: int) -> Rate | None:
    """The period that holds on a day; None before the first."""
    return next((rate for rate in reversed(rates) if rate.first_day <= day), None)
