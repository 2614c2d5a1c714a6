"""Records of ``customers[p]``: facts about a customer, or its erasure."""

from __future__ import annotations

import msgspec

from schemas.facts import CustomerFacts
from schemas.limits import ID_LENGTH_MAX
from streams.keyed import Unreadable, key_of, value_of
from streams.ports import Record

decode_facts = msgspec.json.Decoder(CustomerFacts).decode


def read_facts(record: Record) -> CustomerFacts | str:
    """The facts that a record tells, or, of a tombstone, the id of the customer to erase; raises ``Unreadable``."""
    if record.value is not None:
        return value_of(record, decode_facts, "customer facts")
    key = key_of(record)
    if not 0 < len(key) <= ID_LENGTH_MAX:
        msg = f"a tombstone needs the id of the customer to erase as its key, of 1 to {ID_LENGTH_MAX} characters"
        raise Unreadable(msg)
    return key
