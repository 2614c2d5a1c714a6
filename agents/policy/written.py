"""Values as they are written for machines and people: exact, never rounded in silence."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_HUNDREDTHS_MAX: Final = 10**15
"""Largest number of hundredths: up to fifteen digits a float's shortest text is the number that was put in."""


def exact_value(value: Fraction) -> int | float | str:
    """``value`` without any rounding, as evidence carries it.

    A whole number is an int. At most two decimals are a float whose shortest text is the number itself. More
    decimals are a text, ``"1234.5678"``; what no decimal number can say is a fraction as text in lowest
    terms, ``"1000000/3"``. ``fractions.Fraction`` reads every one of them.
    """
    return exact_quotient(value.numerator, value.denominator)


def exact_quotient(number: int, divisor: int) -> int | float | str:
    """``exact_value`` of a quotient: what comes out even, as most does, needs no fraction."""
    if number % divisor == 0:
        return number // divisor
    hundredths, rest = divmod(100 * number, divisor)
    if rest == 0 and abs(hundredths) <= _HUNDREDTHS_MAX:
        return hundredths / 100
    value = Fraction(number, divisor)
    return _decimal(value) or f"{value.numerator}/{value.denominator}"


def amount(value: Fraction) -> str:
    """``value`` for people, with thousands apart; what has no end is cut after six decimals and marked so."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    text = _decimal(value)
    sign = "-" if value < 0 else ""
    whole = abs(value).__floor__()
    if text is not None:
        digits = text.partition(".")[2]
        return f"{sign}{whole:,}.{digits:0<2}"
    digits = f"{(abs(value) - whole) * 10**6 // 1:06d}"
    return f"{sign}{whole:,}.{digits}..."


def _decimal(value: Fraction) -> str | None:
    """The decimal number that ``value`` is, None if it has no end."""
    places, rest = 0, value.denominator
    while rest % 10 == 0:
        places, rest = places + 1, rest // 10
    for factor in (2, 5):
        while rest % factor == 0:
            places, rest = places + 1, rest // factor
    if rest != 1:
        return None
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
