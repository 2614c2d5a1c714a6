"""One customer of the oracle: all that was ever accepted of it, whole, and where it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.accounts import Booking, ToldAccount
from tests.oracle.conditions import Value
from tests.oracle.days import months_between
from tests.oracle.names import MINOR_DIGITS
from tests.oracle.overrides import Override, learn
from tests.oracle.signals import Entry
from tests.oracle.talks import Talks
from tests.oracle.tiers import Standing

MONEY_FACTS = ("total_assets", "registered_capital", "target_credit")
NO_PLAIN_FACTS = ("customer_id", "source", "as_of", "accounts", "labels", "tags", "family_dates", "override")
TALK_FACTS = ("last_contact_on", "complaint_open_since", "enquired_on", "enquired_product")
"""Facts that interactions tell."""

Json = dict[str, Any]


@dataclass(slots=True)
class Customer:
    """All that was ever accepted of one customer, and where it stands; customers are kept in the order first told of."""

    bookings: list[Booking] = field(default_factory=list)
    facts: Json = field(default_factory=dict)
    accounts: dict[str, ToldAccount] = field(default_factory=dict)
    tags: dict[str, list[str] | None] = field(default_factory=dict)
    talks: Talks = field(default_factory=Talks)
    first_seen: int | None = None
    event_day: int | None = None
    standings: dict[str, Standing] = field(default_factory=dict)
    family: dict[str, dt.date] = field(default_factory=dict)
    signals: dict[str, dict[str, Entry]] = field(default_factory=dict)
    overrides: dict[str, Override] = field(default_factory=dict)

    def learn(self, told: Json, day: int) -> None:
        """Take over what is named; null makes it unknown. The first owner is the initial one unless told."""
        self.facts.update({name: value for name, value in told.items() if name not in NO_PLAIN_FACTS})
        self.facts.update({f"label_{key}": label for key, label in told.get("labels", {}).items()})
        if "tags" in told:
            self.tags[told.get("source", "core")] = told["tags"]
        for name, date in told.get("family_dates", {}).items():
            self.family.pop(name, None)
            if date is not None:
                self.family[name] = dt.date.fromisoformat(date)
        if "override" in told:
            learn(self.overrides, told["override"], day)
        for account in told.get("accounts", []):
            first = ToldAccount(account["product"], day, len(self.bookings))
            known = self.accounts.setdefault(account["account_id"], first)
            known.facts.update(account)
        if self.facts.get("owner_id") is not None and self.facts.get("initial_owner_id") is None:
            self.facts["initial_owner_id"] = self.facts["owner_id"]

    def has_tag(self, tag: str) -> bool | None:
        """Whether any source gives the tag; unknown until one tells its tags."""
        told = [tags for tags in self.tags.values() if tags is not None]
        return any(tag in tags for tags in told) if told else None

    def fact(self, name: str, today: dt.date) -> Value:
        """What conditions read under the name of a fact: money in major units, dates as dates."""
        if name.startswith("tag_"):
            return self.has_tag(name.removeprefix("tag_"))
        if name in TALK_FACTS:
            return self.talks.fact(name)
        if name == "age":
            born = self.facts.get("birth_date")
            months = -1 if born is None else months_between(dt.date.fromisoformat(born), today)
            return Fraction(months // 12) if months >= 0 else None
        fact = self.facts.get(name)
        if isinstance(fact, str) and name.endswith(("_date", "_on")):
            return dt.date.fromisoformat(fact)
        if isinstance(fact, float | int) and not isinstance(fact, bool):
            return Fraction(str(fact)) / (10**MINOR_DIGITS if name in MONEY_FACTS else 1)
        return None if fact is None else fact

    def seen(self, day: int) -> int:
        """The day as of which an event on ``day`` is evaluated: never before that of an earlier one."""
        self.event_day = day if self.event_day is None else max(day, self.event_day)
        if self.first_seen is None:
            self.first_seen = self.event_day
        return self.event_day
