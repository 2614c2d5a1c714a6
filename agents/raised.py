"""The signals that are raised about one customer, for explanations: since when, why, for how much money, what to do.

Of an alert only its day, severity and date are kept. What it is about is told from the active policies, and its figures as they
are now: those it was sent with stand in the topic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from agents.days import iso
from agents.figures import Figure
from agents.policy.accounts import accounts_of, places_of
from agents.policy.decider import CompiledPolicies
from agents.policy.evidence import Evidence
from agents.policy.exact import ExactRow
from agents.signals.alerts import about_of, said_of
from agents.signals.compile import duties_of
from agents.signals.decide import Told
from agents.signals.items import items_of
from agents.signals.rules import Rule
from agents.signals.subjects import NAMES, ItemRow
from agents.signals.tier_alerts import AT_RISK, NEAR
from schemas.state import Profile, Raised
from streams.rows import Rows

TITLES: Final = {
    AT_RISK: "A level is lost unless something happens",
    NEAR: "A little money is missing to the next level",
}
"""Of the signals that come with tiers; what each is about is its scheme, where its figures stand."""


class Task(NamedTuple):
    """What a signal is about, on the row of the open day; ``roles`` act on it."""

    title: str
    condition: str | None
    evidence: Evidence
    value_at_stake: Figure
    advice: str | None
    roles: Sequence[str]


class SignalView(msgspec.Struct, kw_only=True, frozen=True):
    """A signal that is raised ``since`` then; dates are ISO. ``alert_id`` and ``severity`` are null while it is held back.

    ``about`` is an account id, a relative, a role, a category or a scheme, null of the customer as a whole. ``condition`` is what
    raises it, ``evidence`` and ``value_at_stake`` (money in major units) are as of the open day, not of the day it was raised;
    ``roles`` act on it by ``advice``. Of a signal that the policies no longer have these are empty.
    """

    signal: str
    since: str
    severity: str | None
    alert_id: str | None
    about: str | None
    due_on: str | None
    title: str | None = None
    condition: str | None = None
    evidence: Evidence = {}
    value_at_stake: Figure = None
    advice: str | None = None
    roles: Sequence[str] = ()


class Tasks:
    """Tells what the signals of one customer are about, on a row of the measures that ``policies`` read."""

    def __init__(self, policies: CompiledPolicies, rows: Rows, profile: Profile) -> None:
        self._policies = policies
        self._rows = rows
        self._profile = profile
        self._rules = {rule.name: rule for rule in policies.rules}

    def __call__(self, signal: str, item: str, raised: Raised) -> Task | None:
        """What a signal is about; None for one that the policies do not have."""
        if signal in TITLES:
            return Task(TITLES[signal], None, {}, None, None, ())
        rule = self._rules.get(signal)
        if rule is None:
            return None
        said = said_of(rule, Told("raised", raised), self._row(rule, item))
        roles = about_of(rule, item).roles
        return Task(rule.signal.table.title, said.condition, said.evidence, said.value, said.advice, roles)

    def _row(self, rule: Rule, item: str) -> ExactRow | None:
        """The row that the signal is asked of for an item; None for one that is there no more."""
        if rule.each is None:
            return ExactRow(self._rows, 0, self._policies.vocabulary)
        return next((row for name, row in self._items(rule.each) if name == item), None)

    def _items(self, each: str) -> Iterator[tuple[str, ExactRow]]:
        words, profile = self._policies.vocabulary, self._profile
        if each == "account":
            accounts = accounts_of(self._rows, 0)
            for index, place in enumerate(places_of(self._rows, 0)):
                yield profile.accounts[place], ExactRow(accounts, index, words)
            return
        duties = duties_of([one.rules for one in self._policies.schemes])
        for item in items_of(each, profile, duties, int(self._rows.as_of[0])):
            yield str(item[NAMES[each]]), ItemRow(self._rows, 0, words, item)


def signals_of(profile: Profile, task: Callable[[str, str, Raised], Task | None] | None = None) -> list[SignalView]:
    """The signals that are raised, by name and by what they are about; ``task`` tells what each is about, if there is a row."""
    return [
        _view(signal, item, raised, since, None if task is None else task(signal, item, raised))
        for signal, entries in sorted(profile.signals.items())
        for item, raised in sorted(entries.items())
        if (since := raised.since) is not None
    ]


def _view(signal: str, item: str, raised: Raised, since: int, task: Task | None) -> SignalView:
    return SignalView(
        signal=signal,
        since=iso(since),
        severity=raised.severity if raised.sent else None,
        alert_id=raised.alert_id if raised.sent else None,
        about=item or None,
        due_on=iso(raised.due_on) if raised.sent and raised.due_on is not None else None,
        **({} if task is None else task._asdict()),
    )
