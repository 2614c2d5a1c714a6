"""Outputs as records: CloudEvents 1.0 in binary mode, journal entries, dead letters."""

from __future__ import annotations

from typing import Final

import msgspec
import xxhash

from schemas.events import TIER_CHANGED, TierChanged
from schemas.journal import JournalEntry
from schemas.position import Position
from streams.ports import Output, Record

TRANSACTIONS: Final = "transactions"
CUSTOMERS: Final = "customers"
TIER_CHANGES: Final = "tier-changes"
ALERTS: Final = "alerts"
JOURNAL: Final = "journal"
DEAD_LETTERS: Final = "dead-letters"

_encode = msgspec.json.Encoder().encode


def event_id(name: str, customer_id: str, partition: int, position: Position) -> str:
    """The deterministic id of an output: the same after every replay, so a consumer may drop repeats."""
    text = f"{name}\0{customer_id}\0{partition}\0{position}"
    return xxhash.xxh3_128_hexdigest(text.encode())


def tier_change(change: TierChanged, partition: int, position: Position, source: str) -> Output:
    """A tier change for ``tier-changes``, keyed by the customer; ``source`` is ``ce_source``."""
    headers = (
        ("ce_id", event_id(change.scheme, change.customer_id, partition, position).encode()),
        ("ce_source", source.encode()),
        ("ce_type", TIER_CHANGED.encode()),
        ("ce_specversion", b"1.0"),
        ("ce_time", change.effective_at.encode()),
        ("content-type", b"application/json"),
    )
    return Output(TIER_CHANGES, change.customer_id.encode(), _encode(change), headers)


def journal_entry(entry: JournalEntry) -> Output:
    """An entry for ``journal``, keyed by its sequence."""
    return Output(JOURNAL, str(entry.sequence).encode(), _encode(entry))


def dead_letter(record: Record, topic: str, partition: int, stage: str, reason: str) -> Output:
    """``record`` as it came, with headers that say at which stage and why it was set aside."""
    headers = {
        "tierline-error-stage": stage,
        "tierline-error-reason": reason,
        "tierline-error-topic": topic,
        "tierline-error-partition": str(partition),
        "tierline-error-offset": str(record.offset),
    }
    packed = tuple((name, value.encode()) for name, value in headers.items())
    return Output(DEAD_LETTERS, record.key, record.value, (*record.headers, *packed))


def cut_down(output: Output) -> Output:
    """``output`` without its value, for a broker that refuses its size; a header tells what was left out."""
    size = len(output.value or b"")
    note = (
        "tierline-cut",
        f"value of {size} bytes left out: larger than the topic takes; read it at its source".encode(),
    )
    return Output(output.topic, output.key, None, (*output.headers, note))
