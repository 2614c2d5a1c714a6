"""``churn_model.toml``: the model of when customers are active, behind ``expected_activity_30d``; written by ``tierline fit-churn``.

BG/NBD (Fader, Hardie and Lee, 2005): while alive a customer is active at a steady rate of its own, and after each active
day it may be gone for good with a chance of its own. Rates vary over customers as a gamma of shape ``r`` and rate
``alpha``, chances as a beta of ``a`` and ``b``::

    model = "bg_nbd"
    unit = "day"
    r = 0.243
    alpha = 30.9
    a = 0.793
    b = 2.426
    fitted_on = "12 months of all personal customers up to 2026-06-30"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.tables import Table, read_table

CHURN_FILE: Final = "churn_model.toml"
"""Name of the file, in the folder of policies."""
BG_NBD: Final = "bg_nbd"
UNIT: Final = "day"
LIMITS: Final = {"r": (0.01, 20.0), "alpha": (1.0, 100_000.0), "a": (0.001, 20.0), "b": (0.001, 10_000.0)}
"""Smallest and largest value of each parameter: within them the kernel is exact to a billionth of a day. A fit that runs into
one says that customers hardly differ (``r``, ``alpha``) or hardly ever leave (``a``, ``b``)."""
_WORDS: Final = {"model": BG_NBD, "unit": UNIT}
_KEYS: Final = (*_WORDS, *LIMITS, "fitted_on")


class ChurnModel(NamedTuple):
    """The parameters of BG/NBD; ``alpha`` in days."""

    r: float
    alpha: float
    a: float
    b: float


def read_churn_model(text: str) -> ChurnModel:
    """Read the file's text; ``ValueError`` tells all mistakes, one a line."""
    table = read_table(text, _mistakes, fractions=float)
    return ChurnModel(*(float(table[name]) for name in LIMITS))


def _mistakes(table: Table) -> Iterator[str]:
    for key in sorted(table.keys() - set(_KEYS)):
        yield f"{key}: expected one of the keys {', '.join(_KEYS)}"
    for key, word in _WORDS.items():
        if table.get(key) != word:
            yield f"{key} = {table.get(key)}: expected {word!r}"
    for key, (least, most) in LIMITS.items():
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            yield f"{key} = {value}: expected a number from {least:g} to {most:g}"
    fitted_on = table.get("fitted_on")
    if not isinstance(fitted_on, str) or not fitted_on.strip():
        yield f"fitted_on = {fitted_on}: expected words that say on whose history it was fitted"
