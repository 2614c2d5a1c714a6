"""The ledger against the oracle over a year and more of one customer: what months and statistics are made of."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.churn_model import read_churn_model
from schemas.measures import ACCOUNT_MEASURES
from schemas.rates import read_rates
from streams.calendar import BusinessCalendar
from streams.decode import decode
from streams.ledger.ledger import Ledger
from streams.rows import Vocabulary
from tests.oracle.account_rows import account_rows
from tests.oracle.measure_names import NAMES
from tests.oracle.partition import FACT_COLUMNS, Partition
from tests.properties.bank import Json, txn
from tests.properties.figures import accounts_of, measures_of
from tests.properties.histories import CHURN, RATES
from tests.properties.product import Record

ZONE = "Asia/Shanghai"
ACCOUNTS = {
    "pay": {"product": "deposit", "form": "demand"},
    "save": {"product": "deposit", "form": "time", "matures_on": "2026-10-31"},
    "dollars": {"product": "deposit", "currency": "USD"},
    "fund": {"product": "wealth"},
    "house": {"product": "loan"},
    "card": {"product": "card", "kind": "purchase"},
}


@dataclass(frozen=True)
class Step:
    """A booking so many days after the one before, stamped ``late`` days later than booked."""

    lapse: int
    account: str
    amount: int
    kind: str
    initiator: str
    counterparty: str | None
    late: int
    told: bool
    reverses: bool
    cost: int


STEPS = st.builds(
    Step,
    lapse=st.sampled_from([0, 1, 1, 2, 3, 5, 8, 13, 20]),
    account=st.sampled_from(["pay", "pay", "pay", "save", "dollars", "fund", "house", "card", "card", "card"]),
    amount=st.integers(-5_000, 5_000) | st.sampled_from([-100, -100, -100, 40_000]),
    kind=st.sampled_from(["transfer", "salary", "fee", "cash"]),
    initiator=st.sampled_from(["customer", "customer", "third_party", "mandate", "bank"]),
    counterparty=st.sampled_from([None, "other_bank", "own"]),
    late=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 30, 92, 93, 94, 95, 130]),
    told=st.sampled_from([False, False, False, True]),
    reverses=st.sampled_from([False] * 9 + [True]),
    cost=st.sampled_from([0, 0, 30]),
)


def records_of(steps: list[Step]) -> list[Json]:
    """The steps as transactions, from New Year 2025 on."""
    noon = dt.datetime(2025, 1, 1, 4, tzinfo=dt.UTC)
    sent: list[Json] = []
    for number, step in enumerate(steps):
        noon += dt.timedelta(days=step.lapse)
        more: dict[str, Any] = {"kind": step.kind, **ACCOUNTS[step.account]}
        if "currency" in more:
            more["amount_base"] = step.amount
        if step.told:
            more["balance_base" if "currency" in more else "balance_after"] = step.amount * 2
        if step.cost:
            more["variable_cost"] = step.cost
        if step.reverses and sent:
            more |= {"reverses": sent[-1]["transaction_id"], "reverses_booked_at": sent[-1]["booked_at"]}
        booked = noon - dt.timedelta(days=step.late)
        sent.append(
            txn(
                number,
                booked.isoformat(),
                step.amount,
                account=step.account,
                initiator=step.initiator,
                counterparty=step.counterparty,
                **more,
            )
        )
    return sent


@settings(max_examples=30)
@given(
    steps=st.lists(STEPS, min_size=30, max_size=90),
    reload_every=st.sampled_from([1, 7, 1000]),
    ahead=st.integers(0, 120),
)
def test_months_and_statistics_are_what_whole_history_says(steps: list[Step], reload_every: int, ahead: int) -> None:
    calendar, vocabulary = BusinessCalendar(ZONE), Vocabulary()
    ledger = Ledger(calendar, vocabulary, 1 << 26)
    ledger.set_policy(
        (*NAMES, *FACT_COLUMNS), 1, 7, tuple(ACCOUNT_MEASURES), read_rates(RATES), churn=read_churn_model(CHURN)
    )
    oracle = Partition({}, timezone=ZONE, log_clock=False, rates=RATES, churn=CHURN)
    sent = records_of(steps)
    records = [Record(n, 0, b"c1", json.dumps(record).encode()) for n, record in enumerate(sent)]
    events, rejects = decode(records, calendar, "CNY")
    assert not rejects
    oracle.open_day = newest = first = int(events.day[0])
    ledger.load(["c1"], [None])
    for number, record in enumerate(sent):
        newest = oracle.open_day = max(newest, int(events.day[number]))
        oracle.apply(("txn", number, 0, record))
        ledger.fold(events.slice(number, number + 1), newest)
        if number % reload_every == 0:
            _, packed = ledger.pack_dirty()
            ledger.drop()
            ledger.load(["c1"], list(packed))
        if number % 5 == 0 or number == len(sent) - 1:
            for as_of in {max(first, newest - 2), max(first, newest - 1), newest, newest + ahead}:
                rows = ledger.rows(ledger.slots(["c1"]), as_of)
                wanted = {**oracle.measures("c1", as_of), **_by_place(oracle, as_of)}
                found = {**measures_of(rows, 0), **accounts_of(rows, 0, vocabulary)}
                assert found.keys() == wanted.keys()
                differing = {name: (found[name], value) for name, value in wanted.items() if found[name] != value}
                assert not differing, f"after record {number} as of day {as_of}: (ledger, oracle) {differing}"


def _by_place(oracle: Partition, as_of: int) -> dict[str, object]:
    rows = account_rows(oracle.customers["c1"].bookings, as_of)
    return {f"{place}: {name}": value for place, row in enumerate(rows) for name, value in row.items()}
