"""What [let] may hold besides numbers and conditions: lookups, scores, conditions on accounts; and dates of a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from agents.policy.compile import compile_policies
from agents.policy.decider import CompiledPolicies
from agents.policy.exact import ExactRow
from agents.policy.explain import explain_policy
from agents.policy.mistakes import PolicyError
from streams.calendar import number_of
from streams.rows import UNKNOWN, AccountRows, Rows, Vocabulary
from tests.unit.policy.making import DAY, compiled, enter_bits, rows_of

LINES = 'line = { by = "region", guangzhou = 200_000, shenzhen = "100_000.005", otherwise = 300_000 }'


def with_let(let: str, enter: str, head: str = "") -> str:
    return f'scheme = "s"\nbase = "low"\n{head}\n[let]\n{let}\n[[level]]\nname = "high"\nenter = "{enter}"\n'


def truths(policies: CompiledPolicies, rows: Rows) -> list[bool | None]:
    """What ``enter`` comes to on each row, vectorised; the exact evaluation must say the same."""
    enter = enter_bits(policies)
    masks = policies.masks(rows)
    found = [None if int(mask[0]) & enter.unknown else bool(int(mask[0]) & enter.true) for mask in masks]
    node = policies.schemes[0].rules.levels[0].enter.node
    assert found == [ExactRow(rows, row, policies.vocabulary).value(node) for row in range(len(rows))]
    return found


def of(let: str, enter: str, *given: Mapping[str, object], head: str = "", as_of: int = DAY) -> list[bool | None]:
    policies = compiled(with_let(let, enter, head))
    return truths(policies, rows_of(policies, *given, as_of=as_of))


def mistakes(let: str, enter: str = "aum >= 1", head: str = "") -> list[str]:
    with pytest.raises(PolicyError) as raised:
        compile_policies({"s.toml": with_let(let, enter, head)}, Vocabulary())
    return [str(mistake).removeprefix("s.toml: ") for mistake in raised.value.mistakes]


@pytest.mark.parametrize(
    ("region", "line"), [("guangzhou", 20_000_000), ("shenzhen", 10_000_000), ("zibo", 30_000_000)]
)
def test_a_lookup_gives_each_text_its_own_line_rounded_once_to_minor_units(region: str, line: int) -> None:
    given = [{"region": region, "deposits": amount} for amount in (line - 1, line, line + 1)]
    assert of(LINES, "deposits >= line", *given) == [False, True, True]


def test_a_lookup_of_an_average_is_compared_exactly() -> None:
    given = [{"region": "guangzhou", "deposits_avg_90d": (20_000_000 * 90 + more, 90)} for more in (-1, 0)]
    assert of(LINES, "deposits_avg_90d >= line", *given) == [False, True]


def test_a_lookup_by_something_unknown_is_unknown_and_moves_nobody() -> None:
    assert of(LINES, "deposits >= line", {"deposits": 10**12}, {"deposits": 0}) == [None, None]
    told = LINES.replace('"region"', "\"coalesce(region, 'elsewhere')\"")
    assert of(told, "deposits >= line", {"deposits": 29_999_999}, {"deposits": 30_000_000}) == [False, True]


def test_without_otherwise_another_text_is_unknown() -> None:
    only = 'line = { by = "region", guangzhou = 200_000 }'
    assert of(only, "deposits >= line", {"region": "zibo", "deposits": 10**12}) == [None]


def test_a_part_of_a_lookup_is_a_line_too() -> None:
    given = [{"region": "guangzhou", "deposits": amount} for amount in (18_999_999, 19_000_000)]
    assert of(LINES, "deposits >= 0.95 * line", *given) == [False, True]
    assert of(LINES, "deposits - line >= 0", *given, {"region": "guangzhou", "deposits": 20_000_000}) == [
        False,
        False,
        True,
    ]


def test_a_lookup_may_give_values_of_measures() -> None:
    held = 'held = { by = "kind", personal = "aum", otherwise = "deposits + margin" }'
    given = [
        {"kind": "personal", "aum": 500, "deposits": 0, "margin": 0},
        {"kind": "corporate", "aum": 0, "deposits": 200, "margin": 300},
        {"kind": "corporate", "aum": 500, "deposits": 200, "margin": None},
    ]
    assert of(held, "held >= 5", *given) == [True, True, None]


def test_a_lookup_of_ratios_keeps_their_decimals() -> None:
    least = 'least = { by = "region", guangzhou = 0.6, otherwise = 0.25 }'
    given = [{"region": "guangzhou", "settlement_share": share} for share in (599_999, 600_000)]
    assert of(least, "settlement_share >= least", *given) == [False, True]


@pytest.mark.parametrize(
    ("let", "told"),
    [
        ('a = { by = "aum", x = 1 }', 'let.a.by = "aum": expected a fact that is a text, such as by = "region"'),
        ('a = { by = "region" }', 'let.a = { by = "region" }: expected at least one case, such as guangzhou = 200_000'),
        ('a = { by = "region", x = true }', "let.a.x = true: expected a number, or a value in quotes that is one"),
        (
            'a = { by = "region", x = "aum", y = "days_known" }',
            'let.a = { by = "region", x = "aum", y = "days_known" }: expected values of one type, like the first (money)',
        ),
        (
            'a = { by = "kind", persona = 1 }',
            "let.a.persona: expected one of personal, corporate, institution; did you mean personal?",
        ),
        (
            "a = { score = {} }",
            "let.a = { score = {} }: expected points by the names of conditions: { score = { large_outflow = 30 } }",
        ),
        ("a = { score = { b = 3 } }", "let.a.score.b = 3: expected the name of a condition in [let]"),
        (
            'b = "aum"\na = { score = { b = 3 } }',
            "let.a.score.b = 3: expected the name of a condition in [let] that can be read",
        ),
        (
            'b = "aum > 1"\na = { score = { b = 0.5 } }',
            "let.a.score.b = 0.5: expected a whole number of points up to 1,000,000",
        ),
        ('a = { any = "card", that = "aum > 1" }', 'let.a.any = "card": expected "account"'),
        ('a = { any = "account" }', "let.a.that: expected a condition on one account, in quotes"),
        (
            'a = { any = "account", that = "aum > 1" }',
            'let.a.that = "aum > 1": expected a measure of accounts, such as account_balance',
        ),
        (
            'a = { any = "account", that = "account_balance" }',
            'let.a.that = "account_balance": expected a condition, true or false; this is a value of type money: compare it',
        ),
        (
            'a = { any = "account", that = "account_open" , when = "x" }',
            'let.a.when = "x": expected one of the keys any, that, where',
        ),
        (
            'b = { any = "account", that = "account_open" }\na = { any = "account", that = "b and account_open" }',
            'let.a.that = "b and account_open": expected no condition on other accounts inside',
        ),
    ],
)
def test_a_table_of_let_that_is_wrong_is_told_in_words(let: str, told: str) -> None:
    assert told in mistakes(let)


def test_a_measure_of_accounts_needs_a_quantifier() -> None:
    expected = "account_balance inside a condition on any or every account"
    (told,) = mistakes("", "account_balance >= 1")
    assert told.startswith(f'level.high.enter = "account_balance >= 1": expected {expected}')
    (told,) = mistakes('small = "account_balance < 1"', "small and aum >= 1")
    assert f"expected {expected}" in told


SCORE = """
leaving = "outflow_30d >= 100"
quiet = "days_since_activity >= 30"
poor = "aum < 10"
risk = { score = { leaving = 30, quiet = 20, poor = -5 } }
"""


def test_a_score_adds_the_points_of_what_holds() -> None:
    given = [
        {"outflow_30d": 10_000, "days_since_activity": 30, "aum": 1_000},
        {"outflow_30d": 10_000, "days_since_activity": 30, "aum": 999},
        {"outflow_30d": 9_999, "days_since_activity": 30, "aum": 1_000},
    ]
    assert of(SCORE, "risk >= 50", *given) == [True, False, False]
    assert of(SCORE, "risk >= 45", *given) == [True, True, False]
    assert of(SCORE, "risk == 20", *given) == [False, False, True]


def test_something_unknown_gives_no_points() -> None:
    assert of(SCORE, "risk >= 30", {"outflow_30d": 10_000}, {"days_since_activity": 99}) == [True, False]


def accounts(policies: CompiledPolicies, rows: Rows, *owned: Sequence[Mapping[str, object]]) -> Rows:
    """``rows`` with the accounts of each customer."""
    flat = [(owner, account) for owner, each in enumerate(owned) for account in each]
    values = np.full((len(policies.account_columns), len(flat)), UNKNOWN, np.int64)
    for place, (_, account) in enumerate(flat):
        for column, name in enumerate(policies.account_columns):
            value = account.get(name)
            if value is not None:
                values[column, place] = policies.vocabulary.code(value) if isinstance(value, str) else int(value)  # type: ignore[call-overload]
    owner = np.array([owner for owner, _ in flat], np.int64)
    rows.accounts = AccountRows(policies.account_columns, owner, values)
    return rows


def over(let: str, *owned: Sequence[Mapping[str, object]], enter: str = "small") -> list[bool | None]:
    policies = compiled(with_let(let, enter))
    return truths(policies, accounts(policies, rows_of(policies, *({"aum": 100} for _ in owned)), *owned))


SMALL, LARGE, OPAQUE = {"account_balance": 29_999}, {"account_balance": 30_000}, {"account_balance": None}
CASES: list[Sequence[Mapping[str, object]]] = [
    [],
    [SMALL],
    [LARGE],
    [SMALL, LARGE],
    [LARGE, SMALL, SMALL],
    [OPAQUE],
    [OPAQUE, SMALL],
    [LARGE, OPAQUE],
    [],
]


def test_any_account_needs_one_and_over_none_is_false() -> None:
    let = 'small = { any = "account", that = "account_balance < 300" }'
    assert over(let, *CASES) == [False, True, False, True, True, None, True, None, False]


def test_every_account_needs_all_and_over_none_is_false() -> None:
    let = 'small = { every = "account", that = "account_balance < 300" }'
    assert over(let, *CASES) == [False, True, False, False, False, None, None, False, False]


def test_where_says_which_accounts_are_meant() -> None:
    gone = {"account_balance": 1, "account_open": 0}
    low, high = {"account_balance": 1, "account_open": 1}, {"account_balance": 50_000, "account_open": 1}
    owned: list[Sequence[Mapping[str, object]]] = [[gone], [gone, low], [gone, high], [low, high], []]
    every = 'small = { every = "account", where = "account_open", that = "account_balance < 300" }'
    assert over(every, *owned) == [False, True, False, False, False]
    some = every.replace("every", "any")
    assert over(some, *owned) == [False, True, False, True, False]


def test_an_account_may_be_compared_with_its_customer_and_with_today() -> None:
    let = 'small = { any = "account", that = "2 * account_balance > aum and account_matures_on >= today" }'
    owned = [
        [{"account_balance": 51, "account_matures_on": DAY}],
        [{"account_balance": 50, "account_matures_on": DAY}],
        [{"account_balance": 51, "account_matures_on": DAY - 1}],
    ]
    assert over(let, *owned) == [True, False, False]


def test_conditions_on_accounts_join_with_those_on_the_customer() -> None:
    let = 'few = { every = "account", that = "account_balance < 300" }'
    assert over(let, [SMALL], [LARGE], enter="few and not (aum >= 2)") == [True, False]
    assert over(let, [SMALL], [LARGE], enter="aum >= 1 and not few") == [False, True]


def test_rows_without_their_accounts_are_refused() -> None:
    policies = compiled(with_let('few = { any = "account", that = "account_open" }', "few"))
    assert policies.account_columns == ("account_open",)
    with pytest.raises(ValueError, match="carry no accounts"):
        policies.masks(rows_of(policies, {}))


CALENDAR = "[calendar]\npayday = [2024-10-15, 2024-09-15, '2024-11-15']\n"


@pytest.mark.parametrize(
    ("date", "days"),
    [("2024-09-14", 1), ("2024-09-15", 0), ("2024-09-16", 29), ("2024-11-15", 0), ("2024-11-16", None)],
)
def test_a_calendar_gives_the_next_of_its_dates_today_included(date: str, days: int | None) -> None:
    today = number_of(dt.date.fromisoformat(date))
    found = of("", f"days_until(next_payday) == {days or 0}", {}, head=CALENDAR, as_of=today)
    assert found == [None if days is None else True]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("[calendar]\npayday = [3]", "calendar.payday = 3: expected a date, such as 1990-05-17"),
        ("[calendar]\npayday = []", "calendar.payday: expected at least one date"),
        ("[calendar]\nPayday = [2024-01-01]", "calendar = "),
    ],
)
def test_a_calendar_that_is_wrong_is_told_in_words(head: str, told: str) -> None:
    assert any(mistake.startswith(told) for mistake in mistakes("", head=head))


def test_a_let_may_not_hide_a_date_of_the_calendar() -> None:
    (told,) = mistakes("next_payday = 3", head=CALENDAR)
    assert told == "let.next_payday = 3: expected a name that [calendar] does not give already"


def test_the_tables_can_be_read_aloud() -> None:
    lets = f'{LINES}\n{SCORE}\nfew = {{ every = "account", that = "account_balance < 300" }}'
    text = explain_policy({"s.toml": with_let(lets, "deposits >= line and risk < 50 and few", CALENDAR)})
    words = (
        "deposits is at least what region gives (200,000 for 'guangzhou', 100,000 for 'shenzhen', otherwise 300,000) "
        "and the points (30 for leaving, 20 for quiet, -5 for poor) is below 50 "
        "and for every account (account_balance is below 300)"
    )
    assert words in text
    assert "Dates: next_payday is the first of 3 that is today or later" in text
