"""The measures of one customer as of one day, recomputed from all its bookings.

Readings of the design, section 5:

* A transaction in another currency without ``amount_base`` stays out of every measure but ``days_known``: the
  customer is seen by it, its account is not.
* Every measured booking counts for ``days_since_txn``, reversals and all products included, but an opening is no
  transaction; the initiator alone decides ``days_since_activity``. Openings count for ``tenure_days``.
* ``days_known`` is unknown until an event of the customer (a transaction, or facts while a day is open).
* An account is open from the earliest business day of its bookings, whatever its product.
* Flows belong to the account's first product. A reversal of a debit (a positive amount) comes off the outflow of the
  named day, of a credit off the inflow, and takes one from the count there even if its amount is 0. One that names a
  day after its own is taken to name its own.
* ``loans`` is the loan accounts' balance with its sign turned, so an overpaid loan counts as negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from tests.oracle.accounts import Booking, accounts_of
from tests.oracle.days import window_start

LONGEST_WINDOW_DAYS = 366
WINDOWS = ("7d", "30d", "90d", "mtd", "qtd", "ytd", "3m", "6m", "12m")
CLASSES = {
    "aum": ("deposit", "wealth"),
    "deposits": ("deposit",),
    "wealth": ("wealth",),
    "loans": ("loan",),
    "margin": ("margin",),
}
AVERAGED = ("aum", "deposits", "loans")
FLOWS = ("inflow", "outflow", "net_flow", "txn_count")
FLOW_PRODUCTS = ("deposit", "wealth")
DAYS = ("days_since_activity", "days_since_txn", "tenure_days", "days_known")
MONEY = frozenset(
    (
        *CLASSES,
        *(f"{name}_avg_{w}" for name in AVERAGED for w in WINDOWS),
        *(f"{name}_{w}" for name in FLOWS[:3] for w in WINDOWS),
    )
)
NAMES = (
    *CLASSES,
    "accounts_open",
    *DAYS,
    *(f"{name}_avg_{w}" for name in AVERAGED for w in WINDOWS),
    *(f"{name}_{w}" for name in FLOWS for w in WINDOWS),
)

Value = int | Fraction | None
"""Money in minor units (an average as a fraction), counts and days as they are, None where unknown."""


class Measures:
    """All measures of one customer as of ``as_of``, each computed when asked for."""

    def __init__(self, bookings: Sequence[Booking], first_seen: int | None, as_of: int) -> None:
        self.bookings = bookings
        self.first_seen = first_seen
        self.as_of = as_of
        self.accounts = accounts_of(bookings)
        self._known_ends: dict[str, list[int]] = {}

    def __getitem__(self, name: str) -> Value:
        if name in CLASSES:
            return self._average(name, self.as_of)
        if name == "accounts_open":
            return sum(account.first_day <= self.as_of for account in self.accounts.values())
        if name in DAYS:
            return self._days(name)
        family, window = name.rsplit("_", 1)
        start = window_start(window, self.as_of)
        if family.endswith("_avg"):
            return self._average(family.removesuffix("_avg"), start)
        if family == "net_flow":
            return self._flow("inflow", start) - self._flow("outflow", start)
        return self._flow(family, start)

    def _average(self, name: str, start: int) -> Value:
        days = self.as_of - start + 1
        total = sum(self._ends(name)[-days:])
        if name == "loans":
            total = -total
        return total if days == 1 else Fraction(total, days)

    def _ends(self, name: str) -> list[int]:
        """End-of-day balances of a class on the days of the longest window: opening and deltas of all days up to each."""
        if name not in self._known_ends:
            accounts = [account for account in self.accounts.values() if account.product in CLASSES[name]]
            before = sum(account.opening for account in accounts)
            moved = dict.fromkeys(range(self.as_of - LONGEST_WINDOW_DAYS + 1, self.as_of + 1), 0)
            for account in accounts:
                for day, delta in account.deltas.items():
                    if day in moved:
                        moved[day] += delta
                    elif day < self.as_of:
                        before += delta
            self._known_ends[name] = list(accumulate(moved.values(), initial=before))[1:]
        return self._known_ends[name]

    def _flow(self, family: str, start: int) -> int:
        return sum(
            flow
            for booking in self.bookings
            if self.accounts[booking.account].product in FLOW_PRODUCTS
            for day, flow in [_flow_of(booking, family)]
            if start <= day <= self.as_of
        )

    def _days(self, name: str) -> Value:
        if name == "days_known":
            return None if self.first_seen is None else self.as_of - self.first_seen
        booked = [booking for booking in self.bookings if booking.day <= self.as_of]
        if name == "tenure_days":
            return self.as_of - min(booking.day for booking in booked) if booked else None
        wanted = ("customer",) if name == "days_since_activity" else ("customer", "third_party", "bank", "mandate")
        days = [b.day for b in booked if b.kind != "opening" and b.initiator in wanted]
        return self.as_of - max(days) if days else None


def _flow_of(booking: Booking, family: str) -> tuple[int, int]:
    """The day and size of what a booking adds to ``inflow``, ``outflow`` or ``txn_count``."""
    if booking.kind == "opening":
        return booking.day, 0
    day, sign, amount = booking.day, 1, booking.amount
    if booking.reverses_day is not None:
        day, sign, amount = min(booking.reverses_day, booking.day), -1, -booking.amount
    if family == "txn_count":
        return day, sign
    return day, sign * max(amount if family == "inflow" else -amount, 0)
