from __future__ import annotations

import pytest

from agents.policy.compile import compile_policies
from agents.policy.mistakes import PolicyError
from streams.rows import Vocabulary


def told(*levels: tuple[str, str]) -> list[str]:
    """What is said of levels given as enter and stay, lowest first."""
    tables = [
        f'[[level]]\nname = "l{place}"\nenter = "{enter}"\nstay = "{stay}"\n'
        for place, (enter, stay) in enumerate(levels, 1)
    ]
    try:
        compile_policies({"p.toml": 'scheme = "s"\nbase = "low"\n' + "".join(tables)}, Vocabulary())
    except PolicyError as error:
        return [str(mistake).removeprefix("p.toml: ") for mistake in error.mistakes]
    return []


def alone(enter: str) -> tuple[str, str]:
    return enter, enter


@pytest.mark.parametrize(
    ("enter", "stay", "sample"),
    [
        ("aum >= 100_000", "aum >= 110_000", "aum = 100,000"),
        ("aum >= 100_000", "aum > 100_000", "aum = 100,000"),
        ("aum > 100_000", "aum >= 100_000.02", "aum = 100,000.01"),
        ("aum_avg_30d >= 3", "aum_avg_30d >= 3.01", "aum_avg_30d = 3"),
        ("2 * aum >= 100", "aum >= 60", "aum = 50"),
        ("50 <= aum < 100", "aum < 90", "aum = 90"),
        ("aum >= 100 and kind == 'personal'", "aum >= 110 and kind == 'personal'", "aum = 100"),
        ("days_known >= 3", "days_known >= 4", "days_known = 3"),
        ("not aum < 100", "aum >= 100.01", "aum = 100"),
        ("aum <= 100 or aum >= 200", "aum <= 100 or aum >= 300", "aum = 200"),
        ("aum != 5", "aum < 5", "aum = 5.01"),
        ("kind == 'personal'", "kind == 'corporate'", "kind = 'personal'"),
        ("kind != 'personal'", "kind == 'institution'", "kind = 'corporate'"),
        ("label_x != 'a'", "label_x == 'b'", "label_x = 'another text'"),
        ("litigation", "not litigation", "litigation = True"),
        ("months_since_activity in (1, 5)", "months_since_activity < 5", "months_since_activity = 5"),
        ("settlement_share >= 0.6", "settlement_share > 0.6", "settlement_share = 0.60"),
    ],
)
def test_an_enter_that_does_not_keep_the_level_is_a_mistake(enter: str, stay: str, sample: str) -> None:
    (mistake,) = told((enter, stay))
    assert mistake.startswith(f'level.l1.stay = "{stay}": expected bounds that keep whoever enters ({enter}); ')
    assert mistake.endswith(f"{sample} enters, but does not stay")


@pytest.mark.parametrize(
    ("enter", "stay"),
    [
        ("aum >= 100_000", "aum >= 95_000"),
        ("aum >= 100_000", "aum >= 100_000"),
        ("aum >= 100_000", "deposits >= 200_000"),
        ("aum >= 100 and deposits >= 110", "aum >= 105"),
        ("aum >= 100 or kind == 'personal'", "aum >= 110 or kind == 'personal'"),
        ("aum >= 100", "aum >= 110 or known(kind)"),
        ("aum >= 100 and aum >= deposits", "aum >= 105"),
        ("kind == 'personal'", "kind in ('corporate', 'personal')"),
        ("kind == 'personal'", "kind != 'corporate'"),
        ("litigation and aum >= 5", "litigation"),
        ("litigation and not litigation", "aum >= 5"),
        ("label_x == 'a'", "label_x != 'b'"),
        ("months_since_activity in (1, 2)", "months_since_activity < 3"),
    ],
)
def test_what_bounds_do_not_prove_is_no_mistake(enter: str, stay: str) -> None:
    assert told((enter, stay)) == []


def test_a_higher_level_that_is_easier_to_enter_is_a_mistake() -> None:
    mistakes = told(alone("aum >= 100_000"), alone("aum >= 200_000"), alone("aum >= 50_000"))
    assert mistakes == [
        (
            'level.l3.enter = "aum >= 50_000": expected a higher bound than that of the lower level l1 (aum >= 100_000); '
            "aum = 50,000 enters l3, but not l1"
        ),
        (
            'level.l3.enter = "aum >= 50_000": expected a higher bound than that of the lower level l2 (aum >= 200_000); '
            "aum = 50,000 enters l3, but not l2"
        ),
    ]


def test_levels_with_the_same_enter_or_on_different_measures_are_allowed() -> None:
    assert told(alone("aum >= 100"), alone("aum >= 100")) == []
    assert told(alone("aum >= 100"), alone("deposits >= 50")) == []
    assert told(alone("50 <= aum < 100"), alone("aum >= 100")) == []
    assert told(alone("aum >= 50_000 and days_known <= 60"), alone("aum >= 100_000")) == []


LINE = '[let]\nline = { by = "region", zibo = 100, jinan = 200, otherwise = 300 }\n'


def lookup(enter: str, stay: str) -> list[str]:
    text = f'scheme = "s"\nbase = "low"\n{LINE}[[level]]\nname = "l1"\nenter = "{enter}"\nstay = "{stay}"\n'
    try:
        compile_policies({"p.toml": text}, Vocabulary())
    except PolicyError as error:
        return [str(mistake).removeprefix("p.toml: ") for mistake in error.mistakes]
    return []


def test_lookups_are_gone_through_case_by_case() -> None:
    assert lookup("aum >= line", "aum >= 0.9 * line") == []
    assert lookup("aum >= line", "aum >= line") == []
    (mistake,) = lookup("aum >= line", "aum >= 200")
    assert mistake.endswith("aum = 100 enters, but does not stay")
    assert lookup("aum >= line and region == 'jinan'", "aum >= 200") == []
