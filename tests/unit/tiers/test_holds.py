"""Holds, anniversaries, retired names, and who is held by something unknown."""

from __future__ import annotations

import datetime as dt

import pytest

from agents.days import anniversary_from, end_of_next_year
from agents.tiers import ANNIVERSARY, Move, TierScheme, deadline_of, decide_scheme, held_by_unknown
from schemas.state import Standing
from streams.calendar import number_of
from streams.decider import NO_DEADLINE
from streams.rows import LookKind
from tests.unit.policy.making import look
from tests.unit.tiers.test_decide import (
    ALL,
    DAY,
    GOLD,
    GOLD_KEPT,
    NOTHING,
    SCOPE,
    SILVER,
    SILVER_ONLY,
    at,
    close,
    moved,
)


def rules(**more: object) -> TierScheme:
    return TierScheme("s", "base", (SILVER, GOLD), SCOPE, **more)  # type: ignore[arg-type]


def day(text: str) -> int:
    return number_of(dt.date.fromisoformat(text))


@pytest.mark.parametrize(
    ("hold", "until"),
    [
        ({"hold_days": 10}, DAY + 10),
        ({"hold_months": 12}, day("2025-10-04")),
        ({"hold_next_year_end": True}, day("2025-12-31")),
        ({}, None),
    ],
)
def test_a_hold_begins_with_an_upgrade_and_with_a_placement(hold: dict[str, object], until: int | None) -> None:
    for standing in (at(None), at("base"), at("silver", held_until=DAY - 1)):
        decide_scheme(rules(**hold), look(DAY), ALL, standing)
        assert (standing.level, standing.held_until) == ("gold", until)


def test_a_fall_and_a_placement_at_the_base_begin_no_hold() -> None:
    fallen, placed = at("gold"), at(None)
    decide_scheme(rules(hold_days=10), look(DAY), SILVER_ONLY, fallen)
    decide_scheme(rules(hold_days=10), look(DAY), NOTHING, placed)
    assert (fallen.level, fallen.held_until) == ("silver", None)
    assert (placed.level, placed.held_until) == ("base", None)


@pytest.mark.parametrize(
    ("seen", "falls"),
    [(close(DAY + 9), False), (look(DAY + 10), False), (close(DAY + 10), True), (look(DAY + 11), True)],
)
def test_a_level_is_held_through_the_close_of_the_last_day(seen: object, falls: bool) -> None:
    standing = at("gold", held_until=DAY + 10)
    assert (moved(rules(hold_days=10), seen, SILVER_ONLY, standing) is not None) is falls  # type: ignore[arg-type]


def test_no_grace_begins_before_the_hold_is_over() -> None:
    scheme, standing = rules(hold_days=10, grace_days=5), at("gold", held_until=DAY + 10)
    held = decide_scheme(scheme, close(DAY + 9), SILVER_ONLY, standing)
    assert (held.changed, held.complete, standing.falls_on) == (False, True, None)
    assert decide_scheme(scheme, close(DAY + 10), SILVER_ONLY, standing).grace == "began"
    assert (standing.falls_on, standing.held_until) == (DAY + 15, None)


def test_the_end_of_a_hold_is_a_change_so_that_every_kind_of_look_is_made_anew() -> None:
    scheme = rules(hold_days=10, downgrade_check=LookKind.MONTH_CLOSE)
    standing = at("gold", held_until=DAY + 10)
    assert decide_scheme(scheme, close(DAY + 9, LookKind.MONTH_CLOSE), SILVER_ONLY, standing).changed is False
    ended = decide_scheme(scheme, close(DAY + 10), SILVER_ONLY, standing)
    assert (ended.changed, ended.move, standing.held_until) == (True, None, None)
    assert decide_scheme(scheme, close(DAY + 11, LookKind.MONTH_CLOSE), SILVER_ONLY, standing).move is not None


def test_an_event_of_a_later_day_does_not_end_the_hold_for_the_closes_before() -> None:
    scheme, standing = rules(hold_days=10, downgrade_check=LookKind.DAY_CLOSE), at("gold", held_until=DAY + 10)
    assert decide_scheme(scheme, look(DAY + 11), SILVER_ONLY, standing).changed is False
    assert moved(scheme, close(DAY + 9, event_day=DAY + 11), SILVER_ONLY, standing) is None
    assert moved(scheme, close(DAY + 10, event_day=DAY + 11), SILVER_ONLY, standing) is not None


def test_a_new_upgrade_restarts_the_hold_and_leaving_the_scope_ends_it() -> None:
    standing = at("silver", held_until=DAY + 1)
    decide_scheme(rules(hold_days=10), look(DAY), ALL, standing)
    assert standing.held_until == DAY + 10
    decide_scheme(rules(hold_days=10), look(DAY + 1), 0, standing)
    assert standing == Standing(since=DAY + 1, checked_on=DAY)


def test_a_version_without_hold_forgets_one_under_way() -> None:
    assert moved(rules(), look(DAY), SILVER_ONLY, at("gold", held_until=DAY + 10)) == ("gold", "silver", "event")


def test_the_deadline_is_the_first_day_that_may_move_the_customer() -> None:
    scheme = rules(hold_days=10)
    assert deadline_of(scheme, look(DAY), at("gold", held_until=DAY + 10)) == DAY + 10
    assert deadline_of(scheme, look(DAY), at("gold", held_until=DAY + 10, falls_on=DAY + 3)) == DAY + 3
    assert deadline_of(scheme, look(DAY), at("gold")) == NO_DEADLINE


@pytest.mark.parametrize(
    ("since", "from_", "expected"),
    [
        ("2024-03-10", "2024-03-10", "2025-03-10"),
        ("2024-03-10", "2025-03-10", "2025-03-10"),
        ("2024-03-10", "2025-03-11", "2026-03-10"),
        ("2024-03-10", "2024-01-01", "2025-03-10"),
        ("2024-02-29", "2024-03-01", "2025-02-28"),
        ("2024-02-29", "2027-03-01", "2028-02-29"),
        ("2024-12-31", "2025-01-01", "2025-12-31"),
        ("2024-12-31", "2026-01-01", "2026-12-31"),
    ],
)
def test_the_anniversary_of_a_standing(since: str, from_: str, expected: str) -> None:
    assert anniversary_from(day(since), day(from_)) == day(expected)


@pytest.mark.parametrize(("today", "until"), [("2024-01-01", "2025-12-31"), ("2024-12-31", "2025-12-31")])
def test_a_calendar_year_hold_lasts_to_the_end_of_the_next_year(today: str, until: str) -> None:
    assert end_of_next_year(day(today)) == day(until)


YEARLY = rules(upgrade_check=ANNIVERSARY, downgrade_check=ANNIVERSARY)


def test_an_anniversary_check_is_made_at_the_close_of_that_day_alone() -> None:
    born, anniversary = day("2024-02-29"), day("2025-02-28")
    for seen in (close(anniversary - 1, LookKind.YEAR_CLOSE), look(anniversary), close(anniversary + 1)):
        assert decide_scheme(YEARLY, seen, ALL, Standing(level="silver", since=born)).changed is False
        assert decide_scheme(YEARLY, seen, NOTHING, Standing(level="gold", since=born)).changed is False
    up, down = Standing(level="silver", since=born), Standing(level="gold", since=born)
    assert moved(YEARLY, close(anniversary), ALL, up) == ("silver", "gold", "day_close")
    assert moved(YEARLY, close(anniversary), NOTHING, down) == ("gold", "base", "day_close")
    assert up.since == anniversary


def test_with_an_anniversary_check_a_customer_is_placed_at_the_next_close() -> None:
    standing = at(None)
    assert decide_scheme(YEARLY, look(DAY), ALL, standing).changed is False
    assert moved(YEARLY, close(DAY), ALL, standing) == ("base", "gold", "placement")


def test_the_next_anniversary_is_a_deadline_also_while_closes_before_an_event_are_to_come() -> None:
    standing = Standing(level="gold", since=day("2024-03-10"))
    anniversary = day("2025-03-10")
    assert deadline_of(YEARLY, close(anniversary - 1), standing) == anniversary
    assert deadline_of(YEARLY, close(anniversary), standing) == day("2026-03-10")
    assert deadline_of(YEARLY, look(anniversary + 2), standing) == anniversary
    assert deadline_of(YEARLY, look(anniversary + 3), standing) == day("2026-03-10")
    assert deadline_of(YEARLY, close(DAY), Standing()) == NO_DEADLINE


def test_a_retired_level_gives_its_customers_to_another_at_any_look_and_their_grace_goes_on() -> None:
    scheme = rules(
        upgrade_check=LookKind.MONTH_CLOSE, downgrade_check=LookKind.MONTH_CLOSE, retired={"bronze": "silver"}
    )
    standing = at("bronze", failing_since=DAY - 1, falls_on=DAY + 9)
    outcome = decide_scheme(scheme, look(DAY), NOTHING, standing)
    assert outcome.move == Move("bronze", "silver", "across", "event")
    assert standing == Standing(level="silver", since=DAY, failing_since=DAY - 1, falls_on=DAY + 9)


def test_a_retired_level_out_of_scope_is_left_like_any_other() -> None:
    assert moved(rules(retired={"bronze": "silver"}), look(DAY), 0, at("bronze")) == ("bronze", None, "scope")


@pytest.mark.parametrize(
    ("level", "mask", "held"),
    [
        ("gold", NOTHING | GOLD.stay.unknown, True),
        ("gold", ALL, False),
        ("silver", SILVER_ONLY | GOLD.enter.unknown, True),
        ("silver", SILVER_ONLY | GOLD.stay.unknown, False),
        ("gold", GOLD_KEPT | SCOPE.unknown, True),
        ("base", NOTHING | SILVER.enter.unknown, True),
        (None, SCOPE.unknown, True),
        (None, NOTHING | SILVER.enter.unknown, False),
        ("bronze", NOTHING | SILVER.enter.unknown, False),
    ],
)
def test_whoever_something_unknown_may_keep_from_moving_is_held_by_it(level: str | None, mask: int, held: bool) -> None:
    assert held_by_unknown(rules(), mask, at(level)) is held
