"""Overrides: a person holds a level until the close of a day, then the standing of before goes on."""

from __future__ import annotations

import pytest

from agents.tiers import Bits, ClassScheme, Move, TierClass, TierScheme
from agents.tiers.override import decide_overridden
from schemas.state import Override, Profile, Standing
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind
from tests.unit.policy.making import ABC, compiled, look, rows_of
from tests.unit.tiers.test_decide import ALL, DAY, GOLD_IN, NOTHING, SCOPE, SILVER, SILVER_ONLY, at, close, scheme

UNTIL = DAY + 10


def override(level: str, until: int = UNTIL) -> dict[str, Override]:
    return {"s": Override(level=level, until=until, reason="merger", by="eve")}


def moved(
    rules: TierScheme | ClassScheme, seen: Look, mask: int, standing: Standing, overrides: dict[str, Override]
) -> Move | None:
    return decide_overridden(rules, seen, mask, standing, overrides)[0].move


@pytest.mark.parametrize(
    ("held", "level", "direction"),
    [("base", "gold", "up"), ("gold", "silver", "down"), (None, "silver", "up"), ("gone", "silver", "across")],
)
def test_an_override_moves_at_once_whatever_the_rules_say(held: str | None, level: str, direction: str) -> None:
    standing, overrides = at(held), override(level)
    outcome, deadline = decide_overridden(scheme(up=LookKind.MONTH_CLOSE), look(DAY), 0, standing, overrides)
    assert outcome.move == Move(held or "base", level, direction, "override")  # type: ignore[arg-type]
    assert outcome.words == "override by eve until 2024-10-14: merger"
    assert deadline == UNTIL
    assert (standing.level, standing.since, overrides["s"].since) == (level, DAY, DAY)


def test_while_it_is_in_force_nothing_is_checked_not_even_the_scope() -> None:
    standing, overrides = at("base"), override("silver")
    decide_overridden(scheme(), look(DAY), ALL, standing, overrides)
    for mask in (ALL, NOTHING, 0):
        for seen in (look(DAY + 1), close(UNTIL - 1), look(UNTIL)):
            outcome, deadline = decide_overridden(scheme(), seen, mask, standing, overrides)
            assert (outcome.move, outcome.changed, deadline) == (None, False, UNTIL)
    assert standing.level == "silver"


@pytest.mark.parametrize("seen", [close(UNTIL), look(UNTIL + 1), close(UNTIL + 1)])
def test_it_ends_at_the_close_of_its_last_day_and_the_rules_decide_there(seen: Look) -> None:
    standing, overrides = at("base"), override("silver")
    decide_overridden(scheme(), look(DAY), ALL, standing, overrides)
    outcome, deadline = decide_overridden(scheme(), seen, ALL, standing, overrides)
    assert outcome.move == Move("silver", "gold", "up", "override")
    assert outcome.words == "end of override by eve until 2024-10-14: merger"
    assert (overrides, deadline) == ({}, NO_DEADLINE)


def test_at_its_end_the_standing_of_before_is_taken_up_with_its_day_and_its_grace() -> None:
    standing = at("silver", failing_since=DAY - 2, falls_on=UNTIL + 5)
    before = Standing(level="silver", since=DAY - 100, failing_since=DAY - 2, falls_on=UNTIL + 5)
    overrides = override("gold")
    decide_overridden(scheme(days=30), look(DAY), NOTHING, standing, overrides)
    assert standing.falls_on is None
    outcome, deadline = decide_overridden(scheme(days=30), close(UNTIL), NOTHING, standing, overrides)
    assert outcome.move == Move("gold", "silver", "down", "override")
    assert standing == before
    assert deadline == UNTIL + 5


def test_an_override_of_the_level_held_moves_nobody_and_keeps_it() -> None:
    standing, overrides = at("gold"), override("gold")
    outcome, _ = decide_overridden(scheme(), look(DAY), NOTHING, standing, overrides)
    assert (outcome.move, outcome.changed) == (None, True)
    assert moved(scheme(), look(DAY + 1), NOTHING, standing, overrides) is None
    assert moved(scheme(), close(UNTIL), GOLD_IN | SCOPE.true, standing, overrides) is None
    assert standing.level == "gold"


def test_whoever_was_outside_is_outside_again_at_the_end() -> None:
    standing, overrides = at(None), override("gold")
    assert moved(scheme(), look(DAY), 0, standing, overrides) == Move("base", "gold", "up", "override")
    assert moved(scheme(), close(UNTIL), 0, standing, overrides) == Move("gold", None, "out", "override")
    assert standing.level is None


def test_a_second_override_replaces_the_first_and_the_end_goes_back_before_both() -> None:
    standing, overrides = at("base"), override("gold")
    decide_overridden(scheme(), look(DAY), 0, standing, overrides)
    first = overrides["s"]
    second = Override(level="silver", until=UNTIL, reason="no", by="bob", since=first.since, before=first.before)
    overrides = {"s": second}
    assert moved(scheme(), look(DAY + 1), 0, standing, overrides) == Move("gold", "silver", "down", "override")
    assert moved(scheme(), close(UNTIL), NOTHING, standing, overrides) == Move("silver", "base", "down", "override")


@pytest.mark.parametrize("told", [override("gold", DAY - 1), override("platinum")])
def test_an_override_that_is_past_or_of_an_unknown_level_changes_nothing(told: dict[str, Override]) -> None:
    standing = at("silver")
    assert moved(scheme(), look(DAY), SILVER_ONLY, standing, told) is None
    assert (standing.level, told) == ("silver", {})


def test_a_level_that_a_new_policy_removed_ends_its_override() -> None:
    standing, overrides = at("base"), override("gold")
    decide_overridden(scheme(), look(DAY), 0, standing, overrides)
    fewer = TierScheme("s", "base", (SILVER,), SCOPE)
    assert moved(fewer, close(DAY), SILVER_ONLY, standing, overrides) == Move("gold", "silver", "across", "override")
    assert overrides == {}


def test_a_class_is_overridden_across() -> None:
    when = Bits(1 << 2, 2 << 2)
    rules = ClassScheme("s", "none", (TierClass("a", when), TierClass("b", Bits(1 << 4, 2 << 4))))
    standing, overrides = at("a"), override("b")
    assert moved(rules, look(DAY), when.true, standing, overrides) == Move("a", "b", "across", "override")
    assert moved(rules, look(DAY + 1), when.true, standing, overrides) is None
    assert moved(rules, close(UNTIL), when.true, standing, overrides) == Move("b", "a", "across", "override")


def test_the_decider_publishes_who_overrode_and_why_and_tells_when_it_ends() -> None:
    policies = compiled(ABC)
    rows = rows_of(policies, {"aum": 0})
    profile = Profile(overrides={"abc": Override(level="gold", until=UNTIL, reason="merger", by="eve")})
    mask = policies.masks(rows)[0]
    decided = policies.decide(look(DAY), rows, 0, mask, profile)
    change = decided.tier_changes[0]
    assert (change.to, change.reason, change.evidence) == ("gold", "override", {})
    assert change.condition == "override by eve until 2024-10-14: merger"
    assert decided.deadline == UNTIL
    assert policies.decide(look(DAY + 1), rows, 0, mask, profile).tier_changes == []
    ended = policies.decide(close(UNTIL), rows, 0, mask, profile).tier_changes[0]
    assert (ended.from_, ended.to, ended.reason) == ("gold", "ordinary", "override")
    assert profile.overrides == {}
