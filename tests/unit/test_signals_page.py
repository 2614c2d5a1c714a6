from __future__ import annotations

import re

import pytest

from agents.made_tables import ROOT
from agents.policy.loading import Policies, load_policies
from agents.policy.signals import Family, Signal
from agents.policy_files import read_folder
from agents.signals_page import render
from tests.unit.policy.signals_making import file_of, signal

SHIPPED = load_policies(read_folder(ROOT / "policies"))
OF_TIERS = {"tier.at_risk", "tier.secured", "tier.near"}
CELLS = 8


def rows(text: str) -> dict[str, list[str]]:
    """Cells of the lines of all tables, by signal."""
    lines = [line.removeprefix("| ").removesuffix(" |") for line in text.splitlines() if line.startswith("| `")]
    cells = [re.split(r" (?<!\\)\| ", line) for line in lines]
    return {line[0].strip("`"): line for line in cells}


def family_of(signal: Signal) -> Family:
    return next(family for family in SHIPPED.families if signal in family.signals)


def test_every_signal_has_one_whole_line_and_no_other_has() -> None:
    told = rows(render(SHIPPED))
    assert told.keys() == {signal.name for signal in SHIPPED.signals} | OF_TIERS
    assert {len(cells) for cells in told.values()} == {CELLS}


@pytest.mark.parametrize("signal", SHIPPED.signals, ids=lambda signal: signal.name)
def test_every_signal_that_is_shipped_says_who_acts_how_and_where_it_comes_from(signal: Signal) -> None:
    table, of_file = signal.table, family_of(signal).table.source
    assert table.roles
    assert table.advice
    assert table.source
    assert of_file is not None
    assert re.search(rf"\b{table.source}\b", of_file), "the file's source does not tell of that row"


def test_a_line_tells_the_rule_the_time_the_money_and_the_severity() -> None:
    told = rows(render(SHIPPED))
    meaning, rule, when, acts, at_stake, severity, source = told["sleep_account"][1:]
    assert meaning.startswith("An account asleep: ")
    assert meaning.endswith(" (for each account)")
    assert rule.startswith(
        "where account_open and account_product is one of 'deposit', 'wealth', 'margin'; whole months"
    )
    assert rule.endswith(" is at least 6 and account_balance is below 300")
    assert acts.startswith("outlet_staff: Ask whether the account is still wanted")
    assert (when, at_stake, severity, source) == ("at the day's close", "account_balance", "low", "S07c")


def test_lines_tell_dates_one_shots_levels_and_what_holds_back() -> None:
    told = rows(render(SHIPPED))
    assert told["birthday"][2:4] == [
        "due on the next anniversary of birth_date; at vip or potential of `value_stability`",
        "7 days before",
    ]
    assert told["product_enquiry"][3] == "at the interaction, once"
    assert told["idle_cash"][2].endswith(
        "; until demand_lowest_30d is below 900,000; not within 30 days of the one before"
    )
    assert "; not while `sleep_account`" in told["nearing_dormancy"][2]
    assert told["risk_threshold"][6] == "critical where risk_score is at least 800; otherwise high"


def test_signals_of_tiers_name_the_schemes_that_have_them() -> None:
    told = rows(render(SHIPPED))
    for scheme in SHIPPED.schemes:
        name, falling = f"`{scheme.table.scheme}`", scheme.table.falling
        graced = bool(scheme.levels) and bool(falling.grace_days or falling.grace_months)
        assert (name in told["tier.at_risk"][2]) == graced, name
        assert (name in told["tier.near"][2]) == (scheme.table.near is not None), name


def test_a_signal_of_anniversaries_tells_of_the_years_close() -> None:
    yearly = load_policies({"f.toml": file_of(signal(check="'anniversary'"))})
    assert rows(render(yearly))["rich"][3] == "at the close of each year since the customer was first seen"


def test_without_policies_only_the_signals_of_tiers_are_told() -> None:
    assert rows(render(Policies((), ()))).keys() == OF_TIERS
