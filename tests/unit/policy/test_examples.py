from __future__ import annotations

from agents.policy.examples import run_examples
from tests.unit.policy.making import ABC

THREE = """
scheme = "three"
base = "low"
applies_to = "kind == 'personal'"
[let]
saver = "deposits >= 50"
[[level]]
name = "mid"
enter = "aum >= 10"
roles = ["clerk"]
reasons = ["saver"]
[[level]]
name = "top"
enter = "aum >= 100"
stay = "aum >= 90 or days_since(birth_date) < 10"
[upgrade]
check = "quarter_close"
[downgrade]
check = "year_close"
steps = "one"
grace_months = 3
"""


def failures(example: str, text: str = THREE) -> list[str]:
    """What came out otherwise; why is tested with the reasons."""
    (result,) = run_examples({"f.toml": f"{text}\n[[example]]\n{example}\n"})
    line = text.count("\n") + 2
    assert result.passed is (str(result) == f"f.toml: example 1 (line {line}): as expected")
    return [failure.partition("; ")[0] for failure in result.failures]


def test_an_example_tells_where_a_customer_comes_to_rest_after_all_graces() -> None:
    assert (
        failures("given = { kind = 'personal', aum = 0, birth_date = 1990-01-01 }\nfrom = 'top'\nexpect = 'low'") == []
    )
    assert (
        failures("given = { kind = 'personal', aum = 10, birth_date = 1990-01-01 }\nfrom = 'top'\nexpect = 'mid'") == []
    )
    assert failures("given = { kind = 'personal', aum = 90 }\nfrom = 'top'\nexpect = 'top'") == []
    assert failures("given = { kind = 'personal', aum = 100 }\nfrom = 'low'\nexpect = 'top'") == []
    assert failures("given = { kind = 'personal', aum = 99.99 }\nexpect = 'mid'") == []


def test_what_is_not_given_is_unknown_and_moves_nobody() -> None:
    assert failures("given = { kind = 'personal' }\nfrom = 'top'\nexpect = 'top'") == []
    assert failures("given = { kind = 'personal' }\nexpect = 'low'") == []
    assert failures("given = { aum = 1_000 }\nexpect = 'out'") == []


def test_a_customer_out_of_scope_is_expected_out() -> None:
    assert failures("given = { kind = 'corporate', aum = 1_000 }\nfrom = 'top'\nexpect = 'out'") == []


def test_today_can_be_given() -> None:
    born = "given = { kind = 'personal', aum = 0, birth_date = 2026-05-01, today = '{}' }\nfrom = 'top'\nexpect = '{}'"
    assert failures(born.replace("{}", "2026-05-10", 1).replace("{}", "top")) == []
    assert failures(born.replace("{}", "2026-05-11", 1).replace("{}", "low")) == []


def test_an_average_may_be_given_with_the_decimals_that_days_make() -> None:
    text = ABC.replace("aum >=", "aum_avg_90d >=")
    assert failures("given = { aum_avg_90d = 99_999.995 }\nexpect = 'ordinary'", text) == []
    assert failures("given = { aum_avg_90d = 94_999.995 }\nexpect = 'ordinary'\nfrom = 'gold'", text) == []


def test_roles_and_reasons_are_compared_where_they_are_given() -> None:
    given = "given = { kind = 'personal', aum = 10, deposits = 50 }\nexpect = 'mid'\n"
    assert failures(f"{given}roles = ['clerk']\nreasons = ['saver']") == []
    assert failures(f"{given}roles = []\nreasons = []") == [
        "expected roles none, got clerk",
        "expected reasons none, got saver",
    ]
    poor = given.replace("50", "49.99")
    assert failures(f"{poor}reasons = ['saver']") == ["expected reasons saver, got none"]


def test_a_level_that_came_out_otherwise_is_named() -> None:
    assert failures("given = { aum = 99_999.99 }\nexpect = 'gold'", ABC) == ["expected gold, came to ordinary"]
    assert failures("given = { kind = 'corporate' }\nexpect = 'low'") == ["expected low, came to out"]


def test_results_count_examples_by_file() -> None:
    two = ABC + "[[example]]\ngiven = { aum = 1 }\nexpect = 'ordinary'\n" * 2
    results = run_examples({"b.toml": two, "a.toml": THREE})
    assert [(result.file, result.name, result.number) for result in results] == [
        ("b.toml", "abc", 1),
        ("b.toml", "abc", 2),
    ]


def test_the_line_of_an_example_is_told_where_each_has_a_heading() -> None:
    inline = "example = [{ given = { aum = 1 }, expect = 'ordinary' }]\n" + ABC
    (result,) = run_examples({"f.toml": inline})
    assert str(result) == "f.toml: example 1: as expected"
