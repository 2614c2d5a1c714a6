"""What an example gives: figures as a person writes them, to one row of measures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import MINOR_UNITS
from agents.policy.shapes import places_of
from agents.policy.types import TEXTS
from schemas.measures import ACCOUNT_MEASURES, MEASURES, RATIO_UNITS, Measure, measure_named
from schemas.occasion_names import OCCASIONAL, Names
from schemas.policy_file import OUT, SchemeFile
from streams.calendar import number_of
from streams.ledger.ahead import AHEAD
from streams.rows import UNKNOWN, AccountRows, Rows, Vocabulary

Figures = Mapping[str, object]
"""Values by the names of measures, as a file gives them."""

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
    "ratio": "a ratio with at most six decimals, such as 0.6",
}


class NotGivable(Exception):
    """The value cannot be what the measure says; the message is what was expected."""


def given_row(
    figures: Figures,
    accounts: Sequence[Figures],
    columns: tuple[str, ...],
    account_columns: tuple[str, ...],
    vocabulary: Vocabulary,
) -> Rows:
    """One row of ``columns`` with its accounts; what the example does not give is unknown."""
    values = np.full((len(columns), 1), UNKNOWN, np.int64)
    divisors: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    for place, name in enumerate(columns):
        if AHEAD in name:
            continue
        measure = measure_named(name) or OCCASIONAL[name]
        days = 1
        if name in figures:
            values[place, 0], days = _stored(measure, figures[name], vocabulary)
        if measure.averaged or measure.divided:
            divisors[name] = np.array([days], np.int64)
    day = np.array([as_of(figures)], np.int64)
    return Rows(columns, np.zeros(1, np.int64), day, values, divisors, _accounts(accounts, account_columns, vocabulary))


def _accounts(tables: Sequence[Figures], columns: tuple[str, ...], vocabulary: Vocabulary) -> AccountRows:
    values = np.full((len(columns), len(tables)), UNKNOWN, np.int64)
    for row, table in enumerate(tables):
        for place, name in enumerate(columns):
            if name in table:
                values[place, row], _ = _stored(ACCOUNT_MEASURES[name], table[name], vocabulary)
    return AccountRows(columns, np.zeros(len(tables), np.int64), values)


def as_of(table: Figures) -> int:
    """The day number of an example's ``today``."""
    return number_of(date_given(table.get("today", TODAY)))


def check_examples(table: SchemeFile, report: Report, cuts: Names) -> None:
    """Report names, levels and values that an example cannot have; it may give ``cuts``."""
    names = places_of(table)
    for number, example in enumerate(table.example, 1):
        place = f"example.{number}"
        for key, name, known in (("from", example.from_, names), ("expect", example.expect, [*names, OUT])):
            if name and names and name not in known:
                report.add(f"{place}.{key}", name, f"one of {', '.join(known)}", did_you_mean(name, known))
        for name in example.reasons or ():
            if name not in table.let:
                report.add(f"{place}.reasons", name, "names of conditions in [let]", did_you_mean(name, table.let))
        check_given(example.given, f"{place}.given", report, cuts)
        for count, account in enumerate(example.accounts, 1):
            check_named(account, f"{place}.accounts.{count}", report, ACCOUNT_MEASURES, "a measure of accounts")


def check_given(table: Mapping[str, object], place: str, report: Report, more: Names) -> None:
    """Report what are no figures of a customer, nor ``more`` names, and values that they cannot have."""
    for name, value in table.items():
        measure = measure_named(name) or more.get(name)
        if name != "today" and measure is None:
            account = f"give it in accounts = [{{ {name} = ... }}]" if name in ACCOUNT_MEASURES else ""
            hint = account or did_you_mean(name, [*MEASURES, *more, "today"])
            report.add(f"{place}.{name}", value, "a measure or fact, or today", hint)
            continue
        _check_value(f"{place}.{name}", measure, value, report)


def check_named(table: Mapping[str, object], place: str, report: Report, names: Names, expected: str) -> None:
    """Report what is none of ``names``, and values that they cannot have."""
    for name, value in table.items():
        measure = names.get(name)
        if measure is None:
            report.add(f"{place}.{name}", value, expected, did_you_mean(name, names))
            continue
        _check_value(f"{place}.{name}", measure, value, report)


def _check_value(place: str, measure: Measure | None, value: object, report: Report) -> None:
    try:
        if measure is None:
            date_given(value)
        else:
            _stored(measure, value, Vocabulary())
    except NotGivable as error:
        report.add(place, value, str(error))


def _stored(measure: Measure, value: object, vocabulary: Vocabulary) -> tuple[int, int]:
    """The value as a column holds it, and the days that divide it."""
    match measure.type:
        case "money":
            return _money(measure, value)
        case "text":
            return vocabulary.code(_text(measure, value)), 1
        case "ratio":
            return _ratio(value), 1
        case "day":
            return number_of(date_given(value)), 1
        case "flag":
            if isinstance(value, bool):
                return int(value), 1
        case _:
            if isinstance(value, int) and not isinstance(value, bool):
                return value, 1
    raise NotGivable(_WORDS[measure.type])


def _ratio(value: object) -> int:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite():
        kept = Fraction(value) * RATIO_UNITS
        if kept.denominator == 1 and abs(kept) < np.iinfo(np.int64).max:
            return int(kept)
    raise NotGivable(_WORDS["ratio"])


def _money(measure: Measure, value: object) -> tuple[int, int]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise NotGivable(_MONEY)
    minor = Fraction(value) * MINOR_UNITS
    days = minor.denominator
    if (
        days > (_WINDOW_DAYS_MAX if measure.averaged or measure.divided else 1)
        or abs(minor * days) > np.iinfo(np.int64).max // 2
    ):
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


def date_given(value: object) -> dt.date:
    """A date as a person writes it, or as TOML reads it."""
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
    except ValueError:
        raise NotGivable(_WORDS["day"]) from None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise NotGivable(_WORDS["day"])
