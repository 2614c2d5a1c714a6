"""The text of a condition to a syntax tree."""

from __future__ import annotations

import ast
import warnings
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from agents.policy.slips import broken

LENGTH_MAX: Final = 4_000
"""Longest condition, in characters: a longer one belongs in several [let] names."""
NUMBER_MAX: Final = 10**18
"""Largest number in a rule, major units: a thousand times the largest balance of all."""
_DECIMALS_MAX: Final = 18
"""Most decimals of a number in a rule."""


class NotASyntax(Exception):
    """The text is not an expression; the message is what was expected, ``hint`` what may have been meant."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.hint = hint


def parse(text: str) -> tuple[ast.expr, str]:
    """The syntax tree of ``text`` and the very source it was parsed from (for ``number``)."""
    if len(text) > LENGTH_MAX:
        expected = f"at most {LENGTH_MAX} characters in one condition"
        raise NotASyntax(expected, "give its parts names in [let]")
    text = text.strip()
    source = f"({text}\n)"  # parentheses let a condition run over several lines
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of "1or 2", which is told as a mistake or is one in no way
            return ast.parse(source, mode="eval").body, source
    except SyntaxError as error:
        where, hint = broken(text, error)
        expected = f"a condition, {where}"
        raise NotASyntax(expected, hint) from None
    except (ValueError, RecursionError, MemoryError):
        raise NotASyntax("a condition", "give its parts names in [let]") from None


def number(node: ast.Constant, source: str) -> Fraction | None:
    """The exact value of a decimal number as written; None for a number that is not decimal."""
    written = ast.get_source_segment(source, node) or ""
    try:
        value = Decimal(written.replace("_", ""))
    except InvalidOperation:
        return None
    return exact_number(value)


def exact_number(value: Decimal) -> Fraction | None:
    """``value`` as a fraction; None if it is no number of a sensible size."""
    if not value.is_finite() or abs(value) > NUMBER_MAX or value.as_tuple().exponent < -_DECIMALS_MAX:  # type: ignore[operator]
        return None
    return Fraction(value)
