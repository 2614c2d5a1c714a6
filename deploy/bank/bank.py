"""The made-up bank as three streams of records: facts about its customers, their transactions, and interactions with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from deploy.bank.bookings import Span, make_bookings
from deploy.bank.people import RATES, draw_accounts, draw_customers
from deploy.bank.records import transaction_records
from deploy.bank.talks import draw_talks, talk_records
from deploy.bank.told import facts_count, facts_records, turned_records

START_DATE: Final = dt.date(2025, 1, 1)
"""First date told unless another is asked for: fixed, so that the same seed is the same bank on any day."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PEOPLE, _FACTS, _BOOKINGS, _TALKS, _TURNS = 0, 1, 2, 3, 5
"""Streams of randomness: each part draws from its own, so that reading one does not move another; 4 is that of ``Forgotten``."""


class Bank:
    """``customers`` customers and exactly ``transactions`` records over ``days`` days from ``start_date``.

    The same arguments give the same bytes. ``zipf`` (an exponent such as 1.0) lets a few customers do most of the
    booking, ``turns`` facts turn in the time told. ``ValueError`` says which argument is out of range.
    """

    def __init__(
        self,
        seed: int,
        customers: int = 2_000,
        days: int = 120,
        transactions: int = 150_000,
        start_date: dt.date = START_DATE,
        timezone: str = "Asia/Shanghai",
        *,
        base_currency: str = "CNY",
        zipf: float | None = None,
        turns: int = 0,
    ) -> None:
        for name, value in (("customers", customers), ("days", days), ("transactions", transactions)):
            if value < 1:
                msg = f"{name} is {value} (expected at least 1)"
                raise ValueError(msg)
        if turns < 0:
            msg = f"turns is {turns} (expected 0 or more)"
            raise ValueError(msg)
        if base_currency not in RATES:
            msg = f"base currency is {base_currency!r} (the made-up bank knows {', '.join(RATES)})"
            raise ValueError(msg)
        self.customer_count = customers
        self.transaction_count = transactions
        self.turns_count = turns
        self._seed = seed
        self._zone = ZoneInfo(timezone)
        self._base_currency = base_currency
        self._start_date = start_date
        midnight = dt.datetime.combine(start_date, dt.time(), self._zone)
        start_us = (midnight - _EPOCH) // dt.timedelta(microseconds=1)
        self._span = Span(start_us, days, np.datetime64(start_date))
        people = self._random(_PEOPLE)
        self._customers = draw_customers(people, customers)
        self._accounts = draw_accounts(people, self._customers, base_currency, zipf)
        self._talks = draw_talks(self._random(_TALKS), self._customers, self._accounts, self._span)

    @property
    def start_ms(self) -> int:
        """The first instant of the time told, in milliseconds since the Unix epoch."""
        return self._span.start_us // 1000

    @property
    def end_ms(self) -> int:
        """The instant after the time told; no record is stamped more than a few seconds later."""
        return self._span.end_us // 1000

    @property
    def facts_count(self) -> int:
        """How many records of facts there are."""
        return facts_count(self._customers, self._accounts)

    def facts(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of the ``customers`` records: of each customer at least one."""
        yield from facts_records(self._random(_FACTS), self._customers, self._accounts, self._start_date)

    def turns(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``customers`` record of the time told, oldest timestamp first."""
        return turned_records(self._random(_TURNS), self._accounts, self._span, self.turns_count)

    @property
    def interactions_count(self) -> int:
        """How many interactions there are."""
        return len(self._talks)

    def interactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``interactions`` record, oldest timestamp first."""
        return talk_records(self._talks, self._customers, self._span, self._zone)

    def transactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``transactions`` record, oldest timestamp first."""
        rng = self._random(_BOOKINGS)
        bookings = make_bookings(
            rng, self._customers, self._accounts, self._span, self.transaction_count, self._base_currency
        )
        yield from transaction_records(self._accounts, bookings, self._span, self._zone, self._base_currency)

    def _random(self, stream: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self._seed, stream]))
