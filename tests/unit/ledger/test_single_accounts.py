"""Accounts by themselves: rows of each, and the measures made of them."""

from __future__ import annotations

import pytest

from tests.unit.ledger.book import Book, Event, day


@pytest.fixture
def book() -> Book:
    return Book()


def test_each_account_has_its_balance_also_at_a_close_that_is_behind(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=100, told=150), open_day="2024-03-01")
    book.fold(
        Event(at="2024-03-02T10:00", amount=5),
        Event(at="2024-03-03T10:00", amount=7),
        Event(at="2024-03-02T11:00", amount=1000, account="fund", product="wealth"),
        open_day="2024-03-01",
    )
    assert [book.accounts("account_balance", f"2024-03-0{d}") for d in (1, 2, 3, 9)] == [
        [150],
        [155, 1000],
        [162, 1000],
        [162, 1000],
    ]
    assert book.accounts("account_product", "2024-03-03") == ["deposit", "wealth"]
    assert book.accounts("account_open", "2024-03-03") == [1, 1]


def test_a_late_booking_explained_by_a_gap_leaves_the_days_after_it(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=100, told=100), Event(at="2024-03-03T10:00", amount=0, told=130))
    assert [book.accounts("account_balance", f"2024-03-0{d}") for d in (1, 2, 3)] == [[100], [100], [130]]
    book.fold(Event(at="2024-03-02T10:00", amount=30))
    assert [book.accounts("account_balance", f"2024-03-0{d}") for d in (1, 2, 3)] == [[100], [130], [130]]


def test_each_event_sees_the_accounts_as_they_are_then(book: Book) -> None:
    book.ledger.set_policy((), 1, 0, ("account_balance",))
    rows = book.fold(
        Event(at="2024-03-01T10:00", amount=1),
        Event(at="2024-03-01T10:00", amount=2, account="b"),
        Event(at="2024-03-01T10:00", amount=4, customer="bob"),
        Event(at="2024-03-01T10:00", amount=8),
    )
    assert rows.accounts is not None
    assert rows.accounts.owner.tolist() == [0, 1, 1, 2, 3, 3]
    assert rows.accounts.values.tolist() == [[1, 1, 2, 4, 9, 2]]


def test_a_batch_lists_more_accounts_than_it_was_given_room_for(book: Book) -> None:
    book.ledger.set_policy((), 1, 0, ("account_balance",))
    rows = book.fold(*(Event(at="2024-03-01T10:00", amount=1, account=f"a{index}") for index in range(40)))
    assert rows.accounts is not None
    assert rows.accounts.owner.tolist() == [look for look in range(40) for _ in range(look + 1)]


def test_accounts_are_not_listed_when_nobody_asks(book: Book) -> None:
    assert book.fold(Event(at="2024-03-01T10:00")).accounts is None


def test_an_account_without_movement_is_known_by_its_own_last_days(book: Book) -> None:
    for d, who in ((1, "customer"), (4, "mandate"), (5, "third_party"), (6, "bank")):
        book.fold(Event(at=f"2024-03-0{d}T10:00", initiator=who))
    book.fold(Event(at="2024-03-02T10:00", account="quiet", kind="opening", told=5), open_day="2024-03-02")
    assert book.accounts("account_last_activity_on", "2024-03-09") == [day("2024-03-01"), None]
    assert book.accounts("account_last_induced_on", "2024-03-09") == [day("2024-03-05"), None]
    assert book.accounts("account_last_induced_on", "2024-03-04") == [day("2024-03-04"), None]


def test_an_account_ages_in_whole_months_from_its_first_booking(book: Book) -> None:
    book.fold(Event(at="2024-01-31T10:00"))
    dates = ("2024-01-31", "2024-02-28", "2024-02-29", "2024-03-30", "2024-03-31", "2025-01-30", "2025-01-31")
    assert [book.accounts("account_age_months", date) for date in dates] == [[0], [0], [1], [1], [2], [11], [12]]
    assert book.accounts("account_age_months", "2024-01-30") == []


def test_an_account_is_known_since_its_first_booking_or_since_facts_told_of_it(book: Book) -> None:
    book.tell("ada", "2024-03-05", accounts=[told("safe", "wealth", opened_on="1979-03-02")])
    book.fold(Event(at="2024-03-31T10:00", kind="opening", told=5))
    book.tell("ada", "2024-03-31", accounts=[told("current", opened_on="2019-05-06")])
    assert book.accounts("account_known_months", "2024-03-04") == [None, None]
    dates = ("2024-03-31", "2024-04-04", "2024-04-05", "2024-04-30")
    assert [book.accounts("account_known_months", date) for date in dates] == [[0, 0], [0, 0], [1, 0], [1, 1]]
    since = [day("2024-03-05"), day("2024-03-31")]
    assert [book.accounts("account_known_since", date) for date in ("2024-03-04", "2024-03-05")] == [
        [None, None],
        [since[0], None],
    ]
    assert book.accounts("account_known_since", "2024-03-31") == since
    book.fold(Event(at="2024-02-29T10:00"))  # told late: what was booked before is known
    assert book.accounts("account_known_months", "2024-04-30") == [1, 2]
    assert book.accounts("account_known_since", "2024-04-30") == [since[0], day("2024-02-29")]


def test_the_last_told_maturity_counts(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00"))
    assert book.accounts("account_matures_on", "2024-03-01") == [None]
    book.fold(Event(at="2024-03-02T10:00", matures_on="2025-03-01"), Event(at="2024-03-03T10:00"))
    assert book.accounts("account_matures_on", "2024-03-03") == [day("2025-03-01")]
    book.fold(Event(at="2024-03-02T10:00", matures_on="2026-03-01"))
    assert book.accounts("account_matures_on", "2024-03-03") == [day("2026-03-01")]


def card(at: str, amount: int = -80, **more: object) -> Event:
    return Event(at=at, amount=amount, account="card", product="card", kind="purchase", **more)  # type: ignore[arg-type]


def test_card_use_of_an_account_is_that_of_six_calendar_months(book: Book) -> None:
    book.fold(card("2024-03-31T23:59"), card("2024-04-01T00:00"), card("2024-09-30T10:00", -20))
    assert book.accounts("account_card_uses_6m", "2024-09-30") == [2]
    assert book.accounts("account_card_spend_6m", "2024-09-30") == [100]
    assert book.accounts("account_card_uses_6m", "2024-08-31") == [2]
    assert book.accounts("account_card_uses_6m", "2025-02-28") == [1]
    assert book.accounts("account_card_uses_6m", "2025-03-01") == [0]


def test_a_close_behind_does_not_see_the_card_uses_of_the_days_after(book: Book) -> None:
    book.fold(card("2024-09-28T10:00"), open_day="2024-09-28")
    book.fold(card("2024-09-29T10:00", -1), card("2024-09-30T10:00", -2), open_day="2024-09-28")
    assert [book.accounts("account_card_spend_6m", f"2024-09-{d}") for d in (28, 29, 30)] == [[80], [81], [83]]
    book.fold(card("2024-10-01T10:00", -4), card("2024-10-02T10:00", -8), open_day="2024-09-30")
    assert book.accounts("account_card_uses_6m", "2024-09-30") == [3]
    assert book.accounts("account_card_uses_6m", "2024-10-01") == [4]


def test_a_reversed_purchase_leaves_the_month_that_it_names(book: Book) -> None:
    book.fold(card("2024-03-31T10:00"), card("2024-04-02T10:00"))
    assert book.accounts("account_card_uses_6m", "2024-08-31") == [2]
    book.fold(card("2024-09-02T10:00", 80, reverses="2024-03-31"))
    assert book.accounts("account_card_uses_6m", "2024-08-31") == [1]
    assert book.accounts("account_card_uses_6m", "2024-09-02") == [1]


def test_the_lowest_balance_is_that_of_any_one_deposit_account(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=-900, account="house", product="loan"))
    assert book.measure("lowest_account_balance", "2024-03-01") is None
    book.fold(
        Event(at="2024-03-02T10:00", amount=300, account="a"),
        Event(at="2024-03-02T10:00", amount=29_999, account="b"),
        Event(at="2024-03-02T10:00", amount=1, account="fund", product="wealth"),
    )
    book.fold(Event(at="2024-03-03T10:00", amount=-250, account="a"), open_day="2024-03-02")
    lowest = [book.measure("lowest_account_balance", f"2024-03-0{d}") for d in (1, 2, 3)]
    assert lowest == [None, 300, 50]


def test_products_held_counts_each_product_once(book: Book) -> None:
    book.fold(
        *(Event(at="2024-03-01T10:00", account=name, product="deposit") for name in "ab"),
        Event(at="2024-03-02T10:00", account="c", product="card"),
    )
    assert [book.measure("products_held", f"2024-03-0{d}") for d in (1, 2)] == [1, 2]
    assert [book.measure("accounts_ever", f"2024-03-0{d}") for d in (1, 2)] == [2, 3]


def test_foreign_deposits_are_the_deposit_accounts_of_another_currency(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=700, account="usd", foreign=True),
        Event(at="2024-03-01T10:00", amount=20, account="yuan"),
        Event(at="2024-03-02T10:00", amount=5, account="usd"),
        Event(at="2024-03-02T10:00", amount=3, account="yuan", foreign=True),
        Event(at="2024-03-02T10:00", amount=9, account="fund", product="wealth", foreign=True),
    )
    assert [book.measure("foreign_deposits", f"2024-03-0{d}") for d in (1, 2)] == [700, 705]


def test_demand_is_what_deposit_accounts_of_that_form_hold(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=100, told=400, account="pay", form="demand"),
        Event(at="2024-03-01T10:00", amount=50, account="save", form="time"),
        Event(at="2024-03-01T10:00", amount=7, account="plain"),
        Event(at="2024-03-02T10:00", amount=8, account="plain", form="demand"),  # the first booking has decided
        Event(at="2024-03-02T10:00", amount=9, account="fund", product="wealth", form="demand"),
    )
    assert [book.measure("demand", f"2024-03-0{d}") for d in (1, 2)] == [400, 400]
    assert [book.measure("demand", d) for d in ("2024-02-29", "2024-03-09")] == [300, 400]
    assert book.quotient("demand_share", "2024-03-01") == pytest.approx(400 / 457, abs=5e-7)


def test_demand_away_from_the_owner_is_what_other_branches_than_the_customers_keep(book: Book) -> None:
    for account in ("here", "away", "gone", "time", "plain"):
        form = "time" if account == "time" else "demand"
        book.fold(Event(at="2024-03-01T10:00", amount=100, account=account, form=form))
    book.fold(Event(at="2024-03-02T10:00", amount=7, account="away"))
    book.tell("ada", accounts=[told("away", branch_id="b-2"), told("time", branch_id="b-2")])
    assert book.measure("demand_away_from_owner", "2024-03-02") is None, "the customer's own branch is not known"
    book.tell("ada", branch_id="b-1", accounts=[told("here", branch_id="b-1")])
    book.tell("ada", accounts=[told("gone", branch_id="b-3", closed_on="2024-03-02")])
    assert [book.measure("demand_away_from_owner", f"2024-03-0{d}") for d in (1, 2)] == [200, 107]
    book.commit()
    book.ledger.drop()
    assert book.measure("demand_away_from_owner", "2024-03-02") == 107
    book.tell("ada", accounts=[told("away", branch_id=None)])
    assert book.measure("demand_away_from_owner", "2024-03-02") == 0
    book.tell("ada", branch_id="b-4")
    assert book.measure("demand_away_from_owner", "2024-03-02") == 100, "that of here"


def test_the_lowest_demand_is_that_of_thirty_ends_of_days(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", amount=10, told=90, form="demand"))
    book.fold(Event(at="2024-03-02T10:00", amount=-60), Event(at="2024-03-02T11:00", amount=45))
    book.fold(Event(at="2024-03-10T10:00", amount=500))
    lowest = [book.measure("demand_lowest_30d", date) for date in ("2024-03-02", "2024-03-30", "2024-03-31")]
    assert lowest == [75, 75, 75]  # within the day it was lower; before the first booking 80 had stood
    assert [book.measure("demand_lowest_30d", date) for date in ("2024-04-07", "2024-04-08")] == [75, 575]


def told(account: str, product: str = "deposit", **facts: object) -> dict[str, object]:
    return {"account_id": account, "product": product, **facts}


def test_a_closed_account_is_listed_as_closed_and_out_of_what_is_held_now(book: Book) -> None:
    book.fold(
        Event(at="2024-03-01T10:00", amount=5, account="old", foreign=True),
        Event(at="2024-03-01T10:00", amount=70, account="new"),
        Event(at="2024-03-01T10:00", account="card", product="card"),
    )
    closed = [told("old", closed_on="2024-03-10"), told("card", "card", closed_on="2024-03-11")]
    book.tell("ada", "2024-03-05", accounts=closed)
    dates = ("2024-03-09", "2024-03-10", "2024-03-11")
    assert [book.accounts("account_open", date) for date in dates] == [[1, 1, 1], [0, 1, 1], [0, 1, 0]]
    figures = {
        "lowest_account_balance": [5, 70, 70],
        "foreign_deposits": [5, 0, 0],
        "products_held": [2, 2, 1],
        "accounts_open": [3, 2, 1],
        "accounts_ever": [3, 3, 3],
    }
    assert {name: [book.measure(name, date) for date in dates] for name in figures} == figures


def test_what_facts_tell_of_age_and_maturity_counts_before_what_bookings_told(book: Book) -> None:
    book.fold(Event(at="2024-03-01T10:00", matures_on="2025-03-01"))
    book.tell("ada", "2024-03-01", accounts=[told("current", opened_on="1979-03-02", matures_on="2026-01-01")])
    assert book.accounts("account_age_months", "2024-03-01") == [45 * 12 - 1]
    assert book.accounts("account_age_months", "2024-03-02") == [45 * 12]
    assert book.accounts("account_matures_on", "2024-03-01") == [day("2026-01-01")]
    book.tell("ada", "2024-03-01", accounts=[told("current", matures_on=None)])
    assert book.accounts("account_matures_on", "2024-03-01") == [day("2025-03-01")]


def test_an_account_that_facts_alone_know_is_listed_from_its_opening_on(book: Book) -> None:
    book.tell("ada", "2024-03-05", accounts=[told("safe", "wealth", opened_on="2024-03-03")])
    assert book.accounts("account_product", "2024-03-02") == []
    assert book.accounts("account_product", "2024-03-03") == ["wealth"]
    assert book.accounts("account_balance", "2024-03-05") == [None]
    assert book.accounts("account_last_activity_on", "2024-03-05") == [None]
    book.fold(Event(at="2024-03-06T10:00", amount=9, account="safe", product="wealth"))
    assert book.accounts("account_balance", "2024-03-06") == [9]


def test_the_form_of_an_account_that_facts_told_first_is_that_of_its_first_booking(book: Book) -> None:
    book.tell("ada", "2024-03-01", accounts=[told("current")])
    assert book.measure("lowest_account_balance", "2024-03-01") is None
    book.fold(Event(at="2024-03-02T10:00", amount=9, form="demand", foreign=True))
    assert book.measure("demand", "2024-03-02") == 9
    assert book.measure("foreign_deposits", "2024-03-02") == 9


def test_the_day_on_which_a_card_was_activated_is_as_told(book: Book) -> None:
    book.tell("ada", "2024-03-01", accounts=[told("card", "card", opened_on="2024-02-01")])
    assert book.accounts("account_card_activated_on", "2024-03-01") == [None]
    book.tell("ada", "2024-03-02", accounts=[told("card", "card", card_activated_on="2024-03-02")])
    assert book.accounts("account_card_activated_on", "2024-03-02") == [day("2024-03-02")]


def test_whether_an_account_counts_among_the_assets_is_what_the_bank_told(book: Book) -> None:
    book.tell("ada", "2024-03-01", accounts=[told("pledged", "deposit")])
    assert book.accounts("account_counts_in_aum", "2024-03-01") == [None]
    for counts in (True, False):
        book.tell("ada", "2024-03-02", accounts=[told("pledged", "deposit", counts_in_aum=counts)])
        assert book.accounts("account_counts_in_aum", "2024-03-02") == [int(counts)]
