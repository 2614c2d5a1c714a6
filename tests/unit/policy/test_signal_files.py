from __future__ import annotations

import pytest

from agents.policy.loading import load_policies
from agents.policy.nodes import reads
from agents.policy.words import in_words
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, only, signal, told

ACCOUNTS = "account_balance < 300"
CONDITION = 'a condition in quotes, such as "aum >= 100_000", but the key is missing'


def test_a_file_with_the_key_signals_is_a_family_and_one_with_scheme_a_scheme() -> None:
    policies = load_policies({"a.toml": ABC, "b.toml": file_of(signal())})
    assert [scheme.table.scheme for scheme in policies.schemes] == ["abc"]
    assert [family.table.signals for family in policies.families] == ["family"]
    assert [one.name for one in policies.signals] == ["rich"]


def test_when_holds_who_is_meant_which_one_is_meant_and_what_raises() -> None:
    one = only(file_of(signal(where="'age < 30'", clear="'aum < 90'"), 'applies_to = "known(kind)"'))
    assert in_words(one.when.node) == "kind is known and age is below 30 and aum is at least 100"
    assert one.when.text == "aum >= 100"
    assert one.clear is not None
    assert in_words(one.clear.node) == "aum is below 90 or kind is unknown or not age is below 30"
    assert one.clear.text == "aum < 90"


def test_without_clear_it_ends_with_when() -> None:
    assert only(file_of(signal())).clear is None


def test_a_dated_signal_is_within_its_lead_days_and_not_past() -> None:
    one = only(file_of(signal(None, due_on="'next_anniversary(birth_date)'", lead_days="14")))
    until = "days until the next anniversary of birth_date"
    assert in_words(one.when.node) == f"{until} is at most 14"
    assert one.when.text == "0 <= days_until(next_anniversary(birth_date)) <= 14"
    assert one.due_on is not None
    assert one.check == "day_close"


def test_due_on_without_lead_days_is_the_day_itself() -> None:
    one = only(file_of(signal("aum > 1", due_on="'birth_date'")))
    assert in_words(one.when.node).startswith("days until birth_date is at most 0 and")
    assert one.when.text == "aum > 1"


@pytest.mark.parametrize(
    ("more", "check"),
    [
        ({}, "event"),
        ({"check": "'month_close'"}, "month_close"),
        ({"each": "'account'"}, "event"),
        ({"each": "'duty'"}, "day_close"),
        ({"each": "'duty'", "check": "'month_close'"}, "month_close"),
        ({"each": "'duty'", "check": "'anniversary'"}, "anniversary"),
        ({"due_on": "'birth_date'", "check": "'anniversary'"}, "anniversary"),
        ({"check": "'anniversary'"}, "anniversary"),
        ({"on": "'transaction'"}, "event"),
        ({"due_on": "'birth_date'"}, "day_close"),
    ],
)
def test_what_cannot_be_seen_at_events_is_checked_at_closes_of_days(more: dict[str, str], check: str) -> None:
    assert only(file_of(signal(**more))).check == check


def test_severities_stand_in_the_order_of_the_file_and_otherwise_is_last() -> None:
    table = "{ otherwise = 'low', dire = 'aum > 9', high = 'aum > 3' }"
    one = only(file_of(signal(severity=table)))
    assert [(each.word, each.when and each.when.text) for each in one.severities] == [
        ("dire", "aum > 9"),
        ("high", "aum > 3"),
        ("low", None),
    ]
    assert [one.severity_of(word) for word in ("dire", "high", "low", "gone")] == [0, 1, 2, 2]
    assert [each.word for each in only(file_of(signal())).severities] == ["medium"]


def test_value_and_conditions_of_each_account_read_its_names_as_they_are() -> None:
    one = only(file_of(signal(ACCOUNTS, each="'account'", value="'account_balance + aum'")))
    assert reads(one.when.node) == ()
    assert one.value is not None
    assert reads(one.value.node) == ("aum",)


@pytest.mark.parametrize(
    ("when", "more"),
    [
        ("txn_kind == 'rollover'", {"on": "'transaction'"}),
        ("interaction_kind == 'enquiry'", {"on": "'interaction'"}),
        ("tier_direction == 'up' and tier_scheme == 'abc'", {"on": "'tier_change'"}),
        ("duty_missing > 0", {"each": "'duty'"}),
        ("cycle_weekly_spend >= 175", {"each": "'cycle'", "due_on": "'cycle_next_on'"}),
        ("relative_name == 'spouse'", {"each": "'relative'", "due_on": "'relative_next_on'"}),
    ],
)
def test_names_of_occasions_and_items_are_read_where_there_is_one(when: str, more: dict[str, str]) -> None:
    one = only(file_of(signal(when, **more)))
    assert reads(one.when.node) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n", "the file: expected a key that says what is in it: scheme"),
        (f"{file_of(signal())}".replace("signals", "scheme = 'x'\nsignals", 1), 'signals = "family": expected either'),
        (file_of(""), "signal: expected at least one signal, written [[signal]]"),
        (file_of(signal()).replace("family", "Family"), 'signals = "Family": expected a name of at most 64'),
        (file_of(signal(wen="'a'")), 'signal.rich.wen = "a": expected one of the keys name,'),
        (file_of(signal(name="tier.near")), 'signal.tier.near.name = "tier.near": expected a name of at most 64'),
        (file_of(signal(None)), f"signal.rich.when: expected {CONDITION}"),
        (file_of(signal("aum")), 'signal.rich.when = "aum": expected a condition, true or false'),
        (file_of(signal("amu > 1")), "signal.rich.when = \"amu > 1\": expected a measure, a fact or a [let] name instead of 'amu'; did"),
        (file_of(signal(ACCOUNTS, clear="'account_open'", value="'account_balance'")), 'signal.rich.each: expected "account", because account_balance is read, but the key is missing; for one alert a customer: a name in [let], such as name = {'),
        (file_of(signal(ACCOUNTS, each="'accounts'", clear="'account_open'")), 'signal.rich.each = "accounts": expected one of account, relative, duty, cycle'),
        (file_of(signal(ACCOUNTS, on="'transaction'")), f'signal.rich.when = "{ACCOUNTS}": expected account_balance inside a condition on any'),
        (file_of(signal("txn_amount > 5", on="'txn'")), 'signal.rich.on = "txn": expected one of transaction, interaction, tier_change'),
        (file_of(signal(value="5")), "signal.rich.value = 5: expected the name of a measure of money in quotes, such as"),
        (file_of(signal(None, due_on="2026-12-25", lead_days="5")), 'signal.rich.due_on = 2026-12-25: expected a day in quotes, such as "next_anniversary(birth_date)"'),
        (file_of(signal() + signal(severity="'high'") + "[[example]]\nexpect = ['poor']\nseverity = { rich = 'high' }\n"), 'signal.rich.name = "rich": expected a name of its own'),
        (file_of(signal(name="Rich") + signal(name="b", inhibited_by="['rich']")), 'signal.Rich.name = "Rich": expected a name of'),
        (file_of(signal() + signal(name="b", applies_to="'aum > 1'")), 'signal.b.applies_to = "aum > 1": expected applies_to at the top of the file; move it above the first line in [brackets]'),
        (file_of(signal(), f'applies_to = "{ACCOUNTS}"'), f'applies_to = "{ACCOUNTS}": expected account_balance inside'),
        (file_of(signal(), "[let]\ntxn_kind = 3"), "let.txn_kind = 3: expected a name that is not a measure or fact already"),
        (file_of(signal("txn_amount > 1")), 'signal.rich.when = "txn_amount > 1": expected txn_amount only in a signal with on = "transaction"'),
        (file_of(signal("duty_missing > 1", on="'transaction'")), 'signal.rich.when = "duty_missing > 1": expected duty_missing only in a signal with each = "duty"'),
        (file_of(signal("aum > 1", value="'txn_amount'")), 'signal.rich.value = "txn_amount": expected txn_amount only in'),
        (file_of(signal("txn_kid == 'fee'", on="'transaction'")), "signal.rich.when = \"txn_kid == 'fee'\": expected a measure, a fact or a [let] name instead of 'txn_kid'; did you mean txn_kind?"),
        (file_of(signal("txn_kind == 'fe'", on="'transaction'")), "signal.rich.when = \"txn_kind == 'fe'\": expected txn_kind to be one of opening,"),
        (file_of(signal("any_low", each="'account'"), f"[let]\nany_low = {{ any = 'account', that = '{ACCOUNTS}' }}"), 'signal.rich.when = "any_low": expected no condition on any or every account'),
        (file_of(signal("low", on="'transaction'"), "[let]\nlow = { any = 'account', that = 'account_balance < txn_amount' }"), 'signal.rich.when = "low": expected inside a condition on any or every account no name of an occasion or item'),
        (file_of(signal(each="'account'", on="'transaction'")), 'signal.rich.each = "account": expected no each beside on = "transaction"; a one-shot'),
        (file_of(signal(clear="'aum < 1'", on="'transaction'")), 'signal.rich.clear = "aum < 1": expected no clear beside on'),
        (file_of(signal(check="'event'", on="'transaction'")), 'signal.rich.check = "event": expected no check beside on'),
        (file_of(signal(due_on="'birth_date'", on="'transaction'")), 'signal.rich.due_on = "birth_date": expected no due_on beside on'),
        (file_of(signal(due_on="'birth_date'", clear="'aum < 1'")), 'signal.rich.clear = "aum < 1": expected no clear beside due_on'),
        (file_of(signal(lead_days="3")), "signal.rich.lead_days = 3: expected due_on, the day that it leads up to"),
        (file_of(signal(due_on="'aum'")), 'signal.rich.due_on = "aum": expected a day, such as next_anniversary(birth_date); this is of type money'),
        (file_of(signal(carry="['loan']")), 'signal.rich.carry = "loan": expected names of measures or facts; did you mean loans?'),
        (file_of(signal(carry="['account_balance']")), 'signal.rich.carry = "account_balance": expected names of measures or facts'),
        (file_of(signal(value="'age'")), 'signal.rich.value = "age": expected a value of money, such as account_balance; this is of type count'),
        (file_of(signal(due_on="'birth_date'", check="'event'")), 'signal.rich.check = "event": expected day_close, month_close, quarter_close, year_close or anniversary of a dated signal'),
        (file_of(signal(each="'duty'", check="'event'")), 'signal.rich.check = "event": expected day_close, month_close, quarter_close, year_close or anniversary of a signal for each duty'),
        (file_of(signal(severity="{ high = 'aum > 1' }")), 'signal.rich.severity = { high = "aum > 1" }: expected otherwise ='),
        (file_of(signal(severity="{ high = 'aum > 1', otherwise = 'high' }")), 'signal.rich.severity.otherwise = "high": expected a severity that has no condition'),
        (file_of(signal(severity="{ high = 'amu > 1', otherwise = 'low' }")), 'signal.rich.severity.high = "amu > 1": expected a measure'),
        (file_of(signal(severity="'aum > 1'")), 'signal.rich.severity = "aum > 1": expected a word of small letters'),
        (file_of(signal(severity="{ high = 'aum > 1', otherwise = '' }")), 'signal.rich.severity.otherwise = "": expected a word of small letters'),
        (file_of(signal(severity="3")), "signal.rich.severity = 3: expected a word such as"),
        (file_of(signal(inhibited_by="['poor']")), 'signal.rich.inhibited_by = "poor": expected names of signals'),
        (file_of(signal(inhibited_by="['rich']")), 'signal.rich.inhibited_by = ["rich"]: expected signals that it does not hold back itself; rich -> rich'),
        (file_of(signal(inhibited_by="['shot']") + signal("txn_amount > 1", "shot", on="'transaction'")), 'signal.rich.inhibited_by = "shot": expected a signal that lasts; shot is a one-shot'),
        (file_of(signal() * 2), 'signal.rich.name = "rich": expected a name of its own: f0.toml has it already'),
        (file_of(signal(for_levels="{ abc = ['gold'] }")), 'signal.rich.for_levels.abc = ["gold"]: expected a scheme, and no file here has one'),
        (file_of(signal(for_levels="3")), "signal.rich.for_levels = 3: expected levels by scheme, such as"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_signals_is_said_in_words(text: str, expected: str) -> None:
    (mistake,) = told(text)
    assert mistake.startswith(expected)


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("expect = ['rihc']", 'expect = "rihc": expected names of signals of this file; did you mean rich?'),
        ("expect = []\nraised = ['x']", 'raised = "x": expected names of signals of this file'),
        (
            "expect = ['rich']\nseverity = { rich = 'hihg' }",
            'severity.rich = "hihg": expected one of high, low; did you mean high?',
        ),
        ("expect = []\nseverity = { x = 'high' }", 'severity = "x": expected names of signals of this file'),
        (
            "expect = []\ngiven = { txn_kid = 'fee' }",
            'given.txn_kid = "fee": expected a measure or fact, or today; did you mean txn_kind?',
        ),
        (
            "expect = []\naccounts = [{ account_balanc = 1 }]",
            "accounts.1.account_balanc = 1: expected a measure of accounts; did you mean account_balance?",
        ),
        (
            "expect = []\nitems = [{ relative_next = 1 }]",
            "items.1.relative_next = 1: expected a name of an item, such as relative_next_on; did you mean relative_next_on?",
        ),
        (
            "expect = []\nlevels = { abd = 'gold' }",
            'levels.abd = "gold": expected one of the schemes abc; did you mean abc?',
        ),
        (
            "expect = []\nlevels = { abc = 'golf' }",
            'levels.abc = "golf": expected one of ordinary, gold; did you mean gold?',
        ),
    ],
)
def test_what_is_wrong_with_an_example_of_signals_is_said_in_words(example: str, expected: str) -> None:
    text = file_of(signal(severity="{ high = 'aum > 1', otherwise = 'low' }"))
    assert told(f"{text}[[example]]\n{example}\n", ABC) == [f"f0.toml: example.1.{expected}"]


def test_levels_of_other_files_are_known_and_the_base_is_one() -> None:
    right = file_of(signal(for_levels="{ abc = ['gold', 'ordinary'] }"))
    assert told(right, ABC) == []
    wrong = file_of(signal(for_levels="{ abd = ['gold'] }") + signal(name="b", for_levels="{ abc = ['golf'] }"))
    assert told(wrong, ABC) == [
        'f0.toml: signal.rich.for_levels.abd = ["gold"]: expected one of the schemes abc; did you mean abc?',
        'f0.toml: signal.b.for_levels.abc = "golf": expected one of ordinary, gold; did you mean gold?',
    ]
    assert told(file_of(signal(for_levels="{ abc = [] }")), ABC) == [
        "f0.toml: signal.rich.for_levels.abc = []: expected at least one level"
    ]


def test_signals_of_other_files_hold_back_but_not_in_a_circle() -> None:
    first = file_of(signal(name="a", inhibited_by="['b']"))
    second = file_of(signal(name="b", inhibited_by="['c']") + signal(name="c"), name="more")
    assert told(first, second) == []
    circle = second.replace('name = "c"', "name = \"c\"\ninhibited_by = ['a']")
    assert told(first, circle) == [
        'f0.toml: signal.a.inhibited_by = ["b"]: expected signals that it does not hold back itself; a -> b -> c -> a'
    ]


def test_no_two_files_hold_one_family_or_one_signal() -> None:
    assert told(file_of(signal()), file_of(signal(name="other"))) == [
        'f1.toml: signals = "family": expected a name of its own: f0.toml has it already'
    ]
    assert told(file_of(signal()), file_of(signal(), name="more")) == [
        'f1.toml: signal.rich.name = "rich": expected a name of its own: f0.toml has it already'
    ]


def test_names_of_a_file_that_cannot_be_read_are_not_called_unknown() -> None:
    (mistake,) = told(file_of(signal(inhibited_by="['other']")), "[[signal]\n")
    assert mistake.startswith("f1.toml: line 1, column 9, in [[signal]: expected ]]")


def test_files_beside_lend_their_names_and_keep_their_mistakes() -> None:
    first = file_of(signal(inhibited_by="['b']", for_levels="{ abc = ['gold'] }"))
    beside = {"abc.toml": ABC, "b.toml": file_of(signal("amu > 1", "b"), name="more"), "f.toml": "old"}
    policies = load_policies({"f.toml": first}, beside)
    assert [one.name for one in policies.signals] == ["rich"]
    assert policies.schemes == ()


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    mistakes = told(file_of(signal("amu > 1", lead_days="3")), ABC.replace("aum", "amu"), file_of("", name="x"))
    assert [mistake.partition(": ")[0] for mistake in mistakes] == ["f0.toml"] * 2 + ["f1.toml"] * 2 + ["f2.toml"]
