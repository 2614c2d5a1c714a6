"""What reaches a level that is near, against booking it: the amount lets in, one minor unit less does not."""

from __future__ import annotations

import random

import pytest

from agents.policy.decider import CompiledPolicies
from agents.policy.exact import ExactRow
from agents.whatnext.later import Deposit
from agents.whatnext.rising import rising_amount, rising_columns
from schemas.measures import WINDOWS
from streams.calendar import date_of
from tests.unit.ledger.book import Book, day
from tests.unit.policy.making import compiled
from tests.unit.whatnext.deposits import DATES, deposited, parts, story


def policy(enter: str, check: str = "day_close", days: int = 30) -> CompiledPolicies:
    return compiled(
        f'scheme = "s"\nbase = "low"\n[[level]]\nname = "high"\nenter = "{enter}"\n'
        f'[upgrade]\ncheck = "{check}"\n[near]\npercent = 50\ndays = {days}\n'
    )


def lived(policies: CompiledPolicies, history: list[tuple[str, int]]) -> Book:
    return deposited(policies, history, rising_columns([policies.schemes[0].rules]))


def risen(policies: CompiledPolicies, book: Book, on: str, first: str) -> Deposit | None:
    rows = book.ledger.rows(book.ledger.slots(["ada"]), day(on))
    scheme, level = parts(policies)
    return rising_amount(scheme, level, rows, 0, policies.vocabulary, day(on), day(first))


def entered(policies: CompiledPolicies, history: list[tuple[str, int]], on: str, amount: int, at: int) -> bool:
    """Whether the level can be entered at the close of day ``at`` after ``amount`` came in on ``on``."""
    book = lived(policies, [*history, (on, amount)])
    rows = book.ledger.rows(book.ledger.slots(["ada"]), at)
    return ExactRow(rows, 0, policies.vocabulary).value(parts(policies)[1].enter.node) is True


@pytest.mark.parametrize("days", [1, 30, 90, 366])
@pytest.mark.parametrize("check", ["event", "day_close", "month_close", "quarter_close", "year_close"])
def test_the_amount_lets_into_the_level_and_a_minor_unit_less_does_not(check: str, days: int) -> None:
    chance = random.Random(f"{check} {days}")
    for on in DATES:
        window, measure = chance.choice(WINDOWS), chance.choice(["deposits", "aum"])
        policies = policy(f"{measure}_avg_{window} {chance.choice(['>', '>='])} 100_000.01", check, days)
        history = story(chance, on)
        first = date_of(day(on) + (check != "event")).isoformat()
        found = risen(policies, lived(policies, history), on, first)
        assert found is not None
        assert found.by == day(first)
        assert found.reached >= day(on) + days
        assert entered(policies, history, first, found.amount, found.reached)
        assert found.amount == 0 or not entered(policies, history, first, found.amount - 1, found.reached)


@pytest.mark.parametrize(
    ("check", "reached"), [("event", "2024-02-10"), ("day_close", "2024-02-10"), ("month_close", "2024-02-29")]
)
def test_a_balance_is_made_up_until_the_next_check(check: str, reached: str) -> None:
    policies = policy("aum >= 1_000", check)
    assert rising_columns([policies.schemes[0].rules]) == ()
    book = lived(policies, [("2024-01-10", 99_999)])
    assert risen(policies, book, "2024-02-09", "2024-02-10") == Deposit(1, day(reached), day(reached))


def test_an_average_that_gets_there_by_itself_asks_for_nothing() -> None:
    policies = policy("deposits_avg_30d >= 1_000")
    book = lived(policies, [("2024-01-25", 100_000)])
    assert risen(policies, book, "2024-01-30", "2024-01-31") == Deposit(0, day("2024-01-31"), day("2024-02-29"))


def test_what_no_deposit_raises_and_an_anniversary_are_told_nothing_of() -> None:
    spent = policy("card_spend_12m >= 1_000")
    assert risen(spent, lived(spent, [("2024-01-10", 5)]), "2024-01-31", "2024-02-01") is None
    yearly = policy("deposits_avg_30d >= 1_000", "anniversary")
    assert rising_columns([yearly.schemes[0].rules]) == ()
    assert risen(yearly, lived(yearly, [("2024-01-10", 5)]), "2024-01-31", "2024-02-01") is None


def test_the_columns_are_balances_and_areas_so_many_days_ahead() -> None:
    assert rising_columns([policy("deposits_avg_90d >= 1_000", days=45).schemes[0].rules]) == (
        "deposits",
        "deposits_avg_90d@45d",
    )
    monthly = policy("deposits_avg_90d >= 1_000", "month_close")
    assert rising_columns([monthly.schemes[0].rules]) == ("deposits", "deposits_avg_90d@30d/month")
