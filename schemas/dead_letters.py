"""``dead-letters`` v1: a record as it came (key, value, headers), and headers that say why it was set aside."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Stage = Literal["decode", "apply", "changes", "alerts", "replayed"]
"""``decode``: not readable; ``apply``: readable, but its batch raised on it alone; ``changes``, ``alerts``: an output that
the page of that name could not read; ``replayed``: no letter, the mark of one that was put back."""
Digits = Annotated[str, msgspec.Meta(pattern="^[0-9]+$")]


class DeadLetterHeaders(msgspec.Struct, kw_only=True, frozen=True):
    """The headers added to a dead letter; Kafka carries them as UTF-8 text, numbers too.

    ``topic``, ``partition`` and ``offset`` say where the record came from; ``reason`` is a sentence for people.
    """

    stage: Stage = msgspec.field(name="tierline-error-stage")
    reason: str = msgspec.field(name="tierline-error-reason")
    topic: str = msgspec.field(name="tierline-error-topic")
    partition: Digits = msgspec.field(name="tierline-error-partition")
    offset: Digits = msgspec.field(name="tierline-error-offset")
