"""Cuts: population figures of a scheme's customers, what a file may say about them, and who is counted."""

from __future__ import annotations

import numpy as np
import pytest

from agents.policy.explain import explain_policy
from agents.policy.mistakes import PolicyError
from schemas.population import Cut
from streams.sketch import sketch_of
from tests.unit.policy.making import ABC, compiled, rows_of, scheme


def cut(name: str = "first", measure: str = "aum", percent: int = 20) -> str:
    return f'[[cut]]\nname = "{name}"\nmeasure = "{measure}"\ntop_percent = {percent}\n'


def mistakes(*cuts: str) -> list[str]:
    try:
        compiled(ABC + "".join(cuts))
    except PolicyError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


@pytest.mark.parametrize("measure", ["aum", "deposits_avg_12m", "profit_12m", "total_assets"])
@pytest.mark.parametrize("percent", [1, 99])
def test_any_money_may_be_cut_at_whole_percents(measure: str, percent: int) -> None:
    assert mistakes(cut(measure=measure, percent=percent)) == []


@pytest.mark.parametrize("percent", [0, 100])
def test_a_cut_at_nobody_or_everybody_is_refused(percent: int) -> None:
    assert "a whole number of percent from 1 to 99" in mistakes(cut(percent=percent))[0]


@pytest.mark.parametrize(
    ("measure", "hint"),
    [("amu", "; did you mean aum?"), ("age", "; age is a count"), ("kind", "; kind is a text"), ("zzz", "")],
)
def test_a_cut_of_what_is_no_money_is_refused(measure: str, hint: str) -> None:
    (told,) = mistakes(cut(measure=measure))
    assert told == f'p0.toml: cut.first.measure = "{measure}": expected the name of a measure or fact of money{hint}'


def test_two_cuts_need_two_names() -> None:
    (told,) = mistakes(cut(), cut(percent=2))
    assert told == 'p0.toml: cut.first = "first": expected a name of its own among the cuts'


def test_a_cut_is_told_in_words() -> None:
    told = explain_policy({"abc.toml": ABC + cut("top_2", "profit_12m", 2)})
    assert "  Cut top_2; the first 2 % of them by profit_12m, at each close of a day" in told.splitlines()


def sketched(text: str, *given: dict[str, object]) -> list[Cut]:
    policies = compiled(text)
    rows = rows_of(policies, *given)
    return policies.cuts(rows, policies.masks(rows))


def test_lines_of_one_measure_share_a_sketch_of_all_of_whom_it_is_known() -> None:
    text = ABC + cut("top_2", percent=2) + cut("top_20") + cut("owed", "loans")
    found = sketched(text, {"aum": 500, "loans": 7}, {"aum": None, "loans": 0}, {"aum": -3})
    assert found == [
        Cut(scheme="abc", measure="aum", lines={"top_2": 2, "top_20": 20}, sketch=sketch_of(np.array([500, -3]))),
        Cut(scheme="abc", measure="loans", lines={"owed": 20}, sketch=sketch_of(np.array([7, 0]))),
    ]


def test_who_is_out_of_the_scheme_or_not_known_to_be_in_it_is_not_counted() -> None:
    # Forty conditions before it put the scope into the second word of the mask.
    many = "\n".join(f'[[level]]\nname = "l{n}"\nenter = "aum >= {n}"' for n in range(1, 41))
    first = f'scheme = "a"\nbase = "low"\n{many}\n'
    scoped = scheme("aum >= 5", applies_to="\"kind == 'personal'\"") + cut()
    policies = compiled(first, scoped)
    rows = rows_of(policies, {"aum": 1, "kind": "personal"}, {"aum": 2, "kind": "corporate"}, {"aum": 4})
    (found,) = policies.cuts(rows, policies.masks(rows))
    assert found.sketch == {1: (1, 1)}


@pytest.mark.parametrize(("area", "minor_units"), [(44, 1), (45, 2), (46, 2), (-45, -1), (-46, -2)])
def test_an_average_is_taken_in_whole_minor_units_halves_up(area: int, minor_units: int) -> None:
    (found,) = sketched(ABC + cut(measure="aum_avg_30d"), {"aum_avg_30d": (area, 30)})
    assert found.sketch == {minor_units: (1, minor_units)}
