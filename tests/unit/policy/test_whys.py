"""What a failing example says of the conditions that decided, with their figures."""

from __future__ import annotations

import pytest

from agents.policy.examples import run_examples
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, signal

LEVELS = """
scheme = "f"
base = "low"
applies_to = "kind == 'personal' and age >= 18"
[let]
line = { by = "region", north = 200, otherwise = 300 }
saver = "deposits >= 50"
[[level]]
name = "mid"
enter = "aum_avg_90d >= line"
stay = "aum_avg_90d >= 0.5 * line"
roles = ["clerk"]
routes = [{ when = "days_since(opened_on) < 10", roles = ["greeter"] }]
reasons = ["saver"]
[[level]]
name = "top"
enter = "aum_avg_90d >= 1_000 and (owner_leaving or not known(sex))"
"""
CLASSES = """
scheme = "f"
base = "rest"
[[class]]
name = "big"
when = "aum >= 100"
keep = "aum >= 90"
[[class]]
name = "busy"
when = "accounts_open >= 3"
"""
MATRIX = """
scheme = "f"
base = "poor"
[[axis]]
name = "money"
base = "low"
[[axis.level]]
name = "high"
enter = "aum >= 100"
[[class]]
name = "rich"
at = { money = "high" }
[[class]]
name = "poor"
at = { money = "low" }
"""
ADULT = "kind = 'personal', age = 18"
LINE = "what region gives (200 for 'north', otherwise 300)"


def whys(text: str, example: str) -> list[str]:
    """What follows on what came out otherwise."""
    (result,) = run_examples({"f.toml": f"{text}\n[[example]]\n{example}\n", "abc.toml": ABC})
    return [failure.partition("; ")[2] for failure in result.failures]


@pytest.mark.parametrize(
    ("text", "example", "expected"),
    [
        (
            LEVELS,
            "given = { kind = 'personal', aum_avg_90d = 500 }\nexpect = 'mid'",
            "applies_to is unknown: age is at least 18 (age is not given)",
        ),
        (
            LEVELS,
            "given = { kind = 'corporate', age = 17 }\nexpect = 'low'",
            "applies_to does not hold: kind is 'personal' (kind is 'corporate'), age is at least 18 (age is 17)",
        ),
        (
            LEVELS,
            f"given = {{ {ADULT} }}\nexpect = 'out'",
            "applies_to holds: kind is 'personal' (kind is 'personal'), age is at least 18 (age is 18)",
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, region = 'north', aum_avg_90d = 199.99 }}\nexpect = 'mid'",
            f"level.mid.enter does not hold: aum_avg_90d is at least {LINE} (aum_avg_90d is 199.99, region is 'north')",
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, region = 'north', aum_avg_90d = 99 }}\nfrom = 'mid'\nexpect = 'mid'",
            (f"level.mid.enter does not hold: aum_avg_90d is at least {LINE} (aum_avg_90d is 99, region is 'north'); "
            f"level.mid.stay does not hold: aum_avg_90d is at least (0.50 times {LINE}) "
            "(aum_avg_90d is 99, region is 'north')"),
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, region = 'south', aum_avg_90d = 150 }}\nfrom = 'mid'\nexpect = 'low'",
            (f"level.mid.stay holds: aum_avg_90d is at least (0.50 times {LINE}) "
            "(aum_avg_90d is 150, region is 'south')"),
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, aum_avg_90d = 1_000, sex = 'female', owner_leaving = false }}\nexpect = 'top'",
            "level.top.enter does not hold: owner_leaving (owner_leaving is False), sex is unknown (sex is 'female')",
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, aum_avg_90d = 1_000, sex = 'female', owner_leaving = true }}\nexpect = 'low'",
            ("level.top.enter holds: aum_avg_90d is at least 1,000 (aum_avg_90d is 1,000), "
            "owner_leaving (owner_leaving is True)"),
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, sex = 'male' }}\nfrom = 'top'\nexpect = 'low'",
            ("level.top.enter is unknown: aum_avg_90d is at least 1,000 (aum_avg_90d is not given), "
            "owner_leaving (owner_leaving is not given), sex is unknown (sex is 'male')"),
        ),
        (
            LEVELS,
            (f"given = {{ {ADULT}, region = 'north', aum_avg_90d = 200, opened_on = 2026-06-20 }}\n"
            "expect = 'mid'\nroles = ['greeter']"),
            ("level.mid.routes.1.when does not hold: days since opened_on is below 10 "
            "(opened_on is 2026-06-20, today is 2026-06-30)"),
        ),
        (
            LEVELS,
            f"given = {{ {ADULT}, region = 'north', aum_avg_90d = 200 }}\nexpect = 'mid'\nreasons = ['saver']",
            "let.saver is unknown: deposits is at least 50 (deposits is not given)",
        ),
        (CLASSES, "given = { aum = 99 }\nexpect = 'big'", "class.big.when does not hold: aum is at least 100 (aum is 99)"),
        (
            CLASSES,
            "given = { aum = 99, accounts_open = 3 }\nexpect = 'rest'",
            "class.busy.when holds: accounts_open is at least 3 (accounts_open is 3)",
        ),
        (
            CLASSES,
            "given = { aum = 90, accounts_open = 2 }\nfrom = 'big'\nexpect = 'rest'",
            "class.big.keep holds: aum is at least 90 (aum is 90)",
        ),
        (
            MATRIX,
            "given = { aum = 99 }\nexpect = 'rich'",
            "it stands at money low; axis.money.level.high.enter does not hold: aum is at least 100 (aum is 99)",
        ),
    ],
)  # fmt: skip
def test_an_example_that_came_to_another_place_says_which_condition_decided(
    text: str, example: str, expected: str
) -> None:
    assert whys(text, example) == [expected]


EACH = signal("account_balance < 300 and aum < 5", each="'account'", where="'account_open'")
OLD = signal("age > 60", clear="'age < 50'", severity="{ high = 'age > 70', otherwise = 'low' }")


@pytest.mark.parametrize(
    ("signals", "example", "expected"),
    [
        (OLD, "given = { age = 60 }\nexpect = ['rich']", "signal.rich.when does not hold: age is above 60 (age is 60)"),
        (OLD, "given = { age = 61 }\nexpect = []", "signal.rich.when holds: age is above 60 (age is 61)"),
        (
            OLD,
            "given = { age = 49 }\nraised = ['rich']\nexpect = ['rich']",
            "signal.rich.clear holds: age is below 50 (age is 49)",
        ),
        (
            OLD,
            "raised = ['rich']\nexpect = []",
            "signal.rich.clear is unknown: age is below 50 (age is not given)",
        ),
        (
            OLD,
            "given = { age = 70 }\nexpect = ['rich']\nseverity = { rich = 'high' }",
            "signal.rich.severity.high does not hold: age is above 70 (age is 70)",
        ),
        (
            EACH,
            ("given = { aum = 5 }\naccounts = [{ account_open = true, account_balance = 9 }, { account_balance = 300 }]\n"
            "expect = ['rich']"),
            ("account 1: signal.rich.when does not hold: aum is below 5 (aum is 5); "
            "account 2: signal.rich.where is unknown: account_open (account_open is not given); "
            "signal.rich.when does not hold: account_balance is below 300 (account_balance is 300), "
            "aum is below 5 (aum is 5)"),
        ),
        (EACH, "expect = ['rich']", "signal.rich is looked at for each account, and the example gives none"),
        (
            signal("txn_amount > 5", on="'transaction'"),
            "expect = ['rich']",
            "signal.rich is looked at for each transaction (txn_amount, txn_product, ...), and the example gives none",
        ),
        (
            signal(for_levels="{ abc = ['gold'] }"),
            "given = { aum = 100 }\nexpect = ['rich']",
            'signal.rich.for_levels asks for gold of abc: give the example levels = { abc = "gold" }',
        ),
        (
            signal(for_levels="{ abc = ['gold'] }"),
            "given = { aum = 100 }\nlevels = { abc = 'ordinary' }\nexpect = ['rich']",
            "signal.rich.for_levels asks for gold of abc, not ordinary",
        ),
        (
            signal(None, due_on="'next_anniversary(birth_date)'", lead_days="5"),
            "given = { birth_date = 1990-07-06 }\nexpect = ['rich']",
            ("signal.rich.due_on does not hold: days until the next anniversary of birth_date is at most 5 "
            "(birth_date is 1990-07-06, today is 2026-06-30)"),
        ),
    ],
)  # fmt: skip
def test_a_signal_that_came_out_otherwise_says_which_condition_decided(
    signals: str, example: str, expected: str
) -> None:
    assert whys(file_of(signals), example) == [expected]


def test_that_a_family_is_not_for_the_customer_is_told() -> None:
    text = file_of(signal(), 'applies_to = "age > 1"')
    assert whys(text, "given = { aum = 100 }\nexpect = ['rich']") == [
        "applies_to is unknown: age is above 1 (age is not given)"
    ]


def test_of_many_accounts_and_many_parts_the_first_are_told() -> None:
    accounts = ", ".join("{ account_open = true, account_balance = 400 }" for _ in range(5))
    (told,) = whys(file_of(EACH), f"given = {{ aum = 1 }}\naccounts = [{accounts}]\nexpect = ['rich']")
    assert told.endswith("account 3: signal.rich.when does not hold: account_balance is below 300 "
                         "(account_balance is 400); and so on for 2 more")  # fmt: skip
    many = signal(" and ".join(f"aum > {bound}" for bound in range(6)))
    (told,) = whys(file_of(many), "given = { aum = 0 }\nexpect = ['rich']")
    assert told.endswith("aum is above 3 (aum is 0), and 2 more")


def test_a_condition_on_any_account_tells_how_many_were_given() -> None:
    any_poor = "[let]\npoor = { any = 'account', that = 'account_balance < 1' }\n"
    (told,) = whys(file_of(signal("poor"), any_poor), "accounts = [{ account_balance = 1 }]\nexpect = ['rich']")
    assert told == (
        "signal.rich.when does not hold: for any account (account_balance is below 1) (1 account given)"
    )  # fmt: skip
