"""Hypothesis strategies for the log of one partition: what a bank's core systems might send, good days and bad.

A history is drawn as small steps and laid out afterwards, so that it shrinks to few and simple ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.oracle.partition import Entry
from tests.properties.layout import BASE_CURRENCY, Again, Facts, Step, Talk, lay_out

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
DATES = st.sampled_from([None, "2023-11-30", "2024-02-28", "2024-03-20", "2026-07-01", "2026-11-15", "2027-01-01"])
TOLD = st.sampled_from([True, True, False, None])
FACTS = st.fixed_dictionaries(
    {"kind": KIND_FACTS},
    optional={
        "source": st.sampled_from(["core", "cards"]),
        "birth_date": st.sampled_from(["1964-02-29", "2004-03-02", "2025-06-30", None]),
        "settlement_share": st.sampled_from([0, 0.6, 0.333333, 1, None]),
        "tags": st.sampled_from([None, [], ["a"], ["b", "a"]]),
        "owner_id": st.sampled_from(["rm-1", "rm-2", None]),
        "family_dates": st.dictionaries(
            st.sampled_from(["wedding", "spouse_birthday"]),
            st.sampled_from(["2000-02-29", "1990-03-01", "1999-06-30", "2000-12-31", "2030-01-01", None]),
            max_size=2,
        ),
        "branch_id": st.sampled_from(["b-1", "b-1", "b-2", None]),
        "risk_score": st.sampled_from([0, 549, 550, 599, 600, 600, 799, 800, 800, None]),
        "labels": st.fixed_dictionaries(
            {}, optional={"risk_level": st.sampled_from(["medium", "high", "high", "critical", None])}
        ),
        "bad_credit_records": st.sampled_from([0, 1, 2, 2, 3, None]),
        "overdraft_or_evasion": TOLD,
        "owner_leaving": TOLD,
        "lost_contact": TOLD,
        "has_address": TOLD,
        "has_phone": TOLD,
        "has_employer": TOLD,
    },
)
"""What is told of a customer, now this and now that: figures lie at the bounds of shipped signals and a step aside, null takes back."""
ACCOUNT_FACTS = st.fixed_dictionaries(
    {"product": st.sampled_from(PRODUCTS)},
    optional={
        "opened_on": DATES,
        "closed_on": DATES,
        "matures_on": DATES,
        "card_activated_on": DATES,
        "counts_in_aum": st.sampled_from([True, False, None]),
        "branch_id": st.sampled_from(["b-1", "b-2", None]),
    },
)
"""What is told of an account; the days lie before, within and behind the histories."""
CATEGORIES = st.sampled_from([None, "fuel", "fuel", "groceries"])
ROLES = st.sampled_from([None, "outlet_director", "client_manager", "client_manager"])
COMPLAINTS = st.sampled_from([None, "k1", "k2"])
TALKS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("contact"), "role": ROLES}),
    st.fixed_dictionaries({"kind": st.sampled_from(["complaint", "resolution"]), "complaint_id": COMPLAINTS}),
    st.fixed_dictionaries({"kind": st.just("enquiry"), "product": st.sampled_from([None, "fund", "mortgage"])}),
    st.fixed_dictionaries({"kind": st.just("card_activation"), "product": st.sampled_from([None, "deposit"])}),
)
"""What interactions tell."""
OVERRIDES = st.none() | st.tuples(
    st.sampled_from(["scheme0", "scheme0", "scheme0", "scheme1", "scheme2"]),
    st.sampled_from(
        ["ordinary", "level0", "level1", "level2", "class0", "class1", "none", "cell0", "renamed", None, None, None]
    ),
    st.sampled_from([-1, 0, 0, 1, 2, 5, 40]),
)
"""A person's word: level and scheme may be there or not."""


@dataclass(frozen=True)
class History:
    """A log and the settings under which it is read."""

    timezone: str
    cutoff: str
    entries: list[Entry] = field(hash=False)


LAPSES = (0, 0, 0, 1, 20 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 8 * DAY, 31 * DAY, 45 * DAY)
"""Seconds between two records' Kafka timestamps."""
ASIDE_MAX = 45 * DAY
"""Longer lapses are those before transactions alone: nothing else moves the clock, which must not jump too far at the next one."""
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
    talks: int = 0
    """How many more steps, for every seven, tell what people talked of."""


SWINGS = Mood(  # one customer swings around the lines, sometimes ahead of the clock, and changes its kind
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
)
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
    Mood(  # averages of months are told one after the other, and bookings around them
        customers=(0, 0, 0, 1),
        accounts=(0, 0, 0, 1),
        products=("deposit", "deposit", "wealth"),
        kinds=("opening", "opening", "transfer"),
        lapses=(0, HOUR, DAY, 8 * DAY, 31 * DAY),
        lateness_days=(0, 0, 0, 1, 6, 27, 28, 29, 40, 95, 330),
        told_off=(None, None, LINE, -250, 7),
        amounts=(7, -7, 14, LINE),
        currencies=(BASE_CURRENCY,),
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
    SWINGS,
]
TALKING = Mood(  # the bank's people talk with customers, who buy the same things again and again
    customers=(0, 0, 0, 0, 1),
    accounts=(0, 0, 1, 2),
    products=("deposit", "card"),
    kinds=("purchase", "purchase", "purchase", "transfer"),
    lapses=(0, 9 * HOUR, DAY, DAY, DAY, 2 * DAY, 8 * DAY),
    lateness_days=(-2, -1, 0, 0, 0, 0, 1, 6),
    amounts=(-1, -LINE, -LINE, -LINE - 1, -7 * LINE, LINE, 30 * LINE),
    sizes=(25,),
    others=2,
    talks=3,
)
YEARS = Mood(  # one customer swings around the lines for years, sometimes ahead of the clock
    customers=(0, 0, 0, 1),
    accounts=(0, 0, 1),
    products=("deposit", "card"),
    kinds=("transfer", "transfer", "purchase", "opening"),
    lapses=(DAY, 9 * DAY, 200 * DAY, 200 * DAY),
    lateness_days=(-2, -1, 0, 0, 0, 1),
    told_off=(None,),
    currencies=(BASE_CURRENCY,),
    amounts=FIGURES,
    to_balance=(True,),
    sizes=(25,),
    others=2,
    talks=1,
)
SWINGING = [*MOODS, SWINGS, SWINGS, SWINGS]
SIGNALLED = [*MOODS, SWINGS, TALKING, TALKING, TALKING]


def _records(mood: Mood) -> st.SearchStrategy[Step | Again | Facts | Talk]:
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
        category=CATEGORIES,
    )
    lapses = st.sampled_from([lapse for lapse in mood.lapses if lapse <= ASIDE_MAX])
    again = st.builds(Again, lapse=lapses, which=st.integers(0, 8), reversal=st.booleans(), told_off=told_off)
    accounts = st.lists(st.tuples(st.integers(0, 2), ACCOUNT_FACTS), max_size=2)
    customers = st.sampled_from([*mood.customers, *mood.customers, 3])
    facts = st.builds(Facts, lapses, customers, FACTS, accounts, OVERRIDES)
    others = [again, facts, facts][: mood.others]
    lateness = st.sampled_from([0, 0, 0, HOUR, DAY, 40 * DAY, -DAY])
    talk = st.builds(Talk, lapses, customers, TALKS, st.integers(0, 2), lateness, st.booleans())
    return st.one_of(*[step] * (7 - mood.others), *others, *[talk] * mood.talks)


@st.composite
def histories(draw: st.DrawFn, moods: Sequence[Mood] = MOODS) -> History:
    """A history of up to three customers with two accounts each (a fourth is known by facts alone)."""
    timezone, cutoff = draw(ZONES)
    start, _ = draw(st.sampled_from(STARTS))
    mood = draw(st.sampled_from(moods))
    size = draw(st.sampled_from(mood.sizes))
    steps = draw(st.lists(_records(mood), min_size=size, max_size=size + 10))
    return History(timezone, cutoff, lay_out(steps, start, timezone))
