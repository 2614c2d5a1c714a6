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
PRODUCTS = ("deposit", "deposit", "deposit", "wealth", "loan", "margin", "card", "card")
COUNTERPARTIES = st.sampled_from([None, None, "own", "internal", "other_bank"])
FORMS = st.sampled_from([None, "demand", "demand", "time"])
COSTS = st.sampled_from([0, 0, 0, 1, 250])
MATURITIES = st.sampled_from([None, None, None, "2026-12-31", "2030-02-28"])
RATES = """
[[rates]]
from = 2023-01-01
transfer_price = 0.025
deposit_rate = 0.0125
loan_rate = 0.045
[[rates]]
from = 2026-03-01
transfer_price = 0.02
deposit_rate = 0.0235
loan_rate = 0.043501
cost_per_transaction = 0.37
[[rates]]
from = 2028-03-01
transfer_price = 0
deposit_rate = -0.01
loan_rate = 0.01
cost_per_transaction = 1
"""
"""Rates that change at the ends of February, within the reach of the histories."""
CHURN = """
model = "bg_nbd"
unit = "day"
r = 0.45
alpha = 12.5
a = 0.6
b = 1.9
fitted_on = "nobody"
"""
"""Customers who differ much, and of whom many leave."""
KIND_FACTS = st.sampled_from(["personal", "personal", "corporate", None])
DATES = st.sampled_from([None, "2023-11-30", "2024-02-28", "2026-07-01", "2027-01-01"])
FACTS = st.fixed_dictionaries(
    {"kind": KIND_FACTS},
    optional={
        "source": st.sampled_from(["core", "cards"]),
        "birth_date": st.sampled_from(["1964-02-29", "2004-03-02", "2025-06-30", None]),
        "settlement_share": st.sampled_from([0, 0.6, 0.333333, 1, None]),
        "tags": st.sampled_from([None, [], ["a"], ["b", "a"]]),
        "owner_id": st.sampled_from(["rm-1", "rm-2", None]),
        "branch_id": st.sampled_from(["b-1", "b-1", "b-2", None]),
        "family_dates": st.dictionaries(
            st.sampled_from(["wedding", "spouse_birthday"]),
            st.sampled_from(["2000-02-29", "1990-03-01", "1999-06-30", "2000-12-31", "2030-01-01", None]),
            max_size=2,
        ),
    },
)
ACCOUNT_FACTS = st.fixed_dictionaries(
    {"product": st.sampled_from(PRODUCTS)},
    optional={
        "opened_on": DATES,
        "closed_on": DATES,
        "matures_on": DATES,
        "card_activated_on": DATES,
        "branch_id": st.sampled_from(["b-1", "b-2", None]),
    },
)
"""What is told of an account; the days lie before, within and behind the histories."""
OVERRIDES = st.none() | st.tuples(
    st.sampled_from(["scheme0", "scheme0", "scheme0", "scheme1", "scheme2"]),
    st.sampled_from(
        ["ordinary", "level0", "level1", "level2", "class0", "class1", "none", "cell0", "renamed", None, None, None]
    ),
    st.sampled_from([-1, 0, 0, 1, 2, 5, 40]),
)
"""A person's word: level and scheme may be there or not."""
BASE_CURRENCY = "CNY"
AMOUNT_MAX = 10**15


@dataclass(frozen=True)
class Step:
    """One record of ``transactions``.

    ``told_off`` is how far the told balance is from the one we know of. With ``to_balance`` the amount is what leads
    from there to ``amount``.
    """

    lapse: int
    customer: int
    account: int
    product: str
    kind: str
    initiator: str
    amount: int
    to_balance: bool
    lateness: int
    told_off: int | None
    currency: str = BASE_CURRENCY
    base_told: bool = True
    counterparty: str | None = None
    form: str | None = None
    cost: int = 0
    matures_on: str | None = None


@dataclass(frozen=True)
class Again:
    """An earlier record once more, or the reversal of an earlier booking."""

    lapse: int
    which: int
    reversal: bool
    told_off: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is told about a customer between two records; ``accounts`` are numbers of accounts with what is told of each."""

    lapse: int
    customer: int
    told: Json
    accounts: list[tuple[int, Json]] = field(default_factory=list)
    override: tuple[str, str | None, int] | None = None
    """Scheme, level and the days that it is to hold."""


@dataclass(frozen=True)
class History:
    """A log and the settings under which it is read."""

    timezone: str
    cutoff: str
    entries: list[Entry] = field(hash=False)


LAPSES = (0, 0, 0, 1, 20 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 8 * DAY, 31 * DAY, 45 * DAY)
"""Seconds between two records' Kafka timestamps."""
LATENESS_DAYS = (-3, -2, -1, 0, 0, 0, 0, 0, 0, 1, 2, 6, 40, 93, 94, 95, 200, 330, 500)
"""Days from the booking to its record's timestamp; below zero where the core system's clock runs ahead."""
FIGURES = (*LINES, *(-figure for figure in LINES), 0)
HUGE = (5 * 10**14, -5 * 10**14)
"""Forty of them stay below the limit of a class balance."""
AMOUNTS = st.sampled_from(FIGURES) | st.integers(-3 * LINE, 3 * LINE) | st.sampled_from((*LINES, *HUGE))


@dataclass(frozen=True)
class Mood:
    """What kind of history it is: what its steps are drawn from."""

    customers: Sequence[int] = (0, 0, 0, 1, 2)
    accounts: Sequence[int] = (0, 1)
    products: Sequence[str] = PRODUCTS
    kinds: Sequence[str] = ("transfer", "transfer", "purchase", "salary", "fee", "interest", "opening")
    lapses: Sequence[int] = LAPSES
    lateness_days: Sequence[int] = LATENESS_DAYS
    told_off: Sequence[int | None] = (None, None, 0, 0, 0, 1, -1, LINE, -250)
    currencies: Sequence[str] = (BASE_CURRENCY,) * 7 + ("USD",)
    amounts: Sequence[int] = ()
    """Preferred amounts; none: the figures of the policies, any small one, some huge ones."""
    to_balance: Sequence[bool] = (False,)
    sizes: Sequence[int] = (1, 10, 25)
    others: int = 2
    """How many of seven steps are no new booking but a repeat, a reversal or facts."""


MOODS = [
    Mood(),
    Mood(told_off=(0, 0, 0, 0, 1, -LINE)),  # told always
    Mood(  # told by openings only, most of them late
        customers=(0, 0, 1),
        products=("deposit", "wealth"),
        kinds=("transfer",) * 4 + ("opening",),
        lapses=(0, HOUR, 9 * HOUR, DAY),
        lateness_days=(0, 0, 0, 1, 2, 3),
        told_off=(None,),
        sizes=(10, 25),
    ),
    Mood(  # money goes missing and turns up late
        customers=(0,),
        accounts=(0, 0, 0, 1),
        products=("deposit",),
        kinds=("transfer",),
        lapses=(HOUR, 9 * HOUR, DAY),
        lateness_days=(0, 0, 0, 1, 2, 3, 6),
        told_off=(None, 7, -7, 7, 14, 0),
        amounts=(7, -7, 7, 14, 3, LINE),
        currencies=(BASE_CURRENCY,),
        sizes=(10, 25),
        others=1,
    ),
    Mood(  # one customer swings around the lines, sometimes ahead of the clock, and changes its kind
        customers=(0, 0, 0, 0, 1),
        accounts=(0,),
        products=("deposit",),
        kinds=("transfer", "transfer", "transfer", "opening"),
        lapses=(0, HOUR, 9 * HOUR, DAY, DAY, 3 * DAY),
        lateness_days=(-2, -1, -1, 0, 0, 0),
        told_off=(None, 0),
        currencies=(BASE_CURRENCY,),
        amounts=FIGURES,
        to_balance=(True,),
        sizes=(10, 25),
        others=3,
    ),
]
SWINGING = [*MOODS, MOODS[-1], MOODS[-1], MOODS[-1]]


def _records(mood: Mood) -> st.SearchStrategy[Step | Again | Facts]:
    lapses, told_off = st.sampled_from(mood.lapses), st.sampled_from(mood.told_off)
    step = st.builds(
        Step,
        lapse=lapses,
        customer=st.sampled_from(mood.customers),
        account=st.sampled_from(mood.accounts),
        product=st.sampled_from(mood.products),
        kind=st.sampled_from(mood.kinds),
        initiator=st.sampled_from(["customer", "customer", "third_party", "bank", "mandate"]),
        amount=st.sampled_from(mood.amounts) if mood.amounts else AMOUNTS,
        to_balance=st.sampled_from(mood.to_balance),
        lateness=st.sampled_from([days * DAY for days in mood.lateness_days]) | st.sampled_from([-HOUR, 0, 30, HOUR]),
        told_off=told_off,
        currency=st.sampled_from(mood.currencies),
        base_told=st.booleans(),
        counterparty=COUNTERPARTIES,
        form=FORMS,
        cost=COSTS,
        matures_on=MATURITIES,
    )
    again = st.builds(Again, lapse=lapses, which=st.integers(0, 8), reversal=st.booleans(), told_off=told_off)
    accounts = st.lists(st.tuples(st.integers(0, 2), ACCOUNT_FACTS), max_size=2)
    customers = st.sampled_from([*mood.customers, *mood.customers, 3])
    facts = st.builds(Facts, lapses, customers, FACTS, accounts, OVERRIDES)
    others = [again, facts, facts][: mood.others]
    return st.one_of(*[step] * (7 - mood.others), *others)


@st.composite
def histories(draw: st.DrawFn, moods: Sequence[Mood] = MOODS) -> History:
    """A history of up to three customers with two accounts each (a fourth is known by facts alone)."""
    timezone, cutoff = draw(ZONES)
    start, _ = draw(st.sampled_from(STARTS))
    mood = draw(st.sampled_from(moods))
    size = draw(st.sampled_from(mood.sizes))
    steps = draw(st.lists(_records(mood), min_size=size, max_size=size + 10))
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
                customer = f"c{step.customer}"
                accounts = [{"account_id": f"{customer}-a{number}", **told} for number, told in step.accounts]
                named: Json = {"accounts": accounts} if accounts else {}
                if step.override is not None:
                    named["override"] = self._override(*step.override)
                entries.append(("facts", {"customer_id": customer, **step.told, **named}, stamp))
                continue
            record = self._new(number, step) if isinstance(step, Step) else self._again(number, step)
            if record is not None:
                self.sent.append(record)
                entries.append(("txn", number, stamp, record))
        return entries

    def _override(self, scheme: str, level: str | None, days: int) -> Json:
        until = (self.now + dt.timedelta(days=days)).date().isoformat()
        return {"scheme": scheme, "level": level, "until": until, "reason": "a promise", "by": "eve"}

    def _new(self, number: int, step: Step) -> Json:
        opening = step.kind == "opening"
        foreign = step.currency != BASE_CURRENCY
        account = f"c{step.customer}-a{step.account}"
        amount = step.amount - self.balances.get(account, 0) if step.to_balance else step.amount
        amount = 0 if opening else max(-AMOUNT_MAX, min(amount, AMOUNT_MAX))
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
            counterparty=step.counterparty,
            form=step.form,
            variable_cost=step.cost or None,
            matures_on=step.matures_on,
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
            kind=record["kind"],
            initiator="bank",
            counterparty=record.get("counterparty"),
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
