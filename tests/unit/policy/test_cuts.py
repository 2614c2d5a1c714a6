"""Cuts: population figures of a scheme's customers, what a file may say about them, and who is counted."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from agents.policy.compile import compile_policies, policy_version
from agents.policy.examples import run_examples
from agents.policy.explain import explain_policy
from agents.policy.findings import find_odd
from agents.policy.linear import bound_of
from agents.policy.loading import load_policies
from agents.policy.mistakes import PolicyError
from agents.policy.words import in_words
from schemas.cuts import CUTS_FILE
from schemas.population import Cut
from streams.rows import Vocabulary
from streams.sketch import sketch_of
from tests.unit.policy.making import ABC, compiled, rows_of, scheme
from tests.unit.policy.signals_making import file_of, signal


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


def test_two_schemes_need_two_names_too() -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(ABC + cut(), ABC.replace('"abc"', '"other"') + cut())
    assert [str(one) for one in caught.value.mistakes] == [
        'p1.toml: cut.first = "first": expected a name of its own: p0.toml has it already'
    ]


def reading(condition: str, *lines: str, head: str = "") -> dict[str, str]:
    """A file of one signal, and ``cuts.toml`` with these lines."""
    return {"s.toml": file_of(signal(condition), head), CUTS_FILE: "\n".join(["[cut]", *lines])}


def told_of(files: dict[str, str]) -> list[str]:
    try:
        load_policies(files)
    except PolicyError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


@pytest.mark.parametrize(("given", "truth"), [("99.99", False), ("100", True), ("100.01", True)])
def test_a_condition_reads_a_cut_as_an_amount(given: str, truth: bool) -> None:
    files = {"s.toml": scheme("aum >= cut_rich"), CUTS_FILE: "[cut]\nrich = 100"}
    policies = compile_policies(files, Vocabulary())
    rows = rows_of(policies, {"aum": int(Decimal(given) * 100)})
    assert bool(policies.masks(rows)[0, 0] & np.uint64(1)) is truth


def test_a_share_of_a_cut_is_one_exact_bound() -> None:
    (one,) = load_policies(reading("aum >= 0.9 * cut_rich", "rich = 0.05")).signals
    bound = bound_of(one.when.node)
    assert bound is not None
    assert bound.bound == Fraction(45, 10)
    assert in_words(one.when.node) == "aum is at least (0.90 times cut_rich (0.05))"


def test_a_cut_that_the_file_does_not_have_is_a_mistake_that_says_what_to_do() -> None:
    for files in (reading("aum >= cut_rich"), {"s.toml": file_of(signal("aum >= cut_rich"))}):
        (told,) = told_of(files)
        assert "expected a cut that cuts.toml has instead of 'cut_rich'" in told
        assert told.endswith("run `tierline fit-cuts policies/cuts.toml` once a [[cut]] of that name has seen a close")
    (told,) = told_of(reading("aum >= cut_rihc", "rich = 5"))
    assert told.endswith("did you mean cut_rich?")


def test_a_cut_is_money() -> None:
    (told,) = told_of(reading("age >= cut_rich", "rich = 5"))
    assert "two values of one type around >=, not count and money" in told


def test_no_let_is_called_as_a_cut() -> None:
    (told,) = told_of(reading("aum >= cut_rich", "rich = 5", head="[let]\ncut_rich = 7"))
    assert told == "s.toml: let.cut_rich = 7: expected a name that cuts.toml does not give already"
    assert told_of(reading("aum >= cut_poor", "rich = 5", head="[let]\ncut_poor = 7")) == []


def test_a_broken_file_of_cuts_is_told_beside_who_reads_it() -> None:
    told = told_of(reading("aum >= cut_rich", "rich = 0.001"))
    assert [one.partition(":")[0] for one in told] == ["cuts.toml", "s.toml"]


def test_cuts_may_stand_beside_the_files_that_read_them() -> None:
    files = reading("aum >= cut_rich", "rich = 5")
    assert load_policies({"s.toml": files["s.toml"]}, files).signals


def test_another_line_is_another_version_and_another_comment_is_not() -> None:
    version, commented, other = (
        policy_version(reading("aum >= cut_rich", line))
        for line in ("rich = 5.00", "rich = 5.00 # June", "rich = 6.00")
    )
    assert version == commented
    assert version != other


EXAMPLE = "[[example]]\ngiven = {{ {} }}\nexpect = {}\n"


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ("aum = 5", True),
        ("aum = 4.99", False),
        ("aum = 5, cut_rich = 5.01", False),
        ("aum = 5.01, cut_rich = 5.01", True),
        ("aum = 4.99, cut_rich = 4.99", True),
    ],
)
def test_an_example_of_a_signal_takes_the_files_cut_or_gives_its_own(given: str, raised: bool) -> None:
    files = reading("aum >= cut_rich", "rich = 5", "other = 9")
    files["s.toml"] += EXAMPLE.format(given, '["rich"]' if raised else "[]")
    assert [str(one) for one in run_examples(files) if not one.passed] == []
    alone = run_examples({"s.toml": files["s.toml"]}, files)
    assert [one.passed for one in alone] == [True]


def test_an_example_of_a_scheme_may_give_cuts_too() -> None:
    text = scheme("aum >= cut_rich")
    for given, expect in (("aum = 5", "high"), ("aum = 5, cut_rich = 6", "low")):
        text += EXAMPLE.format(given, f'"{expect}"')
    assert [str(one) for one in run_examples({"p.toml": text, CUTS_FILE: "[cut]\nrich = 5"}) if not one.passed] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cut_poor = 5", "expected a measure or fact, or today; did you mean cut_rich?"),
        ("cut_rich = 0.001", "expected an amount in major units with at most two decimals"),
    ],
)
def test_an_example_gives_only_cuts_that_there_are_and_amounts(given: str, expected: str) -> None:
    files = reading("aum >= cut_rich", "rich = 5")
    files["s.toml"] += EXAMPLE.format(given, "[]")
    (told,) = told_of(files)
    assert expected in told


def test_a_line_without_its_cut_is_worth_a_second_look() -> None:
    files = {"abc.toml": ABC + cut("rich"), CUTS_FILE: "[cut]\nrich = 5\ngone = 5"}
    told = [str(odd) for odd in find_odd(files) if odd.file == CUTS_FILE]
    assert told == ["cuts.toml: cut.gone: no scheme has a [[cut]] of this name: fit-cuts will not write it again"]
    assert not [odd for odd in find_odd({CUTS_FILE: files[CUTS_FILE]}, files) if odd.file == CUTS_FILE]


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
