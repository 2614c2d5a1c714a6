"""The rule of balances, each sentence by hand: told and untold, in time and late, gaps, openings, reversals."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.ledger.book import Book, Event


@pytest.fixture
def book() -> Book:
    return Book()


def test_an_untold_account_counts_from_zero_and_is_counted_as_unanchored(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=70), Event(at="2024-03-03T10:00", amount=-20))
    assert book.balances("2024-02-29", 5) == [0, 70, 70, 50, 50]
    assert book.ledger.take_counts()["unanchored_accounts"] == 1


def test_the_first_told_balance_moves_the_opening_and_not_the_day(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=70), Event(at="2024-03-03T10:00", amount=-20, told=1050))
    assert book.balances("2024-02-28", 5) == [1000, 1000, 1070, 1070, 1050]
    counts = book.ledger.take_counts()
    assert (counts["gaps"], counts["anchored_later"]) == (0, 1)


def test_a_told_balance_that_differs_is_a_gap_on_its_day(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=100),
        Event(at="2024-03-04T10:00", amount=10, told=150),
    )
    assert book.balances("2024-03-01", 4) == [100, 100, 100, 150]
    assert book.measure("inflow_7d", "2024-03-04") == 110  # a gap is no flow
    assert book.ledger.take_counts()["gaps"] == 1


def test_a_told_balance_as_expected_is_no_gap(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=100, told=100), Event(at="2024-03-01T10:00", amount=5, told=105))
    assert book.ledger.take_counts()["gaps"] == 0


def test_events_of_one_instant_are_taken_in_log_order(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=100),
        Event(at="2024-03-01T10:00", amount=30, told=130),
        Event(at="2024-03-01T10:00", amount=-50, told=80),
    )
    assert book.measure("aum", "2024-03-01") == 80


def test_a_late_event_of_an_untold_account_changes_its_day_and_the_balance_now(book: Book) -> None:
    book.fold(Event(at="2024-03-05T10:00", amount=100), Event(at="2024-03-02T10:00", amount=7, told=999))
    assert book.balances("2024-03-01", 5) == [0, 7, 7, 7, 107]


def test_a_late_event_at_or_after_the_anchor_changes_its_day_and_the_balance_now(book: Book) -> None:
    book.fold(
        Event(at="2024-03-02T10:00", amount=100, told=100),
        Event(at="2024-03-05T10:00", amount=1),
        Event(at="2024-03-02T10:00", amount=10),  # at the anchor
        Event(at="2024-03-03T10:00", amount=1000),  # after it
    )
    assert book.balances("2024-03-01", 5) == [0, 110, 1110, 1110, 1111]


def test_a_late_event_before_the_first_told_balance_is_taken_out_of_the_opening(book: Book) -> None:
    book.fold(
        Event(at="2024-03-05T10:00", amount=0, told=500),
        Event(at="2024-03-03T10:00", amount=200, told=12345),
    )
    assert book.balances("2024-03-01", 5) == [300, 300, 500, 500, 500]
    assert book.measure("inflow_7d", "2024-03-05") == 200


def test_a_late_event_at_the_instant_first_told_is_not_older(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=0, told=500),
        Event(at="2024-03-05T10:00", amount=0, told=500),
        Event(at="2024-03-01T10:00", amount=200),
    )
    assert book.balances("2024-02-29", 6) == [500, 700, 700, 700, 700, 500]


def test_a_late_event_moves_the_money_of_its_gap_to_its_own_day(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=100),
        Event(at="2024-03-05T10:00", amount=10, told=150),  # 40 are missing
        Event(at="2024-03-03T10:00", amount=40, told=1),
    )
    assert book.balances("2024-03-01", 5) == [100, 100, 140, 140, 150]


def test_a_gap_shrinks_until_it_is_closed_and_the_next_one_takes_over(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=100),
        Event(at="2024-03-05T10:00", amount=0, told=150),  # 50 are missing
        Event(at="2024-03-07T10:00", amount=0, told=180),  # and 30
        Event(at="2024-03-08T10:00", amount=0, told=180),
        Event(at="2024-03-02T10:00", amount=60),  # the first gap becomes -10
        Event(at="2024-03-03T10:00", amount=-10),  # and is closed
        Event(at="2024-03-04T10:00", amount=30),  # the second is closed
        Event(at="2024-03-04T11:00", amount=1),  # no gap left: the anchor's day gives it
    )
    assert book.balances("2024-03-01", 8) == [100, 160, 150, 181, 181, 181, 181, 180]


def test_a_gap_at_the_instant_of_a_late_event_takes_it_and_an_earlier_one_does_not(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=100),
        Event(at="2024-03-02T10:00", amount=0, told=200),
        Event(at="2024-03-04T10:00", amount=0, told=300),
        Event(at="2024-03-04T10:00", amount=0, told=300),
        Event(at="2024-03-05T10:00", amount=0, told=300),
        Event(at="2024-03-02T10:01", amount=100),
    )
    assert book.balances("2024-03-01", 5) == [100, 300, 300, 300, 300]


def test_of_nine_gaps_the_oldest_is_forgotten(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", told=0))
    book.fold(*(Event(at=f"2024-03-{2 + index:02}T10:00", told=index + 1) for index in range(9)))
    book.fold(Event(at="2024-03-01T11:00", amount=1))  # was the gap of 2 March; that of 3 March gives it now
    assert book.balances("2024-03-01", 4) == [1, 2, 2, 3]
    assert book.ledger.take_counts()["gaps"] == 9


def test_without_a_gap_the_anchors_day_gives_what_a_late_event_takes(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", told=100),
        Event(at="2024-03-04T10:00", amount=5, told=105),
        Event(at="2024-03-05T10:00", amount=1),
        Event(at="2024-03-02T10:00", amount=-30),
    )
    assert book.balances("2024-03-01", 5) == [100, 70, 70, 105, 106]


def test_an_opening_tells_a_balance_and_is_no_flow(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", told=800, kind="opening"))
    assert book.measure("aum", "2024-03-01") == 800
    assert book.measure("aum", "2024-02-28") == 800
    assert book.measure("txn_count_7d", "2024-03-01") == 0
    assert book.measure("inflow_7d", "2024-03-01") == 0
    assert book.measure("days_since_txn", "2024-03-01") is None
    assert book.measure("days_since_activity", "2024-03-01") is None
    assert book.measure("accounts_open", "2024-03-01") == 1
    assert book.measure("tenure_days", "2024-03-02") == 1


def test_a_further_opening_in_time_moves_the_balance_on_its_day_and_is_no_gap(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", told=100), Event(at="2024-03-03T10:00", told=130, kind="opening"))
    assert book.balances("2024-03-01", 3) == [100, 100, 130]
    assert book.ledger.take_counts()["gaps"] == 0
    assert book.ledger.take_gaps().tolist() == []
    assert [book.measure(name, "2024-03-03") for name in ("inflow_7d", "net_flow_7d")] == [0, 0]


def test_a_late_booking_from_before_an_opening_leaves_the_balance_that_the_opening_told(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", told=100, kind="opening"),
        Event(at="2024-03-03T10:00", told=130, kind="opening"),
        Event(at="2024-03-02T10:00", amount=30),
    )
    assert book.balances("2024-03-01", 4) == [100, 130, 130, 130]


def test_an_opening_shows_customer_and_account_from_the_day_on_which_it_arrives(book: Book) -> None:
    book.fold(Event(at="2024-01-01T00:00", told=800, kind="opening"), open_day="2024-03-05")
    assert book.measure("aum", "2024-01-01") == 800
    assert [book.measure("tenure_days", on) for on in ("2024-03-04", "2024-03-05", "2024-03-06")] == [None, 0, 1]
    assert [book.measure("accounts_open", on) for on in ("2024-03-04", "2024-03-05")] == [0, 1]
    assert book.accounts("account_known_months", "2024-05-05") == [2]
    book.fold(Event(at="2024-02-05T10:00", amount=1), open_day="2024-03-05")  # a booking shows it from its own day
    assert book.measure("tenure_days", "2024-03-05") == 29
    assert book.accounts("account_known_months", "2024-05-05") == [3]


@pytest.mark.parametrize(("at", "opening"), [("2024-03-03T10:00", 0), ("2024-03-04T10:00", 700)])
def test_a_late_opening_of_an_untold_account_is_left_out_from_28_days_before_the_open_one(
    book: Book, at: str, opening: int
) -> None:
    book.fold(Event(at="2024-03-30T10:00", amount=5))
    book.fold(Event(at=at, told=700, kind="opening"), open_day="2024-03-31")
    assert book.measure("aum", "2024-03-31") == opening + 5


def test_averages_of_twelve_months_make_the_average_of_a_year(book: Book) -> None:
    months = [*((2023, month) for month in range(4, 13)), *((2024, month) for month in range(1, 4))]
    events = [
        Event(at=f"{year}-{month:02}-01T00:00", told=number * 100, kind="opening", initiator="bank")
        for number, (year, month) in enumerate(months)
    ]
    book.fold(*events, Event(at="2024-03-31T23:59", told=9_999, kind="opening"), open_day="2024-03-31")
    lengths = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29, 31)
    total = sum(100 * number * days for number, days in enumerate(lengths)) - 1100 + 9_999
    assert book.quotient("aum_avg_12m", "2024-03-31") == Fraction(total, 366)
    assert book.ledger.take_counts()["gaps"] == 0


def test_a_late_opening_of_an_untold_account_moves_opening_and_balance(book: Book) -> None:
    book.fold(
        Event(at="2024-03-02T10:00", amount=10),
        Event(at="2024-03-04T10:00", amount=100),
        Event(at="2024-03-03T10:00", told=510, kind="opening"),
    )
    assert book.balances("2024-03-01", 4) == [500, 510, 510, 610]


def test_a_late_opening_counts_the_events_of_its_own_instant_as_before_it(book: Book) -> None:
    book.fold(
        Event(at="2024-03-03T10:00", amount=10),
        Event(at="2024-03-04T10:00", amount=100),
        Event(at="2024-03-03T10:00", told=510, kind="opening"),
    )
    assert book.balances("2024-03-02", 3) == [500, 510, 610]


def test_a_late_opening_is_the_anchor_of_events_that_come_after_it(book: Book) -> None:
    book.fold(
        Event(at="2024-03-05T10:00", amount=100),
        Event(at="2024-03-03T10:00", told=500, kind="opening"),
        Event(at="2024-03-02T10:00", amount=7),  # before it: out of the opening
        Event(at="2024-03-04T10:00", amount=1000),  # after it: into the balance
    )
    assert book.balances("2024-03-01", 5) == [493, 500, 500, 1500, 1600]


def test_a_late_opening_of_a_told_account_changes_nothing(book: Book) -> None:
    book.fold(Event(at="2024-03-05T10:00", told=100), Event(at="2024-03-03T10:00", told=999, kind="opening"))
    assert book.balances("2024-03-02", 4) == [100, 100, 100, 100]


@pytest.mark.parametrize(
    ("at", "opening", "approximate"),
    [
        ("2024-02-20T00:00", 1000, 0),  # before every event: exact however many there are
        ("2024-03-01T09:59", 1000, 0),
        ("2024-03-01T10:00", 1000 - 10, 1),  # from here on the forgotten movements count as before it
        ("2024-03-02T09:59", 1000 - 10, 1),
        ("2024-03-02T10:00", 1000 - 20, 0),
        ("2024-03-17T09:59", 1000 - 160, 0),
    ],
)
def test_a_late_opening_is_exact_within_the_last_sixteen_movements_or_before_all(
    book: Book, at: str, opening: int, approximate: int
) -> None:
    events = [Event(at=f"2024-03-{index + 1:02}T10:00", amount=10) for index in range(17)]
    book.fold(*events, Event(at=at, told=1000, kind="opening"))
    assert book.measure("aum", "2024-02-19") == opening
    assert book.ledger.take_counts()["approximate"] == approximate


def test_reversal_is_a_booking_of_its_own_day_and_leaves_the_flows_of_the_day_named(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100),
        Event(at="2024-03-01T11:00", amount=-30),
        Event(at="2024-03-05T10:00", amount=-100, reverses="2024-03-01", initiator="bank"),
    )
    assert book.balances("2024-03-01", 5) == [70, 70, 70, 70, -30]
    assert book.measure("inflow_7d", "2024-03-05") == 0
    assert book.measure("outflow_7d", "2024-03-05") == 30
    assert book.measure("net_flow_7d", "2024-03-05") == -30
    assert book.measure("txn_count_7d", "2024-03-05") == 1
    assert book.measure("days_since_txn", "2024-03-05") == 0
    assert book.measure("days_since_activity", "2024-03-05") == 4
    assert book.measure("inflow_7d", "2024-03-08") == 0  # 1 March is no longer in it


def test_reversal_of_a_debit_takes_it_out_of_the_outflow(book: Book) -> None:
    book.fold(
        Event(at="2024-02-20T10:00", amount=-40),
        Event(at="2024-03-05T10:00", amount=40, reverses="2024-02-20"),
    )
    assert book.measure("outflow_30d", "2024-03-05") == 0
    assert book.measure("txn_count_30d", "2024-03-05") == 0
    assert book.measure("inflow_30d", "2024-03-05") == 0
    assert book.measure("inflow_7d", "2024-03-05") == 0


def test_reversal_of_a_day_that_is_not_yet_counts_on_its_own_day(book: Book) -> None:
    book.fold(Event(at="2024-03-05T10:00", amount=40, reverses="2099-01-01"))
    assert book.measure("txn_count_7d", "2024-03-05") == -1
    assert book.measure("aum", "2024-03-05") == 40


def test_balances_are_kept_by_class_and_loans_are_what_is_owed(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", told=100, account="d"),
        Event(at="2024-03-01T10:00", told=20, account="w", product="wealth"),
        Event(at="2024-03-01T10:00", told=-3000, account="l", product="loan"),
        Event(at="2024-03-01T10:00", told=7, account="m", product="margin"),
        Event(at="2024-03-01T10:00", told=-99, account="c", product="card"),
    )
    names = ("aum", "deposits", "wealth", "loans", "margin", "accounts_open")
    assert [book.measure(name, "2024-03-01") for name in names] == [120, 100, 20, 3000, 7, 5]
    assert book.measure("loans_avg_7d", "2024-03-01") == 21000
    assert book.measure("deposits_avg_7d", "2024-03-01") == 700
    assert book.measure("aum_avg_7d", "2024-03-01") == 840


@pytest.mark.parametrize(
    ("product", "counted"), [("deposit", 1), ("wealth", 1), ("loan", 0), ("margin", 0), ("card", 0)]
)
def test_flows_are_those_of_deposit_and_wealth_accounts(book: Book, product: str, counted: int) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=-5, product=product))
    assert book.measure("outflow_7d", "2024-03-01") == 5 * counted
    assert book.measure("txn_count_7d", "2024-03-01") == counted


def test_the_first_product_of_an_account_stays_and_another_is_counted(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=5), Event(at="2024-03-02T10:00", amount=6, product="loan"))
    assert (book.measure("deposits", "2024-03-02"), book.measure("loans", "2024-03-02")) == (11, 0)
    assert book.measure("inflow_7d", "2024-03-02") == 11
    assert book.ledger.take_counts()["product_conflicts"] == 1


def test_an_event_without_an_amount_in_base_currency_is_seen_and_stays_out_of_the_measures(book: Book) -> None:
    rows = book.fold(Event(at="2024-03-01T10:00", measured=False, told=77))
    assert rows.as_of.tolist() == [book.open_day]
    assert book.measure("days_known", "2024-03-02") == 1
    for name in ("days_since_txn", "days_since_activity", "tenure_days"):
        assert book.measure(name, "2024-03-02") is None
    for name in ("aum", "accounts_open", "txn_count_7d"):
        assert book.measure(name, "2024-03-02") == 0
    assert book.ledger.take_counts()["unmeasured"] == 1


def test_a_late_event_moves_the_first_day_of_its_account_and_the_tenure(book: Book) -> None:
    book.fold(Event(at="2024-03-05T10:00", amount=1))
    assert book.measure("accounts_open", "2024-03-04") == 0
    book.fold(Event(at="2024-03-02T10:00", amount=1), open_day="2024-03-05")
    assert book.measure("accounts_open", "2024-03-04") == 1
    assert book.measure("accounts_open", "2024-03-01") == 0
    assert book.measure("tenure_days", "2024-03-05") == 3
    assert book.measure("days_known", "2024-03-05") == 0


def test_a_customer_may_have_many_accounts(book: Book) -> None:
    book.fold(*(Event(at="2024-03-01T10:00", amount=index, account=f"a{index}") for index in range(300)))
    book.fold(*(Event(at="2024-03-02T10:00", amount=1, account=f"a{index}") for index in range(300)))
    assert book.measure("accounts_open", "2024-03-02") == 300
    assert book.measure("aum", "2024-03-02") == 299 * 150 + 300
    slot = int(book.ledger.slots(["ada"])[0])
    assert book.ledger.profile(slot).accounts == [f"a{index}" for index in range(300)]
