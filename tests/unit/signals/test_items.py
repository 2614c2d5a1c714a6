"""The items of a customer: dates in the family, contact duties, cycles of purchases."""

from __future__ import annotations

from fractions import Fraction

import pytest

from agents.signals.items import Item, items_of
from schemas.occasion_names import ITEMS
from schemas.state import Profile, Standing
from streams.calendar import month_of
from tests.unit.signals.making import day


@pytest.mark.parametrize("each", ITEMS)
def test_an_item_tells_every_name_of_its_kind(each: str) -> None:
    profile = Profile(
        family_dates={"wedding": 100}, standings={"vip": Standing(level="gold")}, cycles={"fuel": {100: 1}}
    )
    (item,) = items_of(each, profile, {"vip": {"gold": {"manager": 1}}}, 100)
    assert set(item) == set(ITEMS[each])


def test_there_are_no_items_of_another_kind() -> None:
    with pytest.raises(ValueError, match="there are no items 'account'"):
        items_of("account", Profile(), {}, 100)


@pytest.mark.parametrize(
    ("date", "today", "next_on"),
    [
        ("1980-06-15", "2025-06-14", "2025-06-15"),
        ("1980-06-15", "2025-06-15", "2025-06-15"),
        ("1980-06-15", "2025-06-16", "2026-06-15"),
        ("1980-02-29", "2025-02-28", "2025-02-28"),
        ("1980-02-29", "2025-03-01", "2026-02-28"),
        ("1980-02-29", "2028-02-28", "2028-02-29"),
        ("2025-06-15", "2025-06-15", "2025-06-15"),
        ("2026-06-15", "2025-01-01", "2026-06-15"),
    ],
)
def test_the_next_date_of_a_relative_is_today_or_later(date: str, today: str, next_on: str) -> None:
    found = items_of("relative", Profile(family_dates={"wedding": day(date)}), {}, day(today))
    assert found == [{"relative_name": "wedding", "relative_next_on": day(next_on)}]


def duty(profile: Profile, today: str = "2025-03-31") -> list[tuple[object, ...]]:
    """Role, contacts required, done and missing."""
    duties = {
        "vip": {"gold": {"president": 1, "manager": 3}, "silver": {"manager": 1}},
        "size": {"large": {"manager": 2, "clerk": 4}},
    }
    return [tuple(item.values()) for item in items_of("duty", profile, duties, day(today))]


def test_the_most_that_any_scheme_asks_of_a_role_is_owed() -> None:
    profile = Profile(standings={"vip": Standing(level="gold"), "size": Standing(level="large")})
    assert duty(profile) == [("clerk", 4, 0, 4), ("manager", 3, 0, 3), ("president", 1, 0, 1)]
    profile.standings["vip"].level = "silver"
    assert duty(profile) == [("clerk", 4, 0, 4), ("manager", 2, 0, 2)]
    profile.standings["size"].level = None
    profile.standings["other"] = Standing(level="gold")
    assert duty(profile) == [("manager", 1, 0, 1)]


def test_contacts_count_in_their_calendar_month() -> None:
    march = month_of(day("2025-03-01"))
    profile = Profile(
        standings={"vip": Standing(level="gold")}, contacts={"manager": {march: 2}, "president": {march - 1: 5}}
    )
    assert duty(profile) == [("manager", 3, 2, 1), ("president", 1, 0, 1)]
    assert duty(profile, "2025-02-28") == [("manager", 3, 0, 3), ("president", 1, 5, 0)]
    assert duty(profile, "2025-04-01") == [("manager", 3, 0, 3), ("president", 1, 0, 1)]


def cycle(spends: dict[int, int], today: int = 1_000) -> Item:
    """The item of the only category."""
    (item,) = items_of("cycle", Profile(cycles={"fuel": spends}), {}, today)
    return {name.removeprefix("cycle_"): value for name, value in item.items()}


def test_a_rhythm_shows_in_the_median_of_its_gaps() -> None:
    assert cycle({100: 10_000, 107: 7_000, 115: 9_000}) == {
        "category": "fuel",
        "count": 3,
        "gap_days": 7,
        "last_on": 115,
        "next_on": 122,
        "weekly_spend": Fraction(16_000 * 7, 15),
    }
    assert cycle({100: 1, 107: 1, 116: 1, 126: 1})["gap_days"] == 9


def test_of_two_days_there_is_no_rhythm_yet() -> None:
    found = cycle({100: 1, 107: 1})
    assert [found[name] for name in ("count", "gap_days", "last_on", "next_on", "weekly_spend")] == [
        2, None, 107, None, None,
    ]  # fmt: skip


def test_days_count_in_the_order_of_the_calendar() -> None:
    assert cycle({115: 9_000, 100: 10_000, 107: 7_000}) == cycle({100: 10_000, 107: 7_000, 115: 9_000})


def test_purchases_after_the_day_of_the_look_are_not_seen() -> None:
    spends = {100: 1, 107: 1, 114: 1, 115: 1}
    assert cycle(spends, 114)["last_on"] == 114
    assert items_of("cycle", Profile(cycles={"fuel": spends}), {}, 99) == []
