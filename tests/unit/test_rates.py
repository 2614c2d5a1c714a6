"""``rates.toml``: what is read, and every mistake told at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from schemas.rates import RATES_FILE, RatePeriod, RateTable, read_rates

GOOD = """
[[rates]]
from = 2024-01-01
transfer_price = 0.025
deposit_rate = 0.015
loan_rate = 0.045
"""


def with_line(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_spreads_are_kept_in_their_greatest_common_part() -> None:
    # 10,000 and 20,000 millionths a year over 360 days: one and two of 36,000 parts a day
    day = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
    assert read_rates(GOOD) == RateTable((RatePeriod(day, 1, 2, 0),), 36_000)


def test_the_smallest_rate_and_cost_are_exact() -> None:
    text = with_line("0.015", "0.024999") + "cost_per_transaction = 0.01\n"
    ((_, deposit, loan, cost),) = read_rates(text).periods
    assert (deposit, loan, cost) == (1, 20_000, 1)
    assert read_rates(text).divisor == 360_000_000


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("2024-01-01", "2024-01-02", "rates.1.from = 2024-01-02: expected the first day of a month"),
        ("2024-01-01", "'2024-01-01'", "rates.1.from = 2024-01-01: expected the first day of a month"),
        ("0.025", "0.0250001", "rates.1.transfer_price = 0.0250001: expected a rate a year"),
        ("0.025", "2.5", "rates.1.transfer_price = 2.5: expected a rate a year from -1 to 1"),
        ("0.015", "true", "rates.1.deposit_rate = True: expected a rate a year"),
        ("0.015", "nan", "rates.1.deposit_rate = NaN: expected a rate a year"),
        ("loan_rate", "lone_rate", "rates.1.lone_rate: expected one of the keys from, transfer_price"),
        (
            "0.045\n",
            "0.045\ncost_per_transaction = -0.01\n",
            "rates.1.cost_per_transaction = -0.01: expected an amount",
        ),
        (
            "0.045\n",
            "0.045\ncost_per_transaction = 0.001\n",
            "rates.1.cost_per_transaction = 0.001: expected an amount",
        ),
        ("0.045\n", "0.045\n[other]\n", "other: expected nothing but [[rates]]"),
        ("[[rates]]", "[rates]", "rates: expected at least one table [[rates]]"),
        ("0.045\n", "", "Invalid value"),
    ],
)
def test_a_mistake_is_told(old: str, new: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_rates(with_line(old, new))
    assert mistake in str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_rates(GOOD + with_line("0.025", "9"))
    lines = str(raised.value).splitlines()
    assert len(lines) == 2
    assert lines[1] == "rates.2.from = 2024-01-01: expected a date after 2024-01-01, the oldest first"


def test_the_shipped_rates_can_be_read() -> None:
    text = (Path(__file__).parents[2] / "policies" / RATES_FILE).read_text(encoding="utf-8")
    assert read_rates(text).periods
