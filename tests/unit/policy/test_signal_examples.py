from __future__ import annotations

from agents.policy.examples import run_examples
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, signal


def failures(signals: str, example: str, head: str = "") -> list[str]:
    """What came out otherwise; why is tested with the reasons."""
    text = file_of(signals, head) + f"[[example]]\n{example}\n"
    (result,) = run_examples({"f.toml": text, "abc.toml": ABC})
    assert result.name == "family"
    return [failure.partition("; ")[0] for failure in result.failures]


def test_the_signals_raised_are_those_expected_and_no_others() -> None:
    two = signal() + signal("age > 60", name="old")
    assert failures(two, "given = { aum = 100, age = 61 }\nexpect = ['old', 'rich']") == []
    assert failures(two, "given = { aum = 99.99, age = 60 }\nexpect = []") == []
    assert failures(two, "given = { aum = 100, age = 60 }\nexpect = ['old']") == ["expected old, raised rich"]
    assert failures(two, "given = { aum = 100, age = 61 }\nexpect = ['old']") == ["expected old, raised old, rich"]
    assert failures(two, "expect = ['old']") == ["expected old, raised none"]


def test_what_was_raised_stays_until_clear_holds() -> None:
    slow = signal(clear="'aum < 90'")
    assert failures(slow, "given = { aum = 90 }\nraised = ['rich']\nexpect = ['rich']") == []
    assert failures(slow, "given = { aum = 89.99 }\nraised = ['rich']\nexpect = []") == []
    assert failures(slow, "given = { aum = 90 }\nexpect = []") == []
    assert failures(slow, "raised = ['rich']\nexpect = ['rich']") == []
    assert failures(slow, "raised = ['rich']\ngiven = { age = 1 }\nexpect = []", 'applies_to = "age > 1"') == []


def test_what_was_raised_stays_while_when_holds_even_where_clear_does() -> None:
    wide = signal(clear="'aum >= 50'")
    assert failures(wide, "given = { aum = 100 }\nraised = ['rich']\nexpect = ['rich']") == []
    assert failures(wide, "given = { aum = 99 }\nraised = ['rich']\nexpect = []") == []
    text = file_of(wide) + "[[example]]\ngiven = { aum = 100 }\nraised = ['rich']\nexpect = []\n"
    (result,) = run_examples({"f.toml": text, "abc.toml": ABC})
    assert result.failures[0].endswith(
        "expected none, raised rich; signal.rich.when holds: aum is at least 100 (aum is 100)"
    )


def test_without_clear_it_stays_unless_when_is_certain_to_be_false() -> None:
    assert failures(signal(), "raised = ['rich']\nexpect = ['rich']") == []
    assert failures(signal(), "given = { aum = 99 }\nraised = ['rich']\nexpect = []") == []


def test_one_account_is_enough_and_the_worst_severity_is_told() -> None:
    severity = "{ high = 'account_balance < 10', otherwise = 'low' }"
    each = signal("account_balance < 300 and aum < 5", each="'account'", severity=severity)
    poor = "given = { aum = 1 }\naccounts = [{ account_balance = 299 }, { account_balance = 9 }]\nexpect = ['rich']\n"
    assert failures(each, f"{poor}severity = {{ rich = 'high' }}") == []
    assert failures(each, f"{poor.replace('= 9 }', '= 10 }')}severity = {{ rich = 'low' }}") == []
    assert failures(each, f"{poor}severity = {{ rich = 'low' }}") == ["expected rich to be low, it is high"]
    assert failures(each, "given = { aum = 1 }\naccounts = [{ account_balance = 300 }]\nexpect = []") == []
    assert failures(each, "given = { aum = 1 }\nexpect = []") == []


def test_items_are_given_by_their_names_each_to_the_signals_for_them() -> None:
    duties = signal("duty_missing > 0 and aum > 1", each="'duty'")
    dates = signal(None, "date", each="'relative'", due_on="'relative_next_on'", lead_days="14")
    given = "given = { aum = 2, today = 2026-06-16 }\n"
    one = "items = [{ duty_role = 'rm', duty_missing = 1 }, { relative_next_on = 2026-06-30 }]\n"
    assert failures(duties + dates, f"{given}{one}expect = ['rich', 'date']") == []
    assert failures(duties + dates, f"{given}{one.replace('-30', '-15')}expect = ['rich']") == []
    assert failures(duties + dates, f"{given}{one.replace('-30', '-16')}expect = ['rich', 'date']") == []
    assert failures(duties + dates, f"{given.replace('-16', '-15')}{one}expect = ['rich']") == []


def test_a_one_shot_is_looked_at_where_its_occasion_is_given() -> None:
    shots = signal("aum > 1", on="'transaction'") + signal("aum > 1", "called", on="'interaction'")
    assert failures(shots, "given = { aum = 2 }\nexpect = []") == []
    assert failures(shots, "given = { aum = 2, txn_kind = 'fee' }\nexpect = ['rich']") == []
    assert failures(shots, "given = { aum = 2, interaction_role = 'rm' }\nraised = ['rich']\nexpect = ['called']") == []


def test_the_customer_must_stand_at_one_of_the_levels() -> None:
    gold = signal(for_levels="{ abc = ['gold'] }")
    assert failures(gold, "given = { aum = 100 }\nlevels = { abc = 'gold' }\nexpect = ['rich']") == []
    assert failures(gold, "given = { aum = 100 }\nlevels = { abc = 'ordinary' }\nexpect = []") == []
    assert failures(gold, "given = { aum = 100 }\nexpect = []") == []


def test_scores_make_severities() -> None:
    lets = "[let]\na = 'aum > 1'\nb = 'age > 1'\nrisk = { score = { a = 40, b = 30 } }"
    risk = signal("risk >= 40", severity="{ high = 'risk >= 70', otherwise = 'low' }")
    assert failures(risk, "given = { aum = 2 }\nexpect = ['rich']\nseverity = { rich = 'low' }", lets) == []
    assert failures(risk, "given = { aum = 2, age = 2 }\nexpect = ['rich']\nseverity = { rich = 'high' }", lets) == []


def test_examples_of_a_signal_of_anniversaries_are_looked_at_on_one() -> None:
    yearly = signal(check="'anniversary'")
    assert failures(yearly, "given = { aum = 100 }\nexpect = ['rich']") == []
    assert failures(yearly, "given = { aum = 99.99 }\nraised = ['rich']\nexpect = []") == []
    assert failures(yearly, "given = { aum = 100, days_known = 3 }\nexpect = []") == ["expected none, raised rich"]
