"""What one account's bookings, taken from the first in log order, say about its balance on every day.

Readings of the design, section 5 (each is the most literal we found):

* A late ``opening`` on an account not yet told compares with the balance of its own instant: opening plus the
  amounts of this account booked at or before that instant and already read. Its balance counts as taken: it becomes the
  anchor and the first told balance. On a told account it changes nothing, nor does one of four weeks before the open day
  or longer on any account.
* A customer and an account are seen from the day of a booking on, by an ``opening`` from the later of its day and the open
  one on which it arrived.
* A gap that shrinks to exactly nothing is closed; otherwise it may grow or change its sign. Of nine gaps the oldest
  is dropped. A difference of nothing is no gap, nor is that of an ``opening``, which moves the balance on its day.
* A late booking at the very instant of the first told balance is not older than it.
* An account is on demand, and in a foreign currency, as its first booking in log order says; later ones change nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.oracle.days import number_of

OPEN_GAPS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Booking:
    """One readable, measured transaction; ``told`` is the balance after it, ``reverses_day`` the day it names.

    ``foreign`` is one in another currency than the bank's, ``cost`` what serving it cost; ``seen`` is the day from which on it
    shows that there is a customer, ``long_ago`` an opening of four weeks before the open day or longer.
    """

    us: int
    day: int
    seen: int
    account: str
    product: str
    kind: str
    initiator: str
    amount: int
    told: int | None
    reverses_day: int | None
    counterparty: str | None = None
    form: str | None = None
    foreign: bool = False
    matures_on: int | None = None
    cost: int = 0
    category: str | None = None
    long_ago: bool = False


@dataclass(slots=True)
class ToldAccount:
    """What sources tell of an account beside its bookings; ``day`` is the one as of which they told it first, ``at`` how
    many bookings of the customer came before."""

    product: str
    day: int
    at: int
    facts: dict[str, str | bool | None] = field(default_factory=dict)

    def date(self, name: str) -> int | None:
        """A date among the facts, as a day number."""
        text = self.facts.get(name)
        return None if text is None else number_of(dt.date.fromisoformat(str(text)))


def is_seen(name: str, account: Account, told: Mapping[str, ToldAccount], as_of: int) -> bool:
    """Whether an account was booked on or told of on or before a day, or is told to have been opened then."""
    opened = told[name].date("opened_on") if name in told else None
    return account.first_day <= as_of or (opened is not None and opened <= as_of)


def is_closed(name: str, told: Mapping[str, ToldAccount], as_of: int) -> bool:
    """Whether an account is told to be closed on or before a day."""
    closed = told[name].date("closed_on") if name in told else None
    return closed is not None and closed <= as_of


@dataclass(slots=True)
class Gap:
    """Money that was missing when a balance was told."""

    us: int
    day: int
    amount: int


@dataclass(slots=True)
class Account:
    """The balance rules of one account, booking by booking."""

    product: str
    first_day: int
    form: str | None = None
    foreign: bool = False
    opening: int = 0
    balance: int = 0
    latest: int | None = None
    anchor: Gap | None = None
    first_told_us: int | None = None
    deltas: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    gaps: list[Gap] = field(default_factory=list)
    amounts: list[tuple[int, int]] = field(default_factory=list)

    def book(self, booking: Booking) -> None:
        """Take the next booking in log order."""
        self.first_day = min(self.first_day, booking.seen)
        if self.latest is None or booking.us >= self.latest:
            self._in_order(booking)
            self.latest = booking.us
        elif booking.kind == "opening":
            self._late_opening(booking)
        else:
            self._late(booking)
        self.amounts.append((booking.us, booking.amount))

    def balance_at(self, day: int) -> int:
        """The end-of-day balance."""
        return self.opening + sum(delta for booked, delta in self.deltas.items() if booked <= day)

    def _in_order(self, booking: Booking) -> None:
        self.deltas[booking.day] += booking.amount
        self.balance += booking.amount
        if booking.told is None:
            return
        missing = booking.told - self.balance
        self.balance = booking.told
        if self.anchor is None:
            self.opening += missing
            self.first_told_us = booking.us
        elif missing != 0 and booking.kind == "opening":
            self.deltas[booking.day] += missing
        elif missing != 0:
            self.deltas[booking.day] += missing
            self.gaps = [*self.gaps, Gap(booking.us, booking.day, missing)][-OPEN_GAPS_KEPT:]
        self.anchor = Gap(booking.us, booking.day, 0)

    def _late_opening(self, booking: Booking) -> None:
        if self.anchor is not None or booking.told is None or booking.long_ago:
            return
        then = self.opening + sum(amount for us, amount in self.amounts if us <= booking.us)
        self.opening += booking.told - then
        self.balance += booking.told - then
        self.first_told_us = booking.us
        self.anchor = Gap(booking.us, booking.day, 0)

    def _late(self, booking: Booking) -> None:
        self.deltas[booking.day] += booking.amount
        if self.anchor is None or booking.us >= self.anchor.us:
            self.balance += booking.amount
            return
        if self.first_told_us is not None and booking.us < self.first_told_us:
            self.opening -= booking.amount
            return
        gap = next((gap for gap in self.gaps if gap.us >= booking.us), None)
        if gap is None:
            self.deltas[self.anchor.day] -= booking.amount
            return
        self.deltas[gap.day] -= booking.amount
        gap.amount -= booking.amount
        if gap.amount == 0:
            self.gaps.remove(gap)


def accounts_of(bookings: Iterable[Booking], told: Mapping[str, ToldAccount] | None = None) -> dict[str, Account]:
    """Every account of a customer after these bookings, by id, in the order first seen or told of.

    The product that was booked or told first stays.
    """
    accounts: dict[str, Account] = {}
    waiting = sorted((told or {}).items(), key=lambda item: item[1].at)
    for number, booking in enumerate(bookings):
        while waiting and waiting[0][1].at <= number:
            name, first = waiting.pop(0)
            accounts.setdefault(name, Account(first.product, first.day))
        known = accounts.get(booking.account)
        if known is None:
            known = accounts[booking.account] = Account(booking.product, booking.seen)
        if known.latest is None:
            known.form, known.foreign = booking.form, booking.foreign
        known.book(booking)
    for name, first in waiting:
        accounts.setdefault(name, Account(first.product, first.day))
    return accounts
