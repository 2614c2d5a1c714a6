"""Everything that is booked: when, on which account, how much, what stood afterwards, and when it reached the log.

An account's balance follows its owner's course with some noise; a booking moves it from where it stood to where the
course wants it, so balances stay in their tier's reach and never below zero. Bank-made interest and fees, and wrong
bookings that are taken back later, come on top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from deploy.bank import flavours
from deploy.bank.people import (
    CARD,
    DEPOSIT,
    LOAN,
    MARGIN,
    RATES,
    SALARY,
    WEALTH,
    Accounts,
    Customers,
    Flags,
    Floats,
    Ints,
    course,
)

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US

_EXTRA_SHARE: Final = 0.1
"""Openings, and likewise interest and fees, are at most this share of all records: small banks stay lively."""
_SLIP_SHARE: Final = 0.004
"""Share of wrong bookings; each is one more record when it is taken back."""
_LATE_SHARE: Final = 0.02
_LATE_DAYS_MAX: Final = 5.0
"""Longest time between a late booking and its record, within what the ledger repairs day by day."""
_NOISE: Final = {DEPOSIT: 0.05, WEALTH: 0.01, LOAN: 0.0, MARGIN: 0.1, CARD: 0.0}
_INTEREST_DAY, _INTEREST_TIME_US = 20, 23 * 3600 * SECOND_US
_INTEREST: Final = math.log1p(0.0004)
_FEE: Final = math.log1p(-0.0001)
"""Growth of the logarithm of a balance by a fee, as ``_INTEREST`` is by one month's interest."""


@dataclass(slots=True)
class Bookings:
    """One entry a record, in the order of the log once ``in_log_order`` has put it so.

    Instants are microseconds, ``timestamp`` milliseconds; money is in minor units of the account's currency, or of
    the bank's in ``base_amount`` and ``base_balance``. ``reverses`` is the index of the booking taken back, or -1.
    """

    account: Ints
    booked: Ints
    flavour: Ints
    amount: Ints
    balance: Ints
    base_amount: Ints
    base_balance: Ints
    told: Flags
    timestamp: Ints
    reverses: Ints

    def __len__(self) -> int:
        return len(self.account)


@dataclass(slots=True, frozen=True)
class Span:
    """The time told: its first instant (local midnight), its length in days, and its first date."""

    start_us: int
    days: int
    first_date: np.datetime64

    @property
    def end_us(self) -> int:
        return self.start_us + self.days * DAY_US

    def moment(self, us: Ints) -> Floats:
        """Instants as parts of the time told, 0 to 1."""
        part: Floats = (us - self.start_us) / (self.days * DAY_US)
        return part


def make_bookings(
    rng: np.random.Generator, customers: Customers, accounts: Accounts, span: Span, count: int, base_currency: str
) -> Bookings:
    """Exactly ``count`` records in the order of the log."""
    slips = int(count * _SLIP_SHARE)
    opening = _openings(rng, accounts, count)
    forced, forced_us = _bank_days(rng, accounts, span, count)
    drawn = rng.choice(len(accounts), count - len(opening) - len(forced) - 2 * slips, p=accounts.weight)
    account = np.concatenate([opening, forced, drawn])
    booked = np.concatenate([_opened_us(accounts, span)[opening], forced_us, _when(rng, accounts, span, drawn)])
    flavour = np.full(len(account), -1)
    flavour[: len(opening)] = flavours.OPENING
    bank_made = slice(len(opening), len(opening) + len(forced))
    flavour[bank_made] = np.where(rng.random(len(forced)) < 0.9, flavours.INTEREST, flavours.FEE)
    order = np.lexsort((booked, account))
    account, booked, flavour = account[order], booked[order], flavour[order]
    first = _first_balances(customers, accounts)
    amount, flavour = _amounts(rng, customers, accounts, span, (account, booked, flavour), first)
    wrong = _slips(rng, accounts, span, slips)
    reverses = np.full(len(account) + 2 * slips, -1)
    reverses[len(account) + slips :] = np.arange(len(account), len(account) + slips)
    prompt = np.arange(count) >= len(account)
    account, booked = np.concatenate([account, wrong[0]]), np.concatenate([booked, wrong[1]])
    flavour, amount = np.concatenate([flavour, wrong[2]]), np.concatenate([amount, wrong[3]])
    balance, base_amount, base_balance = _balances(accounts, account, booked, amount, first, base_currency)
    bookings = Bookings(
        account=account,
        booked=booked,
        flavour=flavour,
        amount=amount,
        balance=balance,
        base_amount=base_amount,
        base_balance=base_balance,
        told=(rng.random(count) < accounts.told[account]) | (flavour == flavours.OPENING),
        timestamp=_timestamps(rng, booked, span, prompt),
        reverses=reverses,
    )
    return _in_log_order(bookings)


def _opened_us(accounts: Accounts, span: Span) -> Ints:
    return _milliseconds(span.start_us + accounts.opens * (span.days * DAY_US))


def _milliseconds(us: Floats | Ints) -> Ints:
    """Instants cut to milliseconds, in which they are written."""
    return us.astype(np.int64) // 1000 * 1000


def _openings(rng: np.random.Generator, accounts: Accounts, count: int) -> Ints:
    """The accounts that begin with an opening record."""
    willing = np.flatnonzero((accounts.told > 0) & (rng.random(len(accounts)) < 0.5))
    return rng.permutation(willing)[: int(count * _EXTRA_SHARE)]


def _bank_days(rng: np.random.Generator, accounts: Accounts, span: Span, count: int) -> tuple[Ints, Ints]:
    """Accounts and instants of the interest and fees that the bank books once a month, silence or not."""
    dates = span.first_date + np.arange(span.days)
    month_day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    dues = span.start_us + np.flatnonzero(month_day == _INTEREST_DAY) * DAY_US + _INTEREST_TIME_US
    paid = np.flatnonzero((accounts.product == DEPOSIT) & (accounts.told > 0))
    account, us = np.repeat(paid, len(dues)), np.tile(dues, len(paid))
    account, us = account[us > _opened_us(accounts, span)[account]], us[us > _opened_us(accounts, span)[account]]
    some = rng.permutation(len(account))[: int(count * _EXTRA_SHARE)]
    return account[some], _milliseconds(us[some] + rng.integers(0, 1800 * SECOND_US, len(some)))


def _when(rng: np.random.Generator, accounts: Accounts, span: Span, account: Ints) -> Ints:
    """An instant of the account's stretch for each booking, mostly in the daytime."""
    opens, ends = accounts.opens[account], accounts.ends[account]
    day = np.floor((opens + rng.random(len(account)) * (ends - opens)) * span.days)
    hour = np.clip(rng.normal(14.0, 3.5, len(account)), 0.0, 23.99)
    us = span.start_us + day * DAY_US + hour * (3600 * SECOND_US)
    opened = _opened_us(accounts, span)[account] + SECOND_US
    early = us <= opened
    us[early] = opened[early] + rng.random(int(early.sum())) * (span.end_us - SECOND_US - opened[early]) / span.days
    return _milliseconds(us)


def _first_balances(customers: Customers, accounts: Accounts) -> Ints:
    """What stands before the first booking: nothing on an account whose balance is never told."""
    start = course(customers, accounts.owner, accounts.opens, np.full(len(accounts), 0.5))
    start[accounts.product == LOAN] = 1.0
    return np.where(accounts.told > 0, np.rint(accounts.scale * start), 0.0).astype(np.int64)


def _amounts(
    rng: np.random.Generator,
    customers: Customers,
    accounts: Accounts,
    span: Span,
    sorted_bookings: tuple[Ints, Ints, Ints],
    first: Ints,
) -> tuple[Ints, Ints]:
    """Amount and flavour of each booking, given account, instant and flavour (-1: free) by account and instant."""
    account, booked, flavour = sorted_bookings
    owner, product = accounts.owner[account], accounts.product[account]
    date = span.first_date + (booked - span.start_us) // DAY_US
    month_day = (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    month_part = ((month_day - customers.payday[owner]) % 31) / 31
    moment = span.moment(booked)
    held = course(customers, owner, moment, month_part)
    held = np.where(product == LOAN, 1.0 - 0.5 * moment, held)
    noise = np.array([_NOISE[code] for code in range(len(_NOISE))])[product]
    wanted = accounts.scale[account] * held * np.exp(noise * rng.standard_normal(len(account)))
    wanted[flavour == flavours.OPENING] = first[account[flavour == flavours.OPENING]]

    # Interest and fees move the balance that the last free booking (or the first balance) left.
    begins = _begins(account)
    anchor = np.maximum.accumulate(np.where(flavour < flavours.INTEREST, np.arange(len(account)), begins))
    growth = np.cumsum(np.select([flavour == flavours.INTEREST, flavour == flavours.FEE], [_INTEREST, _FEE], 0.0))
    unmoved = (flavour[begins] >= flavours.INTEREST) & (anchor == begins)
    left = np.where(unmoved, first[account], wanted[anchor])
    before = np.where(unmoved, growth[begins] - _step(flavour[begins]), growth[anchor])
    wanted = np.where(flavour >= flavours.INTEREST, left * np.exp(growth - before), wanted)

    stands = np.rint(wanted).astype(np.int64)
    previous = np.where(begins == np.arange(len(account)), first[account], np.roll(stands, 1))
    amount = stands - previous
    free = flavour < 0
    spent = _card_amounts(rng, len(account))
    amount = np.where(free & (product == CARD), spent, amount)
    drawn = flavours.draw(rng, product, amount)
    paid = (customers.persona[owner] == SALARY) & (product == DEPOSIT) & (amount > 0) & (month_part < 0.2)
    return amount, np.where(free, np.where(paid, flavours.SALARY_PAID, drawn), flavour)


def _begins(account: Ints) -> Ints:
    """For each booking the index of the first one of its account; bookings are sorted by account."""
    fresh = np.ones(len(account), np.bool_)
    fresh[1:] = account[1:] != account[:-1]
    return np.maximum.accumulate(np.where(fresh, np.arange(len(account)), 0))


def _step(flavour: Ints) -> Floats:
    step: Floats = np.where(flavour == flavours.INTEREST, _INTEREST, _FEE)
    return step


def _card_amounts(rng: np.random.Generator, count: int) -> Ints:
    """Many small purchases and now and then a repayment, in minor units."""
    bought = -np.exp(rng.normal(np.log(120_00), 1.0, count))
    return np.rint(np.where(rng.random(count) < 0.07, rng.uniform(500_00, 5_000_00, count), bought)).astype(np.int64)


def _slips(rng: np.random.Generator, accounts: Accounts, span: Span, count: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Account, instant, flavour and amount of ``count`` wrong purchases, then of the bookings that take them back."""
    # Only where all is counted in one currency: rounding would leave a cent behind.
    usual = np.flatnonzero((accounts.product == DEPOSIT) & (accounts.number == 1))
    weight = accounts.weight[usual] / accounts.weight[usual].sum()
    account = rng.choice(usual, count, p=weight)
    booked = _when(rng, accounts, span, account)
    hours = rng.uniform(1, 72, count)
    undone = np.minimum(booked + hours * (3600 * SECOND_US), span.end_us - SECOND_US / 2)
    amount = np.rint(-np.exp(rng.uniform(np.log(20_00), np.log(5_000_00), count))).astype(np.int64)
    return (
        np.concatenate([account, account]),
        np.concatenate([booked, np.maximum(_milliseconds(undone), booked + 1000)]),
        np.repeat([flavours.PURCHASE, flavours.ADJUSTMENT], count),
        np.concatenate([amount, -amount]),
    )


def _balances(
    accounts: Accounts, account: Ints, booked: Ints, amount: Ints, first: Ints, base_currency: str
) -> tuple[Ints, Ints, Ints]:
    """The balance after each booking, and amount and balance in the bank's currency, in the order given."""
    order = np.lexsort((booked, account))
    sorted_account, moved = account[order], amount[order]
    begins = _begins(sorted_account)
    total = np.cumsum(moved)
    stood = first[sorted_account]
    stands = total - (total - moved)[begins] + stood
    rate = np.array(list(RATES.values()))[accounts.currency[sorted_account]] / RATES[base_currency]
    base = np.rint(stands * rate).astype(np.int64)
    previous = np.where(begins == np.arange(len(order)), np.rint(stood * rate).astype(np.int64), np.roll(base, 1))
    back = np.argsort(order)
    return stands[back], (base - previous)[back], base[back]


def _timestamps(rng: np.random.Generator, booked: Ints, span: Span, prompt: Flags) -> Ints:
    """When each booking reached the log, in milliseconds: soon, or days later for a few."""
    count = len(booked)
    soon = 50 + rng.exponential(400, count)
    room = (span.end_us - booked) / 1000
    late: Floats = np.minimum(rng.uniform(0.2, _LATE_DAYS_MAX, count) * DAY_US / 1000, room * rng.random(count))
    delay: Floats = np.where((rng.random(count) < _LATE_SHARE) & ~prompt, np.maximum(late, soon), soon)
    return booked // 1000 + delay.astype(np.int64)


def _in_log_order(bookings: Bookings) -> Bookings:
    order = np.argsort(bookings.timestamp, kind="stable")
    place = np.argsort(order)
    moved = Bookings(*(getattr(bookings, field.name)[order] for field in fields(bookings)))
    moved.reverses = np.where(moved.reverses >= 0, place[moved.reverses], -1)
    return moved
