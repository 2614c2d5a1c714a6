from __future__ import annotations

import datetime as dt

import pytest

from agents.tiers import Bits, Grace, Move, TierLevel, TierScheme, decide_scheme
from schemas.events import Reason
from schemas.state import Standing
from streams.calendar import number_of
from streams.decider import Look
from streams.rows import LookKind
from tests.unit.policy.making import look

SCOPE = Bits(1, 2)
SILVER = TierLevel("silver", Bits(1 << 2, 2 << 2), Bits(1 << 4, 2 << 4))
GOLD = TierLevel("gold", Bits(1 << 6, 2 << 6), Bits(1 << 8, 2 << 8))
SILVER_IN, SILVER_KEPT, SILVER_UNKNOWN = SILVER.enter.true, SILVER.stay.true, SILVER.stay.unknown
GOLD_IN, GOLD_KEPT, GOLD_UNKNOWN = GOLD.enter.true, GOLD.stay.true, GOLD.stay.unknown
ALL = SCOPE.true | SILVER_IN | SILVER_KEPT | GOLD_IN | GOLD_KEPT
SILVER_ONLY = SCOPE.true | SILVER_IN | SILVER_KEPT
NOTHING = SCOPE.true
DAY = 20_000
CLOSES = [LookKind.DAY_CLOSE, LookKind.MONTH_CLOSE, LookKind.QUARTER_CLOSE, LookKind.YEAR_CLOSE]


def scheme(
    up: LookKind = LookKind.EVENT,
    down: LookKind = LookKind.EVENT,
    days: int = 0,
    months: int = 0,
    one_step: bool = False,
) -> TierScheme:
    return TierScheme("s", "base", (SILVER, GOLD), SCOPE, up, down, days, months, one_step)


def close(as_of: int, kind: LookKind = LookKind.DAY_CLOSE, event_day: int | None = None) -> Look:
    return look(as_of, kind, "day_close", event_day)


def at(level: str | None, **more: int) -> Standing:
    return Standing(level=level, since=DAY - 100, **more)  # type: ignore[arg-type]  # days alone, never axes


def moved(rules: TierScheme, seen: Look, mask: int, standing: Standing) -> tuple[str | None, str | None, Reason] | None:
    move = decide_scheme(rules, seen, mask, standing).move
    return None if move is None else (move.from_, move.to, move.reason)


def test_the_first_upgrade_check_places_at_the_highest_level_that_can_be_entered() -> None:
    standing = at(None)
    outcome = decide_scheme(scheme(), look(DAY), ALL, standing)
    assert outcome.move == Move("base", "gold", "up", "placement")
    assert standing == Standing(level="gold", since=DAY, checked_on=DAY)
    assert outcome.changed
    assert outcome.complete
    assert outcome.grace is None


def test_a_placement_at_the_base_tells_nobody_but_is_a_standing() -> None:
    standing = at(None)
    outcome = decide_scheme(scheme(), look(DAY), NOTHING, standing)
    assert (outcome.move, outcome.changed) == (None, True)
    assert standing == Standing(level="base", since=DAY, checked_on=DAY)


def test_nobody_is_placed_at_a_look_that_makes_no_upgrade_check() -> None:
    standing = at(None)
    assert decide_scheme(scheme(up=LookKind.DAY_CLOSE), look(DAY), ALL, standing).changed is False
    assert standing.level is None
    assert moved(scheme(up=LookKind.DAY_CLOSE), close(DAY), ALL, standing) == ("base", "gold", "placement")


@pytest.mark.parametrize("mask", [ALL & ~SCOPE.true, (ALL & ~SCOPE.true) | SCOPE.unknown])
def test_out_of_scope_and_unknown_scope_place_nobody(mask: int) -> None:
    standing = at(None)
    assert decide_scheme(scheme(), look(DAY), mask, standing).changed is False
    assert standing == at(None)


@pytest.mark.parametrize("level", ["base", "silver", "gold"])
def test_leaving_the_scope_ends_the_standing_at_once_whatever_the_checks(level: str) -> None:
    rules = scheme(up=LookKind.MONTH_CLOSE, down=LookKind.MONTH_CLOSE, days=30)
    standing = at(level, failing_since=DAY - 3, falls_on=DAY + 27)
    outcome = decide_scheme(rules, look(DAY), ALL & ~SCOPE.true, standing)
    assert outcome.move == Move(level, None, "out", "scope")
    assert (standing.level, standing.since, standing.failing_since, standing.falls_on) == (None, DAY, None, None)


def test_an_unknown_scope_ends_nobody_and_the_standing_goes_on() -> None:
    mask = (SILVER_ONLY & ~SCOPE.true) | SCOPE.unknown
    assert decide_scheme(scheme(), look(DAY), mask, at("silver")).changed is False
    assert moved(scheme(), look(DAY), SCOPE.unknown, at("silver")) == ("silver", "base", "event")


def test_coming_back_into_scope_is_a_placement_again() -> None:
    standing = at("gold")
    decide_scheme(scheme(), look(DAY), 0, standing)
    assert moved(scheme(), look(DAY + 1), SILVER_ONLY, standing) == ("base", "silver", "placement")


def test_a_scheme_without_applies_to_is_for_everybody() -> None:
    rules = TierScheme("s", "base", (SILVER, GOLD))
    assert moved(rules, look(DAY), SILVER_IN, at(None)) == ("base", "silver", "placement")


def test_an_upgrade_skips_levels_between_and_clears_any_grace() -> None:
    standing = at("silver", failing_since=DAY - 1, falls_on=DAY + 29)
    assert moved(scheme(days=30), look(DAY), GOLD_IN | SCOPE.true, standing) == ("silver", "gold", "event")
    assert standing == Standing(level="gold", since=DAY, checked_on=DAY)


def test_an_upgrade_takes_the_reason_of_its_look() -> None:
    assert moved(scheme(), look(DAY, reason="placement"), ALL, at("base")) == ("base", "gold", "placement")
    assert moved(scheme(), look(DAY, LookKind.DAY_CLOSE, "policy"), ALL, at("base")) == ("base", "gold", "policy")


def test_an_unknown_enter_raises_nobody() -> None:
    mask = SCOPE.true | GOLD.enter.unknown | SILVER_KEPT
    assert decide_scheme(scheme(), look(DAY), mask, at("silver")).changed is False


def test_a_level_whose_enter_is_lower_than_the_present_one_moves_nobody() -> None:
    assert decide_scheme(scheme(), look(DAY), SILVER_ONLY | GOLD_KEPT, at("gold")).changed is False


@pytest.mark.parametrize("kept", [GOLD_KEPT, GOLD_UNKNOWN, GOLD_IN])
def test_stay_or_enter_or_an_unknown_stay_keeps_the_level(kept: int) -> None:
    assert decide_scheme(scheme(), look(DAY), SCOPE.true | kept, at("gold")).changed is False


def test_without_grace_a_level_falls_at_the_check_at_which_stay_fails() -> None:
    standing = at("gold", checked_on=DAY - 5)
    assert moved(scheme(), look(DAY), SILVER_ONLY, standing) == ("gold", "silver", "event")
    assert (standing.level, standing.since, standing.failing_since, standing.falls_on) == ("silver", DAY, None, None)


@pytest.mark.parametrize(
    ("mask", "target"),
    [(SILVER_KEPT, "silver"), (SILVER_IN, "silver"), (SILVER_UNKNOWN, "base"), (0, "base")],
)
def test_a_fall_goes_to_the_highest_lower_level_that_holds_for_certain(mask: int, target: str) -> None:
    assert moved(scheme(), look(DAY), SCOPE.true | mask, at("gold")) == ("gold", target, "event")


def test_steps_one_goes_a_single_level_down_whatever_it_holds() -> None:
    assert moved(scheme(one_step=True), look(DAY), NOTHING, at("gold")) == ("gold", "silver", "event")


def test_nobody_falls_below_the_base() -> None:
    assert decide_scheme(scheme(days=30), look(DAY), NOTHING, at("base")).changed is False


def test_a_grace_begins_with_the_day_on_which_the_level_goes() -> None:
    standing = at("gold")
    outcome = decide_scheme(scheme(days=30), look(DAY), SILVER_ONLY, standing)
    assert (outcome.move, outcome.changed, outcome.grace) == (None, True, "began")
    assert (standing.level, standing.failing_since, standing.falls_on) == ("gold", DAY, DAY + 30)


def test_a_grace_of_months_ends_on_the_same_day_of_the_month_or_its_last() -> None:
    standing = at("gold")
    began = number_of(dt.date(2024, 1, 31))
    decide_scheme(scheme(months=1), look(began), SILVER_ONLY, standing)
    assert standing.falls_on == number_of(dt.date(2024, 2, 29))


def test_a_check_in_grace_at_which_stay_holds_again_clears_it() -> None:
    standing = at("gold", failing_since=DAY, falls_on=DAY + 30)
    outcome = decide_scheme(scheme(days=30), look(DAY + 30), GOLD_KEPT | SCOPE.true, standing)
    expected: Grace = "cleared"
    assert (outcome.move, outcome.changed, outcome.grace) == (None, True, expected)
    assert (standing.level, standing.failing_since, standing.falls_on) == ("gold", None, None)


@pytest.mark.parametrize(
    ("seen", "falls"),
    [
        (close(DAY + 29), False),
        (look(DAY + 30), False),
        (close(DAY + 30), True),
        (look(DAY + 31), True),
        (close(DAY + 31), True),
    ],
)
def test_a_level_falls_at_the_first_check_at_or_after_the_close_of_its_last_day(seen: Look, falls: bool) -> None:
    standing = at("gold", failing_since=DAY, falls_on=DAY + 30)
    outcome = decide_scheme(scheme(days=30), seen, SILVER_ONLY, standing)
    assert (outcome.move is not None) is falls
    assert outcome.changed is falls


def test_the_target_of_a_fall_is_chosen_at_the_end_of_the_grace() -> None:
    standing = at("gold")
    decide_scheme(scheme(days=30), look(DAY), SILVER_ONLY, standing)
    decide_scheme(scheme(days=30), look(DAY + 10), NOTHING, standing)
    assert standing.falls_on == DAY + 30
    assert moved(scheme(days=30), close(DAY + 30), NOTHING, standing) == ("gold", "base", "day_close")


def test_with_steps_one_the_next_grace_begins_at_the_next_check() -> None:
    standing = at("gold", failing_since=DAY - 30, falls_on=DAY)
    rules = scheme(days=30, one_step=True)
    assert moved(rules, close(DAY), NOTHING, standing) == ("gold", "silver", "day_close")
    assert standing == Standing(level="silver", since=DAY)
    assert decide_scheme(rules, close(DAY + 1), NOTHING, standing).grace == "began"
    assert standing == Standing(level="silver", since=DAY, failing_since=DAY + 1, falls_on=DAY + 31)


@pytest.mark.parametrize("check", CLOSES)
def test_a_close_makes_the_checks_of_its_own_kind_and_of_the_smaller_ones(check: LookKind) -> None:
    for kind in CLOSES:
        rises = moved(scheme(up=check), close(DAY, kind), ALL, at("base"))
        falls = moved(scheme(down=check), close(DAY, kind), NOTHING, at("gold"))
        assert (rises is not None) is (kind >= check)
        assert (falls is not None) is (kind >= check)
    assert moved(scheme(up=check), look(DAY), ALL, at("base")) is None
    assert moved(scheme(down=check), look(DAY), NOTHING, at("gold")) is None


def test_a_scheme_checked_at_events_is_checked_at_closes_too() -> None:
    assert moved(scheme(), close(DAY), ALL, at("base")) == ("base", "gold", "day_close")


def test_a_close_skips_directions_that_an_event_of_a_later_day_checked() -> None:
    late = close(DAY, event_day=DAY + 1)
    for mask, level in ((ALL, "base"), (NOTHING, "gold"), (ALL, None)):
        outcome = decide_scheme(scheme(), late, mask, at(level))
        assert (outcome.changed, outcome.complete) == (False, False)


def test_a_close_makes_the_checks_that_no_event_makes_though_a_later_day_was_looked_at() -> None:
    late = close(DAY, event_day=DAY + 1)
    rules = scheme(up=LookKind.DAY_CLOSE, down=LookKind.DAY_CLOSE)
    assert moved(rules, late, ALL, at("base")) == ("base", "gold", "day_close")
    assert moved(rules, late, NOTHING, at("gold")) == ("gold", "base", "day_close")
    mixed = scheme(up=LookKind.EVENT, down=LookKind.DAY_CLOSE)
    assert moved(mixed, late, NOTHING, at("gold")) == ("gold", "base", "day_close")
    assert decide_scheme(mixed, late, GOLD_IN | SILVER_KEPT | SCOPE.true, at("silver")).complete is False


def test_an_upgrade_as_of_a_later_day_counts_as_a_check_of_both_directions() -> None:
    rules = scheme(up=LookKind.EVENT, down=LookKind.DAY_CLOSE)
    standing = at("base")
    decide_scheme(rules, look(DAY + 1), ALL, standing)
    outcome = decide_scheme(rules, close(DAY, event_day=DAY + 1), NOTHING, standing)
    assert (outcome.changed, outcome.complete, standing.level) == (False, False, "gold")
    assert moved(rules, close(DAY + 1, event_day=DAY + 1), NOTHING, standing) == ("gold", "base", "day_close")


def test_the_close_of_the_day_of_an_event_looks_again() -> None:
    outcome = decide_scheme(scheme(), close(DAY, event_day=DAY), ALL, at("gold"))
    assert (outcome.changed, outcome.complete) == (False, True)


def test_the_scope_is_looked_at_even_by_a_close_that_an_event_overtook() -> None:
    late = close(DAY, event_day=DAY + 1)
    assert moved(scheme(), late, 0, at("gold")) == ("gold", None, "scope")


def test_a_level_that_the_file_no_longer_has_is_replaced_at_the_next_upgrade_check() -> None:
    rules = scheme(up=LookKind.DAY_CLOSE)
    standing = at("bronze", failing_since=DAY - 2, falls_on=DAY + 28)
    assert decide_scheme(rules, look(DAY), SILVER_ONLY, standing).changed is False
    outcome = decide_scheme(rules, close(DAY), SILVER_ONLY, standing)
    assert outcome.move == Move("bronze", "silver", "across", "day_close")
    assert standing == Standing(level="silver", since=DAY, checked_on=DAY)


def test_a_version_without_grace_ends_a_grace_under_way() -> None:
    standing = at("gold", failing_since=DAY, falls_on=DAY + 30)
    assert moved(scheme(), look(DAY + 1), SILVER_ONLY, standing) == ("gold", "silver", "event")
