"""Signals that last: raised, got worse, held and cleared."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.state import Raised
from streams.decider import NO_DEADLINE
from streams.rows import LookKind
from tests.unit.policy.making import DAY
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import CLOSE, Customer, day

LINE = 10_000
"""100.00, in minor units."""
POOR = signal("aum < 100", "poor")
HELD = signal("aum < 100", "late", cooldown_days="3")
POLICIES = Path(__file__).parents[3] / "policies"


def one(text: str, head: str = "") -> Customer:
    return Customer(file_of(text, head))


@pytest.mark.parametrize(("aum", "told"), [(LINE - 1, ["+poor"]), (LINE, []), (LINE + 1, []), (None, [])])
def test_a_signal_is_raised_below_its_line_and_unknown_raises_nothing(aum: int | None, told: list[str]) -> None:
    assert one(POOR).look(aum=aum) == told


def test_it_is_told_once_and_cleared_once_under_the_same_id() -> None:
    customer = one(POOR)
    assert customer.look(aum=1) == ["+poor"]
    raised = customer.alerts[0]
    assert (raised.customer_id, raised.owner_id, raised.evidence) == ("c1", "rm-1", {"aum": 0.01})
    assert raised.condition == "aum < 100"
    assert customer.look(aum=2) == []
    assert customer.look(aum=None) == [], "unknown ends nothing"
    assert customer.look(aum=LINE) == ["-poor"]
    assert customer.alerts[0].alert_id == raised.alert_id
    assert customer.profile.signals == {}
    assert customer.look(aum=1) == ["+poor"]
    assert customer.alerts[0].alert_id != raised.alert_id


SCORED = """
[let]
poor = "aum < 100"
young = "age < 30"
known = "age >= 0"
risk = { score = { poor = 3, young = 2, known = 0 } }
"""


def test_a_score_is_told_with_its_points_and_the_parts_that_hold() -> None:
    customer = one(signal("risk >= 3", "many", clear='"risk <= 1"', check='"day_close"'), SCORED)
    assert customer.look(DAY, CLOSE, aum=1) == ["+many"]
    (alert,) = customer.alerts
    assert (alert.reasons, alert.evidence) == (["poor"], {"aum": 0.01, "age": None, "risk": 3})
    parts = "3 for poor: aum < 100; 2 for young: age < 30; 0 for known: age >= 0"
    assert alert.condition == f"the points ({parts}) >= 3"
    assert customer.look(DAY + 1, CLOSE, aum=LINE, age=29) == []
    assert customer.look(DAY + 2, CLOSE, aum=LINE, age=30) == ["-many"]
    (alert,) = customer.alerts
    assert (alert.reasons, alert.evidence) == (["known"], {"aum": 100, "age": 30, "risk": 0})
    assert alert.condition == f"the points ({parts}) <= 1"


@pytest.mark.parametrize(("aum", "told"), [(LINE, []), (2 * LINE - 1, []), (2 * LINE, ["-poor"]), (None, [])])
def test_what_has_a_clear_of_its_own_ends_there_alone(aum: int | None, told: list[str]) -> None:
    customer = one(signal("aum < 100", "poor", clear='"aum >= 200"'))
    customer.look(aum=1)
    assert customer.look(aum=aum) == told


def test_where_it_is_not_meant_it_ends_whatever_its_clear_says() -> None:
    text = signal("aum < 100", "poor", clear='"aum >= 200"', where='"wealth > 0"')
    customer = one(text, head="applies_to = \"kind == 'personal'\"")
    assert customer.look(aum=1, wealth=1, kind="corporate") == []
    assert customer.look(aum=1, wealth=1, kind="personal") == ["+poor"]
    assert customer.look(aum=1, wealth=1) == [], "unknown whether it is meant"
    assert customer.look(aum=1, wealth=1, kind="corporate") == ["-poor"]
    assert customer.look(aum=1, wealth=1, kind="personal") == ["+poor"]
    assert customer.look(aum=1, wealth=0, kind="personal") == ["-poor"]


def test_worse_is_told_again_and_better_is_not() -> None:
    customer = one(
        signal("aum < 100", "poor", severity='{ high = "aum < 10", middle = "aum < 50", otherwise = "low" }')
    )
    assert customer.look(aum=LINE - 1) == ["+poor low"]
    first = customer.alerts[0].alert_id
    assert customer.look(aum=LINE // 2 - 1) == ["+poor middle"]
    assert customer.decided is not None
    assert customer.decided.worse == (first,)
    assert customer.look(aum=LINE // 10 - 1) == ["+poor high"]
    assert customer.look(aum=LINE // 2) == []
    assert customer.look(aum=1) == [], "never worse than it was"
    assert customer.look(aum=LINE) == ["-poor high"]
    assert customer.alerts[0].alert_id == first


RISKY = signal(
    "risk_score >= 600",
    "risky",
    clear='"risk_score < 550"',
    severity='{ critical = "too_high", otherwise = "high" }',
    carry='["label_risk_level"]',
)


@pytest.mark.parametrize(
    ("score", "told", "why"),
    [
        (799, [], None),
        (800, ["+risky critical"], "risk_score >= 800"),
        (801, ["+risky critical"], "risk_score >= 800"),
    ],
)
def test_what_got_worse_tells_the_condition_of_its_severity_beside_the_one_that_raised_it(
    score: int, told: list[str], why: str | None
) -> None:
    customer = one(RISKY, '[let]\ntoo_high = "risk_score >= 800"')
    assert customer.look(risk_score=600) == ["+risky high"]
    (raised,) = customer.alerts
    assert (raised.condition, raised.severity_condition) == ("risk_score >= 600", None)
    assert customer.look(risk_score=score, label_risk_level="high") == told
    for alert in customer.alerts:
        assert (alert.alert_id, alert.condition, alert.severity_condition) == (raised.alert_id, raised.condition, why)
        assert alert.evidence == {"risk_score": score, "label_risk_level": "high"}


def test_what_is_raised_at_its_worst_tells_why_and_its_clearing_does_not() -> None:
    customer = one(RISKY, '[let]\ntoo_high = "risk_score >= 800"')
    assert customer.look(risk_score=800) == ["+risky critical"]
    (alert,) = customer.alerts
    assert (alert.severity_condition, alert.evidence) == (
        "risk_score >= 800",
        {"risk_score": 800, "label_risk_level": None},
    )
    assert customer.look(risk_score=549, label_risk_level="low") == ["-risky critical"]
    (alert,) = customer.alerts
    assert (alert.condition, alert.severity_condition) == ("risk_score < 550", None)
    assert alert.evidence == {"risk_score": 549, "label_risk_level": "low"}


@pytest.mark.parametrize(("score", "severity"), [(799, "high"), (800, "critical"), (801, "critical")])
def test_the_shipped_alert_of_a_risk_score_tells_level_threshold_and_response(score: int, severity: str) -> None:
    customer = Customer((POLICIES / "risk.toml").read_text(encoding="utf-8"))
    assert customer.look(risk_score=score, label_risk_level="medium", loans=500) == [f"+risk_threshold {severity}"]
    (alert,) = customer.alerts
    crossed = "risk_score >= 800" if severity == "critical" else None
    assert (alert.condition, alert.severity_condition) == ("risk_score >= 600", crossed)
    assert alert.evidence == {"risk_score": score, "label_risk_level": "medium"}
    assert alert.advice == "Cut exposure: no new credit, review limits; strengthen monitoring"
    assert (alert.value_at_stake, alert.recommended_roles) == (5, ["risk_officer", "relationship_manager"])


def test_what_the_condition_of_a_severity_reads_is_evidence_with_the_parts_of_its_score() -> None:
    customer = one(signal("aum < 100", "poor", severity='{ high = "risk >= 2", otherwise = "low" }'), SCORED)
    assert customer.look(aum=1) == ["+poor high"]
    (alert,) = customer.alerts
    assert (alert.reasons, alert.evidence) == (["poor"], {"aum": 0.01, "age": None, "risk": 3})
    other = one(signal("aum < 100", "poor", severity='{ high = "wealth > 5", otherwise = "low" }'))
    assert other.look(aum=1, wealth=500) == ["+poor low"]
    assert other.alerts[0].evidence == {"aum": 0.01}, "a condition that does not hold says nothing"
    assert other.look(aum=1, wealth=501) == ["+poor high"]
    assert other.alerts[0].evidence == {"aum": 0.01, "wealth": 5.01}


@pytest.mark.parametrize(("later", "told"), [(2, []), (3, ["+late"])])
def test_a_raise_within_the_cooldown_is_held_until_its_end(later: int, told: list[str]) -> None:
    customer = one(HELD)
    assert customer.look(DAY, aum=1) == ["+late"]
    assert customer.look(DAY + 1, aum=LINE) == ["-late"]
    assert customer.look(DAY + 1, aum=1) == []
    assert customer.deadline == DAY + 2, "the last day of the cooldown: whatever is later looks again"
    assert customer.look(DAY + later, CLOSE, aum=1) == told


def test_what_ends_while_it_is_held_was_never_told() -> None:
    customer = one(HELD)
    customer.look(DAY, aum=1)
    customer.look(DAY + 1, aum=LINE)
    customer.look(DAY + 1, aum=1)
    assert customer.look(DAY + 2, aum=LINE) == []
    assert customer.profile.signals == {"late": {"": Raised(sent_on=DAY)}}
    assert customer.look(DAY + 3, aum=1) == ["+late"]


@pytest.mark.parametrize(("later", "kept"), [(2, {"late": {"": Raised(sent_on=DAY)}}), (3, {}), (4, {})])
def test_the_cooldown_of_a_signal_that_ended_is_forgotten_when_it_is_over(
    later: int, kept: dict[str, dict[str, Raised]]
) -> None:
    customer = one(HELD)
    customer.look(DAY, aum=1)
    assert customer.look(DAY + 1, aum=LINE) == ["-late"]
    assert customer.deadline == DAY + 2, "the last day of the cooldown: whatever is later looks again"
    assert customer.look(DAY + later, aum=LINE) == []
    assert customer.profile.signals == kept
    assert customer.deadline == (DAY + 2 if kept else NO_DEADLINE)


MONTHLY = signal("aum < 100", "late", cooldown_days="100", check='"month_close"')


def test_what_a_cooldown_holds_back_is_sent_at_the_next_close_that_decides_it_whatever_looks_come_between() -> None:
    customer, month = one(MONTHLY), LookKind.MONTH_CLOSE
    first, end = day("2025-01-31"), day("2025-05-31")
    assert customer.look(first, month, aum=1) == ["+late"]
    assert customer.look(day("2025-02-28"), month, aum=LINE) == ["-late"]
    assert customer.look(day("2025-03-31"), month, aum=1) == []
    assert customer.deadline == end
    assert customer.look(first + 99, CLOSE, aum=1) == []
    assert customer.deadline == end
    assert customer.look(first + 101, aum=1) == []
    assert customer.deadline == end, "the cooldown is over, and the close that sends it is still to come"
    assert customer.look(end, month, aum=1) == ["+late"]


def test_a_signal_is_held_back_while_another_holds_and_told_with_what_holds_then() -> None:
    text = POOR + signal("wealth < 100", "loud", inhibited_by='["poor"]', value='"wealth"')
    customer = one(text)
    assert customer.look(aum=1, wealth=1) == ["+poor"]
    assert customer.look(aum=1, wealth=2) == []
    assert customer.look(aum=LINE, wealth=3) == ["-poor", "+loud"]
    assert customer.alerts[1].value_at_stake == 0.03
    assert customer.look(aum=1, wealth=3) == ["+poor"], "what was told is not recalled"
    assert customer.look(aum=1, wealth=LINE) == ["-loud"]


def test_what_holds_back_is_decided_first_whatever_the_names() -> None:
    text = signal("aum < 100", "a", inhibited_by='["c"]') + signal("aum < 100", "b") + signal("aum < 100", "c")
    assert one(text).look(aum=1) == ["+b", "+c"]


TIERS = """
scheme = "s"
base = "low"
[[level]]
name = "high"
enter = "deposits >= 10"
"""


def test_a_signal_for_levels_begins_and_ends_with_them() -> None:
    customer = Customer(TIERS, file_of(signal("aum < 100", "poor", for_levels='{ s = ["high"] }')))
    assert customer.look(aum=1, deposits=0) == []
    assert customer.look(aum=1, deposits=1_000) == ["+poor"]
    assert customer.look(aum=1, deposits=0) == ["-poor"]


@pytest.mark.parametrize(
    ("check", "kinds"),
    [("event", [0, 1, 2, 3, 4]), ("day_close", [1, 2, 3, 4]), ("month_close", [2, 3, 4]), ("year_close", [4])],
)
def test_a_signal_is_looked_at_where_its_check_is_made(check: str, kinds: list[int]) -> None:
    text = signal("aum < 100", "poor", check=f'"{check}"')
    assert [kind for kind in LookKind if one(text).look(DAY, kind, aum=1)] == kinds


def test_a_close_behind_an_event_of_a_later_day_decides_nothing_that_events_decide() -> None:
    customer = one(POOR + signal("aum < 100", "daily", check='"day_close"'))
    assert customer.look(DAY, CLOSE, event_day=DAY + 1, aum=1) == ["+daily"]
    assert customer.decided is not None
    assert customer.decided.complete is False


def test_signals_that_the_policies_no_longer_have_are_cleared() -> None:
    customer = one(POOR)
    customer.look(aum=1)
    other = Customer(file_of(signal("aum < 1", "else")))
    other.profile = customer.profile
    assert other.look(DAY, CLOSE, aum=1_000) == ["-poor"]
    assert other.alerts[0].condition == "the policies have no such signal any more"
    assert other.profile.signals == {}
