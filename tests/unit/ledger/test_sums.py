"""Sums of windows: which booking counts where, at the edges of the windows, and what a reversal takes out."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.measures import WINDOWS
from streams.calendar import date_of
from tests.unit.ledger.book import Book, Event, day


@pytest.fixture
def book() -> Book:
    return Book()


MADE_OF = {
    "card_spend": Event(at="", amount=-30, product="card", kind="purchase"),
    "card_uses": Event(at="", amount=-30, product="card", kind="purchase"),
    "fees": Event(at="", amount=-30, kind="fee", initiator="bank"),
    "other_bank_outflow": Event(at="", amount=-30, counterparty="other_bank"),
    "other_bank_inflow": Event(at="", amount=30, counterparty="other_bank"),
    "salary_inflow": Event(at="", amount=30, kind="salary", initiator="third_party"),
    "active_days": Event(at="", amount=30),
    "business_types": Event(at="", amount=30),
    "variable_cost": Event(at="", amount=0, cost=30),
}
COUNTS = ("card_uses", "active_days", "business_types")


def at(event: Event, moment: str) -> Event:
    return Event(**{**vars(event), "at": moment})


@pytest.mark.parametrize("family", MADE_OF)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("as_of", ["2024-02-29", "2024-12-31", "2025-03-05"])
def test_a_sum_holds_its_windows_first_day_and_not_the_day_before(family: str, window: str, as_of: str) -> None:
    name = f"{family}_{window}"
    inside, outside = Book(columns=(name,)), Book(columns=(name,))
    first = date_of(inside.calendar.window_start(window, day(as_of)))
    inside.fold(at(MADE_OF[family], f"{first}T00:00"), Event(at=f"{as_of}T23:59", initiator="bank"))
    eve = first - dt.timedelta(days=1)
    outside.fold(at(MADE_OF[family], f"{eve}T23:59"), Event(at=f"{as_of}T23:59", initiator="bank"))
    assert inside.measure(name, as_of) == (1 if family in COUNTS else 30)
    assert outside.measure(name, as_of) == 0


@pytest.mark.parametrize("family", ["active_days", "business_types", "other_bank_outflow", "salary_inflow"])
def test_prior_3m_is_the_three_whole_months_before_those_of_3m(family: str) -> None:
    name, event = f"{family}_prior_3m", MADE_OF[family]
    for moment, counted in (
        ("2023-12-31T23:59", False),
        ("2024-01-01T00:00", True),
        ("2024-03-31T23:59", True),
        ("2024-04-01T00:00", False),
    ):
        book = Book(columns=(name,))
        book.fold(at(event, moment), Event(at="2024-06-15T10:00", initiator="bank"))
        assert (book.measure(name, "2024-06-15") != 0) is counted, moment
        assert (book.measure(name, "2024-06-30") != 0) is counted, moment


def test_a_close_does_not_see_the_sums_of_the_next_day(book: Book) -> None:
    book.fold(*(at(event, "2024-03-31T10:00") for event in MADE_OF.values()), open_day="2024-03-31")
    before = {name: book.measure(f"{name}_7d", "2024-03-31") for name in MADE_OF}
    later = [Event(**{**vars(event), "at": "2024-04-01T10:00", "kind": "cash"}) for event in MADE_OF.values()]
    book.fold(*later, *(at(event, "2024-04-02T10:00") for event in MADE_OF.values()), open_day="2024-03-31")
    assert {name: book.measure(f"{name}_7d", "2024-03-31") for name in MADE_OF} == before


def test_what_is_not_of_the_kind_is_not_counted(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=30, account="c", product="card", kind="purchase"),  # a refund
        Event(at="2024-03-01T10:00", amount=-30, account="c", product="card", kind="cash"),
        Event(at="2024-03-01T10:00", amount=-30, kind="purchase"),  # from a deposit account
        Event(at="2024-03-01T10:00", amount=30, kind="fee"),  # given back without a reversal
        Event(at="2024-03-01T10:00", amount=-30, kind="salary"),  # paid, not earned
        Event(at="2024-03-01T10:00", amount=30, kind="salary", account="l", product="loan"),
        Event(at="2024-03-01T10:00", amount=-30, counterparty="own"),
        Event(at="2024-03-01T10:00", amount=-30, counterparty="other_bank", account="l", product="loan"),
    )
    names = ("card_spend", "card_uses", "fees", "salary_inflow", "other_bank_outflow", "other_bank_inflow")
    assert [book.measure(f"{name}_mtd", "2024-03-01") for name in names] == [0] * 6


def test_fees_are_those_of_any_account(book: Book) -> None:
    book.fold(
        *(Event(at="2024-03-01T10:00", amount=-7, kind="fee", account=p, product=p) for p in ("card", "loan", "margin"))
    )
    assert book.measure("fees_mtd", "2024-03-01") == 21


@pytest.mark.parametrize("family", ["card_spend", "card_uses", "fees", "other_bank_outflow", "salary_inflow"])
def test_a_reversal_takes_a_booking_out_of_the_day_that_it_names(family: str) -> None:
    book, event = Book(), MADE_OF[family]
    book.fold(at(event, "2024-03-01T10:00"), at(event, "2024-03-02T10:00"))
    back = Event(**{**vars(event), "at": "2024-03-12T10:00", "amount": -event.amount, "reverses": "2024-03-02"})
    book.fold(back)
    one = 1 if family in COUNTS else 30
    figures = [book.measure(f"{family}_7d", f"2024-03-{d:02}") for d in (12, 8, 7)]
    assert figures == [0, 0, one]
    assert book.measure(f"{family}_mtd", "2024-03-12") == one


def test_days_are_active_once_and_by_the_customer_alone(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00"),
        Event(at="2024-03-01T11:00", account="c", product="card", kind="purchase"),
        Event(at="2024-03-02T10:00", initiator="bank", kind="interest"),
        Event(at="2024-03-03T10:00", initiator="mandate", kind="repayment"),
        Event(at="2024-03-04T10:00", kind="opening", told=0),
        Event(at="2024-03-05T10:00", kind="cash"),
        Event(at="2024-03-06T10:00", kind="cash", amount=5, reverses="2024-03-05"),
    )
    assert book.measure("active_days_mtd", "2024-03-06") == 3
    assert book.measure("business_types_mtd", "2024-03-06") == 3  # transfer, purchase, cash
    assert book.measure("business_types_7d", "2024-03-12") == 1
    assert book.measure("active_days_7d", "2024-03-12") == 1


@pytest.mark.parametrize(("ago", "active"), [(92, 2), (93, 2), (94, 1), (95, 1)])
def test_a_late_booking_makes_a_day_active_as_long_as_days_are_kept_and_a_kind_is_never_lost(
    ago: int, active: int
) -> None:
    book = Book()
    late = dt.date(2024, 9, 30) - dt.timedelta(days=ago)
    book.fold(Event(at="2024-09-30T10:00"), Event(at=f"{late}T10:00", kind="cash"))
    assert book.measure("active_days_12m", "2024-09-30") == active
    assert book.measure("business_types_12m", "2024-09-30") == 2


def test_variable_cost_is_what_bookings_told_on_any_account_reversals_too(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", cost=250),
        Event(at="2024-03-02T10:00", cost=40, account="c", product="card"),
        Event(at="2024-03-08T10:00", cost=3, reverses="2024-03-01"),
        Event(at="2024-03-08T10:00", cost=1000, measured=False),
    )
    assert [book.measure("variable_cost_7d", f"2024-03-{d:02}") for d in (1, 7, 8, 9)] == [250, 290, 43, 3]


def test_days_since_salary_counts_from_the_last_one_seen_by_the_day(book: Book) -> None:
    salary = MADE_OF["salary_inflow"]
    book.fold(at(salary, "2024-01-31T10:00"), Event(at="2024-02-15T10:00", amount=50), open_day="2024-02-15")
    book.fold(at(salary, "2024-02-16T10:00"), open_day="2024-02-15")
    days = [book.measure("days_since_salary", f"2024-02-{d}") for d in (15, 16, 29)]
    assert days == [15, 0, 13]
    assert book.measure("days_since_salary", "2024-01-30") is None


def test_salary_months_are_those_of_the_six_before_this_one_with_more_in_than_taken_back(book: Book) -> None:
    salary = MADE_OF["salary_inflow"]
    for moment in ("2023-08-31", "2023-09-01", "2023-11-30", "2023-11-30", "2024-02-29", "2024-03-01"):
        book.fold(at(salary, f"{moment}T10:00"))
    assert book.measure("salary_months_prior_6m", "2024-03-01") == 3  # September, November, February
    assert book.measure("salary_months_prior_6m", "2024-02-29") == 3  # August, September, November
    book.fold(Event(**{**vars(salary), "at": "2024-03-02T10:00", "amount": -30, "reverses": "2024-02-29"}))
    assert book.measure("salary_months_prior_6m", "2024-03-02") == 2


def test_months_since_activity_are_whole_calendar_months_clipped_at_month_ends(book: Book) -> None:
    book.fold(Event(at="2024-08-31T10:00"))
    dates = ("2024-08-31", "2024-09-29", "2024-09-30", "2025-02-27", "2025-02-28", "2025-08-30", "2025-08-31")
    assert [book.measure("months_since_activity", date) for date in dates] == [0, 0, 1, 5, 6, 11, 12]
    assert book.measure("months_since_activity", "2024-08-30") is None
