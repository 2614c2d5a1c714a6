"""Shares, statistics and contribution, computed by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from schemas.rates import read_rates
from tests.unit.ledger.book import Book, Event

RATES = """
[[rates]]
from = 2024-01-01
transfer_price = 0.025
deposit_rate = 0.015
loan_rate = 0.045
"""
DEARER = """
[[rates]]
from = 2024-03-01
transfer_price = 0.03
deposit_rate = 0.015
loan_rate = 0.045
cost_per_transaction = 0.25
"""


@pytest.fixture
def book() -> Book:
    return Book()


def earning(text: str = RATES) -> Book:
    return Book(rates=read_rates(text))


def test_a_deposit_earns_its_spread_over_360_days() -> None:
    book = earning()
    book.fold(Event(at="2024-01-01T00:00", told=200_000_00, kind="opening"))
    # 200,000.00 x 1.0 % / 360 x 30 days
    assert book.quotient("contribution_30d", "2024-01-30") == Fraction(200_000_00 * 30, 100 * 360)
    assert round(book.quotient("contribution_30d", "2024-01-30") or 0) == 166_67


def test_a_loan_earns_its_spread_over_360_days() -> None:
    book = earning()
    book.fold(Event(at="2024-01-01T00:00", told=-300_000_00, kind="opening", product="loan"))
    assert book.quotient("contribution_30d", "2024-01-30") == 500_00


def test_only_deposits_and_loans_earn_and_the_sign_is_kept() -> None:
    book = earning(RATES.replace("deposit_rate = 0.015", "deposit_rate = 0.035"))
    book.fold(
        Event(at="2024-01-01T00:00", told=36_000, kind="opening"),
        Event(at="2024-01-01T00:00", told=36_000, kind="opening", product="wealth", account="fund"),
    )
    assert book.quotient("contribution_30d", "2024-01-30") == -30


def test_each_day_earns_at_its_own_rates() -> None:
    book = earning(RATES + DEARER)
    book.fold(Event(at="2024-01-01T00:00", told=36_000, kind="opening"))
    # 29 days of February at 1.0 %, 10 of March at 1.5 %
    assert book.quotient("contribution_mtd", "2024-02-29") == 29
    assert book.quotient("contribution_mtd", "2024-03-10") == 15
    assert book.quotient("contribution_30d", "2024-03-10") == 20 + 15


def test_contribution_is_unknown_where_the_window_begins_before_the_first_rates() -> None:
    book = earning()
    book.fold(Event(at="2024-01-01T00:00", told=36_000, kind="opening"))
    assert book.quotient("contribution_30d", "2024-01-30") == 30
    assert book.quotient("contribution_30d", "2024-01-29") is None
    assert book.quotient("profit_30d", "2024-01-29") is None
    assert Book().measure("contribution_30d", "2024-01-30", "nobody") is None


def test_prior_3m_earned_before_the_months_of_3m() -> None:
    book = earning()
    book.fold(Event(at="2024-01-01T00:00", told=36_000, kind="opening"), Event(at="2024-04-01T00:00", amount=-36_000))
    assert book.quotient("contribution_prior_3m", "2024-06-30") == 31 + 29 + 31
    assert book.quotient("contribution_3m", "2024-06-30") == 0


def test_profit_is_contribution_and_fees_less_cost() -> None:
    book = earning(RATES + DEARER)
    book.fold(
        Event(at="2024-01-01T00:00", told=36_000, kind="opening"),
        Event(at="2024-02-28T10:00", amount=-500, told=36_000, kind="fee", initiator="bank", cost=40),
        Event(at="2024-03-01T10:00", amount=0, told=36_000),
        Event(at="2024-03-02T10:00", amount=0, told=36_000),
    )
    assert book.measure("variable_cost_mtd", "2024-03-02") == 2 * 25
    assert book.measure("variable_cost_90d", "2024-03-31") == 40 + 2 * 25
    contribution = book.quotient("contribution_90d", "2024-03-30")
    assert contribution is not None
    assert book.quotient("profit_90d", "2024-03-30") == contribution + 500 - 90


def test_a_contribution_beyond_63_bits_is_unknown() -> None:
    fine = RATES.replace("0.015", "0.014999")  # a spread of 10,001 millionths
    for balance, known in ((10**12, True), (10**14, False)):
        book = earning(fine)
        book.fold(Event(at="2024-01-01T00:00", told=balance, kind="opening"))
        assert (book.measure("contribution_12m", "2024-12-31") is not None) is known


def test_wealth_share_now_and_three_month_ends_ago(book: Book) -> None:
    book.fold(
        Event(at="2024-01-31T10:00", amount=300),
        Event(at="2024-01-31T10:00", amount=100, account="fund", product="wealth"),
        Event(at="2024-02-01T10:00", amount=200, account="fund", product="wealth"),
    )
    assert book.quotient("wealth_share", "2024-01-31") == Fraction(1, 4)
    assert book.quotient("wealth_share", "2024-04-01") == Fraction(1, 2)
    assert book.quotient("wealth_share_3m_ago", "2024-04-01") == Fraction(1, 4)
    assert book.quotient("wealth_share_3m_ago", "2024-04-30") == Fraction(1, 4)
    assert book.quotient("wealth_share_3m_ago", "2024-05-01") == Fraction(1, 2)
    assert book.quotient("wealth_share_3m_ago", "2024-03-31") is None


@pytest.mark.parametrize(
    ("wealth", "aum", "millionths"),
    [
        (1, 3, 333_333),
        (2, 3, 666_667),
        (1, 2_000_000, 0),  # half of a millionth: to even
        (3, 2_000_000, 2),
        (1, 1_999_999, 1),
        (-1, 2_000_000, 0),
        (-3, 2_000_000, -2),
        (10**15, 1, 10**12),
        (-(10**15), 1, -(10**12)),
        (10**15 - 1, -(10**15), -1_000_000),
    ],
)
def test_ratios_are_rounded_to_millionths_half_to_even_and_capped(wealth: int, aum: int, millionths: int) -> None:
    book = Book()
    book.fold(
        Event(at="2024-03-01T10:00", amount=wealth, account="fund", product="wealth"),
        Event(at="2024-03-01T10:00", amount=aum - wealth),
    )
    assert book.measure("wealth_share", "2024-03-01") == millionths


def test_the_spread_of_balances_over_ninety_days(book: Book) -> None:
    book.fold(Event(at="2024-01-01T00:00", told=100, kind="opening"))
    assert book.measure("balance_cv_90d", "2024-03-30") == 0
    book.fold(Event(at="2024-02-15T00:00", amount=200))  # 45 days at 100, 45 at 300: 100 about a mean of 200
    assert book.quotient("balance_cv_90d", "2024-03-30") == Fraction(1, 2)
    assert book.quotient("balance_cv_90d", "2024-05-14") == 0


@pytest.mark.parametrize(
    ("away", "millionths"),
    [(15_489_999, 774), (15_490_000, 774), (15_490_001, 775), (15_509_999, 775), (15_510_000, 776), (15_510_001, 776)],
)
def test_a_spread_is_rounded_to_millionths_half_to_even_as_every_ratio_is(away: int, millionths: int) -> None:
    book, mean = Book(), 20_000_000_000
    book.fold(
        Event(at="2024-01-01T00:00", told=mean - away, kind="opening"), Event(at="2024-02-15T00:00", amount=2 * away)
    )
    assert book.measure("balance_cv_90d", "2024-03-30") == millionths


def test_the_spread_is_unknown_at_mean_0_and_capped() -> None:
    none = Book()
    none.fold(Event(at="2024-01-01T00:00", told=-100, kind="opening"), Event(at="2024-02-15T00:00", amount=200))
    assert none.measure("balance_cv_90d", "2024-03-30") is None
    wide = Book()
    wide.fold(
        Event(at="2024-01-01T00:00", told=-(10**6), kind="opening"), Event(at="2024-02-15T00:00", amount=2 * 10**6 + 2)
    )
    assert wide.measure("balance_cv_90d", "2024-03-30") == 1_000 * 10**6


def test_the_slope_of_six_month_ends_over_their_mean() -> None:
    book = Book()
    for month in range(1, 7):  # 100, 200 ... 600 at the ends of January to June
        book.fold(Event(at=f"2024-{month:02}-28T10:00", amount=100))
    assert book.quotient("deposit_slope_6m", "2024-06-30") == Fraction(round(Fraction(100, 350) * 10**6), 10**6)
    # within July June's end is still the newest
    assert book.measure("deposit_slope_6m", "2024-07-30") == book.measure("deposit_slope_6m", "2024-06-30")
    # at its close 200, 300 ... 600, 600: 3000 / 35 a month, over a mean of 2600 / 6
    july = Fraction(3000, 35) / Fraction(2600, 6)
    assert book.quotient("deposit_slope_6m", "2024-07-31") == Fraction(round(july * 10**6), 10**6)
    assert book.measure("deposit_slope_6m", "2024-12-31") == 0


def test_the_slope_is_unknown_at_mean_0(book: Book) -> None:
    book.fold(Event(at="2024-05-31T10:00", amount=100))
    assert book.measure("deposit_slope_6m", "2024-05-30") is None
    assert book.measure("deposit_slope_6m", "2024-05-31") is not None


def test_an_unusual_outflow_is_told_in_deviations_from_the_median_month() -> None:
    book = Book()
    for month, out in zip(range(1, 7), (100, 200, 300, 400, 500, 900), strict=True):
        book.fold(Event(at=f"2024-{month:02}-15T10:00", amount=-out))
    book.fold(Event(at="2024-07-20T10:00", amount=-2_000))
    # median 350; deviations 50 50 150 150 250 550: MAD 150
    z = Fraction(2_000 - 350) / (Fraction("1.4826") * 150)
    assert book.quotient("outflow_z_30d", "2024-07-20") == Fraction(round(z * 10**6), 10**6)


def test_unusual_is_unknown_under_six_months_and_without_deviation() -> None:
    for months, known in ((5, False), (6, True)):
        book = Book()
        for month in range(7 - months, 7):
            book.fold(Event(at=f"2024-{month:02}-15T10:00", amount=-100 * month))
        assert (book.measure("outflow_z_30d", "2024-07-20") is not None) is known
    steady = Book()
    for month in range(1, 7):
        steady.fold(Event(at=f"2024-{month:02}-15T10:00", amount=-100))
    assert steady.measure("outflow_z_30d", "2024-07-20") is None


def test_the_typical_purchase_is_the_lower_median_of_the_months_averages(book: Book) -> None:
    def buy(at: str, amount: int) -> Event:
        return Event(at=at, amount=-amount, account="card", product="card", kind="purchase")

    assert book.fold(Event(at="2023-01-01T10:00")).divisors["typical_purchase"].tolist() == [1]
    assert book.measure("typical_purchase", "2023-01-01") is None
    book.fold(buy("2023-12-31T10:00", 9_999), buy("2024-01-01T10:00", 10), buy("2024-01-02T10:00", 15))
    assert book.quotient("typical_purchase", "2024-12-31") == Fraction(25, 2)
    book.fold(buy("2024-05-01T10:00", 100))
    assert book.quotient("typical_purchase", "2024-12-31") == Fraction(25, 2)
    assert book.quotient("typical_purchase", "2024-11-30") == 100  # 12.5, 100 and 9,999
    book.fold(buy("2024-12-31T10:00", 13))
    assert book.quotient("typical_purchase", "2024-12-31") == 13
