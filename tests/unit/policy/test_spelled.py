"""How a condition is told in an event: every name of ``[let]`` spelled out, figures as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.policy.loading import load_policies
from agents.policy_files import read_folder
from tests.unit.policy.signals_making import file_of, only, signal

LETS = """
[let]
line = 200_000
share = 0.25
rich = "aum >= line"
alias = "rich"
either = "rich or deposits >= 5"
aged = "coalesce(age, 0)"
limit = { by = "region", guangzhou = 200_000, otherwise = 300_000 }
risk = { score = { rich = 3, either = 1 } }
holder = { any = "account", that = "account_product == 'card'" }
low = { every = "account", where = "account_open", that = "account_balance < 100" }
"""

IN_WORDS = "for every account where account_open, of which there is one or more, account_balance is below 100"


def told(when: str) -> str:
    found = only(file_of(signal(when), LETS))
    assert found.when.text == when.strip()
    return found.when.spelled


@pytest.mark.parametrize(
    ("when", "spelled"),
    [
        ("aum >= 100_000", "aum >= 100_000"),
        ("rich", "aum >= 200_000"),
        ("alias", "aum >= 200_000"),
        ("not rich", "not (aum >= 200_000)"),
        ("either and alias", "((aum >= 200_000) or deposits >= 5) and (aum >= 200_000)"),
        ("wealth_share >= share", "wealth_share >= 0.25"),
        ("aged >= 60 or rich", "coalesce(age, 0) >= 60 or (aum >= 200_000)"),
        ("aum >= limit", "aum >= what region gives (200,000 for 'guangzhou', otherwise 300,000)"),
        ("risk >= 3", "the points (3 for rich: aum >= 200_000; 1 for either: (aum >= 200_000) or deposits >= 5) >= 3"),
        (
            "holder and low",
            f"for any account (account_product is 'card') and ({IN_WORDS})",
        ),
        ("aum >= 1\n  and rich", "aum >= 1\n  and (aum >= 200_000)"),
        ("region == 'ü' and rich", "region == 'ü' and (aum >= 200_000)"),
        ("region == 'rich'", "region == 'rich'"),
    ],
)
def test_names_of_let_are_spelled_out_and_all_else_is_as_written(when: str, spelled: str) -> None:
    assert told(when) == spelled


def test_a_date_that_has_a_name_is_spelled_out_in_its_window() -> None:
    found = only(
        file_of(signal(None, due_on='"birthday"', lead_days="7"), '[let]\nbirthday = "next_anniversary(birth_date)"')
    )
    assert found.when.spelled == "0 <= days_until(next_anniversary(birth_date)) <= 7"
    assert found.when.text == "0 <= days_until(birthday) <= 7"


def test_no_shipped_condition_is_told_with_a_name_that_only_its_file_knows() -> None:
    schemes, families = load_policies(read_folder(Path(__file__).parents[3] / "policies"))
    told = [(scheme.table.let, condition) for scheme in schemes for condition in scheme.conditions()]
    told += [
        (one.table.let, condition) for one in families for signal in one.signals for condition in signal.conditions()
    ]
    for lets, condition in told:
        words = {*re.findall(r"[a-z_0-9]+", re.sub(r"the points|\d for \w+:", "", condition.spelled))}
        assert not words & lets.keys(), condition.spelled
