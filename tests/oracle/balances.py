"""What a customer's accounts hold: balances at the ends of days, and which accounts are open.

Readings of the design, section 5, and of the end of the language page:

* An account is open from the earliest day of its bookings, or that on which it was told of before any booking, or the day
  that is told as its opening; until the day before it is told to be closed.
* ``loans`` is the loan accounts' balance with its sign turned, so an overpaid loan counts as negative.
* The balance of an account that only facts know is unknown, and it is not among the lowest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

from tests.oracle.accounts import Account, Booking, ToldAccount, accounts_of, is_closed, is_seen
from tests.oracle.days import date_of, months_after, number_of
from tests.oracle.measure_names import CLASSES, Value

LONGEST_WINDOW_DAYS = 500


class Balances:
    """Measures of one customer as of ``as_of`` that its accounts' balances tell, each computed when asked for."""

    def __init__(
        self, bookings: Sequence[Booking], as_of: int, told: Mapping[str, ToldAccount], branch: str | None
    ) -> None:
        self.bookings = bookings
        self.as_of = as_of
        self.told = told
        self.branch = branch
        self.accounts = accounts_of(bookings, told)
        self._known_ends: dict[str, list[int]] = {}

    def _month_end(self, months_before: int) -> int:
        """The last day of the calendar month so many before the as-of day's."""
        first = date_of(self.as_of).replace(day=1)
        return number_of(months_after(first, 1 - months_before)) - 1

    def _average(self, name: str, start: int) -> Value:
        days = self.as_of - start + 1
        total = sum(self.ends(name)[-days:])
        if name == "loans":
            total = -total
        return total if days == 1 else Fraction(total, days)

    def _of(self, name: str) -> list[Account]:
        if name == "demand":
            return [a for a in self.accounts.values() if a.product == "deposit" and a.form == "demand"]
        return [account for account in self.accounts.values() if account.product in CLASSES[name]]

    def ends(self, name: str) -> list[int]:
        """End-of-day balances of the days of more than the longest window: opening and deltas of all days up to each."""
        if name not in self._known_ends:
            before = sum(account.opening for account in self._of(name))
            moved = dict.fromkeys(range(self.as_of - LONGEST_WINDOW_DAYS + 1, self.as_of + 1), 0)
            for account in self._of(name):
                for day, delta in account.deltas.items():
                    if day in moved:
                        moved[day] += delta
                    elif day < self.as_of:
                        before += delta
            self._known_ends[name] = list(accumulate(moved.values(), initial=before))[1:]
        return self._known_ends[name]

    def _end(self, name: str, day: int) -> int:
        """The end-of-day balance of a day."""
        return self.ends(name)[day - self.as_of - 1]

    def _demand(self) -> Value:
        return self._end("demand", self.as_of)

    def _demand_lowest_30d(self) -> Value:
        return min(self.ends("demand")[-30:])

    def _demand_share(self) -> Value:
        return _over(self._end("demand", self.as_of), self._end("deposits", self.as_of))

    def _wealth_share(self) -> Value:
        return self._wealth_share_on(self.as_of)

    def _wealth_share_3m_ago(self) -> Value:
        return self._wealth_share_on(self._month_end(3))

    def _wealth_share_on(self, day: int) -> Value:
        return _over(self._end("wealth", day), self._end("aum", day))

    def _demand_away_from_owner(self) -> Value:
        if self.branch is None:
            return None
        total = 0
        for name, account in self.accounts.items():
            told = self.told[name].facts.get("branch_id") if name in self.told else None
            still = is_seen(name, account, self.told, self.as_of) and not is_closed(name, self.told, self.as_of)
            if still and told not in (None, self.branch) and account.product == "deposit" and account.form == "demand":
                total += account.balance_at(self.as_of)
        return total

    def _foreign_deposits(self) -> Value:
        return sum(a.balance_at(self.as_of) for a in self._open() if a.product == "deposit" and a.foreign)

    def _lowest_account_balance(self) -> Value:
        booked = [a for a in self._open() if a.product == "deposit" and a.latest is not None]
        return min((account.balance_at(self.as_of) for account in booked), default=None)

    def _seen(self) -> list[Account]:
        known = self.accounts.items()
        return [account for name, account in known if is_seen(name, account, self.told, self.as_of)]

    def _open(self) -> list[Account]:
        known = self.accounts.items()
        still = [(name, account) for name, account in known if not is_closed(name, self.told, self.as_of)]
        return [account for name, account in still if is_seen(name, account, self.told, self.as_of)]

    def _accounts_open(self) -> Value:
        return len(self._open())

    def _accounts_ever(self) -> Value:
        return len(self._seen())

    def _products_held(self) -> Value:
        return len({account.product for account in self._open()})


def _over(part: int, whole: int) -> Value:
    return Fraction(part, whole) if whole else None
