"""Tables that the bank writes as TOML, read with all their mistakes at once; and what is an exact number in them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

Table = dict[str, Any]

_PLACES_MAX: Final = 40
"""Places of a number before or behind the point, twice those of the largest amount: 1e9999999 is not worth writing out."""


def read_table(
    text: str, mistakes: Callable[[Table], Iterable[str]], *, fractions: type[Decimal | float] = Decimal
) -> Table:
    """The table that ``text`` is, numbers with a point as ``fractions``; ``ValueError`` tells all that ``mistakes`` finds
    in it, one a line."""
    try:
        table = tomllib.loads(text, parse_float=fractions)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)) from None
    found = [*mistakes(table)]
    if found:
        raise ValueError("\n".join(found))
    return table


def is_exact(value: object, units: int, least: int, most: int) -> bool:
    """Whether ``value`` is a number, whole when counted ``units`` to one, and then from ``least`` to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _PLACES_MAX:
        return number == 0
    scaled = Fraction(number) * units  # a product of decimals would be rounded
    return scaled.denominator == 1 and least <= scaled <= most
