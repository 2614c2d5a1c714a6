"""Exact numbers in the bank's tables."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.tables import is_exact


@pytest.mark.parametrize("value", [-1, 0, 2, Decimal("1.25"), Decimal("2.00"), Decimal("0e99999999"), Decimal("-1.0")])
def test_a_number_within_its_bounds_that_is_whole_in_units_is_exact(value: object) -> None:
    assert is_exact(value, 100, -100, 200)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.251"),
        Decimal("2.01"),
        Decimal("-1.01"),
        Decimal("1.00000000000000000000000000000000001"),
        Decimal("9e999999"),
        Decimal("1e-9999999"),
        Decimal("nan"),
        Decimal("inf"),
        True,
        1.0,
        "1",
        None,
    ],
)
def test_nothing_else_is_exact(value: object) -> None:
    assert not is_exact(value, 100, -100, 200)
