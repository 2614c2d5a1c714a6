"""Figures as people read them, in explanations and in the demo alike."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from schemas.measures import ACCOUNT_MEASURES, measure_named
from schemas.occasion_names import OCCASIONAL

Figure = float | int | str | bool | None
"""A measure's value for programs: money in major units, the nearest float where it is not whole; null if unknown."""

_MONEY: Final = frozenset({"gap", "deposit"})
"""What alerts tell besides measures that is money."""
_DECIMALS: Final = 6
"""Of a figure that is no money, such as a share."""


def figure(name: str, value: Figure) -> str:
    """A figure of evidence by its name; what evidence carries as a text of many digits is shortened."""
    type_ = "money" if name in _MONEY else _type(name)
    return amount(_number(value) if type_ not in ("text", "day", "flag", "") else value, type_)


def money(value: Figure) -> str:
    """Money in major units: two decimals, thousands apart."""
    return amount(_number(value), "money")


def amount(value: Figure, type_: str) -> str:
    """A value of a measure's type for people: money with two decimals, thousands apart."""
    if value is None:
        return "unknown"
    if isinstance(value, str | bool):
        return str(value)
    if type_ == "money":
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _type(name: str) -> str:
    measure = measure_named(name) or ACCOUNT_MEASURES.get(name) or OCCASIONAL.get(name)
    return "" if measure is None else measure.type


def _number(value: Figure) -> Figure:
    """Evidence keeps every digit as text (see ``exact_value``); for reading the nearest number does."""
    return float(Fraction(value)) if isinstance(value, str) else value
