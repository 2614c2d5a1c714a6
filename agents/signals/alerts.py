"""Alerts as they are published: who, what, how bad, for how much, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from agents.days import iso
from agents.policy.evidence import Evidence, evidence, holding, points, today
from agents.policy.exact import ExactRow
from agents.policy.nodes import MINOR_UNITS, Column, Condition, account_columns_of
from agents.policy.written import exact_value
from agents.signals.decide import Told
from agents.signals.rules import Rule
from agents.signals.turn import Turn
from schemas.events import AlertCleared, AlertRaised
from schemas.measures import Measure
from schemas.occasion_names import ITEMS, ON
from schemas.state import Raised

Value = float | int | str | None


class About(NamedTuple):
    """What an alert is about: the signal and its item, which is an account, something else with a name, or the customer;
    and who acts on it."""

    signal: str
    item: str
    roles: Sequence[str]
    account_id: str | None = None
    about: str | None = None


class Said(NamedTuple):
    """What an alert says of its reason, of why it is as bad as it is, and of its remedy."""

    condition: str
    evidence: Evidence
    value: Value = None
    advice: str | None = None
    reasons: Sequence[str] = ()
    severity_condition: str | None = None


def publish(turn: Turn, about: About, told: Told, said: Said) -> None:
    """Add an alert to those of this look."""
    made = AlertCleared if told.action == "cleared" else AlertRaised
    raised, look, profile = told.raised, turn.look, turn.profile
    turn.alerts.append(
        made(
            alert_id=raised.alert_id,
            customer_id=look.customer_id,
            signal=about.signal,
            policy_version=turn.version,
            severity=raised.severity,
            value_at_stake=said.value,
            advice=said.advice,
            owner_id=profile.text("owner_id"),
            branch_id=profile.text("branch_id"),
            recommended_roles=list(about.roles),
            account_id=about.account_id,
            about=about.about,
            evidence=said.evidence,
            condition=said.condition,
            due_on=None if raised.due_on is None else iso(raised.due_on),
            effective_at=look.effective_at,
            cause=look.cause,
            reasons=list(said.reasons),
            severity_condition=said.severity_condition,
        )
    )
    if told.action == "worse":
        turn.worse.append(raised.alert_id)


def about_of(rule: Rule, item: str) -> About:
    """What an alert of a signal is about, and who acts: of a duty first of all the role that owes it."""
    roles = rule.signal.table.roles
    if rule.each == "duty":
        roles = list(dict.fromkeys([item, *roles]))
    if rule.each == "account":
        return About(rule.name, item, roles, account_id=item)
    return About(rule.name, item, roles, about=item or None)


def said_of(rule: Rule, told: Told, row: ExactRow | None) -> Said:
    """The condition that decided, that of the severity where it has one, and what both read; of an item that is there no more only the
    condition. What has ended is not bad any more."""
    signal, ended = rule.signal, told.action == "cleared"
    condition = signal.clear if ended and signal.clear is not None else signal.when
    if row is None:
        return Said(condition.spelled, {}, None, signal.table.advice)
    severity = None if ended else signal.severity_when(told.raised.severity)
    conditions = [condition] if severity is None else [condition, severity]
    read = _read(rule, conditions, row)
    if ended:
        dates = [one.node for one in (condition, signal.due_on) if one is not None]
        read |= today(dates, row)
    return Said(
        condition.spelled,
        read,
        money(signal.value, row),
        signal.table.advice,
        list(dict.fromkeys(name for one in conditions for name in holding(one, row))),
        None if severity is None else severity.spelled,
    )


def money(condition: Condition | None, row: ExactRow) -> Value:
    """An amount of money in major units."""
    value = None if condition is None else row.value(condition.node)
    return None if value is None else stake(Fraction(value) / MINOR_UNITS)


def stake(amount: Fraction) -> Value:
    """Money at stake, in major units, to the nearest minor unit (half a one to the even): of an average too it is an amount
    that can be paid, shown and sorted by. The exact figure stands in the evidence."""
    return exact_value(Fraction(round(amount * MINOR_UNITS), MINOR_UNITS))


def clear_unruled(turn: Turn, signal: str, item: str, kept: Raised, *, why: str) -> None:
    """End an entry that no rule of these policies is about any more."""
    turn.keep(signal, item, None)
    if kept.sent:
        account = item if item in turn.profile.accounts else None
        about = About(signal, item, (), account_id=account, about=item or None if account is None else None)
        publish(turn, about, Told("cleared", kept), Said(why, {}))


def _read(rule: Rule, conditions: Sequence[Condition], row: ExactRow) -> Evidence:
    """What conditions read of the customer and of an account, not what they ask of any or every account, and their scores; all that
    there is to tell of the item or the occasion, and what the signal carries."""
    read: Evidence = {}
    for condition in conditions:
        of_account = account_columns_of(condition.node) if rule.each == "account" else ()
        read |= evidence([*condition.columns, *of_account], row) | points(condition, row)
    told: Mapping[str, Measure] = {**ON.get(rule.on or "", {}), **ITEMS.get(rule.each or "", {})}
    return read | evidence([*map(Column.of, told.values()), *rule.signal.carried], row)
