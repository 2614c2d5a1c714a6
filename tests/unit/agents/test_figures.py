"""Figures in words."""

from __future__ import annotations

import pytest

from agents.figures import Figure, figure, money


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("aum", 5_000, "5,000.00"),
        ("aum_avg_90d", "45113.077", "45,113.08"),
        ("aum_avg_90d", "190484/45", "4,232.98"),
        ("account_balance", 286.35, "286.35"),
        ("txn_amount", -1_000_000, "-1,000,000.00"),
        ("gap", 1.5, "1.50"),
        ("txn_count_90d", 1_200, "1,200"),
        ("deposit_slope_6m", "-0.1406350001", "-0.140635"),
        ("account_known_months", 10, "10"),
        ("kind", "personal", "personal"),
        ("account_product", "1.5", "1.5"),
        ("account_last_activity_on", "2025-01-15", "2025-01-15"),
        ("has_phone", True, "True"),
        ("birth_date", None, "unknown"),
        ("no_measure", "1/3", "1/3"),
    ],
)
def test_a_figure_is_told_by_what_its_measure_is(name: str, value: Figure, told: str) -> None:
    assert figure(name, value) == told


@pytest.mark.parametrize(("value", "told"), [(250_000, "250,000.00"), (0.01, "0.01"), (None, "unknown")])
def test_money_at_stake_has_two_decimals(value: Figure, told: str) -> None:
    assert money(value) == told
