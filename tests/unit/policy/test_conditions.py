from __future__ import annotations

import datetime as dt

import pytest

from agents.days import one_next_anniversary
from streams.calendar import number_of
from tests.unit.policy.making import compiled, rows_of, scheme, truths


def test_a_bound_divides_exactly_at_the_minor_unit() -> None:
    assert truths("aum >= 100_000", {"aum": 9_999_999}, {"aum": 10_000_000}, {"aum": 10_000_001}) == [False, True, True]
    assert truths("aum > 100_000", {"aum": 9_999_999}, {"aum": 10_000_000}, {"aum": 10_000_001}) == [False, False, True]
    assert truths("aum <= 0.01", {"aum": 0}, {"aum": 1}, {"aum": 2}) == [True, True, False]
    assert truths("aum < 0.01", {"aum": 0}, {"aum": 1}) == [True, False]
    assert truths("aum == 0.29", {"aum": 29}, {"aum": 30}) == [True, False]
    assert truths("aum != 0.29", {"aum": 29}, {"aum": 30}) == [False, True]


def test_a_bound_on_the_left_reads_the_same() -> None:
    assert truths("100_000 <= aum", {"aum": 9_999_999}, {"aum": 10_000_000}) == [False, True]


def test_an_average_is_compared_as_its_area_without_dividing() -> None:
    area = 20_000_000 * 90
    given = [{"deposits_avg_90d": (area + more, 90)} for more in (-1, 0, 1)]
    assert truths("deposits_avg_90d >= 200_000", *given) == [False, True, True]
    assert truths("deposits_avg_90d > 200_000", *given) == [False, False, True]
    assert truths("deposits_avg_90d == 200_000", *given) == [False, True, False]


def test_the_days_of_a_window_may_differ_from_row_to_row() -> None:
    given = [{"aum_avg_mtd": (100 * days, days)} for days in (1, 28, 31)]
    assert truths("aum_avg_mtd >= 1", *given) == [True, True, True]
    assert truths("aum_avg_mtd >= 1.01", *given) == [False, False, False]


def test_the_largest_balances_do_not_overflow() -> None:
    largest = 2 * 10**16
    given = [{"aum_avg_12m": (largest * 366 + more, 366)} for more in (-1, 0)]
    assert truths("aum_avg_12m >= 200_000_000_000_000", *given) == [False, True]
    assert truths("aum_avg_12m >= 1_000_000_000_000_000_000", *given) == [False, False]
    assert truths("aum_avg_12m != 1_000_000_000_000_000_000", *given) == [True, True]


def test_two_averages_of_different_windows_compare_exactly() -> None:
    thirds = {"aum_avg_30d": (100, 30), "aum_avg_90d": (300, 90)}
    more = {"aum_avg_30d": (101, 30), "aum_avg_90d": (300, 90)}
    less = {"aum_avg_30d": (-101, 30), "aum_avg_90d": (-300, 90)}
    assert truths("aum_avg_30d >= aum_avg_90d", thirds, more, less) == [True, True, False]
    assert truths("aum_avg_30d > aum_avg_90d", thirds, more, less) == [False, True, False]
    assert truths("aum_avg_30d == aum_avg_90d", thirds, more, less) == [True, False, False]


def test_arithmetic_that_floats_would_get_wrong_is_decided_exactly() -> None:
    tie = {"aum_avg_30d": (1, 30), "aum_avg_90d": (3, 90), "aum": 0}
    assert truths("aum_avg_30d - aum_avg_90d + aum == 0", tie) == [True]
    assert truths("aum_avg_30d * 3 > aum_avg_90d * 3 + aum", tie) == [False]
    large = {"aum": 9 * 10**15 + 1, "deposits": 9 * 10**15, "wealth": 9 * 10**15}
    assert truths("aum + deposits > deposits + wealth", large) == [True]


def test_a_bound_is_rounded_to_minor_units_once() -> None:
    assert truths("aum >= 0.014", {"aum": 1}, {"aum": 0}) == [True, False]
    assert truths("aum >= 100 * 0.00014", {"aum": 1}, {"aum": 0}) == [True, False]


def test_a_share_of_a_measure_keeps_its_fractions() -> None:
    assert truths("aum * 0.3 >= 1", {"aum": 333}, {"aum": 334}) == [False, True]
    assert truths("0 - aum >= 1", {"aum": -99}, {"aum": -100}) == [False, True]
    assert truths("-aum >= 1", {"aum": -99}, {"aum": -100}) == [False, True]
    assert truths("2 * (aum - 1) < aum + 1", {"aum": 299}, {"aum": 300}) == [True, False]


def test_a_chain_holds_where_each_link_does() -> None:
    given = [{"aum": minor} for minor in (4_999_999, 5_000_000, 9_999_999, 10_000_000)]
    assert truths("50_000 <= aum < 100_000", *given) == [False, True, True, False]


def test_and_or_not_follow_kleene() -> None:
    unknown, yes, no = {"aum": 100}, {"aum": 100, "kind": "personal"}, {"aum": 100, "kind": "corporate"}
    assert truths("kind == 'personal' and aum >= 1", unknown, yes, no) == [None, True, False]
    assert truths("kind == 'personal' and aum >= 2", unknown, yes, no) == [False, False, False]
    assert truths("kind == 'personal' or aum >= 1", unknown, yes, no) == [True, True, True]
    assert truths("kind == 'personal' or aum >= 2", unknown, yes, no) == [None, True, False]
    assert truths("not kind == 'personal'", unknown, yes, no) == [None, False, True]
    assert truths("kind != 'personal'", unknown, yes, no) == [None, False, True]


def test_in_and_not_in_list_texts_and_are_unknown_of_unknown() -> None:
    given: list[dict[str, object]] = [{"kind": "personal"}, {"kind": "corporate"}, {"kind": None}]
    assert truths("kind in ('personal', 'institution')", *given) == [True, False, None]
    assert truths("kind not in ('personal', 'institution')", *given) == [False, True, None]
    assert truths("kind in ('personal')", *given) == [True, False, None]
    assert truths("accounts_open in (1, 3)", {"accounts_open": 3}, {"accounts_open": 2}) == [True, False]


def test_known_and_coalesce_settle_the_unknown() -> None:
    given: list[dict[str, object]] = [
        {"days_since_activity": None},
        {"days_since_activity": 3},
        {"days_since_activity": 200},
    ]
    assert truths("known(days_since_activity)", *given) == [False, True, True]
    assert truths("coalesce(days_since_activity, 9_999) >= 180", *given) == [True, False, True]
    assert truths("coalesce(kind == 'personal', True)", {"kind": None}, {"kind": "corporate"}) == [True, False]
    assert truths("coalesce(kind, 'personal') == 'personal'", {"kind": None}, {"kind": "corporate"}) == [True, False]
    assert truths("coalesce(aum_avg_30d, 5) == 5", {"aum_avg_30d": None}, {"aum_avg_30d": (15_000, 30)}) == [True, True]
    assert truths("known(aum_avg_30d + aum)", {"aum": 1}, {"aum": 1, "aum_avg_30d": (1, 30)}) == [False, True]


def test_abs_min_and_max_take_measures_and_bounds() -> None:
    given = [{"net_flow_7d": minor, "aum": 100} for minor in (-500, 499, 500)]
    assert truths("abs(net_flow_7d) >= 5", *given) == [True, False, True]
    assert truths("min(net_flow_7d, aum) == 1", *given) == [False, True, True]
    assert truths("max(net_flow_7d, aum, 3) > 3", *given) == [False, True, True]


@pytest.mark.parametrize(
    ("born", "today", "months"),
    [
        (dt.date(2024, 1, 31), dt.date(2024, 2, 28), 0),
        (dt.date(2024, 1, 31), dt.date(2024, 2, 29), 1),
        (dt.date(2023, 1, 31), dt.date(2023, 2, 28), 1),
        (dt.date(2023, 3, 15), dt.date(2024, 3, 14), 11),
        (dt.date(2023, 3, 15), dt.date(2024, 3, 15), 12),
        (dt.date(2024, 3, 15), dt.date(2024, 3, 15), 0),
        (dt.date(2024, 3, 15), dt.date(2024, 3, 14), -1),
        (dt.date(1950, 2, 28), dt.date(1970, 2, 28), 240),
    ],
)
def test_months_since_counts_whole_calendar_months_clipped_at_month_ends(
    born: dt.date, today: dt.date, months: int
) -> None:
    given, as_of = {"birth_date": number_of(born)}, number_of(today)
    assert truths(f"months_since(birth_date) == {months}", given, as_of=as_of) == [True]


def test_months_after_is_clipped_at_the_shorter_month() -> None:
    born = number_of(dt.date(2023, 12, 31))
    leap_day = number_of(dt.date(2024, 2, 29))
    assert truths("today >= months_after(birth_date, 2)", {"birth_date": born}, as_of=leap_day - 1) == [False]
    assert truths("today >= months_after(birth_date, 2)", {"birth_date": born}, as_of=leap_day) == [True]
    assert truths("months_after(birth_date, 2) == today", {"birth_date": None}, as_of=leap_day) == [None]


@pytest.mark.parametrize(
    ("born", "today", "next_one"),
    [
        ("1990-05-17", "2026-05-16", "2026-05-17"),
        ("1990-05-17", "2026-05-17", "2026-05-17"),
        ("1990-05-17", "2026-05-18", "2027-05-17"),
        ("1990-12-31", "2026-01-01", "2026-12-31"),
        ("1990-01-01", "2026-12-31", "2027-01-01"),
        ("1992-02-29", "2026-02-27", "2026-02-28"),
        ("1992-02-29", "2026-02-28", "2026-02-28"),
        ("1992-02-29", "2026-03-01", "2027-02-28"),
        ("1992-02-29", "2024-02-28", "2024-02-29"),
        ("1992-02-29", "2024-02-29", "2024-02-29"),
        ("1992-02-29", "2024-03-01", "2025-02-28"),
        ("1992-02-29", "2023-03-01", "2024-02-29"),
        ("1992-02-28", "2024-02-29", "2025-02-28"),
        ("1992-03-01", "2024-02-29", "2024-03-01"),
        ("1992-02-29", "2100-02-28", "2100-02-28"),
        ("2030-06-01", "2026-05-17", "2026-06-01"),
        ("1931-05-17", "2026-05-16", "2026-05-17"),
    ],
)
def test_the_next_anniversary_is_today_or_later(born: str, today: str, next_one: str) -> None:
    days = [number_of(dt.date.fromisoformat(text)) for text in (born, today, next_one)]
    given = ({"birth_date": days[0]}, {"birth_date": None})
    until = days[2] - days[1]
    assert truths(f"days_until(next_anniversary(birth_date)) == {until}", *given, as_of=days[1]) == [True, None]
    assert one_next_anniversary(days[0], days[1]) == days[2]


def test_days_since_and_days_until_count_from_today() -> None:
    given: list[dict[str, object]] = [{"birth_date": 19_990}, {"birth_date": 20_010}, {"birth_date": None}]
    assert truths("days_since(birth_date) >= 10", *given) == [True, False, None]
    assert truths("days_until(birth_date) == 10", *given) == [False, True, None]
    assert truths("birth_date < today", *given) == [True, False, None]


def test_texts_of_two_facts_compare() -> None:
    given: list[dict[str, object]] = [
        {"owner_id": "a", "branch_id": "a"},
        {"owner_id": "a", "branch_id": "b"},
        {"owner_id": "a"},
    ]
    assert truths("owner_id == branch_id", *given) == [True, False, None]


def test_let_names_stand_for_numbers_sums_and_conditions() -> None:
    let = '{ line = 1.5, both = "deposits + wealth", rich = "both >= line", quiet = "not rich" }'
    policies = compiled(scheme("rich and not quiet", let=let))
    masks = policies.masks(rows_of(policies, {"deposits": 100, "wealth": 50}, {"deposits": 100, "wealth": 49}))
    assert [int(mask[0]) & 1 for mask in masks] == [1, 0]


def test_a_condition_may_run_over_several_lines() -> None:
    assert truths("aum >= 1 # enough\n  and\n  aum < 2", {"aum": 100}, {"aum": 200}) == [True, False]


def test_true_and_false_stand_alone_and_beside_conditions() -> None:
    assert truths("True", {}, {}) == [True, True]
    assert truths("(kind == 'personal') == False", {"kind": "corporate"}, {}) == [True, None]
    assert truths("(kind == 'personal') != False", {"kind": "corporate"}, {}) == [False, None]
