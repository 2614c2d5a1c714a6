"""What saves a level in its grace, against booking it: the amount keeps the level, one minor unit less does not."""

from __future__ import annotations

import datetime as dt
import random
from typing import Final

import numpy as np
import pytest

from agents.days import window_first
from agents.policy.decider import CompiledPolicies
from agents.whatnext.later import Deposit
from agents.whatnext.saving import due_on, saving_amount, saving_columns
from schemas.measures import WINDOWS
from streams.calendar import BusinessCalendar, date_of
from tests.unit.ledger.book import Book, day
from tests.unit.policy.making import compiled
from tests.unit.whatnext.deposits import DATES, Story, holds, lived, parts, row_of, story

GRACES: Final = ("grace_days = 30", "grace_days = 1", "grace_days = 90", "grace_months = 3", "grace_months = 1")
CHECKS: Final = ("event", "day_close", "month_close", "quarter_close", "year_close")


def policy(stay: str, grace: str = "grace_days = 30", check: str = "event") -> CompiledPolicies:
    return compiled(
        f'scheme = "s"\nbase = "low"\n[[level]]\nname = "high"\nenter = "aum >= 900_000_000 and days_known >= 90_000"\nstay = "{stay}"\n'
        f'[downgrade]\ncheck = "{check}"\n{grace}\n'
    )


def grace_end(policies: CompiledPolicies, as_of: int) -> int:
    tiers = policies.schemes[0].tiers
    return tiers.falls_on(as_of)  # type: ignore[union-attr]


def saved(policies: CompiledPolicies, book: Book, on: str, first: str = "", days: int = 1) -> Deposit | None:
    """What saves the level at a look of one day, deposited on that day unless another is named, or on any of so many days from there."""
    scheme, level = parts(policies)
    ends, rows = grace_end(policies, day(on)), row_of(book, day(on))
    chosen = range(day(first or on), day(first or on) + days)
    return saving_amount(scheme, level, rows, 0, policies.vocabulary, day(on), chosen, ends)


def kept(policies: CompiledPolicies, history: Story, on: str, amount: int, at: int) -> bool:
    """Whether the level holds at the close of day ``at`` after ``amount`` came in on ``on``."""
    return holds(policies, parts(policies)[1].stay, [*history, (on, amount)], at)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("grace", GRACES)
def test_the_amount_saves_the_level_and_a_minor_unit_less_does_not(check: str, grace: str) -> None:
    chance = random.Random(f"{check} {grace}")
    for on in DATES:
        window, measure = chance.choice(WINDOWS), chance.choice(["deposits", "aum"])
        operator = chance.choice([">", ">="])
        policies = policy(f"{measure}_avg_{window} {operator} 100_000.01 and aum >= 20_000", grace, check)
        history = story(chance, on)
        # At its close a day is over: what can still be deposited comes in on the next one.
        first = date_of(day(on) + (check != "event")).isoformat()
        found = saved(policies, lived(policies, history), on, first)
        assert found is not None
        due = due_on(policies.schemes[0].rules, grace_end(policies, day(on)))
        assert (found.by, found.reached) == (day(first), due)
        assert kept(policies, history, first, found.amount, found.reached)
        assert found.amount == 0 or not kept(policies, history, first, found.amount - 1, found.reached)


@pytest.mark.parametrize("grace", GRACES[:2])
def test_what_must_come_in_saves_a_level_that_asks_for_it_and_a_minor_unit_less_does_not(grace: str) -> None:
    chance, found = random.Random(grace), 0
    for on in DATES:
        flow, window, operator = (
            chance.choice(["net_flow", "inflow"]),
            chance.choice(["90d", "6m"]),
            chance.choice([">", ">="]),
        )
        policies = policy(f"{flow}_{window} {operator} 150_000.01 and aum_avg_30d >= -9_000_000", grace, "day_close")
        history = story(chance, on)
        first = date_of(day(on) + 1).isoformat()
        deposit = saved(policies, lived(policies, history), on, first)
        assert deposit is not None
        found += deposit.amount > 0
        assert kept(policies, history, first, deposit.amount, deposit.reached)
        assert deposit.amount == 0 or not kept(policies, history, first, deposit.amount - 1, deposit.reached)
    assert found


def test_what_comes_in_today_is_no_help_where_the_window_has_passed_it_by_then() -> None:
    policies = policy("net_flow_7d > 0", "grace_days = 30")
    assert saved(policies, lived(policies, [("2024-01-10", 5)]), "2024-01-31") is None
    policies = policy("net_flow_90d > 0 and aum >= 0", "grace_days = 30")
    ends = day("2024-03-01")
    assert saved(policies, lived(policies, [("2024-01-10", -5)]), "2024-01-31") == Deposit(6, ends, ends)


def test_what_must_come_in_is_told_only_where_it_counts_on_each_of_the_days_that_are_told() -> None:
    # The window of 30 days at the close of 31 March begins on the 2nd.
    policies = policy("inflow_30d >= 1_000", "grace_days = 30", "month_close")
    book, ends = lived(policies, [("2024-01-10", 5)]), day("2024-03-31")
    assert saved(policies, book, "2024-02-29", "2024-03-01", days=7) is None
    assert saved(policies, book, "2024-02-29", "2024-03-02", days=7) == Deposit(100_000, ends, ends)


@pytest.mark.parametrize("on", DATES)
def test_of_an_average_or_what_comes_in_the_amount_is_enough_on_each_of_the_days_that_are_told(on: str) -> None:
    chance = random.Random(on)
    policies = policy("aum_avg_30d >= 100_000 or net_flow_30d >= 90_000", "grace_days = 33", "day_close")
    history = story(chance, on)
    found = saved(policies, lived(policies, history), on, date_of(day(on) + 1).isoformat(), days=7)
    assert found is not None
    assert found.by == day(on) + 7
    least = []
    for later in range(1, 8):
        other = date_of(day(on) + later).isoformat()
        assert kept(policies, history, other, found.amount, found.reached)
        least.append(kept(policies, history, other, found.amount - 1, found.reached))
    assert found.amount == 0 or not all(least)


def test_an_average_that_recovers_by_itself_asks_for_nothing() -> None:
    policies = policy("deposits_avg_30d >= 1_000")
    book = lived(policies, [("2024-01-10", -500_000), ("2024-01-25", 700_000)])
    assert saved(policies, book, "2024-01-30") == Deposit(0, day("2024-01-30"), day("2024-02-29"))


def test_a_balance_alone_may_be_made_up_until_the_grace_ends() -> None:
    policies = policy("aum >= 1_000", "grace_months = 1", "month_close")
    assert saving_columns([policies.schemes[0].rules]) == ()
    book = lived(policies, [("2024-01-10", 99_999)])
    assert saved(policies, book, "2024-01-31") == Deposit(1, day("2024-02-29"), day("2024-02-29"))


def test_a_part_that_money_does_not_mend_leaves_nothing_to_say() -> None:
    policies = policy("deposits_avg_30d >= 1_000 and days_known >= 900")
    assert saved(policies, lived(policies, [("2024-01-10", 5)]), "2024-01-31") is None
    policies = policy("deposits_avg_30d >= 1_000 and demand_share >= 0.5")
    assert saved(policies, lived(policies, [("2024-01-10", 5)]), "2024-01-31") is None


def test_an_alternative_is_saved_the_cheaper_way() -> None:
    policies = policy("deposits_avg_30d >= 1_000_000 or aum >= 1_000 or txn_count_7d >= 50")
    found = saved(policies, lived(policies, [("2024-01-10", 5)]), "2024-01-31")
    assert found is not None
    assert found.amount == 99_995


def test_a_grace_that_began_earlier_is_not_told_from_the_row() -> None:
    policies = policy("deposits_avg_30d >= 1_000")
    book = lived(policies, [("2024-01-10", 5)])
    scheme, level = parts(policies)
    on, ends = day("2024-01-31"), day("2024-02-29")
    assert saving_amount(scheme, level, row_of(book, on), 0, policies.vocabulary, on, range(on, on + 1), ends) is None


def test_the_row_of_the_look_stays_as_it_is() -> None:
    policies = policy("deposits_avg_30d >= 1_000")
    rows = row_of(lived(policies, [("2024-01-10", 5)]), day("2024-01-31"))
    values, days = rows.values.copy(), {name: of_row.copy() for name, of_row in rows.divisors.items()}
    scheme, level = parts(policies)
    on, ends = day("2024-01-31"), grace_end(policies, day("2024-01-31"))
    assert saving_amount(scheme, level, rows, 0, policies.vocabulary, on, range(on, on + 1), ends) is not None
    assert (rows.values == values).all()
    assert rows.divisors == days


def test_windows_begin_as_the_business_calendar_has_it() -> None:
    calendar = BusinessCalendar("Europe/London", "22:00")
    days = range(day("2023-12-01"), day("2025-03-31"))
    for window in WINDOWS:
        starts = calendar.window_start(window, np.array(days))
        assert [window_first(window, one) for one in days] == starts.tolist()


def test_the_columns_are_balances_and_areas_up_to_the_end_of_the_grace() -> None:
    policies = policy("deposits_avg_90d >= 1_000", "grace_months = 2", "month_close")
    assert saving_columns([policies.schemes[0].rules]) == ("deposits", "deposits_avg_90d@2m/month")
    assert dt.date(2024, 4, 30) == date_of(due_on(policies.schemes[0].rules, day("2024-04-29")) or 0)
    assert saving_columns([policy("deposits_avg_90d >= 1_000", "").schemes[0].rules]) == ()
    with pytest.raises(ValueError, match="neither a measure nor a fact"):
        Book(columns=("outflow_90d@2m",))
