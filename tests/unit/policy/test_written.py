from __future__ import annotations

from fractions import Fraction

import pytest

from agents.policy.written import amount, exact_value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("5", 5),
        ("-5", -5),
        ("0.5", 0.5),
        ("99999.99", 99_999.99),
        ("-0.01", -0.01),
        ("9999999999999.99", 9_999_999_999_999.99),
        ("10000000000000.01", "10000000000000.01"),
        ("0.005", "0.005"),
        ("-1234.0625", "-1234.0625"),
        ("1/3", "1/3"),
        ("-1000000/7", "-1000000/7"),
        ("200000/90", "20000/9"),
    ],
)
def test_a_value_is_a_number_where_that_is_exact_and_else_a_text(value: str, written: float | str) -> None:
    assert exact_value(Fraction(value)) == written
    assert type(exact_value(Fraction(value))) is type(written)
    assert Fraction(str(exact_value(Fraction(value)))) == Fraction(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567", "1,234,567"),
        ("-1234567.5", "-1,234,567.50"),
        ("0.01", "0.01"),
        ("0.0625", "0.0625"),
        ("10/3", "3.333333..."),
        ("-10/3", "-3.333333..."),
        ("100001/100000000", "0.00100001"),
    ],
)
def test_an_amount_for_people_shows_when_it_goes_on(value: str, text: str) -> None:
    assert amount(Fraction(value)) == text
