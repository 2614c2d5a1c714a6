"""What Tierline publishes: tier changes and alerts, as CloudEvents 1.0 in binary mode with these bodies."""

from __future__ import annotations

from typing import Literal

import msgspec

TIER_CHANGED: str = "tierline.tier.changed.v1"
"""``ce_type`` of a tier change."""

ALERT_RAISED: str = "tierline.alert.raised.v1"
"""``ce_type`` of an alert, and of one that got worse."""
ALERT_CLEARED: str = "tierline.alert.cleared.v1"
"""``ce_type`` of the end of an alert that was raised."""

Direction = Literal["up", "down", "across", "out"]
Reason = Literal["event", "day_close", "placement", "policy", "scope", "override"]


class Cause(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """The record that led to an output.

    Of a close: topic ``transactions``, the offset of the first record not yet applied, no transaction.
    """

    topic: str
    partition: int
    offset: int
    transaction_id: str | None = None


class TierChanged(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A customer moved in a scheme.

    ``from_`` is ``from`` on the wire; ``to`` is null when the customer left the scheme's scope. ``evidence``
    holds the measures that the condition read: money in major units, not rounded (a decimal number as text keeps every
    digit), counts and days as numbers, unknown as null. ``carried`` holds the facts and measures that the level brings
    along, written like evidence. ``effective_at`` is RFC 3339 in the bank's zone.
    """

    customer_id: str
    scheme: str
    policy_version: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    direction: Direction
    reason: Reason
    effective_at: str
    owner_id: str | None
    initial_owner_id: str | None
    branch_id: str | None
    recommended_roles: list[str]
    referral_suggested: bool
    reasons: list[str]
    benefits: list[str]
    evidence: dict[str, float | int | str | bool | None]
    condition: str
    cause: Cause
    carried: dict[str, float | int | str | bool | None] = {}


class Alert(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """Something that an RM can act on: raised, raised again under the same ``alert_id`` when it gets worse, and cleared.

    ``signal`` is the signal's name in its policy file, or ``tier.at_risk`` or ``tier.near``; where ``tier.at_risk`` ends with the level kept,
    its clearing is called ``tier.secured``. ``about`` names what it is about beside an account: a relative, a role, a category of purchases,
    a scheme; None of the whole customer. ``value_at_stake`` is the money at stake in major units, to the minor unit (half a one to the even),
    None where the policy names none.
    ``due_on`` is an ISO date. ``recommended_roles`` act on it. ``owner_id`` is the owner at that time. ``evidence`` holds besides what the
    item or occasion tells, each score, and what the signal carries; ``reasons`` are the named conditions that give a score points, those
    that hold. ``severity_condition`` is the one under which it is as bad as ``severity``, None where that asks for none, and of a clearing.
    The rest is as in ``TierChanged``.
    """

    alert_id: str
    customer_id: str
    signal: str
    policy_version: str
    severity: str
    value_at_stake: float | int | str | None
    advice: str | None
    owner_id: str | None
    branch_id: str | None
    recommended_roles: list[str]
    account_id: str | None
    about: str | None
    evidence: dict[str, float | int | str | bool | None]
    condition: str
    due_on: str | None
    effective_at: str
    cause: Cause
    reasons: list[str] = []
    severity_condition: str | None = None


class AlertRaised(Alert, kw_only=True, frozen=True, gc=False):
    """An alert began, or got worse."""


class AlertCleared(Alert, kw_only=True, frozen=True, gc=False):
    """What an alert told of holds no longer; ``evidence`` and ``condition`` say why."""


Published = TierChanged | AlertRaised | AlertCleared
"""What a look at a customer may lead to."""
