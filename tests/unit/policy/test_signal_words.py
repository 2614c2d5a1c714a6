from __future__ import annotations

import pytest

from agents.policy.explain import explain_policy
from agents.policy.findings import find_odd
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, signal

EXAMPLE = '[[example]]\nexpect = ["rich", "other"]\n'


def words(text: str, *others: str) -> list[str]:
    files = {f"f{place}.toml": one for place, one in enumerate((text, *others))}
    told = explain_policy(files).split("\n\n")[-1]
    return [line.strip() for line in told.partition("  Signals:\n")[2].partition("  Measures:")[0].splitlines()]


def odd(text: str) -> list[str]:
    found = [str(one).removeprefix("f.toml: ") for one in find_odd({"f.toml": text})]
    return [one for one in found if "no example" not in one]


def test_a_family_is_told_with_its_head_its_signals_and_its_measures() -> None:
    head = (
        'title = "Rich ones"\nsource = "S1"\nours = "all"\napplies_to = "age >= 18"\n[calendar]\npay = [2026-01-01]\n'
    )
    text = explain_policy(
        {"f.toml": file_of(signal("aum > next_one", where="'age < 30'"), head + "[let]\nnext_one = 5")}
    )
    assert text.splitlines() == [
        "family (f.toml): Rich ones",
        "  Source: S1",
        "  Ours: all",
        "  Who: age is at least 18",
        "  Dates: next_pay is the first of 1 that is today or later",
        "  Signals:",
        "    rich: T",
        "      where age is below 30",
        "      raised when aum is above 5",
        "      cleared when that holds no longer",
        "      checked at each event and each close of a day",
        "      severity medium",
        "  Measures:",
        "    age: Whole years since birth_date; who was born on 29 February is a year older on the 28th.",
        "    aum: Deposit plus wealth balances now, whatever counts_in_aum says of an account.",
    ]


def test_all_keys_of_a_signal_are_told() -> None:
    more = {
        "clear": "'account_balance >= 400'",
        "each": "'account'",
        "check": "'month_close'",
        "severity": "{ high = 'aum > 9', low = 'aum > 3', otherwise = 'none' }",
        "value": "'account_balance'",
        "cooldown_days": "30",
        "inhibited_by": "['other']",
        "for_levels": "{ abc = ['gold', 'ordinary'] }",
        "carry": "['label_risk_level', 'loans']",
        "advice": "'Call'",
        "roles": "['rm', 'clerk']",
    }
    assert words(file_of(signal("account_balance < 300", **more) + signal(name="other")), ABC)[:13] == [
        "rich: T (one for each account)",
        "raised when account_balance is below 300",
        "cleared when account_balance is at least 400",
        "checked at each close of a month",
        "severity high when aum is above 9; low when aum is above 3; otherwise none",
        "at stake: account_balance",
        "only for customers at gold or ordinary of abc",
        "held back while one of these is raised: other",
        "held back for 30 days after the one before was sent",
        "brings along: label_risk_level, loans",
        "advice: Call",
        "acted on by rm, clerk",
        "other: T",
    ]


def test_a_dated_signal_tells_its_lead_and_a_one_shot_its_occasion() -> None:
    dated = file_of(signal(None, due_on="'birth_date'", lead_days="7"))
    assert words(dated)[1:4] == [
        "due on birth_date: raised 7 days before, cleared after it, once for each date",
        "raised when days until birth_date is at most 7 and days until birth_date is at least 0",
        "checked at each close of a day",
    ]
    assert "raised on the day itself" in words(dated.replace("lead_days = 7", ""))[1]
    assert "raised 1 day before" in words(dated.replace("= 7", "= 1"))[1]
    shot = file_of(signal("txn_kind == 'rollover'", on="'transaction'", cooldown_days="5"))
    assert words(shot)[1:] == [
        "told once at each transaction for which txn_kind is 'rollover'",
        "severity medium",
        "dropped for 5 days after the one before was sent",
    ]
    assert "    txn_kind: Its kind, such as rollover." in explain_policy({"f.toml": shot})


@pytest.mark.parametrize(
    ("signals", "found"),
    [
        (signal(), []),
        (signal(clear="'aum < 90'"), []),
        (signal(clear="'aum <= 100'"), ["signal.rich.clear: can hold while when holds: both do with aum = 100"]),
        (signal(clear="'aum > 50'"), ["signal.rich.clear: holds wherever when does: it ends nothing before when does not hold any more"]),
        (signal("aum >= 50 and loans > 0", clear="'aum < 75'"), ["signal.rich.clear: can hold while when holds: both allow aum = 50"]),
        (signal("aum >= 50 and loans > 0", clear="'aum < 50'"), []),
        (signal("aum >= 50 and loans > 0", clear="'age < 5'"), []),
        (signal("outflow_30d >= 50 and outflow_7d >= 80", clear="'outflow_30d < 75'"), []),
        (
            signal("months_since(account_last_activity_on) >= 6 and account_balance < 1_000", each="'account'", clear="'account_balance >= 500'"),
            ["signal.rich.clear: can hold while when holds: both allow account_balance = 500"],
        ),
        (signal(clear="'aum > 500 and aum < 400'"), ["signal.rich.clear: can never hold: its bounds contradict each other, and the alert is never cleared"]),
        (signal(None, due_on="'birth_date'"), ["signal.rich.due_on: birth_date is past once it is known: next_anniversary(birth_date) is the day to come"]),
        (signal(None, due_on="'months_after(birth_date, 9)'"), []),
        (signal(None, due_on="'next_anniversary(birth_date)'", lead_days="364"), []),
        (
            signal(None, due_on="'next_anniversary(birth_date)'", lead_days="365"),
            ["signal.rich.lead_days: raised on every day: the next anniversary is never more than 365 days ahead"],
        ),
        (
            signal(None, each="'relative'", due_on="'relative_next_on'", lead_days="400"),
            ["signal.rich.lead_days: raised on every day: the next anniversary is never more than 365 days ahead"],
        ),
        (signal("wealth_share >= 60"), ["signal.rich.when: compares wealth_share with 60, which is 6,000 %: 60 % is 0.60"]),
        (signal("aum > 3 and aum < 2"), ["signal.rich.when: can never hold: its bounds contradict each other"]),
        (signal("aum > 3", where="'aum < 2'"), ["signal.rich.when: can never hold: its bounds contradict each other"]),
        (signal(severity="{ high = 'age > 9', dire = 'age > 20', otherwise = 'low' }"), ["signal.rich.severity.dire: never reached: it is high wherever this holds"]),
        (signal(severity="{ dire = 'age > 20', high = 'age > 9', otherwise = 'low' }"), []),
        (signal(severity="{ high = 'age > 9 and age < 3', otherwise = 'low' }"), ["signal.rich.severity.high: can never hold: its bounds contradict each other"]),
    ],
)  # fmt: skip
def test_what_is_odd_in_signals_is_found(signals: str, found: list[str]) -> None:
    assert odd(file_of(signals)) == found


def test_names_that_no_signal_reads_are_found() -> None:
    lets = "[let]\na = 'aum > 1'\nb = 1\nc = 2\nd = 'aum'\ne = 'aum > 3'\nf = 'age > 1'\ng = 'birth_date'\n[calendar]\nday = [2026-01-01]"
    used = signal("a", where="c < aum", value="'d'", severity="{ high = 'e', otherwise = 'low' }")
    used += signal(None, name="other", due_on="'next_anniversary(g)'")
    assert odd(file_of(used.replace("c < aum", "'c < aum'"), f"applies_to = 'f'\n{lets}")) == [
        "let.b: nothing reads it",
        "calendar.day: nothing reads next_day",
    ]


def test_a_signal_without_an_example_is_found() -> None:
    text = file_of(signal() + signal(name="third"))
    assert [str(one) for one in find_odd({"f.toml": text + "[[example]]\nexpect = ['rich']\n"})] == [
        "f.toml: signal.third: no example expects it"
    ]


def test_a_signal_of_anniversaries_tells_from_when_the_years_are_counted() -> None:
    told = words(file_of(signal(check="'anniversary'")))
    assert "checked at the close of each day that is whole years after the customer was first seen" in told
