"""The measures of one customer as of one day, recomputed from all its bookings.

Readings of the design, section 5, and of the end of the language page (sums: see ``flows``, balances: ``balances``):

* A transaction in another currency without ``amount_base`` stays out of every measure but ``days_known``: the
  customer is seen by it, its account is not.
* Every measured booking counts for ``days_since_txn``, reversals and all products included, but an opening is no
  transaction; the initiator alone decides activity. Openings count for ``tenure_days``, from when they are told.
* ``days_known`` is unknown until an event of the customer (a transaction, or facts while a day is open).
* A day is active, and a kind is a business type, by transactions that the customer initiated. A reversal takes neither
  away. A day is not made active by a booking that comes 94 days or more after a newer one was read.
* A ratio is rounded to millionths, half to even, and capped at a million (the coefficient of variation at a thousand).
* Expected activity begins on the later of the earliest booking's day and the first day of 12m; the first active day of
  the window is no repeat. The last one is that of ``days_since_activity``.
* The six month-ends are the newest up to the as-of day, which counts if it is one.
* Medians of purchases are of the months' averages, the lower of two; medians of outflows are the mean of the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import median, median_low

from tests.oracle.accounts import Booking, ToldAccount
from tests.oracle.balances import Balances
from tests.oracle.churn import Model, expected_days
from tests.oracle.days import date_of, is_last_of, months_between, window_start
from tests.oracle.flows import flows
from tests.oracle.measure_names import CLASSES, NOW, RATIOS, Value
from tests.oracle.rates import Rate, rate_on

RING_DAYS = 94
RATIO_MAX, SPREAD_MAX = Fraction(1_000_000), Fraction(1_000)
MONTH_OUTFLOW_MAX = 5 * 10**16
PARTS_MAX = 9 * 10**18
"""A contribution of more parts (see ``_parts``) is unknown."""


class Measures(Balances):
    """All measures of one customer as of ``as_of``, each computed when asked for."""

    def __init__(
        self,
        bookings: Sequence[Booking],
        first_seen: int | None,
        as_of: int,
        rates: Sequence[Rate] = (),
        told: Mapping[str, ToldAccount] | None = None,
        branch: str | None = None,
        churn: Model | None = None,
    ) -> None:
        super().__init__(bookings, as_of, told or {}, branch)
        self.first_seen = first_seen
        self.rates = list(rates)
        self.churn = churn
        self.flows = flows(bookings, {name: account.product for name, account in self.accounts.items()})

    def __getitem__(self, name: str) -> Value:
        if name in CLASSES:
            return self._average(name, self.as_of)
        if name in NOW:
            value: Value = getattr(self, f"_{name}")()
            return _rounded(value, SPREAD_MAX if name == "balance_cv_90d" else RATIO_MAX) if name in RATIOS else value
        if name.endswith("_prior_3m"):
            return self._sum(name.removesuffix("_prior_3m"), self._start("6m"), self._start("3m") - 1)
        family, window = name.rsplit("_", 1)
        if family.endswith("_avg"):
            return self._average(family.removesuffix("_avg"), self._start(window))
        return self._sum(family, self._start(window), self.as_of)

    def _start(self, window: str) -> int:
        return window_start(window, self.as_of)

    # -- days

    def _done(self) -> list[Booking]:
        """Transactions up to the as-of day."""
        return [booking for booking in self.bookings if booking.day <= self.as_of and booking.kind != "opening"]

    def _days_since_activity(self) -> Value:
        return self._since([b.day for b in self._done() if b.initiator == "customer"])

    def _months_since_activity(self) -> Value:
        days = [b.day for b in self._done() if b.initiator == "customer"]
        return months_between(date_of(max(days)), date_of(self.as_of)) if days else None

    def _days_since_txn(self) -> Value:
        return self._since([b.day for b in self._done()])

    def _days_since_salary(self) -> Value:
        paid = [b for b in self._done() if b.kind == "salary" and b.amount > 0 and b.reverses_day is None]
        return self._since([b.day for b in paid if self.accounts[b.account].product in ("deposit", "wealth")])

    def _since(self, days: list[int]) -> Value:
        return self.as_of - max(days) if days else None

    def _tenure_days(self) -> Value:
        days = [booking.seen for booking in self.bookings if booking.seen <= self.as_of]
        return self.as_of - min(days) if days else None

    def _days_known(self) -> Value:
        return None if self.first_seen is None else self.as_of - self.first_seen

    def _expected_activity_30d(self) -> Value:
        start = self._start("12m")
        active, silent, tenure = (
            self._sum("active_days", start, self.as_of),
            self._days_since_activity(),
            self._tenure_days(),
        )
        if self.churn is None or not active or silent is None or tenure is None:
            return None
        total = min(int(tenure), self.as_of - start)
        return expected_days(self.churn, int(active) - 1, total - int(silent), total)

    # -- sums

    def _sum(self, family: str, start: int, end: int) -> Value:
        match family:
            case "net_flow":
                return self._flow("inflow", start, end) - self._flow("outflow", start, end)
            case "active_days":
                return len({day for day in self._active() if start <= day <= end})
            case "business_types":
                mine = [b for b in self._done() if b.initiator == "customer"]
                return len({booking.kind for booking in mine if start <= booking.day <= end})
            case "contribution" | "profit":
                return self._earned(start, end, profit=family == "profit")
            case "variable_cost":
                return self._cost(start, end)
            case _:
                return self._flow(family, start, end)

    def _flow(self, family: str, start: int, end: int) -> int:
        return sum(flow.size for flow in self.flows if flow.family == family and start <= flow.day <= end)

    def _active(self) -> set[int]:
        newest, active = -(10**9), set()
        for booking in self.bookings:
            newest = max(newest, booking.day)
            if booking.kind != "opening" and booking.initiator == "customer" and booking.day > newest - RING_DAYS:
                active.add(booking.day)
        return active

    def _cost(self, start: int, end: int) -> int:
        counted = [f for f in self.flows if f.family == "txn_count" and start <= f.day <= end]
        rates = [(flow.size, rate_on(self.rates, flow.day)) for flow in counted]
        return self._flow("variable_cost", start, end) + sum(n * rate.cost for n, rate in rates if rate is not None)

    def _earned(self, start: int, end: int, *, profit: bool) -> Value:
        total, parts = Fraction(0), Fraction(0)
        for rate in self.rates:
            later = [other.first_day for other in self.rates if other.first_day > rate.first_day]
            first, last = max(start, rate.first_day), min([end, *(day - 1 for day in later)])
            deposits = sum(self._end("deposits", day) for day in range(first, last + 1)) * rate.deposit_spread / 360
            loans = -sum(self._end("loans", day) for day in range(first, last + 1)) * rate.loan_spread / 360
            total += deposits + loans
            parts += abs(deposits) + abs(loans)
        if rate_on(self.rates, start) is None:
            return None
        if profit:
            more = self._flow("fees", start, end) - self._cost(start, end)
            total += more
            parts += abs(more)
        return total if parts * self._parts() < PARTS_MAX else None

    def _parts(self) -> int:
        """Into how many equal parts a minor unit must be cut for a day's contribution of one minor unit to be whole."""
        spreads = [int(s * 10**6) for rate in self.rates for s in (rate.deposit_spread, rate.loan_spread)]
        return 360 * 10**6 // math.gcd(360 * 10**6, *spreads)

    # -- statistics

    def _month(self, family: str, months_before: int) -> int:
        """A flow of the calendar month so many before the as-of day's; of that itself up to the as-of day."""
        end = min(self._month_end(months_before), self.as_of)
        return self._flow(family, self._month_end(months_before + 1) + 1, end)

    def _salary_months_prior_6m(self) -> Value:
        return sum(self._month("salary_inflow", back) > 0 for back in range(1, 7))

    def _balance_cv_90d(self) -> Value:
        ends = self.ends("aum")[-90:]
        total = sum(ends)
        if total == 0:
            return None
        squared = Fraction(90 * sum(end * end for end in ends) - total * total, total * total)
        if squared >= SPREAD_MAX**2:
            return SPREAD_MAX
        scaled = squared * 10**12
        millionths = math.isqrt(scaled.numerator // scaled.denominator)
        half = Fraction((2 * millionths + 1) ** 2, 4)
        quarters = (
            2 + (scaled > half) - (scaled < half)
        )  # a root rounds like a figure as far from the half, which is a tie only if exact
        return Fraction(4 * millionths + quarters, 4 * 10**6)

    def _deposit_slope_6m(self) -> Value:
        newest = 0 if is_last_of(self.as_of, 1) else 1
        ends = [self._end("deposits", self._month_end(back)) for back in range(newest + 5, newest - 1, -1)]
        if sum(ends) == 0:
            return None
        tilt = sum((t - Fraction(5, 2)) * end for t, end in enumerate(ends)) / Fraction(35, 2)
        return tilt / Fraction(sum(ends), 6)

    def _outflow_z_30d(self) -> Value:
        recent = self._flow("outflow", self._start("30d"), self.as_of)
        first = min((booking.seen for booking in self.bookings), default=self.as_of + 1)
        months = [self._month("outflow", back) for back in range(1, 13) if self._month_end(back) >= first]
        if len(months) < 6 or max(abs(recent), *(abs(month) for month in months)) > MONTH_OUTFLOW_MAX:
            return None
        middle = median([Fraction(month) for month in months])
        spread = median([abs(month - middle) for month in months])
        return (recent - middle) / (Fraction("1.4826") * spread) if spread else None

    def _typical_purchase(self) -> Value:
        months = [(self._month("card_spend", back), self._month("card_uses", back)) for back in range(12)]
        averages = [Fraction(spend, uses) for spend, uses in months if uses > 0]
        return median_low(averages) if averages else None


def _rounded(ratio: Value, largest: Fraction) -> Value:
    """To millionths, half to even, and not beyond ``largest``."""
    if ratio is None:
        return None
    return max(-largest, min(Fraction(round(ratio * 10**6), 10**6), largest))
