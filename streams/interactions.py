"""Records of ``interactions[p]``: what passed between the bank's people and a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.interactions import UNNAMED, Interaction
from schemas.limits import FUTURE_DAYS_MAX
from streams.calendar import FIRST_DATE, LAST_DATE, US_PER_MS, number_of
from streams.keyed import Unreadable, value_of
from streams.ports import Record
from streams.tally import header_source
from streams.timestamps import parse_instants

_decoder = msgspec.json.Decoder(Interaction)
decode_interaction = _decoder.decode

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "card_activation": ("account_id",),
    "feedback": ("alert_id", "signal", "verdict"),
}
"""Fields that an interaction of a kind cannot do without."""

_DAY_US: Final = 86_400_000_000
_FIRST_US: Final = (number_of(FIRST_DATE) + 1) * _DAY_US
_END_US: Final = number_of(LAST_DATE) * _DAY_US
"""Instants between these lie in the bank's calendar in any zone."""


def read_interaction(record: Record) -> Interaction:
    """The interaction that a record tells; raises ``Unreadable``.

    Its instant may lie ahead of the record's own timestamp by ``FUTURE_DAYS_MAX`` days at most: a clock that runs ahead
    must not spoil what is kept of contacts.
    """
    told = value_of(record, _decoder, "an interaction")
    missing = [name for name in _NEEDED.get(told.kind, ()) if getattr(told, name) is None]
    if missing:
        msg = f"{', '.join(missing)} missing: an interaction of kind {told.kind} needs {', '.join(_NEEDED[told.kind])}"
        raise Unreadable("missing_field", msg)
    if told.verdict == "dismissed" and told.reason is None:
        msg = "reason missing: feedback whose verdict is dismissed says why"
        raise Unreadable("missing_field", msg)
    us = instant_of(told)
    if not _FIRST_US <= us < _END_US:
        msg = (
            f"at is {told.at!r} (expected RFC 3339 with an offset, such as 2025-03-01T10:11:12+08:00, "
            f"from {FIRST_DATE} to {LAST_DATE})"
        )
        raise Unreadable("at", msg)
    if us > record.timestamp * US_PER_MS + FUTURE_DAYS_MAX * _DAY_US:
        msg = f"at is {told.at!r}, more than {FUTURE_DAYS_MAX} days after the record's own timestamp"
        raise Unreadable("future", msg)
    return told


def source_of_interaction(record: Record, _told: object) -> str:
    """Whose a record is: what its header names, since an interaction itself does not say."""
    return header_source(record.headers, UNNAMED)


def instant_of(told: Interaction) -> int:
    """When it was, in microseconds since the Unix epoch; negative if ``at`` is no instant."""
    return int(parse_instants([told.at])[0])
