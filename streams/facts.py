"""Facts about customers: from ``customers[p]`` into the journal, and from the journal into the ledger."""

from __future__ import annotations

import msgspec

from schemas.facts import CustomerFacts
from schemas.journal import FactsReceived, FactsRejected
from streams.ports import Record

_decode = msgspec.json.Decoder(CustomerFacts).decode

_NOT_FACTS = frozenset({"customer_id"})


def journalled(record: Record) -> FactsReceived | FactsRejected:
    """The journal's payload for a record of ``customers``: its facts, or why they cannot be read."""
    reason = None
    facts = None
    if record.value is None:
        reason = "the record has no value; erasing a customer by a tombstone is not known to this version"
    else:
        try:
            facts = _decode(record.value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            reason = f"not readable as customer facts: {error}"
    if facts is not None and record.key != facts.customer_id.encode():
        key = (record.key or b"").decode(errors="replace")
        reason = f"the record's key is {key!r}, its customer_id is {facts.customer_id!r}: both must be the same"
    if facts is None or reason is not None:
        return FactsRejected(source_offset=record.offset, reason=reason or "unreadable")
    return FactsReceived(source_offset=record.offset, timestamp_ms=record.timestamp, facts=facts)


def named_facts(facts: CustomerFacts) -> dict[str, str | int | bool | None]:
    """The facts that an update names; None makes one unknown again. A date is its ISO text."""
    named = msgspec.to_builtins(facts)
    return {name: value for name, value in named.items() if name not in _NOT_FACTS}
