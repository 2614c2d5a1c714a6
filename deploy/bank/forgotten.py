"""Persons whose only account fell out of use: the last thing they did there happened in the months before a bank's first day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from deploy.bank.bank import START_DATE
from deploy.bank.told import branch_id, customer_id, owners_of, staff_id
from schemas.facts import CustomerFacts
from schemas.transactions import Transaction

_STREAM: Final = 4
"""Stream of randomness: those before it are the bank's."""
_AGO_DAYS: Final = (70, 180)
"""Days before the first one on which it was used last. An account sleeps after six months, which are 181 to 184 days: so these fall asleep
one after the other from the first days on, and half of them within 60."""
_OPENED_DAYS: Final = (400, 4_000)
"""Days before the first one on which the person came to the bank."""
_WITHDRAWN: Final = (50_00, 2_000_00)
"""What was taken out last, in minor units."""
_LEFT: Final = (10_00, 400_00)
"""What was on it then, in minor units: most held less than 300."""
_INTEREST: Final = 1_000
"""One part in so many of it is the interest of the first day."""
_NOON: Final = dt.time(12)
_MORNING: Final = dt.time(6)
"""When the interest is booked: later than a day is kept open after its end, two hours unless a bank asks for more."""
_DELAY_MS: Final = 1_000
"""Milliseconds from a booking to its record."""
_encode = msgspec.json.Encoder().encode


class _Person(NamedTuple):
    """Place behind all others, number of the owner, and what happened; money in minor units."""

    place: int
    staff: int
    opened_on: dt.date
    used_on: dt.date
    withdrawn: int
    left: int


class Forgotten:
    """``count`` persons beside the ``customers`` of a bank that begins on ``start_date``, as three streams of records like it.

    Of each a withdrawal is told when it happened, and the interest that the bank books in the morning of ``start_date``:
    whoever reads them has come to that day, and has seen the months before. The same arguments give the same bytes.
    """

    def __init__(
        self,
        seed: int,
        customers: int,
        count: int,
        start_date: dt.date = START_DATE,
        timezone: str = "Asia/Shanghai",
        base_currency: str = "CNY",
    ) -> None:
        self.transaction_count = 2 * count
        self.facts_count = count
        self.interactions_count = self.turns_count = 0
        self._start_date = start_date
        self._zone = ZoneInfo(timezone)
        self._base_currency = base_currency
        rng = np.random.Generator(np.random.PCG64([seed, _STREAM]))
        columns = (
            rng.integers(owners_of(customers), size=count),
            rng.integers(*_OPENED_DAYS, count),
            np.sort(rng.integers(*_AGO_DAYS, count))[::-1],
            rng.integers(*_WITHDRAWN, count),
            rng.integers(*_LEFT, count),
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self._persons = [
            _Person(place, staff, self._before(opened), self._before(used), withdrawn, left)
            for place, (staff, opened, used, withdrawn, left) in enumerate(rows, customers)
        ]

    def _before(self, days: int) -> dt.date:
        return self._start_date - dt.timedelta(days=days)

    @property
    def start_ms(self) -> int:
        """When the first of them is told of, in milliseconds since the Unix epoch."""
        return _stamp(self._instant(self._persons[0].used_on if self._persons else self._start_date, _NOON))

    def facts(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of the ``customers`` records: one of each person."""
        for person in self._persons:
            facts = CustomerFacts(
                customer_id=customer_id(person.place),
                kind="personal",
                branch_id=branch_id(person.place),
                owner_id=staff_id(person.staff),
                opened_on=person.opened_on,
            )
            yield facts.customer_id.encode(), _encode(facts)

    def turns(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Nothing."""
        return iter(())

    def interactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """None: nobody has spoken with them."""
        return iter(())

    def transactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``transactions`` record, oldest timestamp first."""
        for person in self._persons:
            told = self._booked(person, -person.withdrawn, person.left, self._instant(person.used_on, _NOON))
            yield _record(msgspec.structs.replace(told, kind="cash", channel="counter", initiator="customer"))
        for person in self._persons:
            interest = person.left // _INTEREST
            first_day = self._instant(self._start_date, _MORNING)
            yield _record(self._booked(person, interest, person.left + interest, first_day))

    def _instant(self, date: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(date, time, self._zone)

    def _booked(self, person: _Person, amount: int, after: int, at: dt.datetime) -> Transaction:
        """As interest."""
        return Transaction(
            transaction_id=f"F{person.place:09d}-{at:%Y%m%d}",
            customer_id=customer_id(person.place),
            account_id=_account_id(person),
            booked_at=at.isoformat(),
            amount=amount,
            currency=self._base_currency,
            product="deposit",
            kind="interest",
            channel="other",
            initiator="bank",
            balance_after=after,
        )


def _record(told: Transaction) -> tuple[int, bytes, bytes]:
    return _stamp(dt.datetime.fromisoformat(told.booked_at)), told.customer_id.encode(), _encode(told)


def _stamp(booked: dt.datetime) -> int:
    return round(booked.timestamp()) * 1000 + _DELAY_MS


def _account_id(person: _Person) -> str:
    return f"{customer_id(person.place)}-0"
