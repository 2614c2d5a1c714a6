from __future__ import annotations

from fractions import Fraction

import pytest

from agents.policy.distance import Distance, margin, missing
from agents.policy.exact import ExactRow
from agents.policy.views import standing_views
from schemas.state import Profile, Standing
from tests.unit.policy.making import DAY, compiled, rows_of, scheme


def measured(enter: str, **given: object) -> tuple[tuple[Distance, ...] | None, tuple[Distance, ...] | None]:
    """What is missing until a condition holds, and the margin before it fails."""
    policies = compiled(scheme(enter))
    row = ExactRow(rows_of(policies, given), 0, policies.vocabulary)
    node = policies.schemes[0].rules.levels[0].enter.node
    return missing(node, row), margin(node, row)


def of(measure: str, amount: str, *, strict: bool = False) -> tuple[Distance, ...]:
    return (Distance(measure, Fraction(amount), strict),)


def test_one_comparison_names_the_missing_amount_to_the_minor_unit() -> None:
    assert measured("aum >= 100_000", aum=9_999_999) == (of("aum", "0.01"), None)
    assert measured("aum >= 100_000", aum=10_000_000) == ((), of("aum", "0"))
    assert measured("aum >= 100_000", aum=10_000_001) == ((), of("aum", "0.01"))


def test_a_strict_bound_says_that_the_amount_alone_is_not_enough() -> None:
    assert measured("aum > 100_000", aum=10_000_000) == (of("aum", "0", strict=True), None)
    assert measured("aum > 100_000", aum=10_000_001) == ((), of("aum", "0.01", strict=True))


def test_the_distance_of_an_average_is_exact() -> None:
    assert measured("aum_avg_30d >= 1", aum_avg_30d=(1_000, 30)) == (of("aum_avg_30d", "2/3"), None)


def test_a_bound_on_the_left_and_a_share_are_understood() -> None:
    assert measured("50 <= 0.5 * aum", aum=9_000) == (of("aum", "10"), None)


def test_a_conjunction_names_each_measure_once_with_its_largest_need() -> None:
    assert measured("aum >= 1 and aum >= 3 and deposits >= 2", aum=0, deposits=0) == (
        (*of("aum", "3"), *of("deposits", "2")),
        None,
    )
    assert measured("aum >= 1 and aum >= 3 and deposits >= 2", aum=500, deposits=200)[1] == (
        *of("aum", "2"),
        *of("deposits", "0"),
    )


def test_a_part_that_money_cannot_mend_leaves_no_distance() -> None:
    assert measured("aum >= 1 and kind == 'personal'", aum=0, kind="corporate") == (None, None)
    assert measured("aum >= 1 and kind == 'personal'", aum=0, kind="personal") == (of("aum", "1"), None)
    assert measured("aum < 1", aum=100) == (None, None)
    assert measured("days_known >= 3", days_known=1) == (None, None)
    assert measured("aum >= 1", aum=None) == (None, None)


def test_an_alternative_has_no_single_distance() -> None:
    assert measured("aum >= 1 or deposits >= 1", aum=0, deposits=0) == (None, None)
    assert measured("aum >= 1 or deposits >= 1", aum=100, deposits=0) == ((), None)


def test_no_part_on_money_has_no_margin() -> None:
    assert measured("days_known >= 3", days_known=5) == ((), None)


THREE = """
scheme = "three"
title = "Three levels"
applies_to = "kind == 'personal'"
base = "low"
[[level]]
name = "mid"
title = "The middle"
enter = "aum >= 10"
stay = "aum >= 9"
roles = ["clerk"]
[[level]]
name = "top"
enter = "aum >= 100"
[downgrade]
grace_days = 30
"""


def test_a_view_tells_level_next_level_and_grace() -> None:
    policies = compiled(THREE)
    profile = Profile(standings={"three": Standing(level="mid", since=7, failing_since=DAY, falls_on=DAY + 30)})
    (view,) = standing_views(policies, rows_of(policies, {"kind": "personal", "aum": 950}), 0, profile)
    assert (view.scheme, view.title, view.level, view.level_title) == ("three", "Three levels", "mid", "The middle")
    assert (view.since, view.roles, view.next_level, view.next_condition) == (7, ("clerk",), "top", "aum >= 100")
    assert (view.missing, view.stay_condition) == (of("aum", "90.5"), "aum >= 9")
    assert (view.margin, view.failing_since, view.falls_on) == (of("aum", "0.5"), DAY, DAY + 30)
    assert view.evidence == {"kind": "personal", "aum": 9.5}


@pytest.mark.parametrize("standings", [{}, {"three": Standing(level=None, since=5)}])
def test_a_view_of_someone_without_a_standing_tells_the_way_in(standings: dict[str, Standing]) -> None:
    policies = compiled(THREE)
    (view,) = standing_views(policies, rows_of(policies, {"aum": 950}), 0, Profile(standings=standings))
    assert (view.level, view.since, view.next_level, view.missing) == (None, None, "mid", of("aum", "0.5"))
    assert (view.stay_condition, view.margin) == (None, None)


def test_above_the_highest_level_there_is_nothing() -> None:
    policies = compiled(THREE)
    profile = Profile(standings={"three": Standing(level="top", since=5)})
    (view,) = standing_views(policies, rows_of(policies, {"kind": "personal", "aum": 10_001}), 0, profile)
    assert (view.next_level, view.next_condition, view.missing) == (None, None, None)
    assert view.margin == of("aum", "0.01")
