"""Expected activity, from the published formula of BG/NBD as it stands in the paper, in plain floats."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction

Model = tuple[float, float, float, float]
AHEAD_DAYS = 30


def read_model(text: str) -> Model | None:
    """r, alpha, a and b of ``churn_model.toml``; None of an empty text."""
    table = tomllib.loads(text)
    return (table["r"], table["alpha"], table["a"], table["b"]) if table else None


def expected_days(model: Model, x: int, t_x: int, total: int) -> Fraction:
    """E[Y(30) | x, t_x, T] to the nearest thousandth."""
    r, alpha, a, b = model
    end = alpha + total + AHEAD_DAYS
    gauss = _gauss(r + x, b + x, a + b + x - 1, AHEAD_DAYS / end)
    days = (a + b + x - 1) / (a - 1) * (1 - math.pow((alpha + total) / end, r + x) * gauss)
    if x > 0:
        days /= 1 + a / (b + x - 1) * math.pow((alpha + total) / (alpha + t_x), r + x)
    return Fraction(round(1000 * max(0.0, min(days, AHEAD_DAYS))), 1000)


def _gauss(a: float, b: float, c: float, z: float) -> float:
    """2F1(a, b; c; z), term by term."""
    term, terms, n = 1.0, [1.0], 0
    while abs(term) > 1e-18 * abs(terms[0]) and n < 10_000:
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        terms.append(term)
        n += 1
    return math.fsum(terms)
