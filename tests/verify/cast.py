"""Hand-made customers whose two years hold what every shipped signal waits for, and what ends it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.partition import Entry
from tests.properties.bank import Json, txn

Record = tuple[int, str, Json]
"""Timestamp in milliseconds, kind of entry (txn, facts, talk), and what is told."""

DELAY_S = 60
"""Seconds from what happens to its record."""


class Story:
    """What is told of one customer, in any order; money is in major units, dates are of the bank."""

    def __init__(self, name: str, zone: str) -> None:
        self.name = name
        self.zone = ZoneInfo(zone)
        self.entries: list[Record] = []

    def facts(self, on: str, **told: Any) -> None:
        """Facts of a day's morning."""
        self._add("facts", on, "08:00", {"customer_id": self.name, **told})

    def account(self, on: str, name: str, product: str = "deposit", **told: Any) -> None:
        """Facts about an account."""
        self.facts(on, accounts=[{"account_id": f"{self.name}-{name}", "product": product, **told}])

    def pay(self, on: str, amount: float, account: str = "pay", *, told_on: str | None = None, **more: Any) -> None:
        """A transaction at noon of ``on``, credit positive; ``told_on`` is when its record came, if later."""
        fields: dict[str, Any] = {"initiator": "customer", "product": "deposit", **more}
        minor, time = round(amount * 100), f"12:{len(self.entries) % 60:02}"
        if fields.get("currency", "CNY") != "CNY":
            fields["amount_base"] = minor
        told = txn(
            len(self.entries),
            self._at(on, time).isoformat(),
            minor,
            customer=self.name,
            account=f"{self.name}-{account}",
            **fields,
        )
        self._add("txn", told_on or on, time, told)

    def talk(self, on: str, kind: str, *, told_on: str | None = None, **told: Any) -> None:
        """An interaction in the afternoon; ``told_on`` is when its record came, if later."""
        number = {"interaction_id": f"{self.name}-{len(self.entries)}", "customer_id": self.name}
        self._add(
            "talk", told_on or on, "15:00", {**number, "at": self._at(on, "15:00").isoformat(), "kind": kind, **told}
        )

    def _at(self, on: str, time: str) -> dt.datetime:
        return dt.datetime.fromisoformat(f"{on}T{time}").replace(tzinfo=self.zone)

    def _add(self, what: str, on: str, time: str, told: Json) -> None:
        stamp = int(self._at(on, time).timestamp() + DELAY_S) * 1000
        self.entries.append((stamp, what, told))


def days(first: str, last: str, step: int) -> Iterator[str]:
    """Every ``step`` days from a date to another."""
    date, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    while date <= end:
        yield date.isoformat()
        date += dt.timedelta(days=step)


def months(first: str, count: int) -> list[str]:
    """The same day of so many months."""
    year, month, day = map(int, first.split("-"))
    index = year * 12 + month - 1
    return [dt.date(i // 12, i % 12 + 1, day).isoformat() for i in range(index, index + count)]


def sleeper(story: Story) -> None:
    """An account told of when it has slept for two years and more; it wakes, and falls asleep again."""
    story.facts("2023-09-01", kind="personal")
    story.account("2023-09-01", "pay", opened_on="2020-01-15")
    story.pay("2021-03-10", 200, told_on="2023-09-02")
    for on in ("2024-06-01", "2024-06-02", "2024-06-03"):
        story.pay(on, 30)
    for on in days("2025-02-05", "2025-03-05", 7):
        story.pay(on, 200)


def resting(story: Story) -> None:
    """An account that has rested for ten months when it is told of, and wakes after two years."""
    story.facts("2023-09-01", kind="personal")
    story.pay("2022-10-10", 5_000, told_on="2023-09-02")
    story.pay("2024-12-01", 100)


def habitual(story: Story) -> None:
    """Groceries every five days; two months and more of silence, and less business before that."""
    story.facts("2023-09-01", kind="personal")
    for on in [*days("2023-09-03", "2024-11-01", 5), *days("2025-01-10", "2025-09-20", 5)]:
        story.pay(on, -200, "card", product="card", kind="purchase", category="groceries")
    story.pay("2023-09-03", 9_000)
    for on in months("2024-07-10", 3):
        story.pay(on, -100, kind="cash")
        story.pay(on, 100, kind="transfer")


def cardholder(story: Story) -> None:
    """A card that is hardly used, another that is not activated, and hardly any money."""
    story.facts("2023-09-01", kind="personal")
    story.pay("2023-09-05", 50)
    story.pay("2023-09-06", -20, "card", product="card", kind="purchase")
    story.account("2023-09-07", "new", "card", opened_on="2023-09-07")
    story.talk("2023-11-20", "card_activation", account_id="cardholder-new")
    story.pay("2024-04-10", 900)
    story.pay("2024-04-11", -500, "card", product="card", kind="purchase")
    story.pay("2024-04-12", -500, "new", product="card", kind="purchase")


def earner(story: Story) -> None:
    """A salary that stops for four months."""
    story.facts("2023-09-01", kind="personal")
    for on in [*months("2023-09-25", 10), *months("2024-10-25", 10)]:
        story.pay(on, 10_000, kind="salary", initiator="third_party")
        story.pay(on, -9_000, kind="transfer")


def troubled(story: Story) -> None:
    """Everything that the bank's people may know of a customer, and its end."""
    story.facts("2023-09-01", kind="personal", birth_date="1970-02-28", has_address=True)
    story.pay("2023-09-05", 60_000)
    story.facts("2024-02-01", owner_leaving=True, lost_contact=True, risk_score=650, overdraft_or_evasion=True)
    story.facts("2024-02-05", risk_score=850, bad_credit_records=2)
    story.talk("2024-02-10", "complaint", complaint_id="k1")
    story.talk("2024-03-02", "resolution", complaint_id="k1")
    story.facts("2024-03-10", owner_leaving=False, lost_contact=False, risk_score=549, overdraft_or_evasion=False)
    story.facts("2024-03-11", bad_credit_records=0, has_phone=True, has_employer=True, occupation="doctor")
    story.talk("2024-03-12", "enquiry", product="fund")
    for on in days("2024-05-01", "2024-05-06", 1):
        for _ in range(4):
            story.pay(on, -10)


def wealthy(story: Story) -> None:
    """A rise, idle and foreign money, a deposit that matures, days to remember, and a large outflow to another bank."""
    story.facts("2023-09-01", kind="personal", birth_date="1970-07-15", family_dates={"spouse_birthday": "1972-08-20"})
    story.pay("2023-09-03", 150_000, form="demand")
    story.pay("2023-10-05", 2_850_000, form="demand", initiator="third_party")
    story.talk("2023-10-06", "contact", role="relationship_manager")
    story.talk("2024-02-15", "contact", role="relationship_manager")
    story.pay("2024-03-01", 600_000, "dollars", currency="USD", form="time")
    story.pay("2024-03-02", 50_000, "term", form="time", matures_on="2024-05-15")
    for rolled in (50_000, 60_000):
        story.pay("2024-05-15", rolled, "term", kind="rollover", initiator="bank")
    for place, on in enumerate(months("2023-11-10", 20)):
        story.pay(on, -1_000 - 100 * (place % 3))
    story.pay("2024-06-05", 900_000, "fund", product="wealth")
    story.pay("2024-09-11", -2_200_000, counterparty="other_bank")
    story.pay("2024-10-12", -300_000, "dollars", currency="USD")


def leaving(story: Story) -> None:
    """The only account is closed; half a year later there is a new one."""
    story.facts("2023-09-01", kind="personal")
    story.pay("2023-09-05", 1_000)
    story.account("2024-03-01", "pay", closed_on="2024-03-01")
    story.pay("2024-09-01", 500, "again")


def firm(story: Story) -> None:
    """A firm whose people are owed contacts, and have them in one month."""
    story.facts("2023-09-01", kind="corporate")
    story.pay("2023-09-03", 60_000_000, initiator="third_party")
    for on in ("2024-02-03", "2024-02-14", "2024-02-29"):
        for role in ("outlet_director", "client_manager", "corporate_head", "president"):
            story.talk(on, "contact", role=role)


def elsewhere(story: Story) -> None:
    """Twelve million on demand at a branch that the owner does not see, most of it taken away half a year later."""
    story.facts("2023-09-01", kind="personal", branch_id="b-1")
    story.pay("2023-09-04", 40_000, form="demand")
    story.pay("2023-09-05", 12_000_000, "far", form="demand")
    story.account("2023-10-02", "far", branch_id="b-2")
    story.pay("2024-04-08", -3_000_000, "far")
    story.pay("2024-04-09", -0.01, "far")


def rated(story: Story) -> None:
    """A risk level that rises to high, then to critical, and comes down."""
    story.facts("2023-09-01", kind="personal", labels={"risk_level": "medium"})
    story.pay("2023-09-05", 5_000)
    story.facts("2024-01-10", labels={"risk_level": "high"})
    story.facts("2024-02-12", labels={"risk_level": "critical"})
    story.facts("2024-05-20", labels={"risk_level": "low"})


def closed_firm(story: Story) -> None:
    """A firm that closes its only account, and comes back."""
    story.facts("2023-09-01", kind="corporate")
    story.pay("2023-09-05", 700_000)
    story.pay("2024-02-26", -700_000)
    story.account("2024-03-01", "pay", closed_on="2024-03-01")
    story.pay("2024-09-02", 500, "again")


def saver(story: Story) -> None:
    """Money that never moved, taken away at once; a salary that comes no more, and a silence of more than a year."""
    story.facts("2023-09-01", kind="personal")
    story.pay("2023-09-05", 80_000)
    for on in months("2023-09-25", 6):
        story.pay(on, 6_000, kind="salary", initiator="third_party")
    for on in days("2023-09-10", "2024-02-20", 9):
        story.pay(on, 5)
    story.pay("2024-06-12", -79_000)


def treasured(story: Story) -> None:
    """A year of deposits that earn as much as the first 2 % do, and their end."""
    story.facts("2023-09-01", kind="personal")
    story.pay("2023-09-10", 12_000_000, form="time", initiator="third_party")
    story.pay("2024-09-10", -11_900_000, form="time")


CAST = (
    sleeper,
    resting,
    habitual,
    cardholder,
    earner,
    troubled,
    wealthy,
    leaving,
    firm,
    elsewhere,
    rated,
    closed_firm,
    saver,
    treasured,
)


def told_by_cast(zone: str) -> list[Record]:
    """The records of all of them."""
    stories = [Story(tell.__name__, zone) for tell in CAST]
    for tell, story in zip(CAST, stories, strict=True):
        tell(story)
    return [entry for story in stories for entry in story.entries]


def laid_out(told: Sequence[Record]) -> list[Entry]:
    """The log of them in the order of their timestamps, offsets of transactions counted up."""
    entries: list[Entry] = []
    for number, (stamp, what, body) in enumerate(sorted(told, key=lambda one: one[0])):
        entries.append((what, number, stamp, body) if what == "txn" else (what, body, stamp))
    return entries
