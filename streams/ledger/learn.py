"""Learning: what a record of facts changes in a customer's profile. What it does not name stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from schemas.fact_names import LABEL
from schemas.facts import AccountFacts, CustomerFacts, OverrideFacts
from schemas.measures import RATIO_UNITS
from schemas.state import KnownAccount, Override, Profile
from streams.calendar import number_of

_APART: Final = frozenset({"customer_id", "source", "as_of", "accounts", "family_dates", "labels", "tags", "override"})
"""Fields that are no plain facts."""
_PLAIN: Final = tuple(name for name in CustomerFacts.__struct_fields__ if name not in _APART)
_SHARES: Final = frozenset({"settlement_share", "affiliate_share"})
_OF_ACCOUNT: Final = tuple(KnownAccount.__struct_fields__)


def learn(profile: Profile, facts: CustomerFacts, day: int, told_on: int) -> Sequence[AccountFacts]:
    """Take over what ``facts``, told on day ``told_on``, name; the accounts that they tell of are returned.

    ``day`` is the one as of which the customer is looked at next.
    """
    source, as_of = facts.source, facts.as_of
    known = told_on if isinstance(as_of, UnsetType) else number_of(as_of)
    profile.sources[source] = max(known, profile.sources.get(source, known))
    for name in _PLAIN:
        value = getattr(facts, name)
        if value is not UNSET:
            _put(profile, name, value)
    if "owner_id" in profile.facts:
        profile.facts.setdefault("initial_owner_id", profile.facts["owner_id"])
    _learn_named(profile, facts)
    if not isinstance(facts.tags, UnsetType):
        _learn_tags(profile, source, facts.tags)
    if not isinstance(facts.override, UnsetType):
        _learn_override(profile, facts.override, day)
    if isinstance(facts.accounts, UnsetType):
        return ()
    for account in facts.accounts:
        learn_account(profile, account)
    return facts.accounts


def unsettles(facts: CustomerFacts) -> bool:
    """Whether what ``facts`` tell counts in decisions without being a column."""
    return facts.override is not UNSET or facts.family_dates is not UNSET


def _put(profile: Profile, name: str, value: str | float | dt.date | None) -> None:
    """Keep a fact: a date as its text, a share in millionths; None makes it unknown."""
    if value is None:
        profile.facts.pop(name, None)
    elif isinstance(value, dt.date):
        profile.facts[name] = value.isoformat()
    elif isinstance(value, float) or name in _SHARES:
        profile.facts[name] = round(float(value) * RATIO_UNITS)
    else:
        profile.facts[name] = value


def _learn_named(profile: Profile, facts: CustomerFacts) -> None:
    if not isinstance(facts.labels, UnsetType):
        for key, label in facts.labels.items():
            _put(profile, LABEL + key, label)
    if not isinstance(facts.family_dates, UnsetType):
        for key, date in facts.family_dates.items():
            if date is None:
                profile.family_dates.pop(key, None)
            else:
                profile.family_dates[key] = number_of(date)


def _learn_tags(profile: Profile, source: str, tags: Sequence[str] | None) -> None:
    """A source's own list replaces the one it gave before; without any source's list the tags are unknown."""
    if tags is None:
        profile.tags.pop(source, None)
    else:
        profile.tags[source] = sorted(set(tags))
    union = sorted(set().union(*profile.tags.values()))
    _put(profile, "tags", ",".join(union) if profile.tags else None)


def learn_account(profile: Profile, told: AccountFacts) -> None:
    """Take over what is told of one account."""
    known = profile.account_facts.setdefault(told.account_id, KnownAccount())
    for name in _OF_ACCOUNT:
        value = getattr(told, name)
        if value is not UNSET:
            setattr(known, name, number_of(value) if isinstance(value, dt.date) else value)


def _learn_override(profile: Profile, told: OverrideFacts, day: int) -> None:
    """Take over an override; one in force goes on with the level that it had replaced. Lifting ends it before ``day``."""
    standing = profile.overrides.get(told.scheme)
    if told.level is not None:
        override = Override(level=told.level, until=number_of(told.until), reason=told.reason, by=told.by)
        if standing is not None:
            override.since, override.before = standing.since, standing.before
        profile.overrides[told.scheme] = override
    elif standing is not None:
        profile.overrides[told.scheme] = msgspec.structs.replace(
            standing, until=min(standing.until, day - 1), reason=told.reason, by=told.by
        )
