"""Signals that begin and end on anniversaries of the day as of which the customer was first seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.days import anniversary_from, are_anniversaries
from schemas.state import Raised
from streams.decider import NO_DEADLINE
from streams.rows import LookKind
from tests.unit.policy.making import compiled, rows_of
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import CLOSE, Customer, day

LINE = 10_000
"""100.00, in minor units."""
YEARLY = signal("aum < 100", "poor", check='"anniversary"')
BORN = day("2023-03-10")


class Known(Customer):
    """A customer who was first seen on some day."""

    def __init__(self, text: str, since: int = BORN) -> None:
        super().__init__(file_of(text))
        self.since = since

    def on(self, date: str, kind: LookKind = CLOSE, /, **given: Any) -> list[str]:
        """What the look of a day comes to."""
        return self.look(day(date), kind, days_known=day(date) - self.since, **given)


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2023-03-10", []),
        ("2024-03-09", []),
        ("2024-03-10", ["+poor"]),
        ("2024-03-11", []),
        ("2025-03-10", ["+poor"]),
        ("2025-09-10", []),
    ],
)
def test_it_begins_at_the_close_of_the_day_whole_years_after_the_customer_was_first_seen(
    date: str, told: list[str]
) -> None:
    assert Known(YEARLY).on(date, aum=1) == told


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2025-02-27", []),
        ("2025-02-28", ["+poor"]),
        ("2025-03-01", []),
        ("2028-02-28", []),
        ("2028-02-29", ["+poor"]),
        ("2028-03-01", []),
    ],
)
def test_who_was_first_seen_on_a_leap_day_has_the_28th_in_common_years(date: str, told: list[str]) -> None:
    assert Known(YEARLY, day("2024-02-29")).on(date, aum=1) == told


@pytest.mark.parametrize("kind", list(LookKind))
def test_any_close_makes_the_check_and_no_event_does(kind: LookKind) -> None:
    assert Known(YEARLY).on("2024-03-10", kind, aum=1) == ([] if kind == LookKind.EVENT else ["+poor"])


def test_it_ends_at_an_anniversary_alone() -> None:
    customer = Known(YEARLY)
    assert customer.on("2024-03-10", aum=LINE - 1) == ["+poor"]
    assert customer.on("2024-03-11", aum=LINE) == []
    assert customer.on("2025-03-09", aum=LINE) == []
    assert customer.on("2025-03-10", LookKind.EVENT, aum=LINE) == []
    assert customer.profile.signals["poor"][""].since == day("2024-03-10")
    assert customer.on("2025-03-10", aum=None) == [], "unknown ends nothing"
    assert customer.on("2026-03-10", aum=LINE) == ["-poor"]
    assert customer.profile.signals == {}


def test_who_was_never_seen_has_no_anniversary() -> None:
    assert Known(YEARLY).look(day("2024-03-10"), CLOSE, aum=1, days_known=None) == []


def test_the_day_counts_whether_or_not_an_event_of_a_later_day_came_before() -> None:
    assert Known(YEARLY).on("2024-03-10", event_day=day("2024-03-11"), aum=1) == ["+poor"]


def test_what_a_cooldown_holds_back_is_sent_at_the_first_anniversary_after_it() -> None:
    customer = Known(signal("aum < 100", "poor", check='"anniversary"', cooldown_days="1_000"))
    assert customer.on("2024-03-10", aum=1) == ["+poor"]
    assert customer.on("2025-03-10", aum=LINE) == ["-poor"]
    assert customer.on("2026-03-10", aum=1) == []
    assert customer.profile.signals == {"poor": {"": Raised(since=day("2026-03-10"), sent_on=day("2024-03-10"))}}
    assert customer.on("2026-12-05", aum=1) == [], "the cooldown is over"
    assert customer.on("2027-03-10", aum=1) == ["+poor"]


def test_it_holds_of_each_account_by_itself() -> None:
    text = signal("account_balance < 100", "low", each='"account"', check='"anniversary"')
    customer = Known(text)
    customer.profile.accounts = ["a", "b"]

    def on(date: str, *balances: int) -> list[str]:
        return customer.on(date, accounts=[{"account_balance": balance} for balance in balances])

    assert on("2024-03-09", 1, LINE) == []
    assert on("2024-03-10", 1, LINE) == ["+low a"]
    assert on("2024-03-11", LINE, 1) == []
    assert on("2025-03-10", LINE, 1) == ["-low a", "+low b"]
    assert sorted(customer.profile.signals["low"]) == ["b"]


def test_items_are_looked_at_then_alone() -> None:
    text = signal(None, "date", each='"relative"', check='"anniversary"', due_on='"relative_next_on"', lead_days="30")
    customer = Known(text)
    customer.profile.family_dates = {"wedding": day("2000-03-20"), "spouse_birthday": day("2000-06-20")}
    assert customer.on("2024-03-09") == []
    assert (customer.reopens, customer.restless, customer.deadline) == (False, False, NO_DEADLINE)
    assert customer.on("2024-03-10") == ["+date wedding"]
    assert customer.on("2024-03-21") == [], "the date has passed, and nothing is decided"
    assert (customer.reopens, customer.restless, customer.deadline) == (False, False, NO_DEADLINE)
    assert customer.on("2025-03-10") == ["-date wedding", "+date wedding"]


def test_the_mask_of_an_anniversary_is_that_of_no_other_day_and_of_no_other_anniversary() -> None:
    policies = compiled(file_of(YEARLY))
    decisive = [
        policies.masks(rows_of(policies, {"days_known": day(date) - BORN, "aum": aum}, as_of=day(date)))[0]
        & policies.relevant[LookKind.YEAR_CLOSE]
        for date in ("2024-03-09", "2024-03-10", "2024-03-11", "2025-03-10")
        for aum in (1, LINE)
    ]
    before, other, first, same, after, behind, second, _ = (tuple(mask.tolist()) for mask in decisive)
    assert before == other == after == behind, "on other days nothing settles or unsettles anybody"
    assert first == same
    assert len({before, first, second}) == 3


def test_settled_customers_are_decided_on_their_day_and_pay_for_nothing_else() -> None:
    plain, yearly = compiled(file_of(signal("aum < 100"))), compiled(file_of(signal("aum < 100") + YEARLY))
    assert (plain.words, yearly.words) == (2, 3)
    assert "days_known" not in plain.columns
    assert "days_known" not in yearly.wanted[LookKind.EVENT].columns
    assert "days_known" in yearly.wanted[LookKind.DAY_CLOSE].columns
    assert not yearly.relevant[LookKind.EVENT][2]
    two = compiled(file_of(YEARLY + YEARLY.replace("poor", "poorer")))
    assert two.words == 3, "all of them share the word of the day"


def test_anniversaries_of_many_are_those_of_each() -> None:
    since = np.arange(day("2023-12-30"), day("2025-01-03"), 13)
    days = np.arange(day("2023-12-30"), day("2029-03-03"))
    leap = [day("2024-02-28"), day("2024-02-29"), day("2024-03-01")]
    for first in [*since.tolist(), *leap]:
        expected = [anniversary_from(first, one) == one for one in days.tolist()]
        assert are_anniversaries(np.full(len(days), first), days).tolist() == expected
