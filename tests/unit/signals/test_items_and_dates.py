"""Signals with a date, and those for each account or relative."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.state import Raised
from streams.decider import NO_DEADLINE
from streams.rows import LookKind
from tests.unit.policy.making import DAY
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import CLOSE, Customer, day

BIRTHDAY = file_of(signal(None, "birthday", due_on='"next_anniversary(birth_date)"', lead_days="7"))


def told_on(born: str, first: str, last: str) -> list[tuple[str, str]]:
    """What the closes of some days tell, with their dates."""
    customer = Customer(BIRTHDAY)
    found = []
    for number in range(day(first), day(last) + 1):
        told = customer.look(number, CLOSE, birth_date=day(born))
        found += [(dt.date.fromordinal(number + 719_163).isoformat(), one) for one in told]
    return found


def test_a_dated_signal_is_raised_lead_days_ahead_and_cleared_after_its_day() -> None:
    assert told_on("1990-06-15", "2025-06-01", "2026-06-10") == [
        ("2025-06-08", "+birthday"),
        ("2025-06-16", "-birthday"),
        ("2026-06-08", "+birthday"),
    ]


def test_29_february_falls_on_28_in_common_years() -> None:
    assert told_on("1988-02-29", "2027-02-01", "2028-03-02") == [
        ("2027-02-21", "+birthday"),
        ("2027-03-01", "-birthday"),
        ("2028-02-22", "+birthday"),
        ("2028-03-01", "-birthday"),
    ]


def test_an_event_decides_nothing_that_has_a_date() -> None:
    assert Customer(BIRTHDAY).look(DAY, birth_date=DAY) == []


def test_the_clearing_of_a_date_tells_the_day_it_is_as_of() -> None:
    customer = Customer(BIRTHDAY)
    customer.look(day("2025-06-10"), CLOSE, birth_date=day("1990-06-15"))
    assert "today" not in customer.alerts[0].evidence
    assert customer.look(day("2025-06-16"), CLOSE, birth_date=day("1990-06-15")) == ["-birthday"]
    assert customer.alerts[0].evidence["today"] == "2025-06-16"


def test_an_alert_tells_its_date() -> None:
    customer = Customer(BIRTHDAY)
    customer.look(day("2025-06-10"), CLOSE, birth_date=day("1990-06-15"))
    assert customer.alerts[0].due_on == "2025-06-15"


def test_a_date_that_moves_ends_the_alert_and_begins_another() -> None:
    customer = Customer(BIRTHDAY)
    assert customer.look(day("2025-06-10"), CLOSE, birth_date=day("1990-06-15")) == ["+birthday"]
    assert customer.look(day("2025-06-11"), CLOSE, birth_date=day("1990-06-16")) == ["-birthday", "+birthday"]
    first, second = customer.alerts
    assert first.alert_id != second.alert_id
    assert (first.due_on, second.due_on) == ("2025-06-15", "2025-06-16")
    assert customer.look(day("2025-06-12"), CLOSE, birth_date=day("1990-12-01")) == ["-birthday"]


def test_a_date_is_told_once_whatever_ends_the_alert() -> None:
    text = signal("aum < 100", "birthday", due_on='"next_anniversary(birth_date)"', lead_days="7")
    customer = Customer(file_of(text))
    born, seen = day("1990-06-15"), day("2025-06-10")
    assert customer.look(seen, CLOSE, birth_date=born, aum=1) == ["+birthday"]
    assert customer.look(seen + 1, CLOSE, birth_date=born, aum=10_000) == ["-birthday"]
    assert customer.look(seen + 2, CLOSE, birth_date=born, aum=1) == []
    assert customer.look(seen + 365, CLOSE, birth_date=born, aum=1) == ["+birthday"]


def test_an_alert_ends_after_its_date_though_no_other_follows() -> None:
    customer = Customer(BIRTHDAY)
    assert customer.look(day("2025-06-10"), CLOSE, birth_date=day("1990-06-15")) == ["+birthday"]
    assert customer.deadline == day("2025-06-16")
    assert customer.look(day("2025-06-11"), CLOSE, birth_date=None) == []
    assert customer.look(day("2025-06-15"), CLOSE, birth_date=None) == []
    assert customer.look(day("2025-06-16"), CLOSE, birth_date=None) == ["-birthday"]
    assert customer.alerts[0].due_on == "2025-06-15"
    assert customer.look(day("2025-06-17"), CLOSE, birth_date=None) == []


def test_what_is_held_back_is_not_sent_once_its_date_is_unknown() -> None:
    held = signal(
        None, "birthday", due_on='"next_anniversary(birth_date)"', lead_days="7", inhibited_by='["poor"]'
    )  # fmt: skip
    customer, born = Customer(file_of(signal("aum < 100", "poor") + held)), day("1990-06-15")
    assert customer.look(day("2025-06-10"), CLOSE, birth_date=born, aum=1) == ["+poor"]
    assert customer.look(day("2025-06-11"), CLOSE, birth_date=None, aum=1) == []
    assert customer.look(day("2025-06-12"), CLOSE, birth_date=None, aum=10_000) == ["-poor"]
    assert customer.look(day("2025-06-13"), CLOSE, birth_date=born, aum=10_000) == ["+birthday"]


LOW = signal("account_balance < 100", "low", each='"account"', value='"account_balance"')


def balances(*amounts: int | None) -> list[dict[str, int | None]]:
    return [{"account_balance": amount} for amount in amounts]


def test_each_account_has_an_alert_of_its_own() -> None:
    customer = Customer(file_of(LOW), accounts=["a", "b", "c"])
    assert customer.look(accounts=balances(1, 10_000, None)) == ["+low a"]
    assert (customer.alerts[0].account_id, customer.alerts[0].about) == ("a", None)
    assert (customer.alerts[0].value_at_stake, customer.alerts[0].evidence) == (0.01, {"account_balance": 0.01})
    assert customer.look(accounts=balances(1, 2, 3)) == ["+low b", "+low c"]
    assert customer.look(accounts=balances(10_000, 2, None)) == ["-low a"]
    assert list(customer.profile.signals["low"]) == ["b", "c"]


def test_an_alert_of_an_account_tells_what_made_it_worse_of_that_account_and_of_its_customer() -> None:
    severity = '{ high = "account_balance < 10 and aum >= 5", otherwise = "low" }'
    text = LOW + f"severity = {severity}\ncarry = ['loans']\n"
    customer = Customer(file_of(text), accounts=["a", "b"])
    assert customer.look(accounts=balances(999, 1_000), aum=500, loans=700) == ["+low a high", "+low b low"]
    told = [(alert.severity_condition, alert.evidence) for alert in customer.alerts]
    assert told == [
        ("account_balance < 10 and aum >= 5", {"account_balance": 9.99, "aum": 5, "loans": 7}),
        (None, {"account_balance": 10, "loans": 7}),
    ]


def test_a_signal_is_held_back_by_that_of_the_same_account_alone() -> None:
    worse = signal("account_balance < 10", "empty", each='"account"')
    text = worse + signal("account_balance < 100", "low", each='"account"', inhibited_by='["empty"]')
    customer = Customer(file_of(text), accounts=["a", "b"])
    assert customer.look(accounts=balances(1, 5_000)) == ["+empty a", "+low b"]
    assert customer.look(accounts=balances(5_000, 5_000)) == ["-empty a", "+low a"]


def test_a_signal_of_the_customer_holds_back_those_of_every_account() -> None:
    text = signal("aum < 100", "poor") + signal(
        "account_balance < 100", "low", each='"account"', inhibited_by='["poor"]'
    )
    customer = Customer(file_of(text), accounts=["a", "b"])
    assert customer.look(aum=1, accounts=balances(1, 1)) == ["+poor"]
    assert customer.look(aum=10_000, accounts=balances(1, 1)) == ["-poor", "+low a", "+low b"]


def test_the_word_of_accounts_differs_wherever_one_of_them_does() -> None:
    customer = Customer(file_of(LOW), accounts=["a", "b"])
    words = set()
    for amounts in [(1, 1), (1, 10_000), (10_000, 1), (10_000, 10_000), (None, 1), (1, None), (None, 10_000)]:
        customer.look(accounts=balances(*amounts))
        rows_word = customer.mask[-1]
        assert (int(rows_word) >> 63 == 1) is (1 in amounts)
        words.add(int(rows_word))
    assert len(words) == 7


RELATIVE = signal(None, "family", each='"relative"', due_on='"relative_next_on"', lead_days="3")


def test_a_date_in_the_family_is_told_ahead_and_is_a_deadline_until_then() -> None:
    customer = Customer(file_of(RELATIVE))
    customer.profile.family_dates = {"wedding": day("2001-06-15"), "spouse_birthday": day("1980-12-24")}
    seen = day("2025-06-01")
    assert customer.look(seen, CLOSE) == []
    assert customer.deadline == day("2025-06-12")
    assert customer.look(day("2025-06-12"), CLOSE) == ["+family wedding"]
    assert customer.restless
    assert customer.look(day("2025-06-16"), CLOSE) == ["-family wedding"]
    assert customer.deadline == day("2025-12-21")


def test_a_relative_that_is_forgotten_is_no_reason_any_more() -> None:
    customer = Customer(file_of(RELATIVE))
    customer.profile.family_dates = {"wedding": day("2001-06-15")}
    assert customer.look(day("2025-06-14"), CLOSE) == ["+family wedding"]
    customer.profile.family_dates = {}
    assert customer.look(day("2025-06-14"), CLOSE) == ["-family wedding"]
    assert (customer.deadline, customer.restless) == (day("2025-06-16"), False), "until then its date was told"
    assert customer.look(day("2025-06-16"), CLOSE) == []
    assert customer.profile.signals == {}
    assert customer.deadline == NO_DEADLINE


def test_a_cycle_that_ended_is_forgotten_after_its_cooldown_and_keeps_no_close_from_passing_the_customer_over() -> None:
    text = signal("days_since(cycle_last_on) >= 10", "broken", each='"cycle"', cooldown_days="30")
    customer, seen = Customer(file_of(text)), day("2025-06-01")
    customer.profile.cycles = {"fuel": {seen - 20: 1, seen - 15: 1, seen - 10: 1}}
    assert customer.look(seen, CLOSE) == ["+broken fuel"]
    customer.profile.cycles["fuel"][seen + 1] = 1
    assert customer.look(seen + 1, CLOSE) == ["-broken fuel"]
    assert customer.restless, "what is kept of purchases may begin it again"
    customer.profile.cycles = {}
    assert customer.look(seen + 2, CLOSE) == []
    assert (customer.restless, customer.reopens, customer.deadline) == (False, False, seen + 30)
    assert customer.look(seen + 3) == []
    assert (customer.reopens, customer.deadline) == (False, seen + 30), "an event decides no cycle"
    assert customer.look(seen + 29, CLOSE) == []
    assert customer.profile.signals == {"broken": {"fuel": Raised(sent_on=seen)}}
    assert customer.look(seen + 30, CLOSE) == []
    assert customer.profile.signals == {}
    assert (customer.restless, customer.deadline) == (False, NO_DEADLINE)


def test_the_names_of_items_are_compared_and_told_but_not_kept_in_the_vocabulary() -> None:
    text = signal("cycle_category == 'fuel' or cycle_count >= 2", "bought", each='"cycle"')
    customer = Customer(file_of(text))
    customer.profile.cycles = {"fuel": {DAY: 1}, "books": {DAY: 1}, "toys": {DAY - 1: 1, DAY: 1}}
    assert customer.look(DAY, CLOSE) == ["+bought fuel", "+bought toys"]
    assert [alert.evidence["cycle_category"] for alert in customer.alerts] == ["fuel", "toys"]
    words = customer.policies.vocabulary
    assert (words.known("books"), words.known("toys")) == (None, None)


def dated_word(text: str, kind: str | None, on: int, *, accounts: bool) -> int:
    """The word of a dated signal at a close."""
    customer = Customer(file_of(text), accounts=["a"] if accounts else [])
    customer.look(DAY, CLOSE, kind=kind, birth_date=on, accounts=[{"account_matures_on": on}] if accounts else [])
    return customer.mask[-1]


@pytest.mark.parametrize("accounts", [False, True])
@pytest.mark.parametrize(("kind", "told"), [("personal", True), (None, True), ("corporate", False)])
def test_a_date_that_moves_is_told_to_the_mask_wherever_the_signal_may_hold(
    kind: str | None, *, told: bool, accounts: bool
) -> None:
    each, due = ('each = "account"\n', "account_matures_on") if accounts else ("", "birth_date")
    text = signal("kind == 'personal'", "due", due_on=f'"{due}"', lead_days="30") + each
    first, second = (dated_word(text, kind, DAY + days, accounts=accounts) for days in (5, 6))
    assert (first != second) is told


DUTIES = """
scheme = "s"
base = "low"
[[level]]
name = "high"
enter = "aum >= 10"
contacts_per_month = { manager = 2 }
"""


@pytest.mark.parametrize(("done", "told"), [(0, ["+owed manager"]), (1, ["+owed manager"]), (2, [])])
def test_a_duty_is_told_at_the_close_of_its_check(done: int, told: list[str]) -> None:
    text = signal("duty_missing >= 1", "owed", each='"duty"', check='"month_close"')
    customer = Customer(DUTIES, file_of(text))
    last = day("2025-06-30")
    month = (2025 - 1970) * 12 + 5
    customer.profile.contacts = {"manager": {month: done}}
    assert customer.look(last - 1, CLOSE, aum=1_000) == []
    assert (customer.reopens, customer.restless) == (True, False)
    assert customer.look(last, LookKind.MONTH_CLOSE, aum=1_000) == told
    assert customer.restless


def test_a_duty_tells_the_level_that_asks_for_it_and_who_acts_first_is_the_role_that_owes_it() -> None:
    text = signal("duty_missing >= 1", "owed", each='"duty"', check='"month_close"', roles='["director", "manager"]')
    customer = Customer(DUTIES, file_of(text))
    assert customer.look(day("2025-06-30"), LookKind.MONTH_CLOSE, aum=1_000) == ["+owed manager"]
    (alert,) = customer.alerts
    assert alert.recommended_roles == ["manager", "director"]
    assert alert.evidence == {
        "duty_role": "manager", "duty_required": 2, "duty_done": 0, "duty_missing": 2, "duty_scheme": "s", "duty_level": "high",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("done", "told"),
    [(0, ["-owed manager", "+owed manager"]), (1, ["-owed manager", "+owed manager"]), (2, ["-owed manager"])],
)
def test_each_month_of_a_missed_duty_is_raised_anew(done: int, told: list[str]) -> None:
    text = signal("duty_missing >= 1", "owed", each='"duty"', check='"month_close"')
    customer = Customer(DUTIES, file_of(text))
    assert customer.look(day("2025-06-30"), LookKind.MONTH_CLOSE, aum=1_000) == ["+owed manager"]
    first = customer.alerts[0].alert_id
    assert customer.look(day("2025-07-01"), CLOSE, aum=1_000) == []
    customer.profile.contacts = {"manager": {(2025 - 1970) * 12 + 6: done}}
    assert customer.look(day("2025-07-31"), LookKind.MONTH_CLOSE, aum=1_000) == told
    assert [alert.alert_id == first for alert in customer.alerts] == [True, False][: len(told)]


def test_a_duty_that_is_looked_at_each_day_is_told_once_a_month() -> None:
    customer = Customer(DUTIES, file_of(signal("duty_missing >= 1", "owed", each='"duty"')))
    told = {
        at: customer.look(day(at), CLOSE, aum=1_000) for at in ("2025-06-29", "2025-06-30", "2025-07-01", "2025-07-02")
    }
    assert told == {
        "2025-06-29": ["+owed manager"],
        "2025-06-30": [],
        "2025-07-01": ["-owed manager", "+owed manager"],
        "2025-07-02": [],
    }
