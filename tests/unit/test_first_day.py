"""The first day of a bank that begins with a snapshot: twelve monthly averages place its customers, and nobody is alarmed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from agents.policy_files import read_folder
from agents.snapshot import Columns, LineReader, Moment, Reading, facts_of, openings_of
from agents.snapshot_averages import months_before
from streams.calendar import BusinessCalendar
from tests.unit.one_partition import CONFIG, Bank

POLICIES = read_folder(Path(__file__).parents[2] / "policies")
AS_OF = "2024-03-31"
CLOSE = dt.datetime(2024, 3, 31, 15, 59, 59, tzinfo=dt.UTC)
MOMENT = Moment(AS_OF, "2024-03-31T23:59:59+08:00", int(CLOSE.timestamp() * 1000))
MONTHS = months_before(AS_OF, BusinessCalendar(CONFIG.timezone, CONFIG.cutoff))
BY_EVENTS = """
scheme = "by_events"
title = "Averages of a quarter, looked at with each transaction"
base = "low"
[[level]]
name = "high"
enter = "aum_avg_3m >= 1_000_000"
stay = "aum_avg_3m >= 1_000_000"
[upgrade]
check = "event"
[downgrade]
check = "month_close"
"""


class Begun(Bank):
    """A bank that has imported a snapshot, and a day has been closed since."""

    def __init__(self, lines: dict[str, tuple[str, list[str]]], policies: dict[str, str], *, booked: float = 0) -> None:
        """``lines``: the balance of a customer and the averages of the months up to the snapshot's, oldest first; with
        ``booked`` everybody has been booked so many days after it, before it was imported."""
        super().__init__()
        self.policies = policies
        self.now = CLOSE + dt.timedelta(days=booked)
        if booked:
            for customer in lines:
                self.book(customer)
        names = ["customer_id", "kind", "account_id", "product", "balance", "opened_on", *MONTHS]
        reader = LineReader(Columns(names, months=MONTHS), Reading(MOMENT, "CNY", months=MONTHS))
        rows = [
            reader.read([customer, "personal", f"{customer}-1", "deposit", balance, "2016-05-06", *averages])
            for customer, (balance, averages) in lines.items()
        ]
        for topic, records in (("customers", facts_of(rows, MOMENT)), ("transactions", openings_of(rows, MOMENT))):
            for stamp, key, value in records:
                self.cluster.log(topic, 0).append(key, value, max(stamp, int(self.now.timestamp() * 1000)))
        self.book("other", days=1.5)

    def told(self, topic: str) -> list[dict[str, object]]:
        assert self.work() is None
        return [msgspec.json.decode(record.value or b"") for record in self.cluster.log(topic, 0).committed()]

    def placed(self) -> set[object]:
        """Who was placed anywhere above the base."""
        return {change["customer_id"] for change in self.told("tier-changes")} - {"other"}


def test_twelve_averages_place_private_bank_and_not_the_balance_of_one_day() -> None:
    lines = {
        "steady": ("9", ["5500000"] * 12),
        "lucky": ("9000000", ["100000"] * 12),
        "at_bound": ("5000000", ["5000000"] * 12),
        "below": ("5000000", ["5000000"] * 11 + ["4999999.99"]),
    }
    policies = {"private_bank.toml": POLICIES["private_bank.toml"]}
    assert Begun(lines, policies).placed() == {"steady", "at_bound"}


def test_nobody_is_placed_by_an_average_of_long_ago_while_the_next_ones_are_still_to_come() -> None:
    lines = {"once": ("100", ["9000000"] * 6 + ["100"] * 6), "still": ("9", ["100"] * 6 + ["9000000"] * 6)}
    bank = Begun(lines, {"by_events.toml": BY_EVENTS})
    assert bank.placed() == {"still"}
    assert {change["reason"] for change in bank.told("tier-changes") if change["customer_id"] == "still"} == {
        "placement"
    }


def test_averages_of_an_account_that_was_booked_already_are_left_out_and_its_balance_is_that_of_the_snapshot() -> None:
    bank = Begun({"early": ("1000000", ["7"] * 12)}, {"by_events.toml": BY_EVENTS}, booked=0.5)
    assert bank.placed() == {"early"}


def test_no_alert_comes_of_averages_and_none_of_silence_or_missing_money_since() -> None:
    lines = {
        f"old{place}": (balance, averages)
        for place, (balance, averages) in enumerate(
            [("200", ["9000"] * 12), ("9000", ["200"] * 12), ("120", [f"{100 + month}" for month in range(12)])]
        )
    }
    bank = Begun(lines, dict(POLICIES))
    for _ in range(2):
        bank.book("other", days=28)
    alerts = bank.told("alerts")
    assert [alert for alert in alerts if alert.get("customer_id") != "other"] == []
