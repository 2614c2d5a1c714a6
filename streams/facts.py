"""Records of ``customers[p]``: facts about a customer, or its erasure."""

from __future__ import annotations

import msgspec

from schemas.facts import CORE, CustomerFacts, Word
from schemas.limits import ID_LENGTH_MAX
from streams.keyed import UNREADABLE, Unreadable, key_of, value_of
from streams.ports import Record
from streams.tally import header_source

_decoder = msgspec.json.Decoder(CustomerFacts)
decode_facts = _decoder.decode


class _Named(msgspec.Struct):
    """The one field that is asked of a record that cannot be read as facts."""

    source: Word = CORE


_named = msgspec.json.Decoder(_Named).decode


def read_facts(record: Record) -> CustomerFacts | str:
    """The facts that a record tells, or, of a tombstone, the id of the customer to erase; raises ``Unreadable``."""
    if record.value is not None:
        return value_of(record, _decoder, "customer facts")
    key = key_of(record)
    if not 0 < len(key) <= ID_LENGTH_MAX:
        msg = f"a tombstone needs the id of the customer to erase as its key, of 1 to {ID_LENGTH_MAX} characters"
        raise Unreadable("key", msg)
    return key


def source_of_facts(record: Record, told: object) -> str:
    """Whose a record is: as it says; one that cannot be read (``told`` is None) may be named by its header."""
    if isinstance(told, CustomerFacts):
        return told.source
    try:
        return _named(record.value or b"").source
    except UNREADABLE:
        return header_source(record.headers, CORE)
