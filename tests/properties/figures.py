"""Rows of the product as the oracle puts its figures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from schemas.measures import ACCOUNT_MEASURES, RATIO_UNITS, measure_named
from streams.rows import UNKNOWN, Rows, Vocabulary
from tests.oracle.account_rows import AccountValue
from tests.oracle.measure_names import Value


def measures_of(rows: Rows, row: int) -> dict[str, Value | AccountValue]:
    """A row as the oracle puts it: averages as fractions, None where unknown."""
    known: dict[str, Value | AccountValue] = {}
    for index, name in enumerate(rows.names):
        value = int(rows.values[index, row])
        if value == UNKNOWN:
            known[name] = None
        elif (measure := measure_named(name)) is not None and measure.type == "ratio":
            known[name] = Fraction(value, RATIO_UNITS)
        elif name in rows.divisors:
            known[name] = Fraction(value, int(rows.divisors[name][row]))
        else:
            known[name] = value
    return known


def accounts_of(rows: Rows, row: int, vocabulary: Vocabulary) -> dict[str, Value | AccountValue]:
    """The accounts of a row, each name with the account's place in front."""
    accounts = rows.accounts
    assert accounts is not None
    known: dict[str, Value | AccountValue] = {}
    for place, index in enumerate(np.flatnonzero(accounts.owner == row).tolist()):
        for name, values in zip(accounts.names, accounts.values, strict=True):
            value = int(values[index])
            text = vocabulary.text(value) if ACCOUNT_MEASURES[name].type == "text" else value
            known[f"{place}: {name}"] = None if value == UNKNOWN else text
    return known


def row_of(rows: Rows, row: int) -> Rows:
    """One row of several, its accounts with it."""
    part = slice(row, row + 1)
    divisors = {name: days[part] for name, days in rows.divisors.items()}
    accounts = rows.accounts
    if accounts is not None:
        own = np.flatnonzero(accounts.owner == row)
        places = None if accounts.places is None else accounts.places[own]
        accounts = replace(accounts, owner=np.zeros(len(own), np.int64), values=accounts.values[:, own], places=places)
    return Rows(rows.names, rows.slots[part], rows.as_of[part], rows.values[:, part], divisors, accounts, rows.whole)
