"""What Tierline publishes: tier changes, as CloudEvents 1.0 in binary mode with these bodies."""

from __future__ import annotations

from typing import Literal

import msgspec

TIER_CHANGED: str = "tierline.tier.changed.v1"
"""``ce_type`` of a tier change."""

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
