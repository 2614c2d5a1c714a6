"""What a look is about, in the words that signals read: its transaction or interaction, its tier changes, its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.conditions import Value
from tests.oracle.customer import Customer, Json
from tests.oracle.days import date_of
from tests.oracle.items import Item, cycles, duties, relatives
from tests.oracle.names import MINOR_DIGITS, Names, Over
from tests.oracle.schemes import Classes, Scheme
from tests.oracle.signals import Occasion
from tests.oracle.tiers import Look
from tests.oracle.told import Asked

TXN_TEXTS = ("product", "kind", "channel", "initiator", "counterparty", "currency")
TALK_TEXTS = ("kind", "channel", "role", "product")


@dataclass(frozen=True, slots=True)
class Cause:
    """The record that a look is about, if it is a transaction or an interaction."""

    txn: Json | None = None
    talk: Json | None = None

    @property
    def on(self) -> str | None:
        """The kind of record that one-shots ask for."""
        return "transaction" if self.txn is not None else "interaction" if self.talk is not None else None

    def words(self, base_currency: str) -> dict[str, Value]:
        """What one-shots read of it."""
        if self.txn is None:
            return {f"interaction_{name}": (self.talk or {}).get(name) for name in TALK_TEXTS}
        told: dict[str, Value] = {f"txn_{name}": self.txn.get(name) for name in TXN_TEXTS}
        amount = self.txn["amount"] if self.txn["currency"] == base_currency else self.txn.get("amount_base")
        return told | {"txn_amount": None if amount is None else Fraction(amount, 10**MINOR_DIGITS)}


def occasion(
    customer: Customer,
    schemes: Sequence[Scheme | Classes],
    names: Names,
    accounts: Sequence[str],
    look: Look,
    changes: Sequence[tuple[str, Mapping[str, Value]]],
    cause: Cause,
    base_currency: str,
) -> Occasion:
    """What one look is about; ``accounts`` are the ids of those that ``names`` has, ``changes`` what is read of tier changes."""
    today = date_of(look.as_of)
    levels = {scheme.name: customer.standings[scheme.name].name(scheme) for scheme in schemes}

    def over(words: Mapping[str, Value]) -> Asked:
        return Asked(Over(names, words), today, words)

    def items(each: str) -> list[tuple[str, Asked]]:
        if each == "account":
            return [(name, Asked(account, today)) for name, account in zip(accounts, names.accounts, strict=True)]
        return [(name, over(words)) for name, words in items_of(each)]

    def items_of(each: str) -> list[Item]:
        match each:
            case "relative":
                return relatives(customer.family, today)
            case "duty":
                return duties({scheme.name: scheme.contacts for scheme in schemes}, levels, customer.talks, today)
            case "cycle":
                return cycles(customer.bookings, look.as_of)
        msg = f"nobody has {each}"
        raise ValueError(msg)

    return Occasion(
        look=look,
        customer=Asked(names, today),
        record=over(cause.words(base_currency)),
        items=items,
        changes=[(scheme, over(words)) for scheme, words in changes],
        levels=levels,
        first_seen=customer.first_seen,
        on=cause.on,
        as_of_later=look.close and customer.event_day is not None and customer.event_day > look.as_of,
    )
