"""The logs of a run as people would read them: the journal's entries, and both logs of a partition as one history."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator

import msgspec

from schemas.journal import (
    CustomerErased,
    DayClosed,
    FactsDropped,
    FactsReceived,
    FactsRejected,
    InteractionDropped,
    InteractionReceived,
    InteractionRejected,
    JournalEntry,
    Payload,
    PolicyActivated,
    RecordSkipped,
)
from streams.calendar import number_of
from streams.testing.logs import Cluster
from tests.oracle.partition import Entry

TOLD = {
    "customers": FactsReceived | FactsRejected | FactsDropped | CustomerErased,
    "interactions": InteractionReceived | InteractionRejected | InteractionDropped,
}
"""The side topics, and the journal entries that their records make."""

_decode_entry = msgspec.json.Decoder(JournalEntry).decode


def entries_of(cluster: Cluster, number: int) -> list[JournalEntry]:
    """The journal of a partition."""
    return [_decode_entry(record.value or b"") for record in cluster.log("journal", number).committed()]


def history_of(cluster: Cluster, bad: Container[tuple[int, int]], number: int) -> Iterator[Entry]:
    """Both logs of a partition in the order in which they were applied; nobody can read the ``bad`` records.

    Before each entry of a side topic that counts for a source comes ``("counted", source, rejected)``.
    """
    records = {record.offset: record for record in cluster.log("transactions", number).committed()}
    waiting = iter(sorted(records))
    offset = next(waiting, None)
    skipped = -1
    for entry in [*entries_of(cluster, number), None]:
        while offset is not None and (entry is None or offset < entry.after):
            readable = offset != skipped and (number, offset) not in bad
            record = records[offset]
            if readable:
                yield ("txn", offset, record.timestamp, json.loads(record.value or b""))
            else:
                yield ("unreadable", offset, record.timestamp)
            offset = next(waiting, None)
        if entry is not None:
            yield from _entered(cluster, number, entry.payload)
            skipped = entry.after if isinstance(entry.payload, RecordSkipped) else skipped


def _entered(cluster: Cluster, number: int, payload: Payload) -> Iterator[Entry]:
    match payload:
        case FactsReceived() | FactsRejected():
            yield ("counted", "core", isinstance(payload, FactsRejected))
        case InteractionReceived() | InteractionRejected():
            yield ("counted", "interactions", isinstance(payload, InteractionRejected))
    match payload:
        case PolicyActivated(files=files):
            yield ("policy", files)
        case DayClosed(day=day, policy=policy):
            if policy is not None:
                yield ("policy", policy.files)
            yield ("close", number_of(day))
        case FactsReceived() | InteractionReceived() | CustomerErased() as told:
            yield _told(cluster, number, told)


def _told(cluster: Cluster, number: int, payload: FactsReceived | InteractionReceived | CustomerErased) -> Entry:
    """What a side topic told, read from there."""
    topic = next(topic for topic, kinds in TOLD.items() if isinstance(payload, kinds))
    record = next(r for r in cluster.log(topic, number).committed() if r.offset == payload.source_offset)
    match payload:
        case CustomerErased():
            return ("erase", (record.key or b"").decode())
        case FactsReceived():
            return ("facts", json.loads(record.value or b""), record.timestamp)
        case _:
            return ("talk", json.loads(record.value or b""), record.timestamp)
