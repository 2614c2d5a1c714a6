"""A level about to be lost, a level almost reached."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from agents.days import iso
from agents.policy.written import amount
from schemas.state import Override
from streams.calendar import BusinessCalendar
from streams.rows import LookKind
from tests.unit.policy.making import DAY
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import CLOSE, Customer, day

CALENDAR = BusinessCalendar("Asia/Shanghai", "00:00")

GRACE = """
scheme = "s"
base = "low"
applies_to = "kind == 'personal'"
[[level]]
name = "high"
title = "High"
enter = "aum >= 100"
stay = "aum >= 90"
[downgrade]
grace_days = 10
"""


def held() -> Customer:
    customer = Customer(GRACE)
    assert customer.look(DAY, kind="personal", aum=10_000) == []
    return customer


def test_a_level_at_risk_tells_the_day_and_the_deposit_that_saves_it() -> None:
    customer = held()
    assert customer.look(DAY + 1, kind="personal", aum=9_000) == []
    assert customer.look(DAY + 1, kind="personal", aum=8_999) == ["+tier.at_risk s high"]
    alert = customer.alerts[0]
    assert (alert.condition, alert.evidence) == ("aum >= 90", {"aum": 89.99, "level": "high", "falls_to": "low"})
    assert (alert.value_at_stake, alert.due_on) == (0.01, "2024-10-15")
    assert alert.advice == "Deposit 0.01 by 2024-10-15 to keep High"
    assert customer.look(DAY + 2, kind="personal", aum=1) == [], "told once"


@pytest.mark.parametrize(
    ("check", "days", "due_on"),
    [
        ("day_close", 10, "2025-01-10"),
        ("month_close", 30, "2025-01-31"),
        ("month_close", 31, "2025-01-31"),
        ("month_close", 32, "2025-02-28"),
        ("quarter_close", 10, "2025-03-31"),
        ("year_close", 10, "2025-12-31"),
        ("anniversary", 10, "2025-12-31"),
    ],
)
def test_the_date_of_the_alert_is_that_of_the_close_that_takes_the_level(check: str, days: int, due_on: str) -> None:
    began = day("2024-12-31")
    customer = Customer(GRACE.replace("grace_days = 10", f'check = "{check}"\ngrace_days = {days}'))
    customer.look(day("2023-12-31"), kind="personal", aum=10_000)
    customer.look(began, LookKind.YEAR_CLOSE, kind="personal", aum=0)
    assert [alert.due_on for alert in customer.alerts] == [due_on]
    for close in range(began + 1, day(due_on)):
        customer.look(close, CALENDAR.close_kind(close), kind="personal", aum=0)
        assert customer.profile.standings["s"].level == "high"
    customer.look(day(due_on), CALENDAR.close_kind(day(due_on)), kind="personal", aum=0)
    assert customer.profile.standings["s"].level == "low"


def test_a_grace_that_ended_during_an_override_is_told_with_a_close_that_is_still_to_come() -> None:
    began, until = day("2024-12-31"), day("2025-03-10")
    customer = Customer(GRACE.replace("grace_days = 10", 'check = "month_close"\ngrace_days = 20'))
    customer.look(day("2023-12-31"), kind="personal", aum=10_000)
    customer.look(began, LookKind.YEAR_CLOSE, kind="personal", aum=0)
    assert customer.alerts[0].due_on == "2025-01-31"
    customer.profile.overrides["s"] = Override(level="high", until=until, reason="merger", by="eve")
    for close in range(began + 1, until + 1):
        customer.look(close, CALENDAR.close_kind(close), kind="personal", aum=0)
    alert = customer.alerts[0]
    assert (alert.signal, alert.due_on, alert.advice) == (
        "tier.at_risk",
        "2025-03-31",
        "Deposit 90 by 2025-03-31 to keep High",
    )


THREE = """
scheme = "s"
base = "low"
[[level]]
name = "mid"
enter = "aum >= 50"
[[level]]
name = "high"
title = "High"
enter = "aum >= 100_000 and (days_known >= 3 and net_flow_90d > 0)"
stay = "aum_avg_30d >= 90 and (days_known >= 3 and net_flow_90d > 0)"
[downgrade]
check = "day_close"
grace_days = {grace}
steps = "{steps}"
"""


@pytest.mark.parametrize(
    ("steps", "aum", "below"), [("one", 0, "mid"), ("balance", 5_000, "mid"), ("balance", 0, "low")]
)
def test_a_level_at_risk_names_itself_the_one_below_and_what_fails(steps: str, aum: int, below: str) -> None:
    customer = Customer(THREE.format(steps=steps, grace=30))
    kept: dict[str, Any] = {"aum_avg_30d": (270_000, 30), "days_known": 9}
    customer.look(aum=10_000_000, net_flow_90d=1, **kept)
    customer.look(DAY, CLOSE, aum=aum, net_flow_90d=0, **kept)
    told = customer.alerts[0].evidence
    assert (told["level"], told["falls_to"], told["failing"]) == ("high", below, "net_flow_90d is above 0")


@pytest.mark.parametrize(("grace", "by"), [(5, "2024-10-09"), (7, "2024-10-11"), (30, "2024-10-11")])
def test_a_deposit_that_an_average_asks_for_leaves_a_week_to_bring_it(grace: int, by: str) -> None:
    customer = Customer(
        THREE.format(steps="one", grace=grace).replace("(days_known >= 3 and net_flow_90d > 0)", "aum >= 0")
    )
    customer.look(aum=10_000_000)
    ends = iso(DAY + grace)
    ahead: dict[str, Any] = {"aum": 0, "aum_avg_30d": 0, f"aum_avg_30d@{grace}d": 0}
    customer.look(DAY, CLOSE, **ahead)
    alert = customer.alerts[0]
    days = DAY + grace - day(by) + 1
    value = amount(Fraction(-(-90 * 100 * 30 // days), 100))
    left = f" and leave it there to keep High at the close of {ends}" if by != ends else " to keep High"
    assert alert.advice == f"Deposit {value} by {by}{left}"


def test_a_level_that_is_saved_clears_the_alert() -> None:
    customer = held()
    customer.look(DAY + 1, kind="personal", aum=0)
    first = customer.alerts[0].alert_id
    assert customer.look(DAY + 2, kind="personal", aum=8_999) == []
    assert customer.look(DAY + 2, kind="personal", aum=9_000) == ["-tier.secured s high"]
    alert = customer.alerts[0]
    assert (alert.alert_id, alert.condition, alert.evidence) == (first, "aum >= 90", {"aum": 90})
    assert customer.profile.signals == {}


def test_a_fall_clears_the_alert_under_its_own_name_after_the_tier_change() -> None:
    customer = held()
    customer.look(DAY + 1, kind="personal", aum=0)
    first = customer.alerts[0].alert_id
    assert customer.look(DAY + 10, CLOSE, kind="personal", aum=8_999) == []
    assert customer.look(DAY + 11, CLOSE, kind="personal", aum=8_999) == ["-tier.at_risk s high"]
    alert = customer.alerts[0]
    assert (alert.alert_id, alert.condition, alert.evidence) == (first, "aum >= 90", {"aum": 89.99})
    assert customer.decided is not None
    assert [change.to for change in customer.decided.tier_changes] == ["low"]
    assert customer.decided.changes[-1] is alert
    assert customer.profile.signals == {}


def test_who_rises_from_a_level_at_risk_is_secured() -> None:
    customer = Customer(GRACE + "[upgrade]\ncheck = 'event'\n[[level]]\nname = 'top'\nenter = 'wealth >= 1'\n")
    customer.look(DAY, kind="personal", aum=10_000, wealth=0)
    assert customer.look(DAY + 1, kind="personal", aum=0, wealth=0) == ["+tier.at_risk s high"]
    assert customer.look(DAY + 2, kind="personal", aum=0, wealth=100) == ["-tier.secured s high"]
    assert customer.alerts[0].condition == "wealth >= 1"


def test_a_customer_at_risk_in_a_scheme_that_is_no_more_is_cleared_and_not_secured() -> None:
    customer = held()
    customer.look(DAY + 1, kind="personal", aum=0)
    other = Customer(GRACE.replace('"s"', '"t"'))
    other.profile = customer.profile
    assert other.look(DAY + 2, CLOSE, kind="personal", aum=0) == ["-tier.at_risk s high"]


def test_who_leaves_the_scheme_is_at_risk_no_more() -> None:
    customer = held()
    customer.look(DAY + 1, kind="personal", aum=0)
    assert customer.look(DAY + 2, kind="corporate", aum=0) == ["-tier.at_risk s high"]
    assert customer.alerts[0].condition == "kind == 'personal'"


NEAR = """
scheme = "s"
base = "low"
[[level]]
name = "high"
enter = "aum >= 100"
stay = "aum >= 50"
[[level]]
name = "top"
enter = "aum > 200"
[near]
percent = 10
"""


@pytest.mark.parametrize(
    ("aum", "told"), [(8_999, []), (9_000, ["+tier.near s low"]), (9_999, ["+tier.near s low"]), (10_000, [])]
)
def test_a_customer_is_near_a_level_within_the_percentage_below_its_bound(aum: int, told: list[str]) -> None:
    assert Customer(NEAR).look(aum=aum) == told


def test_near_tells_the_gap_and_ends_where_the_level_is_reached_or_far() -> None:
    customer = Customer(NEAR)
    customer.look(aum=9_500)
    alert = customer.alerts[0]
    told = {"aum": 95, "gap": 5, "deposit": 5, "deposit_by": "2024-10-04", "reached_by": "2024-10-04"}
    assert (alert.value_at_stake, alert.evidence, alert.about) == (5, told, "s")
    assert customer.look(aum=None) == []
    assert customer.look(aum=10_000) == ["-tier.near s low"]
    assert customer.look(aum=20_000) == ["+tier.near s low"], "one more cent is needed above 200"
    assert customer.look(aum=17_999) == ["-tier.near s low"]


def test_another_level_is_another_alert() -> None:
    customer = Customer(NEAR.replace("aum > 200", "aum > 105"))
    assert customer.look(aum=9_500) == ["+tier.near s low"]
    first = customer.alerts[0].alert_id
    assert customer.look(aum=10_200) == ["-tier.near s low", "+tier.near s low"]
    assert [alert.alert_id == first for alert in customer.alerts] == [True, False]


def test_an_opening_tells_nobody_of_being_near_and_its_end_is_silent_too() -> None:
    customer = Customer(NEAR)
    assert customer.look(reason="placement", aum=9_500) == []
    assert customer.look(aum=9_600) == []
    assert customer.look(aum=1) == []
    assert customer.look(aum=9_500) == ["+tier.near s low"]


def test_tiers_come_before_signals() -> None:
    customer = Customer(NEAR, file_of(signal("aum < 100", "a")))
    assert customer.look(aum=9_500) == ["+tier.near s low", "+a"]


def test_alerts_of_a_scheme_that_is_no_more_are_cleared() -> None:
    customer = Customer(NEAR)
    customer.look(aum=9_500)
    other = Customer(NEAR.replace('"s"', '"t"'))
    other.profile = customer.profile
    assert other.look(DAY, CLOSE, aum=1) == ["-tier.near s low"]
