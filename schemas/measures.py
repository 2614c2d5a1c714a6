"""The names that conditions may read: measures kept by the ledger and facts told about customers."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from schemas.fact_names import FACT_NAMES, LABEL, TAG
from schemas.ledger_names import ACCOUNT, AVERAGES, NOW, PRIOR, SUMS, Family

WINDOWS: Final = ("7d", "30d", "90d", "mtd", "qtd", "ytd", "3m", "6m", "12m")
"""``7d 30d 90d``: business days, today included; ``mtd qtd ytd``: from the calendar month's, quarter's, year's
first day; ``3m 6m 12m``: this month to date plus the 2, 5, 11 calendar months before."""
PRIOR_3M: Final = "prior_3m"
"""The three calendar months before those of ``3m``, whole."""

MeasureType = Literal["money", "count", "days", "months", "ratio", "text", "flag", "day"]

RATIO_UNITS: Final = 1_000_000
"""A ratio is kept in millionths, rounded half to even: finer than any line a bank draws, and whole."""


_DIVIDED: Final = frozenset({"contribution", "profit", "typical_purchase"})


class Measure(NamedTuple):
    """One name of the language: ``family`` and ``window`` say which number of the ledger it is.

    ``source`` is ``ledger`` or ``fact``. An average (``averaged``) is an area (minor units x days) whose
    divisor is the number of days of its window. A quotient (``divided``) has any positive divisor. ``origin`` names the fields
    that a measure of the ledger is computed from.
    """

    name: str
    type: MeasureType
    definition: str
    family: str
    window: str | None = None
    averaged: bool = False
    source: Literal["ledger", "fact"] = "ledger"
    divided: bool = False
    origin: str = ""


def _ledger_measures() -> list[Measure]:
    now = [_measure(family, family.name, family.definition) for family in NOW]
    averages = [_windowed(family, window)._replace(averaged=True) for family in AVERAGES for window in WINDOWS]
    sums = [_windowed(family, window) for family in SUMS for window in WINDOWS]
    prior = [_windowed(family, PRIOR_3M) for family in SUMS if family.name in PRIOR]
    return now + averages + sums + prior


def _windowed(family: Family, window: str) -> Measure:
    text = f"{family.definition}, window {window}."
    return _measure(family, f"{family.name}_{window}", text)._replace(window=window)


def _measure(family: Family, name: str, text: str) -> Measure:
    divided = family.name in _DIVIDED
    return Measure(name, family.type, text, family.name, divided=divided, origin=family.origin)  # type: ignore[arg-type]


_FACTS: Final = tuple(
    Measure(name, type_, text, name, source="fact")  # type: ignore[arg-type]
    for name, type_, text in FACT_NAMES
)

MEASURES: Final[dict[str, Measure]] = {measure.name: measure for measure in (*_ledger_measures(), *_FACTS)}
"""Every name, in the order of the generated page."""


ACCOUNT_MEASURES: Final[dict[str, Measure]] = {
    f"account_{family.name}": _measure(family, f"account_{family.name}", family.definition) for family in ACCOUNT
}
"""Names read account by account, inside ``{any = "account", that = "..."}`` alone."""

_KEY: Final = re.compile(f"({LABEL}|{TAG})([a-z][a-z0-9_]*)")


def measure_named(name: str) -> Measure | None:
    """The measure or fact of a customer called ``name``, labels and tags included; None if there is none."""
    known = MEASURES.get(name)
    keyed = _KEY.fullmatch(name) if known is None else None
    if keyed is None:
        return known
    prefix, key = keyed.groups()
    if prefix == LABEL:
        return Measure(name, "text", f"The label {key} given from outside.", name, source="fact")
    return Measure(name, "flag", f"Whether a source gives the tag {key}.", name, source="fact")
