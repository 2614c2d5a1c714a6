"""A scheme of one level, and a customer whose deposits are booked one by one: what tells whether an amount is enough."""

from __future__ import annotations

import random
from typing import Final

from agents.policy.decider import CompiledPolicies
from agents.policy.exact import ExactRow
from agents.policy.nodes import Condition
from agents.policy.schemes import Level, Scheme
from streams.calendar import date_of
from streams.rows import Rows
from tests.unit.ledger.book import Book, Event, day

DATES: Final = ("2024-01-30", "2024-02-28", "2024-02-29", "2024-12-31", "2025-01-31", "2025-03-01")

Story = list[tuple[str, int]]
"""Amounts in minor units by date, in order."""


def parts(policies: CompiledPolicies) -> tuple[Scheme, Level]:
    """The scheme and its level."""
    scheme = policies.schemes[0].rules
    return scheme, scheme.levels[0]


def story(chance: random.Random, on: str) -> Story:
    """Deposits and withdrawals of the year before a date, some minor units odd."""
    days = sorted(chance.sample(range(day(on) - 400, day(on)), 8))
    return [(date_of(one).isoformat(), chance.randint(-3_000_007, 5_000_003)) for one in days]


def lived(policies: CompiledPolicies, history: Story) -> Book:
    """A book in which these amounts were deposited, one at noon of each date."""
    book = Book(columns=policies.columns)
    for date, amount in history:
        book.fold(Event(at=f"{date}T12:00:00", amount=amount), open_day=date)
    return book


def row_of(book: Book, on: int) -> Rows:
    """The customer's row at a look of day ``on``."""
    return book.ledger.rows(book.ledger.slots(["ada"]), on)


def holds(policies: CompiledPolicies, condition: Condition, history: Story, at: int) -> bool:
    """Whether a condition holds at the close of day ``at`` after these amounts came in."""
    row = ExactRow(row_of(lived(policies, history), at), 0, policies.vocabulary)
    return row.value(condition.node) is True
