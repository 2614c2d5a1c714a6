"""``dead-letters`` v1: a record as it came (key, value, headers), and headers that say why it was set aside."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Stage = Literal["decode", "apply", "changes", "alerts", "replayed"]
"""``decode``: not readable; ``apply``: readable, but its batch raised on it alone; ``changes``, ``alerts``: the page of
that name could not read the output; ``replayed``: no letter, the mark of one that was put back."""

Code = Literal[
    "empty",
    "too_large",
    "not_json",
    "missing_field",
    "wrong_value",
    "key",
    "currency",
    "booked_at",
    "reversal",
    "opening",
    "future",
    "at",
    "apply",
    "unreadable_event",
    "timestamp",
]
"""Why a record was set aside, in one word without anything of the record: the first mistake found in it.

``empty``, ``too_large``, ``not_json``: the value is none, above the limit, or no JSON object. ``missing_field``,
``wrong_value``: a field. ``key``: not the customer's id. ``currency``, ``booked_at``, ``at``: no code of a currency, no instant
of the bank's calendar. ``reversal``: no day of what it reverses. ``opening``: an opening that moves money. ``future``: too far
ahead. ``apply``: applying it raised. ``unreadable_event``: an output that a page cannot read. ``timestamp``:
no day is open yet, and the record's own timestamp, outside the bank's calendar, opens none.
"""
Digits = Annotated[str, msgspec.Meta(pattern="^[0-9]+$")]


class DeadLetterHeaders(msgspec.Struct, kw_only=True, frozen=True):
    """The headers added to a dead letter; Kafka carries them as UTF-8 text, numbers too.

    ``topic``, ``partition`` and ``offset`` say where the record came from; ``code`` is the reason in one word, ``reason`` a
    sentence for people. The mark of a letter that was put back has no code.
    """

    stage: Stage = msgspec.field(name="tierline-error-stage")
    reason: str = msgspec.field(name="tierline-error-reason")
    topic: str = msgspec.field(name="tierline-error-topic")
    partition: Digits = msgspec.field(name="tierline-error-partition")
    offset: Digits = msgspec.field(name="tierline-error-offset")
    code: Code | None = msgspec.field(name="tierline-error-code", default=None)
