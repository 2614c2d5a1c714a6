"""Lists of dates that end soon are told of in time."""

from __future__ import annotations

import datetime as dt

import pytest

from agents.policy.endings import calendars_ending
from tests.unit.policy.making import scheme
from tests.unit.policy.signals_making import file_of, signal

LISTED = file_of(
    signal(None, due_on='"next_holiday"'), "[calendar]\nholiday = [2025-10-06, '2026-02-17', 2025-01-29]\n"
)
SOON = "the last date, 2026-02-17, comes within a year: next_holiday is unknown after it, add the dates that follow"
PAST = SOON.replace("comes within a year", "is past")


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2025-02-16", []),
        ("2025-02-17", [SOON]),
        ("2025-02-18", [SOON]),
        ("2026-02-17", [SOON]),
        ("2026-02-18", [PAST]),
    ],
)
def test_a_list_is_told_of_from_a_year_before_its_last_date(today: str, told: list[str]) -> None:
    found = calendars_ending({"f.toml": LISTED}, dt.date.fromisoformat(today))
    assert [str(one) for one in found] == [f"f.toml: calendar.holiday: {text}" for text in told]


def test_lists_of_schemes_are_told_of_too() -> None:
    text = scheme("next_payday == today") + "\n[calendar]\npayday = [2025-01-15]\n"
    (found,) = calendars_ending({"s.toml": text}, dt.date(2025, 3, 1))
    assert (found.file, found.key) == ("s.toml", "calendar.payday")
