"""Customers who deposit on some dates, under policies of one scheme: what an amount that comes in later is tried on."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from agents.policy.decider import CompiledPolicies
from agents.policy.schemes import Level, Scheme
from streams.calendar import date_of
from tests.unit.ledger.book import Book, Event, day

DATES: Final = ("2024-01-30", "2024-02-28", "2024-02-29", "2024-12-31", "2025-01-31", "2025-03-01")


def parts(policies: CompiledPolicies) -> tuple[Scheme, Level]:
    scheme = policies.schemes[0].rules
    return scheme, scheme.levels[0]


def deposited(policies: CompiledPolicies, history: list[tuple[str, int]], ahead: Iterable[str]) -> Book:
    """A book with the columns ``ahead`` besides, in which these amounts were deposited, one at noon of each date."""
    book = Book(columns=(*policies.columns, *ahead))
    for date, amount in history:
        book.fold(Event(at=f"{date}T12:00:00", amount=amount), open_day=date)
    return book


def story(chance: random.Random, on: str) -> list[tuple[str, int]]:
    """Deposits and withdrawals of the year before a date, some minor units odd."""
    days = sorted(chance.sample(range(day(on) - 400, day(on)), 8))
    return [(date_of(one).isoformat(), chance.randint(-3_000_007, 5_000_003)) for one in days]
