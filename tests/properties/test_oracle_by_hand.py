"""The oracle itself, on cases small enough to compute by hand."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from tests.oracle.conditions import Value, truth
from tests.oracle.days import BusinessDays, date_of, months_between, number_of, window_start
from tests.oracle.judge import Change
from tests.oracle.partition import Entry, Partition
from tests.oracle.tier_alerts import RISK
from tests.oracle.told import UNTOLD, Said
from tests.properties.bank import Json, at, stamp, txn

GOLD = """
scheme = "cards"
base = "ordinary"
[[level]]
name = "silver"
enter = "aum >= 500"
[[level]]
name = "gold"
enter = "aum >= 1_000"
stay = "aum >= 950"
[downgrade]
grace_days = GRACE
steps = "STEPS"
"""


def day(text: str) -> int:
    return number_of(dt.date.fromisoformat(text))


THREAT = {"level": "gold", "falls_to": "silver"}


def cards(grace: int = 0, steps: str = "balance") -> dict[str, str]:
    return {"cards.toml": GOLD.replace("GRACE", str(grace)).replace("STEPS", steps)}


def logged(*transactions: Json, stamps: dict[int, str] | None = None) -> list[Entry]:
    """The transactions as log entries, stamped when they are booked unless said otherwise."""
    return [
        ("txn", i, stamp((stamps or {}).get(i) or transaction["booked_at"]), transaction)
        for i, transaction in enumerate(transactions)
    ]


def moves(changes: list[Change]) -> list[tuple[str, str | None, str, str]]:
    return [(change.came_from, change.to, change.reason, date_of(change.as_of).isoformat()) for change in changes]


def measured(*transactions: Json, as_of: str) -> dict[str, object]:
    oracle = Partition({}, log_clock=False)
    oracle.run(logged(*transactions, stamps=dict.fromkeys(range(len(transactions)), at(as_of))))
    return dict(oracle.measures("c1", day(as_of)))


def test_the_first_told_balance_had_stood_for_ever_before() -> None:
    # 700.00 told after a credit of 100.00: 600.00 stood on the six days before
    figures = measured(txn(1, at("2026-03-10"), 10_000, balance_after=70_000), as_of="2026-03-10")
    assert figures["aum"] == 70_000
    assert figures["aum_avg_7d"] == Fraction(6 * 60_000 + 70_000, 7)
    assert figures["aum_avg_mtd"] == Fraction(9 * 60_000 + 70_000, 10)
    assert figures["inflow_7d"] == 10_000


def test_a_late_event_takes_its_money_out_of_the_gap_that_it_explains() -> None:
    figures = measured(
        txn(1, at("2026-03-01"), 0, balance_after=1_000),
        txn(2, at("2026-03-05"), 100, balance_after=1_500),  # 400 are missing: a gap on the 5th
        txn(3, at("2026-03-03"), 300),  # explains 300 of them, two days earlier
        as_of="2026-03-07",
    )
    assert figures["aum"] == 1_500
    # 1st, 2nd 1000; 3rd, 4th 1300; 5th to 7th 1500
    assert figures["aum_avg_7d"] == Fraction(2 * 1_000 + 2 * 1_300 + 3 * 1_500, 7)
    assert figures["inflow_7d"] == 400


def test_a_late_event_older_than_the_first_told_balance_lowers_what_stood_before() -> None:
    figures = measured(
        txn(1, at("2026-03-05"), 0, balance_after=1_000), txn(2, at("2026-03-03"), 300), as_of="2026-03-07"
    )
    assert figures["aum"] == 1_000
    assert figures["aum_avg_7d"] == Fraction(2 * 700 + 5 * 1_000, 7)


def test_a_late_event_without_a_gap_moves_money_from_the_anchors_day() -> None:
    figures = measured(
        txn(1, at("2026-03-01"), 0, balance_after=1_000),
        txn(2, at("2026-03-05"), 300, balance_after=1_300),
        txn(3, at("2026-03-03"), 50),
        as_of="2026-03-05",
    )
    assert figures["aum"] == 1_300
    assert figures["aum_avg_mtd"] == Fraction(2 * 1_000 + 2 * 1_050 + 1_300, 5)


def test_a_late_opening_tells_an_untold_account_what_stood_at_its_instant() -> None:
    figures = measured(
        txn(1, at("2026-03-02"), 100),
        txn(2, at("2026-03-05"), 40),
        txn(3, at("2026-03-04"), 0, kind="opening", balance_after=1_000),
        as_of="2026-03-05",
    )
    # 1000 on the 4th: 900 had stood before the 2nd, 1040 now
    assert figures["aum"] == 1_040
    assert figures["aum_avg_mtd"] == Fraction(900 + 3 * 1_000 + 1_040, 5)
    assert figures["txn_count_mtd"] == 2


def test_an_opening_makes_tenure_and_an_account_but_no_transaction() -> None:
    figures = measured(txn(1, at("2026-03-01"), 0, kind="opening", balance_after=5), as_of="2026-03-03")
    assert (figures["days_since_txn"], figures["days_since_activity"], figures["txn_count_7d"]) == (None, None, 0)
    assert (figures["tenure_days"], figures["accounts_open"], figures["aum"]) == (0, 1, 5)  # it came on the third day


def test_a_further_opening_tells_what_stands_from_then_on_and_a_late_booking_before_it_leaves_that() -> None:
    figures = measured(
        txn(1, at("2026-03-01"), 0, kind="opening", balance_after=100),
        txn(2, at("2026-03-03"), 0, kind="opening", balance_after=400),
        txn(3, at("2026-03-05"), 0, kind="opening", balance_after=500),
        txn(4, at("2026-03-02"), 30),
        as_of="2026-03-06",
    )
    # 100, 130, then 30 more than the second opening told until the third, from which on no booking changes anything
    assert figures["aum"] == 500
    assert figures["aum_avg_mtd"] == Fraction(100 + 130 + 2 * 430 + 2 * 500, 6)


def test_an_opening_shows_a_customer_from_its_arrival_on_and_nobody_is_looked_at_by_one_of_long_ago() -> None:
    oracle = Partition(cards())
    told = [txn(n, at(on), 0, kind="opening", balance_after=n) for n, on in ((1, "2026-03-03"), (2, "2026-03-04"))]
    for number, one in enumerate(told):
        oracle.apply(("txn", number, stamp(at("2026-03-31")), one))
        assert len(oracle.looks) == number
    figures = oracle.measures("c1", day("2026-04-02"))
    assert (figures["tenure_days"], figures["days_known"], figures["accounts_open"]) == (2, 2, 1)


def test_facts_before_the_first_record_are_kept_and_the_customer_takes_part_in_every_close() -> None:
    oracle = Partition(cards())
    assert oracle.apply(("facts", {"customer_id": "c0", "kind": "personal"})) == []
    oracle.run(logged(txn(1, at("2026-03-01"), 0), txn(2, at("2026-03-03"), 0)))
    assert [look.as_of - day("2026-03-01") for look in oracle.looks if look.customer_id == "c0"] == [0, 1]
    assert oracle.measures("c0", day("2026-03-03"))["days_known"] is None
    oracle.apply(("facts", {"customer_id": "c0", "kind": "personal"}))
    assert oracle.measures("c0", day("2026-03-03"))["days_known"] == 0


def test_a_reversal_is_booked_on_its_own_day_and_leaves_the_flows_of_the_day_it_names() -> None:
    figures = measured(
        txn(1, at("2026-02-27"), 500),
        txn(2, at("2026-03-02"), 200),
        txn(3, at("2026-03-03"), -500, reverses="t1", reverses_booked_at=at("2026-02-27")),
        as_of="2026-03-03",
    )
    assert figures["aum"] == 200
    assert (figures["inflow_7d"], figures["outflow_7d"], figures["txn_count_7d"]) == (200, 0, 1)
    assert (figures["inflow_mtd"], figures["txn_count_mtd"]) == (200, 1)
    assert figures["aum_avg_mtd"] == Fraction(500 + 700 + 200, 3)


def test_a_loan_counts_as_owed_and_is_no_flow() -> None:
    figures = measured(txn(1, at("2026-03-01"), -900, product="loan", initiator="bank"), as_of="2026-03-03")
    assert (figures["loans"], figures["aum"], figures["outflow_7d"]) == (900, 0, 0)
    assert (figures["days_since_txn"], figures["days_since_activity"], figures["accounts_open"]) == (2, None, 1)
    assert figures["tenure_days"] == 2
    assert figures["days_known"] == 0


def test_a_foreign_booking_without_base_amount_shows_the_customer_only() -> None:
    figures = measured(txn(1, at("2026-03-01"), 900, currency="USD"), as_of="2026-03-01")
    assert figures["days_known"] == 0
    assert [name for name, value in figures.items() if value] == []
    assert figures["days_since_txn"] is None


@pytest.mark.parametrize(
    ("window", "as_of", "start"),
    [
        ("7d", "2028-03-01", "2028-02-24"),
        ("12m", "2028-02-29", "2027-03-01"),
        ("3m", "2028-02-29", "2027-12-01"),
        ("6m", "2026-01-01", "2025-08-01"),
        ("qtd", "2026-06-30", "2026-04-01"),
        ("ytd", "2026-01-01", "2026-01-01"),
        ("mtd", "2026-12-31", "2026-12-01"),
    ],
)
def test_windows_start(window: str, as_of: str, start: str) -> None:
    assert window_start(window, day(as_of)) == day(start)


def test_days_of_london_are_23_and_25_hours_long_where_the_clock_jumps() -> None:
    days = BusinessDays("Europe/London")
    hours = [(days.end(day(text)) - days.start(day(text))) / 3.6e9 for text in ("2026-03-29", "2026-10-25")]
    assert hours == [23, 25]
    skipped = BusinessDays("Europe/London", "01:30")
    assert skipped.text(skipped.start(day("2026-03-29"))) == "2026-03-29T02:00:00+01:00"


def test_a_late_cut_off_starts_the_day_on_the_eve() -> None:
    days = BusinessDays("Asia/Shanghai", "22:00")
    assert days.text(days.start(day("2026-03-01"))) == "2026-02-28T22:00:00+08:00"
    assert days.day_of(days.start(day("2026-03-01"))) == day("2026-03-01")
    assert days.day_of(days.start(day("2026-03-01")) - 1) == day("2026-02-28")


def test_whole_months_are_clipped_at_month_ends() -> None:
    assert months_between(dt.date(2026, 1, 31), dt.date(2026, 2, 28)) == 1
    assert months_between(dt.date(2026, 1, 31), dt.date(2026, 2, 27)) == 0


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ("age >= 60 or True", True),
        ("age >= 60 and True", None),
        ("not age >= 60", None),
        ("age >= 60 and False", False),
        ("kind in ('corporate', 'personal')", True),
        ("kind not in ('corporate',)", True),
        ("coalesce(age, 60) == 60 and not known(age)", True),
        ("0 < x <= 100.01", True),
        ("x > 100.01", False),
        ("x * 2 - 0.02 == 200", True),
        ("big", True),
    ],
)
def test_conditions(condition: str, result: bool | None) -> None:
    facts: dict[str, Value] = {"age": None, "kind": "personal", "x": Fraction("100.01")}
    assert truth(condition, facts.__getitem__, {"big": "x >= 100"}, dt.date(2026, 3, 1)) is result


def test_a_close_comes_before_the_first_record_at_end_and_grace_and_sees_nothing_later() -> None:
    entries = logged(
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-02", "00:10"), -100_000),
        txn(3, at("2026-03-02", "00:20"), 0, customer="c2"),
        txn(4, at("2026-03-02", "00:30"), 0, customer="c2"),
        stamps={2: at("2026-03-02", "01:59:59.999"), 3: at("2026-03-02", "02:00")},
    )
    oracle = Partition(cards())
    assert [len(oracle.apply(entry)) for entry in entries] == [1, 1, 0, 0]
    assert [(look.customer_id, look.close) for look in oracle.looks] == [
        ("c1", False),
        ("c1", False),
        ("c2", False),
        ("c1", True),
        ("c2", False),
    ]
    assert oracle.measures("c1", day("2026-03-01"))["aum"] == 100_000


def test_a_silent_customer_loses_the_tier_when_the_average_decays() -> None:
    policy = (
        'scheme = "s"\nbase = "b"\n[[level]]\nname = "l"\nenter = "deposits_avg_7d >= 100"\n[upgrade]\n'
        'check = "day_close"\n[downgrade]\ncheck = "day_close"\n'
    )
    changes = Partition({"s.toml": policy}).run(
        logged(
            txn(1, at("2026-03-01"), 20_000),  # 200.00 * d / 7 >= 100.00 from the fourth day on
            txn(2, at("2026-03-05"), -20_000),  # 4 days of 7 until the 7th, 3 on the 8th
            txn(3, at("2026-03-20"), 0, customer="c2"),
        )
    )
    assert moves(changes) == [("b", "l", "day_close", "2026-03-04"), ("l", "b", "day_close", "2026-03-08")]
    assert changes[1].effective_at == "2026-03-09T00:00:00+08:00"


def test_grace_ends_at_the_close_of_its_last_day_and_stay_ends_it_early() -> None:
    entries = logged(
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-01"), -5_001),  # 949.99: grace of two days begins
        txn(3, at("2026-03-02"), 1),  # 950.00: secured
        txn(4, at("2026-03-03"), -1),  # begins again
        txn(5, at("2026-03-05", "23:00"), -1),
        txn(6, at("2026-03-06", "02:00"), 0, customer="c2"),
    )
    changes = Partition(cards(grace=2)).run(entries)
    assert moves(changes) == [
        ("ordinary", "gold", "placement", "2026-03-01"),
        ("gold", "silver", "day_close", "2026-03-05"),
    ]


def test_a_fall_of_one_step_starts_the_next_grace_at_the_next_check() -> None:
    entries = logged(
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-01"), -100_000),
        txn(3, at("2026-03-10"), 0, customer="c2"),
    )
    assert moves(Partition(cards(grace=2, steps="one")).run(entries)) == [
        ("ordinary", "gold", "placement", "2026-03-01"),
        ("gold", "silver", "day_close", "2026-03-03"),  # grace from the 1st
        ("silver", "ordinary", "day_close", "2026-03-06"),  # grace from the 4th
    ]


def test_a_close_does_not_look_back_behind_an_event_of_the_next_day() -> None:
    entries = logged(
        txn(1, at("2026-03-01"), 0),
        txn(2, at("2026-03-02", "00:10"), 100_000),  # gold as of the 2nd, while the 1st is open
        txn(3, at("2026-03-02", "03:00"), 0, customer="c2"),
    )
    assert moves(Partition(cards()).run(entries)) == [("ordinary", "gold", "event", "2026-03-02")]


def test_a_resent_transaction_changes_nothing_within_three_closes() -> None:
    again = txn(1, at("2026-03-01"), 100)
    for stamped, balance in (("2026-03-04", 100), ("2026-03-05", 200)):
        oracle = Partition({})
        oracle.run(logged(again, again, stamps={1: at(stamped)}))
        assert oracle.measures("c1", day(stamped))["aum"] == balance


def test_a_transaction_more_than_two_days_ahead_is_refused_and_not_remembered() -> None:
    oracle = Partition({})
    ahead = txn(1, at("2026-03-04"), 100)
    oracle.run(logged(ahead, txn(2, at("2026-03-03"), 7), ahead, stamps={0: at("2026-03-01"), 1: at("2026-03-01")}))
    assert oracle.refused == [0]
    assert oracle.measures("c1", day("2026-03-04"))["aum"] == 107


def test_leaving_the_scope_ends_a_standing_and_coming_back_is_a_placement() -> None:
    policy = GOLD.replace("GRACE", "0").replace("STEPS", "one")
    policy = policy.replace("base =", "applies_to = \"kind == 'personal'\"\nbase =")
    entries: list[Entry] = [
        ("txn", 0, stamp(at("2026-03-01")), txn(1, at("2026-03-01"), 100_000)),
        ("facts", {"customer_id": "c1", "kind": "personal"}),
        ("facts", {"customer_id": "c1", "kind": None}),  # unknown ends nobody
        ("facts", {"customer_id": "c1", "kind": "corporate"}),
        ("facts", {"customer_id": "c1", "kind": "personal"}),
    ]
    assert moves(Partition({"cards.toml": policy}).run(entries)) == [
        ("ordinary", "gold", "placement", "2026-03-01"),
        ("gold", None, "scope", "2026-03-01"),
        ("ordinary", "gold", "placement", "2026-03-01"),
    ]


def test_an_unknown_stay_keeps_and_an_unknown_enter_does_not_raise() -> None:
    policy = (
        'scheme = "s"\nbase = "b"\n[[level]]\nname = "l"\nenter = "aum >= 1 and grade == \'a\'"\n'
        "stay = \"grade == 'a'\"\n"
    )
    entries: list[Entry] = [
        ("txn", 0, stamp(at("2026-03-01")), txn(1, at("2026-03-01"), 100)),
        ("facts", {"customer_id": "c1", "grade": "a"}),
        ("facts", {"customer_id": "c1", "grade": None}),
        ("facts", {"customer_id": "c1", "grade": "z"}),
    ]
    assert [(c.came_from, c.to) for c in Partition({"s.toml": policy}).run(entries)] == [("b", "l"), ("l", "b")]


def at_risk(policies: dict[str, str], *transactions: Json) -> Said:
    oracle = Partition(policies)
    oracle.run(logged(*transactions))
    (told,) = [alert.told for alert in oracle.alerts if alert.told.signal == RISK]
    assert told.action == "raised"
    return told.said


def test_a_level_at_risk_is_saved_by_what_is_missing_to_its_balance() -> None:
    said = at_risk(cards(grace=30), txn(1, at("2026-03-10"), 100_000), txn(2, at("2026-03-20"), -6_000))
    assert said.evidence == {"aum": 940, **THREAT}
    assert said.value == 10


def test_a_level_that_an_average_keeps_is_saved_by_a_deposit_that_counts_on_the_days_that_are_left() -> None:
    # at the end of the grace, the 29th, before the week to act is over: 500.00 on the 23rd to 25th, 400.00 on four days, and what is deposited on
    # the last one; 950 x 7 = 3 x 500 + 4 x 400 + 3,550, less than what the level is entered with
    text = cards(grace=3)["cards.toml"].replace('"aum >= 950"', '"aum_avg_7d >= 950"').replace("1_000", "10_000")
    booked = (("2026-03-10", 1_000_000), ("2026-03-20", -950_000), ("2026-03-26", -10_000))
    said = at_risk({"cards.toml": text}, *(txn(n, at(day), amount) for n, (day, amount) in enumerate(booked)))
    assert said.evidence == {"aum_avg_7d": Fraction(6 * 500 + 400, 7), "level": "gold", "falls_to": "ordinary"}
    assert said.value == 3_550


def test_what_reads_money_in_a_way_that_cannot_be_turned_round_says_no_amount() -> None:
    policies = {"cards.toml": cards(grace=30)["cards.toml"].replace('"aum >= 950"', '"2 * aum - deposits >= 950"')}
    said = at_risk(policies, txn(1, at("2026-03-10"), 100_000), txn(2, at("2026-03-20"), -6_000))
    assert said.evidence == {"aum": 940, "deposits": 940, **THREAT}
    assert said.value == UNTOLD
