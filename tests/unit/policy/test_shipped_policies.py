"""The policies that are shipped: no mistakes, every bound decided by the file's own examples, every figure with its source."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from agents.policy.compile import compile_policies
from agents.policy.examples import ExampleResult, run_examples
from agents.policy.explain import explain_policy
from agents.policy.findings import find_odd
from agents.policy.loading import TABLES, load_policies
from agents.policy.nodes import account_columns_of
from agents.policy.views import leading_roles, standing_views
from schemas.occasion_names import ITEMS
from schemas.state import Profile, Standing
from streams.rows import LookKind, Vocabulary
from tests.unit.policy.bounds import bounds, is_decided, signal_bounds
from tests.unit.policy.making import DAY, look, rows_of
from tests.unit.signals.making import Customer

FOLDER = Path(__file__).parents[3] / "policies"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
SCHEMES, FAMILIES = load_policies(FILES)
BY_NAME = {scheme.table.scheme: scheme for scheme in SCHEMES}
SIGNALS = {family.table.signals: family for family in FAMILIES}


@functools.cache
def all_results() -> list[ExampleResult]:
    return run_examples(FILES)


def failed(files: dict[str, str]) -> list[str]:
    return [str(result) for result in run_examples(files) if not result.passed]


def test_each_file_is_called_as_its_scheme_or_family_of_signals() -> None:
    assert sorted(FILES) == sorted([*(f"{name}.toml" for name in (*BY_NAME, *SIGNALS)), *TABLES])


@pytest.mark.parametrize("name", BY_NAME)
def test_every_example_of_a_shipped_policy_comes_out(name: str) -> None:
    file = f"{name}.toml"
    assert BY_NAME[name].table.example
    assert failed({file: FILES[file]}) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_each_bound_has_examples_at_just_below_and_just_above(name: str) -> None:
    scheme = BY_NAME[name]
    bare = [bound for bound in bounds(scheme) if not is_decided(bound, scheme.table.example)]
    assert [str(bound) for bound in bare] == []


def test_a_bound_without_its_examples_would_be_found() -> None:
    moved = FILES["abc_card.toml"].replace('enter = "aum >= 100_000"', 'enter = "aum >= 120_000"')
    (scheme,) = load_policies({"abc_card.toml": moved}).schemes
    bare = [str(bound) for bound in bounds(scheme) if not is_decided(bound, scheme.table.example)]
    assert bare == ["gold, in: aum >= ..."]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_level_and_class_is_come_to_by_an_example(name: str) -> None:
    table = BY_NAME[name].table
    names = {table.base, *(level.name for level in table.level), *(one.name for one in table.class_)}
    assert names <= {example.expect for example in table.example}


@pytest.mark.parametrize("name", BY_NAME)
def test_roles_reasons_and_routes_are_in_examples(name: str) -> None:
    table = BY_NAME[name].table
    told = {tuple(example.roles) for example in table.example if example.roles}
    reasons = {reason for example in table.example for reason in example.reasons or ()}
    for place in (*table.level, *table.class_):
        assert set(place.reasons) <= reasons
        for route in place.routes:
            assert tuple(route.roles) in told


@pytest.mark.parametrize("name", BY_NAME)
def test_each_file_says_where_its_figures_come_from_and_which_are_ours(name: str) -> None:
    table = BY_NAME[name].table
    assert table.title
    assert table.ours
    assert re.match(r"(S\d\d[a-d]?|W\d): ", table.source or "")
    assert all(place.title for place in (*table.level, *table.class_))


@pytest.mark.parametrize("name", SIGNALS)
def test_every_example_of_shipped_signals_comes_out(name: str) -> None:
    results = [result for result in all_results() if result.name == name]
    assert results
    assert [str(result) for result in results if not result.passed] == []


@pytest.mark.parametrize("name", SIGNALS)
def test_each_bound_of_a_signal_has_examples_at_just_below_and_just_above(name: str) -> None:
    family = SIGNALS[name]
    bare = [bound for bound in signal_bounds(family) if not is_decided(bound, family.table.example)]
    assert [str(bound) for bound in bare] == []


@pytest.mark.parametrize(
    ("before", "after", "bare"),
    [
        ("account_balance < 300", "account_balance < 301", ["sleep_account, when: account_balance < ..."]),
        ("active_days_3m < 3", "active_days_3m <= 3", ["inactive_customer, when: active_days_3m <= ..."]),
        ("tenure_days >= 90", "tenure_days >= 80", ["inactive_customer, when: tenure_days >= ..."]),
    ],
)
def test_a_bound_of_a_signal_without_its_examples_would_be_found(before: str, after: str, bare: list[str]) -> None:
    moved = FILES["dormancy.toml"].replace(before, after, 1)
    (family,) = load_policies({"dormancy.toml": moved}).families
    found = [str(bound) for bound in signal_bounds(family) if not is_decided(bound, family.table.example)]
    assert found == bare


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_is_raised_and_not_raised_and_each_severity_reached_in_examples(name: str) -> None:
    family = SIGNALS[name]
    for signal in family.signals:
        told = [signal.name in example.expect for example in family.table.example]
        assert any(told)
        assert not all(told)
        words = {severity.word for severity in signal.severities}
        reached = {example.severity.get(signal.name) for example in family.table.example}
        assert len(words) == 1 or words <= reached


@pytest.mark.parametrize("name", SIGNALS)
def test_each_family_says_where_its_figures_come_from_and_each_signal_what_to_do(name: str) -> None:
    table = SIGNALS[name].table
    assert table.title
    assert table.ours
    assert re.match(r"(S\d\d[a-d]?|W\d): ", table.source or "")
    assert all(signal.advice and signal.roles for signal in table.signal)


@pytest.mark.parametrize("name", SIGNALS)
def test_each_signal_tells_the_money_at_stake_and_what_it_read(name: str) -> None:
    family = SIGNALS[name]
    assert [signal.name for signal in family.signals if signal.value is None] == []
    for signal in family.signals:
        of_what = signal.table.on or signal.table.each in ITEMS  # an alert tells all names of its occasion or item
        assert of_what or signal.when.columns or account_columns_of(signal.when.node), signal.name


def test_each_rollover_of_a_day_is_told_with_what_was_rolled_over() -> None:
    customer = Customer(FILES["moments.toml"], FILES["value_stability.toml"])
    for amount, told, at_stake in (
        (10_000_00, ["+rollover"], 10_000),
        (9_999_99, [], None),
        (-1_000_000_00, ["+rollover high"], 1_000_000),
    ):
        assert customer.look(kind="personal", txn_kind="rollover", txn_amount=amount, deposits=77, aum=77) == told
        assert [alert.value_at_stake for alert in customer.alerts] == [at_stake] * len(told)


def test_the_shipped_policies_have_nothing_odd() -> None:
    assert [str(odd) for odd in find_odd(FILES)] == []


def test_the_shipped_policies_can_be_told_in_words() -> None:
    text = explain_policy(FILES)
    assert "enters when aum is above 2,000,000" in text
    assert "looked after by outlet_director, lobby_manager when aum is at least 47,500 and age is above 60" in text


def test_the_shipped_policies_know_what_money_costs_the_bank() -> None:
    assert len(compile_policies(FILES, Vocabulary()).rates.periods) == 1


def test_the_shipped_policies_know_when_customers_are_active() -> None:
    assert compile_policies(FILES, Vocabulary()).churn is not None


@pytest.mark.parametrize(
    ("kind", "leading"), [("personal", "boc_service"), ("corporate", "corp_plan"), ("institution", "corp_plan")]
)
def test_one_scheme_leads_the_routing_of_each_kind_of_customer(kind: str, leading: str) -> None:
    assert {name for name, scheme in BY_NAME.items() if scheme.table.primary} == {"boc_service", "corp_plan"}
    files = {name: FILES[name] for name in ("abc_card.toml", "boc_service.toml", "corp_plan.toml")}
    policies = compile_policies(files, Vocabulary())
    rows = rows_of(policies, {"kind": kind, "aum": 60_000_00, "age": 40})
    stands = {"boc_service": Standing(level="outlet_staff"), "corp_plan": Standing(level="sustained_contribution")}
    views = standing_views(policies, rows, 0, Profile(standings={leading: stands[leading]}))
    assert [view.scheme for view in views if view.primary and view.level is not None] == [leading]
    assert leading_roles(views) == (["outlet_staff"] if kind == "personal" else ["sub_branch"])


@pytest.mark.parametrize(
    ("left", "given", "reached", "suggested"),
    [
        ("outlet_staff", {"aum": 100_000_00, "age": 40}, "outlet_director", True),
        ("eligible", {"aum": 100_000_00, "age": 40}, "outlet_director", True),
        ("eligible", {"aum": 100_000_00, "age": 61}, "outlet_director", True),
        ("eligible", {"aum": 50_000_00, "age": 40}, "outlet_staff", False),  # the same people go on
        ("outlet_director", {"aum": 200_000_00, "age": 40}, "wealth_rm", False),
    ],
)
def test_who_rises_from_the_care_of_outlet_staff_is_referred_and_nobody_else(
    left: str, given: dict[str, object], reached: str, suggested: bool
) -> None:
    policies = compile_policies({"boc_service.toml": FILES["boc_service.toml"]}, Vocabulary())
    rows = rows_of(policies, {"kind": "personal", **given})
    profile = Profile(standings={"boc_service": Standing(level=left, since=DAY - 9)})
    seen = look(DAY, LookKind.DAY_CLOSE, "day_close")
    (change,) = policies.decide(seen, rows, 0, policies.masks(rows)[0], profile).tier_changes
    assert (change.from_, change.to, change.referral_suggested) == (left, reached, suggested)


NEGATIVE = FILES["negative_value.toml"]
NEGATIVE_RULES = NEGATIVE[: NEGATIVE.index("[[example]]")]
LOW = """
[[example.accounts]]
account_product = "deposit"
account_open = true
account_balance = 99
account_known_months = 60
account_last_activity_on = 2026-06-01
"""
FULL = LOW.replace("= 99", "= 9_000")
ASLEEP = LOW.replace("2026-06-01", "2020-06-01")
USED_CARD = """
[[example.accounts]]
account_product = "card"
account_open = true
account_known_months = 60
account_card_uses_6m = 50
account_card_spend_6m = 9_000
"""
IDLE_CARD = USED_CARD.replace("= 50", "= 11")


@pytest.mark.parametrize(
    ("switch", "accounts", "literal", "turned"),
    [
        ("require_low_use", [LOW, USED_CARD], "negative", "regular"),
        ("require_low_use", [LOW, IDLE_CARD], "negative", "negative"),
        ("any_account", [ASLEEP], "negative", "negative"),
        ("any_account", [ASLEEP, FULL], "regular", "negative"),
        ("any_account", [LOW, FULL, USED_CARD], "regular", "negative"),
        ("any_account", [FULL, USED_CARD], "regular", "regular"),
    ],
)
def test_the_switches_of_negative_value_choose_between_the_readings(
    switch: str, accounts: list[str], literal: str, turned: str
) -> None:
    off, on = f"{switch} = false", f"{switch} = true"
    assert off in NEGATIVE_RULES
    given = 'given = { kind = "personal", aum = 198, bad_credit_records = 0 }'
    for rules, expect in ((NEGATIVE_RULES, literal), (NEGATIVE_RULES.replace(off, on), turned)):
        example = f'[[example]]\n{given}\nexpect = "{expect}"\n'
        assert failed({"negative_value.toml": "".join([rules, example, *accounts])}) == []
