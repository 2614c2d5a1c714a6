"""``interactions`` v1: what passed between the bank's people and a customer, one JSON object a record, keyed by ``customer_id``."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from schemas.transactions import Channel, Id, Instant

InteractionKind = Literal["contact", "complaint", "resolution", "enquiry", "card_activation", "feedback"]
Verdict = Literal["accepted", "dismissed"]
Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
"""A name that policies can speak of: a role, a product, a signal."""

INTERACTION_KINDS: tuple[str, ...] = get_args(InteractionKind)

UNNAMED: Final = "interactions"
"""The source of a record whose headers name none."""


class Interaction(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One contact, complaint and its resolution, product enquiry, card activation, or feedback on an alert.

    ``role`` is that of the staff member. A complaint is open until a ``resolution`` with the same ``complaint_id`` (without
    one: until any resolution). ``account_id`` is needed by a ``card_activation``, ``alert_id``, ``signal`` and ``verdict`` by ``feedback``; ``reason`` says
    why an alert was dismissed, and is needed then. Unknown extra fields are allowed and ignored.
    """

    interaction_id: Id
    customer_id: Id
    at: Instant
    kind: InteractionKind
    channel: Channel | None = None
    role: Word | None = None
    staff_id: Id | None = None
    product: Word | None = None
    account_id: Id | None = None
    complaint_id: Id | None = None
    alert_id: Id | None = None
    signal: Annotated[str, Meta(pattern="^[a-z][a-z0-9_.]{0,63}$")] | None = None
    verdict: Verdict | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
