"""Logarithm and exponential in kernels, from sums and products alone.

The functions of the machine's library may differ in the last bit from one machine to the next; sums, products and quotients
may not, and what is computed here is the same everywhere.
"""

from __future__ import annotations

import math
from typing import Final

from streams.ledger.compiled import kernel

_LN2: Final = 0.6931471805599453
_LN2_HIGH: Final = 0.6931471803691238  # its first 32 bits: small multiples of it are exact
_LN2_LOW: Final = 1.9082149292705877e-10
_ROOT_HALF: Final = 0.7071067811865476
_EXPONENT_MAX: Final = 700
"""``exp`` of more is kept at that: 10^304, as good as no end."""
_LOG_TERMS: Final = 12
_EXP_TERMS: Final = 15
"""Terms after which the series below stand still in 53 bits."""


@kernel
def log(number: float) -> float:
    """The natural logarithm of a positive number."""
    part, exponent = math.frexp(number)
    if part < _ROOT_HALF:
        part *= 2.0
        exponent -= 1
    over = (part - 1.0) / (part + 1.0)  # at most 0.172 of either sign
    square = over * over
    total = 0.0
    for term in range(_LOG_TERMS, -1, -1):
        total = total * square + 1.0 / (2 * term + 1)
    return exponent * _LN2_HIGH + (exponent * _LN2_LOW + 2.0 * over * total)


@kernel
def exp(number: float) -> float:
    """The exponential; of numbers beyond 700 of either sign that of 700."""
    number = min(max(number, -float(_EXPONENT_MAX)), float(_EXPONENT_MAX))
    twos = math.floor(number / _LN2 + 0.5)
    rest = (number - twos * _LN2_HIGH) - twos * _LN2_LOW
    total = 1.0
    for term in range(_EXP_TERMS, 0, -1):
        total = 1.0 + total * rest / term
    return math.ldexp(total, twos)


@kernel
def growth(number: float) -> float:
    """``(exp(number) - 1) / number``, and 1 at 0."""
    if abs(number) > 0.5:
        return (exp(number) - 1.0) / number
    total = 1.0
    for term in range(_EXP_TERMS, 1, -1):
        total = 1.0 + total * number / term
    return total
