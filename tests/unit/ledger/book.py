"""A ledger of one bank in Shanghai, told of events in words and asked for measures by name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from xxhash import xxh3_64_intdigest

from schemas.churn_model import ChurnModel
from schemas.facts import CustomerFacts
from schemas.measures import ACCOUNT_MEASURES, MEASURES, RATIO_UNITS
from schemas.rates import NO_RATES, RateTable
from schemas.transactions import CHANNELS, COUNTERPARTIES, FORMS, INITIATORS, KINDS, PRODUCTS
from streams.calendar import BusinessCalendar, number_of
from streams.columns import Events
from streams.ledger.learn import learn, unsettles
from streams.ledger.ledger import Ledger
from streams.rows import UNKNOWN, Rows, Vocabulary, Wanted

ZONE: Final = "Asia/Shanghai"
ALL: Final = tuple(MEASURES)
TAG: Final = 2**63 + 5
PLENTY: Final = 2**40


def day(text: str) -> int:
    """The day number of an ISO date."""
    return number_of(dt.date.fromisoformat(text))


@dataclass(kw_only=True)
class Event:
    """One booking; ``at`` is local time, ``reverses`` the date of the booking taken back."""

    at: str
    amount: int = 0
    told: int | None = None
    customer: str = "ada"
    account: str = "current"
    product: str = "deposit"
    kind: str = "transfer"
    initiator: str = "customer"
    channel: str = "online"
    reverses: str | None = None
    measured: bool = True
    counterparty: str | None = None
    form: str | None = None
    foreign: bool = False
    matures_on: str | None = None
    cost: int = 0
    currency: str = "CNY"
    category: str | None = None

    @property
    def us(self) -> int:
        moment = dt.datetime.fromisoformat(self.at).replace(tzinfo=ZoneInfo(ZONE))
        return int(moment.timestamp()) * 1_000_000


def columns(events: list[Event], calendar: BusinessCalendar, offset: int = 0) -> Events:
    """Events as decode gives them."""
    n = len(events)

    def ints(values: list[int], kind: Any = np.int64) -> Any:
        return np.array(values, kind)

    return Events(
        offsets=np.arange(offset, offset + n),
        timestamps=np.zeros(n, np.int64),
        customers=[e.customer for e in events],
        accounts=[e.account for e in events],
        transactions=[str(i) for i in range(n)],
        account_hash=ints([xxh3_64_intdigest(e.account.encode()) for e in events], np.uint64),
        dedup=np.zeros(n, np.uint64),
        booked_us=ints([e.us for e in events]),
        day=ints([calendar.day_of(e.us) for e in events]),
        amount=ints([e.amount for e in events]),
        measured=ints([e.measured for e in events], np.bool_),
        told=ints([UNKNOWN if e.told is None else e.told for e in events]),
        product=ints([PRODUCTS.index(e.product) for e in events], np.int8),
        kind=ints([KINDS.index(e.kind) for e in events], np.int8),
        initiator=ints([INITIATORS.index(e.initiator) for e in events], np.int8),
        channel=ints([CHANNELS.index(e.channel) for e in events], np.int8),
        counterparty=ints(
            [-1 if e.counterparty is None else COUNTERPARTIES.index(e.counterparty) for e in events], np.int8
        ),
        reverses_day=ints([UNKNOWN if e.reverses is None else day(e.reverses) for e in events]),
        form=ints([-1 if e.form is None else FORMS.index(e.form) for e in events], np.int8),
        foreign=ints([e.foreign for e in events], np.bool_),
        matures_on=ints([UNKNOWN if e.matures_on is None else day(e.matures_on) for e in events]),
        variable_cost=ints([e.cost for e in events]),
        currencies=[e.currency for e in events],
        categories=[e.category for e in events],
    )


class Book:
    """A ledger with its store: what is not cached is loaded from the records last committed."""

    def __init__(
        self,
        cache_bytes: int = PLENTY,
        columns: tuple[str, ...] = ALL,
        rates: RateTable = NO_RATES,
        churn: ChurnModel | None = None,
    ) -> None:
        self.calendar = BusinessCalendar(ZONE)
        self.vocabulary = Vocabulary()
        self.ledger = Ledger(self.calendar, self.vocabulary, cache_bytes)
        self.ledger.set_policy(columns, 1, TAG, rates=rates, churn=churn)
        self.open_day = 0
        self.store: dict[str, bytes] = {}
        self.ids: list[str] = []
        self.folded = 0

    def load(self, ids: list[str]) -> None:
        absent = self.ledger.absent(ids)
        self.ledger.load(absent, [self.store.get(customer) for customer in absent])

    def fold(self, *events: Event, open_day: str | None = None) -> Rows:
        """Fold a batch; without ``open_day`` it is the newest day so far."""
        batch = columns(list(events), self.calendar, self.folded)
        self.folded += len(events)
        self.open_day = max([self.open_day, *batch.day.tolist()]) if open_day is None else day(open_day)
        self.load(batch.customers)
        return self.ledger.fold(batch, self.open_day)

    def tell(self, customer: str, on: str = "2024-03-01", **facts: Any) -> int:
        """Tell facts of a customer, who becomes known by it; its slot."""
        self.load([customer])
        slot = int(self.ledger.slots([customer])[0])
        told = msgspec.convert({"customer_id": customer, **facts}, CustomerFacts)
        self.ledger.tell(
            slot, lambda profile: learn(profile, told, day(on), day(on)), day(on), unsettle=unsettles(told)
        )
        return slot

    def commit(self) -> None:
        """Store what changed, as a lease does."""
        ids, records = self.ledger.pack_dirty()
        self.ids += self.ledger.new_ids()
        self.store.update(zip(ids, records, strict=True))
        self.ledger.committed()

    def measure(self, name: str, as_of: str, customer: str = "ada") -> int | None:
        """A measure as of a date; None if it is unknown."""
        self.load([customer])
        rows = self.ledger.rows(self.ledger.slots([customer]), day(as_of), wanted=Wanted((name,)))
        value = int(rows.values[0, 0])
        return None if value == UNKNOWN else value

    def quotient(self, name: str, as_of: str) -> Fraction | None:
        """A ratio, an average or a quotient as of a date, exact."""
        value = self.measure(name, as_of)
        if value is None or MEASURES[name].type == "ratio":
            return None if value is None else Fraction(value, RATIO_UNITS)
        rows = self.ledger.rows(self.ledger.slots(["ada"]), day(as_of), wanted=Wanted((name,)))
        return Fraction(value, int(rows.divisors[name][0]))

    def accounts(self, name: str, as_of: str, customer: str = "ada") -> list[int | str | None]:
        """A measure of each account as of a date, in the order first seen."""
        self.load([customer])
        found = self.ledger.rows(self.ledger.slots([customer]), day(as_of), wanted=Wanted((), (name,))).accounts
        assert found is not None
        values = [None if value == UNKNOWN else value for value in found.values[0].tolist()]
        if ACCOUNT_MEASURES[name].type != "text":
            return values
        return [None if value is None else self.vocabulary.text(value) for value in values]

    def balances(self, first: str, days: int, name: str = "aum", customer: str = "ada") -> list[int | None]:
        """End-of-day balances of ``days`` days of the ring."""
        start = dt.date.fromisoformat(first)
        dates = [(start + dt.timedelta(days=index)).isoformat() for index in range(days)]
        return [self.measure(name, date, customer) for date in dates]
