"""One partition from its log: the clock, the looks it makes, and the tier changes that follow, in log order.

The oracle shares no code with the product. It reads published JSON (as dicts) and policy TOML, keeps every accepted
transaction for ever, and recomputes whatever it is asked from that whole history.

Readings of the design, section 4:

* Any record of ``transactions`` moves the clock and may open the first day, also one that is a duplicate or
  unreadable, but not one stamped outside the years 1990 to 2100: before the first day is open that is refused, later it is one
  of the open day.
* A transaction is a duplicate while its account and id were accepted at an open day at most three days before the
  present one (three closes in between). A duplicate is not remembered anew; a record refused for its far future date
  is not remembered at all.
* Facts are an event of the customer as of its latest event's day or the open day, whichever is later; before the
  first record they are kept and nobody is looked at. Whoever was never looked at by an event takes part in every
  close.
* Interactions are such events too; a repeat of one is no look. An account that a card activation tells of first is of the
  product it names, else a card.
* Whoever was erased is nobody from then on: no look, no place in a close; records about them still move the clock and
  are remembered as arrived.
* At an ``opening`` of four weeks before the open day or longer nobody is looked at.
* A change at an event of kind ``opening`` is called ``placement``, unless the customer left the scope.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.account_rows import AccountValue, account_rows
from tests.oracle.accounts import Booking, ToldAccount
from tests.oracle.churn import read_model
from tests.oracle.conditions import Value
from tests.oracle.customer import Customer, Json
from tests.oracle.days import BusinessDays, date_of, microseconds, number_of
from tests.oracle.judge import NOTHING, Change, Judge
from tests.oracle.measure_names import NAMES
from tests.oracle.measure_names import Value as Amount
from tests.oracle.occasions import Cause
from tests.oracle.rates import read_rates
from tests.oracle.tiers import Look
from tests.oracle.told import Told

CLOSES_REMEMBERED = 3
LONG_AGO_DAYS = 28
FUTURE_DAYS_MAX = 2
JUMP_MAX_DAYS = 400
CALENDAR = ("1990-01-01", "2100-12-31")
"""The first and the last day that there are."""
FACT_COLUMNS = ("age", "settlement_share", "tag_a")
"""Facts of whose columns the ledger is asked beside the measures."""
PRODUCTS = ("deposit", "wealth", "loan", "margin", "card")

Entry = tuple[Any, ...]
"""``("txn", offset, timestamp_ms, json)``, ``("unreadable", offset, timestamp_ms)``, ``("facts", json, timestamp_ms)``
(the timestamp left out: none later than the open day's start), ``("talk", json, timestamp_ms)``, ``("erase", customer_id)``,
``("policy", files)``: the next version, which the close behind it decides by first, or ``("close", day)``: a mark, which wins over
the clock."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it should be published, at which look, and who looked after the customer then."""

    customer_id: str
    told: Told
    effective_at: str
    as_of: int
    owner_id: str | None
    branch_id: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A look that was made: at customer ``customer_id`` as of ``as_of``."""

    customer_id: str
    as_of: int
    close: bool


class Partition:
    """The oracle's state of one partition, moved on entry by entry."""

    def __init__(
        self,
        policies: Mapping[str, str],
        *,
        timezone: str = "Asia/Shanghai",
        cutoff: str = "00:00",
        close_grace_s: int = 7200,
        base_currency: str = "CNY",
        log_clock: bool = True,
        rates: str = "",
        churn: str = "",
    ) -> None:
        self.alerts: list[Alert] = []
        self.days = BusinessDays(timezone, cutoff)
        self.grace_us = close_grace_s * 1_000_000
        self.base_currency = base_currency
        self.log_clock = log_clock
        self.open_day: int | None = None
        self.customers: dict[str, Customer] = {}
        self.arrived: dict[tuple[str, str], int] = {}
        self.looks: list[Seen] = []
        self.refused: list[int] = []
        self.duplicates: list[int] = []
        self.erased: set[str] = set()
        self._renewed = False
        self._judge = Judge(policies, base_currency, read_rates(rates), read_model(churn))

    def run(self, entries: Iterable[Entry]) -> list[Change]:
        """All changes that the entries cause, in order."""
        return [change for entry in entries for change in self.apply(entry)]

    def apply(self, entry: Entry) -> list[Change]:
        """The changes that the next entry of the log causes, closes that it makes due included."""
        renewed, self._renewed = self._renewed, entry[0] == "policy"
        match entry:
            case ("policy", files):
                self._judge.renew(files, self.customers.values())
                return []
            case ("facts", facts, *timestamp_ms):
                return self._facts(facts, max(timestamp_ms, default=0))
            case ("talk", told, timestamp_ms):
                return self._talk(told, timestamp_ms)
            case ("close", day):
                return self.close(day, "policy" if renewed else "day_close")
            case ("erase", customer_id):
                self.customers.pop(customer_id, None)
                self.erased.add(customer_id)
                return []
            case ("unreadable", _, timestamp_ms):
                return self._clock(timestamp_ms)
            case ("txn", offset, timestamp_ms, txn):
                changes = self._clock(timestamp_ms)
                if self.open_day is None:
                    self.refused.append(offset)
                    return []
                return changes + self._transaction(offset, txn)
        msg = f"no entry of a log: {entry!r}"
        raise ValueError(msg)

    def customer(self, customer_id: str) -> Customer:
        """What is known of a customer, made on first mention."""
        if customer_id not in self.customers:
            self.customers[customer_id] = Customer()
        return self.customers[customer_id]

    def measures(self, customer_id: str, as_of: int) -> dict[str, Amount]:
        """Every measure of a customer as of a day: money in minor units, averages as fractions, None unknown."""
        customer = self.customers[customer_id]
        known = self._judge.measures(customer, as_of)
        facts = {name: customer.fact(name, date_of(as_of)) for name in FACT_COLUMNS}
        return {name: known[name] for name in NAMES} | {name: _number(name, facts[name]) for name in FACT_COLUMNS}

    def accounts(self, customer_id: str, as_of: int) -> list[dict[str, AccountValue]]:
        """The measures of each account of a customer that was booked on or before a day, in the order first seen."""
        customer = self.customers[customer_id]
        return account_rows(customer.bookings, as_of, customer.accounts)

    def closes_due(self, timestamp_ms: int) -> list[int]:
        """The days that a record with this timestamp closes before it is read."""
        if self.open_day is None or not self.log_clock or not self._tells_time(timestamp_ms):
            return []
        day, due = self.open_day, []
        while timestamp_ms * 1000 >= self.days.end(day) + self.grace_us:
            due.append(day)
            day += 1
            if len(due) > JUMP_MAX_DAYS:
                msg = f"the clock jumps more than {JUMP_MAX_DAYS} days from {date_of(self.open_day)}"
                raise ValueError(msg)
        return due

    def close(self, day: int, reason: str = "day_close") -> list[Change]:
        """Close a day: look at every customer seen as of that day or before, in the order first seen."""
        look = Look(day, close=True, reason=reason)
        effective_at = self.days.text(self.days.end(day))
        changes = []
        for customer_id, customer in self.customers.items():
            if customer.first_seen is None or customer.first_seen <= day:
                changes += self._look(customer_id, look, effective_at)
        self.open_day = day + 1
        return changes

    def _facts(self, facts: Json, timestamp_ms: int) -> list[Change]:
        if facts["customer_id"] in self.erased:
            return []
        customer = self.customer(facts["customer_id"])
        if self.open_day is None:
            customer.learn(facts, self.days.day_of(timestamp_ms * 1000))
            return []
        as_of = customer.seen(self.open_day)
        customer.learn(facts, as_of)
        effective_at = self.days.text(max(timestamp_ms * 1000, self.days.start(self.open_day)))
        return self._look(facts["customer_id"], Look(as_of, close=False, reason="event"), effective_at)

    def _talk(self, told: Json, timestamp_ms: int) -> list[Change]:
        if told["customer_id"] in self.erased:
            return []
        customer, us = self.customer(told["customer_id"]), microseconds(told["at"])
        day = self.days.day_of(us)
        if not customer.talks.hear(told, day):
            return []
        told_on = self.days.day_of(timestamp_ms * 1000)
        as_of = told_on if self.open_day is None else customer.seen(self.open_day)
        if told["kind"] == "card_activation":
            product = told["product"] if told.get("product") in PRODUCTS else "card"
            first = ToldAccount(product, as_of, len(customer.bookings))
            account = customer.accounts.setdefault(told["account_id"], first)
            account.facts["card_activated_on"] = date_of(day).isoformat()
        if self.open_day is None:
            return []
        effective_at = self.days.text(max(us, self.days.start(self.open_day)))
        look = Look(as_of, close=False, reason="event")
        return self._look(told["customer_id"], look, effective_at, Cause(talk=told))

    def _clock(self, timestamp_ms: int) -> list[Change]:
        if self.open_day is None and self._tells_time(timestamp_ms):
            self.open_day = self.days.day_of(timestamp_ms * 1000)
        return [change for day in self.closes_due(timestamp_ms) for change in self.close(day)]

    def _tells_time(self, timestamp_ms: int) -> bool:
        first, last = (number_of(dt.date.fromisoformat(date)) for date in CALENDAR)
        return self.days.start(first) <= timestamp_ms * 1000 < self.days.end(last)

    def _transaction(self, offset: int, txn: Json) -> list[Change]:
        assert self.open_day is not None
        us = microseconds(txn["booked_at"])
        day = self.days.day_of(us)
        if day > self.open_day + FUTURE_DAYS_MAX:
            self.refused.append(offset)
            return []
        identity = (txn["account_id"], txn["transaction_id"])
        if self.open_day - self.arrived.get(identity, -(10**9)) <= CLOSES_REMEMBERED:
            self.duplicates.append(offset)
            return []
        self.arrived[identity] = self.open_day
        if txn["customer_id"] in self.erased:
            return []
        customer = self.customer(txn["customer_id"])
        as_of = customer.seen(max(day, self.open_day))
        customer.bookings.extend(self._booking(txn, us, day))
        if self._long_ago(txn, day):
            return []
        look = Look(as_of, close=False, reason="placement" if txn["kind"] == "opening" else "event")
        effective_at = self.days.text(max(us, self.days.start(self.open_day)))
        return self._look(txn["customer_id"], look, effective_at, Cause(txn=txn), offset)

    def _long_ago(self, txn: Json, day: int) -> bool:
        assert self.open_day is not None
        return bool(txn["kind"] == "opening" and day + LONG_AGO_DAYS <= self.open_day)

    def _booking(self, txn: Json, us: int, day: int) -> list[Booking]:
        """The booking in base currency; none where its amount in it is not told."""
        foreign = txn["currency"] != self.base_currency
        amount = txn.get("amount_base") if foreign else txn["amount"]
        if amount is None:
            return []
        assert self.open_day is not None
        matures = txn.get("matures_on")
        reversed_at = txn.get("reverses_booked_at") if txn.get("reverses") is not None else None
        return [
            Booking(
                us=us,
                day=day,
                seen=max(day, self.open_day) if txn["kind"] == "opening" else day,
                account=txn["account_id"],
                product=txn["product"],
                kind=txn["kind"],
                initiator=txn["initiator"],
                amount=amount,
                told=txn.get("balance_base") if foreign else txn.get("balance_after"),
                reverses_day=None if reversed_at is None else self.days.day_of(microseconds(reversed_at)),
                counterparty=txn.get("counterparty"),
                form=txn.get("form"),
                foreign=foreign,
                matures_on=None if matures is None else number_of(dt.date.fromisoformat(matures)),
                cost=txn.get("variable_cost", 0),
                category=txn.get("category"),
                long_ago=self._long_ago(txn, day),
            )
        ]

    def _look(
        self,
        customer_id: str,
        look: Look,
        effective_at: str,
        cause: Cause = NOTHING,
        offset: int | None = None,
    ) -> list[Change]:
        self.looks.append(Seen(customer_id, look.as_of, look.close))
        customer = self.customers[customer_id]
        changes, told = self._judge.look(customer_id, customer, look, effective_at, cause, offset)
        owner, branch = customer.facts.get("owner_id"), customer.facts.get("branch_id")
        self.alerts += [Alert(customer_id, one, effective_at, look.as_of, owner, branch) for one in told]
        return changes


def _number(name: str, fact: Value) -> Amount:
    """A fact as its column holds it: a share in whole millionths, a flag as 1 or 0."""
    if not isinstance(fact, Fraction | bool):
        return None
    return Fraction(round(fact * 1_000_000), 1_000_000) if name.endswith("_share") else int(fact)
