"""Hypothesis strategies for the log of one partition: what a bank's core systems might send, good days and bad.

A history is drawn as small steps and laid out afterwards, so that it shrinks to few and simple ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle.partition import Entry
from tests.properties.bank import Json, txn

MINUTE, HOUR, DAY = 60, 3_600, 86_400
LINE = 100_000
"""The threshold of the policies under test, 1,000.00 in minor units; averages of 7 days reach it at seven times that."""

LINES = [LINE, LINE - 1, LINE + 1, 1, 7 * LINE, 7 * LINE - 1, 7 * LINE + 1, 30 * LINE, 30 * LINE - 1, LINE // 2]
AMOUNTS = st.one_of(
    st.sampled_from([*LINES, *(-amount for amount in LINES), 0]),
    st.integers(-3 * LINE, 3 * LINE),
    st.sampled_from([5 * 10**14, -5 * 10**14]),  # 35 of them stay below the limit of a class balance
)
LAPSES = st.sampled_from(
    [0, 0, 0, 1, 20 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 8 * DAY, 31 * DAY]
)
"""Seconds between two records' Kafka timestamps."""
LATENESS_DAYS = [-3, -2, -1, 0, 0, 0, 0, 0, 0, 1, 2, 6, 40, 93, 94, 95, 200, 330, 500]
LATENESS = st.one_of(st.sampled_from([days * DAY for days in LATENESS_DAYS]), st.sampled_from([-HOUR, 30, HOUR]))
"""Seconds from the booking to its record's timestamp; below zero where the core system's clock runs ahead."""
STARTS = [
    ("2024-02-26T10:00:00", "leap day"),
    ("2028-02-25T23:30:00", "leap day"),
    ("2026-03-27T22:00:00", "clocks go forward in London"),
    ("2026-10-23T00:00:00", "clocks go back in London"),
    ("2026-12-30T12:00:00", "year's end"),
    ("2026-06-28T01:00:00", "quarter's end"),
]
ZONES = st.sampled_from(
    [("Asia/Shanghai", "00:00"), ("Europe/London", "00:00"), ("Europe/London", "22:00"), ("Europe/London", "01:30")]
)
PRODUCTS = st.sampled_from(["deposit", "deposit", "deposit", "wealth", "loan", "margin", "card"])
INITIATORS = st.sampled_from(["customer", "customer", "third_party", "bank", "mandate"])
KINDS = st.sampled_from(["transfer", "transfer", "transfer", "interest", "opening"])
BASE_CURRENCY = "CNY"
AMOUNT_MAX = 10**15


@dataclass(frozen=True)
class Step:
    """One record of ``transactions``; ``told_off`` is how far the told balance is from the one we know of."""

    lapse: int
    customer: int
    account: int
    product: str
    kind: str
    initiator: str
    amount: int
    lateness: int
    told_off: int | None
    currency: str = BASE_CURRENCY
    base_told: bool = True


@dataclass(frozen=True)
class Again:
    """An earlier record once more, or the reversal of an earlier booking."""

    lapse: int
    which: int
    reversal: bool
    told_off: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is told about a customer between two records."""

    lapse: int
    customer: int
    kind: str | None


@dataclass(frozen=True)
class History:
    """A log and the settings under which it is read."""

    timezone: str
    cutoff: str
    entries: list[Entry] = field(hash=False)


TOLD = st.sampled_from([None, None, 0, 0, 0, 1, -1, LINE, -250])
ALWAYS_TOLD = st.sampled_from([0, 0, 0, 0, 1, -LINE])
NEVER_TOLD = st.none()


def _records(told: st.SearchStrategy[int | None]) -> st.SearchStrategy[Step | Again | Facts]:
    step = st.builds(
        Step,
        lapse=LAPSES,
        customer=st.sampled_from([0, 0, 0, 1, 2]),
        account=st.integers(0, 1),
        product=PRODUCTS,
        kind=KINDS,
        initiator=INITIATORS,
        amount=AMOUNTS,
        lateness=LATENESS,
        told_off=told,
        currency=st.sampled_from([BASE_CURRENCY] * 7 + ["USD"]),
        base_told=st.booleans(),
    )
    again = st.builds(Again, lapse=LAPSES, which=st.integers(0, 8), reversal=st.booleans(), told_off=told)
    kinds = st.sampled_from(["personal", "personal", "corporate", None])
    facts = st.builds(Facts, LAPSES, st.sampled_from([0, 0, 1, 2, 3]), kinds)
    return st.one_of(step, step, step, step, step, again, facts)


@st.composite
def histories(draw: st.DrawFn, sizes: Sequence[int] = (1, 10, 25)) -> History:
    """A history of up to three customers with two accounts each (a fourth is known by facts alone)."""
    timezone, cutoff = draw(ZONES)
    start, _ = draw(st.sampled_from(STARTS))
    told = draw(st.sampled_from([TOLD, TOLD, ALWAYS_TOLD, NEVER_TOLD]))
    size = draw(st.sampled_from(sizes))
    steps = draw(st.lists(_records(told), min_size=size, max_size=size + 10))
    return History(timezone, cutoff, lay_out(steps, start, timezone))


def lay_out(steps: Sequence[Step | Again | Facts], start: str, timezone: str) -> list[Entry]:
    """The steps as a log, from ``start`` (local time of the bank) on."""
    return _Layout(dt.datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)).log(steps)


class _Layout:
    """Turns steps into records, keeping the balances that a core system would know of."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.sent: list[Json] = []
        self.balances: dict[str, int] = {}

    def log(self, steps: Sequence[Step | Again | Facts]) -> list[Entry]:
        entries: list[Entry] = []
        for number, step in enumerate(steps):
            self.now += dt.timedelta(seconds=step.lapse)
            stamp = int(self.now.timestamp() * 1000)
            if isinstance(step, Facts):
                entries.append(("facts", {"customer_id": f"c{step.customer}", "kind": step.kind}, stamp))
                continue
            record = self._new(number, step) if isinstance(step, Step) else self._again(number, step)
            if record is not None:
                self.sent.append(record)
                entries.append(("txn", number, stamp, record))
        return entries

    def _new(self, number: int, step: Step) -> Json:
        opening = step.kind == "opening"
        amount = 0 if opening else step.amount
        foreign = step.currency != BASE_CURRENCY
        account = f"c{step.customer}-a{step.account}"
        told = self._told(account, amount, 0 if opening and step.told_off is None else step.told_off)
        return txn(
            number,
            (self.now - dt.timedelta(seconds=step.lateness)).isoformat(),
            amount,
            customer=f"c{step.customer}",
            account=account,
            product=step.product,
            kind=step.kind,
            initiator=step.initiator,
            currency=step.currency,
            balance_after=told,
            amount_base=amount if foreign and step.base_told else None,
            balance_base=told if foreign and step.base_told else None,
        )

    def _again(self, number: int, step: Again) -> Json | None:
        bookings = [record for record in self.sent if not step.reversal or record["kind"] != "opening"]
        if not bookings:
            return None
        record = bookings[-1 - step.which % len(bookings)]
        if not step.reversal:
            return record
        return txn(
            number,
            self.now.isoformat(),
            -record["amount"],
            customer=record["customer_id"],
            account=record["account_id"],
            product=record["product"],
            initiator="bank",
            currency=record["currency"],
            amount_base=-record["amount_base"] if "amount_base" in record else None,
            balance_after=self._told(record["account_id"], -record["amount"], step.told_off),
            reverses=record["transaction_id"],
            reverses_booked_at=record["booked_at"],
        )

    def _told(self, account: str, amount: int, off: int | None) -> int | None:
        """The balance after a booking, ``off`` away from what we know of: then money moved without a record."""
        balance = self.balances.get(account, 0) + amount + (off or 0)
        balance = max(-AMOUNT_MAX, min(balance, AMOUNT_MAX))
        self.balances[account] = balance
        return None if off is None else balance
