"""The claim's checks: refuse rather than guess.

A claim compares what the store says with what Kafka holds. What cannot be true of the same partition under
the same settings stops the worker with words that name the command to run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from schemas.journal import JournalEntry
from schemas.partition import PartitionState
from schemas.position import Position
from streams.config import EngineConfig
from streams.fingerprint import fingerprint
from streams.outputs import JOURNAL, TRANSACTIONS
from streams.ports import Bounds, Broker, Claimed, OutboxItem
from streams.stretch import READ_WAIT_S, stretch

JOURNAL_BATCH: Final = 5_000

_decode = msgspec.json.Decoder(JournalEntry).decode


class Refused(Exception):
    """The partition must not be processed as things stand; the message says what to run."""


def check_settings(partition: int, state: PartitionState, config: EngineConfig) -> None:
    """Settings that every figure depends on are those the state was computed under."""
    wrong = [
        f"{setting} is {now!r}, the state of partition {partition} was computed with {stored!r}"
        for setting, now, stored in (
            ("TIERLINE_TIMEZONE", config.timezone, state.timezone),
            ("TIERLINE_CUTOFF", config.cutoff, state.cutoff),
            ("TIERLINE_BASE_CURRENCY", config.base_currency, state.base_currency),
        )
        if now != stored
    ]
    if wrong:
        remedy = "set it back, or start anew with another TIERLINE_NAMESPACE and TIERLINE_GROUP"
        raise Refused("; ".join(wrong) + f": {remedy}")
    if config.partitions != state.partitions:
        msg = (
            f"transactions has {config.partitions} partitions, the state of partition {partition} was computed with "
            f"{state.partitions}: records of one customer now stand in two of them; copy the topics into new ones "
            "with another TIERLINE_TOPIC_PREFIX and start anew there"
        )
        raise Refused(msg)


def check_bounds(partition: int, position: Position, bounds: Bounds) -> None:
    """The next offset to apply is one that the topic can still give."""
    where = f"partition {partition} of transactions"
    if position.offset > bounds.end:
        msg = (
            f"{where} ends at offset {bounds.end}, its state stands at {position.offset}: the topic was recreated or "
            "is another one; point TIERLINE_BROKER and TIERLINE_TOPIC_PREFIX at the right topic, or start with an "
            "empty TIERLINE_NAMESPACE and another TIERLINE_GROUP"
        )
        raise Refused(msg)
    if position.offset < bounds.start:
        msg = (
            f"{where} starts at offset {bounds.start}, its state stands at {position.offset}: retention removed "
            f"{bounds.start - position.offset} offsets that were never applied; restore a store backup that stands at or "
            f"after offset {bounds.start}, and set retention.ms=-1 (`tierline topics create` does)"
        )
        raise Refused(msg)


async def check_fingerprint(partition: int, state: PartitionState, bounds: Bounds, broker: Broker) -> None:
    """The last applied record is still the one at its offset, unless retention or compaction removed it."""
    last = state.fingerprint
    if last is None or last.offset < bounds.start:
        return
    reader = await broker.open_log(TRANSACTIONS, partition)
    try:
        await reader.seek(last.offset)
        batch = await reader.fetch(1, READ_WAIT_S)
    finally:
        await reader.close()
    if not batch.records or batch.records[0].offset != last.offset:
        return  # compacted away: the bounds already agree
    found = fingerprint(batch.records[0])
    if found != last:
        msg = (
            f"the record at offset {last.offset} of transactions partition {partition} is not the one that was "
            f"applied (timestamp {found.timestamp}, then {last.timestamp}): the topic was recreated; point the worker at the "
            "right topic, or start with an empty TIERLINE_NAMESPACE and another TIERLINE_GROUP"
        )
        raise Refused(msg)


def check_empty(partition: int, claimed: Claimed, relayed: Position | None, *, journalled: bool) -> None:
    """An empty store beside outputs already published has lost its state."""
    if claimed.state is None and (relayed is not None or journalled):
        msg = (
            f"the store holds nothing of partition {partition}, but outputs are relayed up to {relayed or 'a journal'}: "
            "the store was emptied, or TIERLINE_STORE or TIERLINE_NAMESPACE is another one; correct it, or compute the "
            "state anew with `tierline rebuild`"
        )
        raise Refused(msg)


class Journalled(NamedTuple):
    """An entry as the journal topic holds it."""

    entry: JournalEntry
    value: bytes


async def read_journal(broker: Broker, partition: int, journal_offset: int) -> list[Journalled]:
    """Entries from ``journal_offset`` to the journal's end, in order."""
    reader = await broker.open_log(JOURNAL, partition)
    entries: list[Journalled] = []
    try:
        bounds = await reader.bounds()
        name, first = f"the journal of partition {partition}", max(journal_offset, bounds.start)
        async for records in stretch(reader, name, first, bounds.end, JOURNAL_BATCH):
            values = [record.value or b"" for record in records]
            entries += [Journalled(_decode(value), value) for value in values]
    finally:
        await reader.close()
    return entries


def pending_entries(partition: int, journal: Sequence[Journalled], sequence: int) -> deque[JournalEntry]:
    """Entries after ``sequence``, which follow it without a gap."""
    pending = deque(entry for entry, _ in journal if entry.sequence > sequence)
    for expected, entry in enumerate(pending, sequence + 1):
        if entry.sequence != expected:
            msg = (
                f"the journal of partition {partition} continues at entry {entry.sequence}, expected {expected}: "
                "entries were removed; restore the journal topic (its retention.ms must be -1)"
            )
            raise Refused(msg)
    return pending


def check_outbox(
    partition: int, items: Sequence[OutboxItem], relayed: Position | None, journal: Sequence[Journalled]
) -> None:
    """Entries of the outbox that come no later than what is relayed are those that the journal holds.

    No later by position or by number: an owner who missed an entry may have gone on in ``transactions`` before it made another
    of the same number.

    They differ if a failover lost a claim and gave a paused former owner its token back, after the new owner had
    relayed entries of its own: then the state follows one history and what was published another.
    """
    if relayed is None:
        return
    values = {value for _, value in journal}
    for item in items:
        for at, output in item.outputs:
            is_due = at <= relayed or at.sequence <= relayed.sequence
            if output.topic == JOURNAL and is_due and output.value not in values:
                msg = (
                    f"entry {(output.key or b'').decode()} of partition {partition} is not the one in the journal: two "
                    "owners wrote after a failover of the store; stop the workers and compute the state anew with "
                    "`tierline rebuild --namespace NEW`"
                )
                raise Refused(msg)
