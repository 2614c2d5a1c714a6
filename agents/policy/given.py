"""What an example gives: figures as a person writes them, to one row of measures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from agents.days import day_number
from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import MINOR_UNITS
from agents.policy.types import TEXTS
from schemas.measures import MEASURES, Measure
from schemas.policy_file import OUT, ExampleTable, SchemeFile
from streams.rows import UNKNOWN, Rows, Vocabulary

TODAY: Final = dt.date(2026, 6, 30)
"""The as-of day of an example that does not give ``today``: a month's and quarter's last day, in a common year."""

_WINDOW_DAYS_MAX: Final = 366
_MONEY: Final = "an amount in major units with at most two decimals, such as 100_000 or 99_999.99"
_WORDS: Final[Mapping[str, str]] = {
    "text": "a text in quotes",
    "flag": "true or false",
    "day": "a date, such as 1990-05-17",
    "count": "a whole number",
    "days": "a whole number of days",
    "months": "a whole number of months",
    "ratio": "a whole number",
}


class NotGivable(Exception):
    """The value cannot be what the measure says; the message is what was expected."""


def given_row(table: Mapping[str, object], columns: tuple[str, ...], vocabulary: Vocabulary) -> Rows:
    """One row of ``columns``; what the example does not give is unknown."""
    values = np.full((len(columns), 1), UNKNOWN, np.int64)
    divisors: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    for place, name in enumerate(columns):
        measure = MEASURES[name]
        days = 1
        if name in table:
            values[place, 0], days = _stored(measure, table[name], vocabulary)
        if measure.averaged:
            divisors[name] = np.array([days], np.int64)
    return Rows(columns, np.zeros(1, np.int64), np.array([as_of(table)], np.int64), values, divisors)


def as_of(table: Mapping[str, object]) -> int:
    """The day number of an example's ``today``."""
    return day_number(_date(table.get("today", TODAY)))


def check_examples(table: SchemeFile, report: Report) -> None:
    """Report names, levels and values that an example cannot have."""
    levels = list(dict.fromkeys([table.base, *(level.name for level in table.level)]))
    for number, example in enumerate(table.example, 1):
        place = f"example.{number}"
        for key, name, known in (("from", example.from_, levels), ("expect", example.expect, [*levels, OUT])):
            if name and all(known) and name not in known:
                report.add(f"{place}.{key}", name, f"one of {', '.join(known)}", did_you_mean(name, known))
        for name in example.reasons or ():
            if name not in table.let:
                report.add(f"{place}.reasons", name, "names of conditions in [let]", did_you_mean(name, table.let))
        _check_given(example, f"{place}.given", report)


def _check_given(example: ExampleTable, place: str, report: Report) -> None:
    for name, value in example.given.items():
        if name != "today" and name not in MEASURES:
            hint = did_you_mean(name, [*MEASURES, "today"])
            report.add(f"{place}.{name}", value, "a measure or fact, or today", hint)
            continue
        try:
            if name == "today":
                _date(value)
            else:
                _stored(MEASURES[name], value, Vocabulary())
        except NotGivable as error:
            report.add(f"{place}.{name}", value, str(error))


def _stored(measure: Measure, value: object, vocabulary: Vocabulary) -> tuple[int, int]:
    """The value as a column holds it, and the days that divide it."""
    match measure.type:
        case "money":
            return _money(measure, value)
        case "text":
            return vocabulary.code(_text(measure, value)), 1
        case "day":
            return day_number(_date(value)), 1
        case "flag":
            if isinstance(value, bool):
                return int(value), 1
        case _:
            if isinstance(value, int) and not isinstance(value, bool):
                return value, 1
    raise NotGivable(_WORDS[measure.type])


def _money(measure: Measure, value: object) -> tuple[int, int]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise NotGivable(_MONEY)
    minor = Fraction(value) * MINOR_UNITS
    days = minor.denominator
    if days > (_WINDOW_DAYS_MAX if measure.averaged else 1) or abs(minor * days) > np.iinfo(np.int64).max // 2:
        raise NotGivable(_MONEY)
    return int(minor * days), days


def _text(measure: Measure, value: object) -> str:
    known = TEXTS.get(measure.name)
    if not isinstance(value, str):
        raise NotGivable(_WORDS["text"])
    if known is not None and value not in known:
        expected = f"one of {', '.join(known)}"
        raise NotGivable(expected)
    return value


def _date(value: object) -> dt.date:
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
    except ValueError:
        raise NotGivable(_WORDS["day"]) from None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise NotGivable(_WORDS["day"])
