"""Compiled conditions come to what a walk over the expression does, row by row, in fractions and with Kleene's unknown."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.policy.compile import compile_policies
from agents.tiers import TierScheme
from schemas.measures import MEASURES
from streams.rows import UNKNOWN, Rows, Vocabulary
from tests.oracle.conditions import Value, truth
from tests.oracle.days import date_of

MONEY = ["aum", "deposits", "loans", "aum_avg_30d", "deposits_avg_90d", "aum_avg_12m"]
COUNTS = ["txn_count_7d", "txn_count_30d", "accounts_open"]
DAYS = ["days_since_activity", "days_since_txn", "days_known"]
TEXTS = ["owner_id", "branch_id"]
NAMES = (*MONEY, *COUNTS, *DAYS, *TEXTS, "birth_date")
BOUNDS = ["0", "0.01", "-1.5", "100", "100_000", "99_999.99", "3_333.33", "10_000_000_000_000"]
SHARES = ["2", "0.3", "1.5", "-1", "0"]
WORDS = ["a", "b", "c"]
COMPARATORS = ["<", "<=", ">", ">=", "==", "!="]
AS_OF = st.integers(-8_000, 22_000)


def numbers(names: list[str], bounds: list[str]) -> st.SearchStrategy[str]:
    """Expressions of one type, built of ``names`` with at least one of them inside."""
    bound = st.sampled_from(bounds)

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        either = st.one_of(inner, bound)
        return st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-"]), either),
            st.builds("({} - {})".format, bound, inner),
            st.builds("{} * {}".format, inner, st.sampled_from(SHARES)),
            st.builds("({1} * {0})".format, inner, st.sampled_from(SHARES)),
            st.builds("({} * txn_count_7d)".format, inner),
            st.builds("(-{})".format, inner),
            st.builds("abs({})".format, inner),
            st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, either),
            st.builds("coalesce({}, {})".format, inner, either),
        )

    return st.recursive(st.sampled_from(names), larger, max_leaves=4)


def compared(names: list[str], bounds: list[str]) -> st.SearchStrategy[str]:
    """Comparisons, bare ones as often as those of expressions."""
    bound = st.sampled_from(bounds)
    left = st.one_of(st.sampled_from(names), numbers(names, bounds))
    op = st.sampled_from(COMPARATORS)
    return st.one_of(
        st.builds("{} {} {}".format, left, op, bound),
        st.builds("{} {} {}".format, left, op, left),
        st.builds("{} {} {} {} {}".format, bound, op, left, op, bound),
        st.builds("{} {} ({}, {})".format, left, st.sampled_from(["in", "not in"]), bound, bound),
        st.builds("known({})".format, left),
    )


def of_averages() -> st.SearchStrategy[str]:
    """Averages against each other, where floats are most easily wrong."""
    name, op = st.sampled_from([name for name in MONEY if "_avg_" in name]), st.sampled_from(COMPARATORS)
    return st.one_of(
        st.builds("{} {} {}".format, name, op, name),
        st.builds("{} - {} {} 0".format, name, name, op),
        st.builds("{0} * 3 {2} {0} + {1} + {1}".format, name, name, op),
    )


def of_days() -> st.SearchStrategy[str]:
    """Conditions on dates."""
    op, months = st.sampled_from(COMPARATORS), st.integers(-30, 30)
    return st.one_of(
        st.builds("today {} months_after(birth_date, {})".format, op, months),
        st.builds("months_since(birth_date) {} {}".format, op, months),
        st.builds("days_since(birth_date) {} {}".format, op, months),
        st.builds("days_until(months_after(birth_date, {})) {} {}".format, months, op, months),
        st.builds("days_until(next_anniversary(birth_date)) {} {}".format, op, st.integers(-1, 366)),
        st.builds("coalesce(birth_date, today) {} today".format, op),
    )


def of_texts() -> st.SearchStrategy[str]:
    """Conditions on texts."""
    name, word, op = st.sampled_from(TEXTS), st.sampled_from(WORDS), st.sampled_from(["==", "!="])
    return st.one_of(
        st.builds("{} {} '{}'".format, name, op, word),
        st.builds("'{}' {} {}".format, word, op, name),
        st.builds("owner_id {} branch_id".format, op),
        st.builds("{} {} ('{}', '{}')".format, name, st.sampled_from(["in", "not in"]), word, word),
        st.builds("coalesce({}, '{}') {} '{}'".format, name, word, op, word),
    )


CONDITIONS = st.recursive(
    st.one_of(
        compared(MONEY, BOUNDS),
        of_averages(),
        compared(COUNTS, ["0", "1", "2.5", "-3"]),
        compared(DAYS, ["0", "1", "30", "180"]),
        of_days(),
        of_texts(),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("coalesce({}, {})".format, inner, st.sampled_from(["True", "False"])),
        st.builds("({}) == {}".format, inner, st.sampled_from(["True", "False"])),
    ),
    max_leaves=4,
)

Cell = tuple[int | str | None, int]
"""A raw value, None where unknown, and the days that divide it."""


EDGES = sorted({Fraction(b.replace("_", "")) * 100 / Fraction(f) for b in BOUNDS for f in (*SHARES[:-1], "1")})
"""Minor units at which a condition may turn."""


@st.composite
def cells(draw: st.DrawFn, name: str, edge: Fraction) -> Cell:
    """A value on or about ``edge``, or anything within the limits."""
    if draw(st.integers(0, 9)) == 0:
        return None, draw(st.integers(1, 366))
    if name in TEXTS:
        return draw(st.sampled_from(WORDS)), 1
    if name == "birth_date":
        return draw(st.integers(-20_000, 22_000)), 1
    if name not in MONEY:
        return draw(st.one_of(st.integers(-3, 3), st.integers(0, 400))), 1
    days = draw(st.integers(1, 366)) if MEASURES[name].averaged else 1
    if draw(st.integers(0, 4)) == 0:
        return draw(st.integers(-(10**16) * days, 10**16 * days)), days
    return floor(edge * days) + draw(st.integers(-1, 1)), days


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Cell]]:
    """Some rows of all measures; the amounts of a row lie together, so that comparing them is close."""
    edges = draw(st.lists(st.sampled_from(EDGES), min_size=3, max_size=6))
    return [{name: draw(cells(name, edge)) for name in NAMES} for edge in edges]


def rows_of(columns: tuple[str, ...], table: list[dict[str, Cell]], as_of: int, vocabulary: Vocabulary) -> Rows:
    """The rows as the ledger gives them."""
    values = np.full((len(columns), len(table)), UNKNOWN, np.int64)
    divisors: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    for place, name in enumerate(columns):
        raw = [row[name][0] for row in table]
        coded = [vocabulary.code(value) if isinstance(value, str) else value for value in raw]
        values[place] = [UNKNOWN if value is None else value for value in coded]
        if MEASURES[name].averaged:
            divisors[name] = np.array([row[name][1] for row in table], np.int64)
    return Rows(columns, np.arange(len(table)), np.full(len(table), as_of, np.int64), values, divisors)


def meant(row: dict[str, Cell], name: str, today: dt.date) -> Value:
    """A measure as the walk reads it: money in major units, days as dates."""
    if name == "today":
        return today
    value, days = row[name]
    if value is None or isinstance(value, str):
        return value
    if name == "birth_date":
        return date_of(value)
    return Fraction(value, 100 * days) if name in MONEY else Fraction(value)


@given(st.lists(CONDITIONS, min_size=8, max_size=40), tables(), AS_OF)
def test_masks_equal_a_walk_over_the_expression_row_by_row(
    conditions: list[str], table: list[dict[str, Cell]], as_of: int
) -> None:
    check(conditions, table, as_of)


@given(st.lists(of_averages(), min_size=8, max_size=16), tables())
def test_averages_compare_exactly_however_near_they_are(conditions: list[str], table: list[dict[str, Cell]]) -> None:
    check(conditions, table, 0)


def check(conditions: list[str], table: list[dict[str, Cell]], as_of: int) -> None:
    """Every condition on every row comes to the same both ways."""
    levels = [f'[[level]]\nname = "l{place}"\nenter = "{text}"\n' for place, text in enumerate(conditions)]
    files = {f"s{place}.toml": f'scheme = "s{place}"\nbase = "b"\n{level}' for place, level in enumerate(levels)}
    vocabulary = Vocabulary()
    policies = compile_policies(files, vocabulary)
    masks = policies.masks(rows_of(policies.columns, table, as_of, vocabulary))
    assert masks.shape == (len(table), policies.words)
    tiers = [scheme.tiers for scheme in policies.schemes]
    compiled = {one.name: one.levels[0].enter for one in tiers if isinstance(one, TierScheme)}
    today = date_of(as_of)
    for row, mask in zip(table, masks, strict=True):
        bits = int.from_bytes(mask.astype("<u8").tobytes(), "little")
        for place, text in enumerate(conditions):
            true, unknown = compiled[f"s{place}"]
            found = None if bits & unknown else bool(bits & true)
            wanted = truth(text, lambda name, row=row: meant(row, name, today), {}, today)  # type: ignore[misc]  # bound now
            assert found == wanted, (text, row)
            assert not (bits & unknown and bits & true), text
