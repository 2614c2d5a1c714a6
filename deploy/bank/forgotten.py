"""Accounts that the past left behind: opened long ago, with next to nothing on them, and never used since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from deploy.bank.people import Customers
from deploy.bank.told import customer_id
from schemas.facts import AccountFacts, CustomerFacts
from schemas.transactions import Transaction

NUMBER: Final = 9
"""Number of such an account among its customer's, behind all others."""
_AGE_DAYS: Final = (40, 400)
"""Days before the first one told on which it was opened: some pass half a year in the time told."""
_BALANCE: Final = (10_00, 600_00)
"""What is on it, in minor units: about half of them hold less than 300."""
_NOON: Final = dt.time(12)
_encode = msgspec.json.Encoder().encode


class Forgotten(NamedTuple):
    """One such account: the index of its customer, when it was opened, and what is on it in minor units."""

    owner: int
    opened_on: dt.date
    balance: int


def draw_forgotten(rng: np.random.Generator, customers: Customers, count: int, start: dt.date) -> list[Forgotten]:
    """Accounts of ``count`` persons, fewer if there are not so many; ``start`` is the first date told of."""
    persons = np.flatnonzero(customers.kind == 0)
    owners = np.sort(rng.permutation(persons)[:count])
    ages = rng.integers(*_AGE_DAYS, len(owners))
    balances = rng.integers(*_BALANCE, len(owners))
    return [
        Forgotten(owner, start - dt.timedelta(days=age), balance)
        for owner, age, balance in zip(owners.tolist(), ages.tolist(), balances.tolist(), strict=True)
    ]


def forgotten_facts(accounts: Sequence[Forgotten]) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of the ``customers`` records that tell when each was opened."""
    for account in accounts:
        told = AccountFacts(account_id=_account_id(account), product="deposit", opened_on=account.opened_on)
        facts = CustomerFacts(customer_id=customer_id(account.owner), accounts=[told])
        yield facts.customer_id.encode(), _encode(facts)


def forgotten_openings(
    accounts: Sequence[Forgotten], zone: ZoneInfo, start_us: int, currency: str
) -> Iterator[tuple[int, bytes, bytes]]:
    """Timestamp in milliseconds, key and value of the record that tells the balance of each.

    It comes at the first instant told and is booked at noon of the day on which the account was opened: since then, so
    the record says, there was nothing else.
    """
    for number, account in enumerate(accounts, 1):
        told = Transaction(
            transaction_id=f"F{number:010d}",
            customer_id=customer_id(account.owner),
            account_id=_account_id(account),
            booked_at=dt.datetime.combine(account.opened_on, _NOON, zone).isoformat(),
            amount=0,
            currency=currency,
            product="deposit",
            kind="opening",
            channel="other",
            initiator="bank",
            balance_after=account.balance,
        )
        yield start_us // 1000, told.customer_id.encode(), _encode(told)


def _account_id(account: Forgotten) -> str:
    return f"{customer_id(account.owner)}-{NUMBER}"
