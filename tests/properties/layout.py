"""Steps of a history, and how they become records of the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from tests.oracle.partition import Entry
from tests.properties.bank import Json, txn

BASE_CURRENCY = "CNY"
AMOUNT_MAX = 10**15


@dataclass(frozen=True)
class Step:
    """One record of ``transactions``.

    ``told_off`` is how far the told balance is from the one we know of. With ``to_balance`` the amount is what leads
    from there to ``amount``.
    """

    lapse: int
    customer: int
    account: int
    product: str
    kind: str
    initiator: str
    amount: int
    to_balance: bool
    lateness: int
    told_off: int | None
    currency: str = BASE_CURRENCY
    base_told: bool = True
    counterparty: str | None = None
    form: str | None = None
    cost: int = 0
    matures_on: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class Again:
    """An earlier record once more, or the reversal of an earlier booking."""

    lapse: int
    which: int
    reversal: bool
    told_off: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is told about a customer between two records; ``accounts`` are numbers of accounts with what is told of each."""

    lapse: int
    customer: int
    told: Json
    accounts: list[tuple[int, Json]] = field(default_factory=list)
    override: tuple[str, str | None, int] | None = None
    """Scheme, level and the days that it is to hold."""


@dataclass(frozen=True)
class Talk:
    """What passed between the bank's people and a customer, told ``lateness`` seconds later; ``again`` says the last one anew."""

    lapse: int
    customer: int
    told: Json
    account: int
    lateness: int
    again: bool


def lay_out(steps: Sequence[Step | Again | Facts | Talk], start: str, timezone: str) -> list[Entry]:
    """The steps as a log, from ``start`` (local time of the bank) on."""
    return _Layout(dt.datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)).log(steps)


class _Layout:
    """Turns steps into records, keeping the balances that a core system would know of."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.sent: list[Json] = []
        self.balances: dict[str, int] = {}
        self.said: Json | None = None

    def log(self, steps: Sequence[Step | Again | Facts | Talk]) -> list[Entry]:
        entries: list[Entry] = []
        for number, step in enumerate(steps):
            self.now += dt.timedelta(seconds=step.lapse)
            stamp = int(self.now.timestamp() * 1000)
            if isinstance(step, Facts):
                customer = f"c{step.customer}"
                accounts = [{"account_id": f"{customer}-a{number}", **told} for number, told in step.accounts]
                named: Json = {"accounts": accounts} if accounts else {}
                if step.override is not None:
                    named["override"] = self._override(*step.override)
                entries.append(("facts", {"customer_id": customer, **step.told, **named}, stamp))
                continue
            if isinstance(step, Talk):
                entries.append(("talk", self._talk(number, step), stamp))
                continue
            record = self._new(number, step) if isinstance(step, Step) else self._again(number, step)
            if record is not None:
                self.sent.append(record)
                entries.append(("txn", number, stamp, record))
        return entries

    def _talk(self, number: int, step: Talk) -> Json:
        if not step.again or self.said is None:
            at = (self.now - dt.timedelta(seconds=step.lateness)).isoformat()
            customer = f"c{step.customer}"
            self.said = {"interaction_id": f"i{number}", "customer_id": customer, "at": at, **step.told}
            if step.told["kind"] == "card_activation":
                self.said["account_id"] = f"{customer}-a{step.account}"
        return self.said

    def _override(self, scheme: str, level: str | None, days: int) -> Json:
        until = (self.now + dt.timedelta(days=days)).date().isoformat()
        return {"scheme": scheme, "level": level, "until": until, "reason": "a promise", "by": "eve"}

    def _new(self, number: int, step: Step) -> Json:
        opening = step.kind == "opening"
        foreign = step.currency != BASE_CURRENCY
        account = f"c{step.customer}-a{step.account}"
        amount = step.amount - self.balances.get(account, 0) if step.to_balance else step.amount
        amount = 0 if opening else max(-AMOUNT_MAX, min(amount, AMOUNT_MAX))
        told = self._told(account, amount, 0 if opening and step.told_off is None else step.told_off)
        return txn(
            number,
            (self.now - dt.timedelta(seconds=step.lateness)).isoformat(),
            amount,
            customer=f"c{step.customer}",
            account=account,
            product=step.product,
            kind=step.kind,
            initiator=step.initiator,
            currency=step.currency,
            balance_after=told,
            amount_base=amount if foreign and step.base_told else None,
            balance_base=told if foreign and step.base_told else None,
            counterparty=step.counterparty,
            form=step.form,
            variable_cost=step.cost or None,
            matures_on=step.matures_on,
            category=step.category,
        )

    def _again(self, number: int, step: Again) -> Json | None:
        bookings = [record for record in self.sent if not step.reversal or record["kind"] != "opening"]
        if not bookings:
            return None
        record = bookings[-1 - step.which % len(bookings)]
        if not step.reversal:
            return record
        return txn(
            number,
            self.now.isoformat(),
            -record["amount"],
            customer=record["customer_id"],
            account=record["account_id"],
            product=record["product"],
            kind=record["kind"],
            initiator="bank",
            counterparty=record.get("counterparty"),
            category=record.get("category"),
            currency=record["currency"],
            amount_base=-record["amount_base"] if "amount_base" in record else None,
            balance_after=self._told(record["account_id"], -record["amount"], step.told_off),
            reverses=record["transaction_id"],
            reverses_booked_at=record["booked_at"],
        )

    def _told(self, account: str, amount: int, off: int | None) -> int | None:
        """The balance after a booking, ``off`` away from what we know of: then money moved without a record."""
        balance = self.balances.get(account, 0) + amount + (off or 0)
        balance = max(-AMOUNT_MAX, min(balance, AMOUNT_MAX))
        self.balances[account] = balance
        return None if off is None else balance
