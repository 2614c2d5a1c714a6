"""Entries about customers: sealed for the journal, and opened again when an earlier owner's are applied.

An entry whose key is gone without an erasure (a store that lost its tail, or everything) is read once more from the
record of the side topic that it names. Where that is gone too, the state cannot be computed, and nobody guesses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from schemas.journal import CustomerErased, JournalEntry, Received
from streams.claim import Refused
from streams.erased import PLACE_HOLDER, Erased
from streams.keyed import Unreadable
from streams.ports import Broker, LogUnavailable, PartitionLog, Record, Store
from streams.sealing import hash_of
from streams.stretch import READ_WAIT_S
from streams.told import Content, Side, Told, customers_of, journalled, opened, side_of

READ_RECORDS: Final = 500
"""Records read on from the one asked for: whoever needs one will need the next ones."""

IDS_CHUNK: Final = 10_000
"""Ids asked for at once when customers are sought by their hashes."""


class Entries:
    """What one lease needs to write and read entries about customers of its partition."""

    def __init__(self, partition: int, broker: Broker, store: Store) -> None:
        self._partition = partition
        self._broker = broker
        self._store = store
        self._logs: dict[str, PartitionLog] = {}
        self._records: dict[str, dict[int, Record]] = {}

    async def sealed(self, side: Side, records: Sequence[Record], erased: Erased) -> list[Told]:
        """The entries of new records of a side topic, in order."""
        customers = [customer for customer in customers_of(side, records) if customer not in erased]
        return journalled(side, records, self._partition, await self._keys(customers), erased)

    async def opened(self, entries: Sequence[JournalEntry], erased: Erased) -> list[Told]:
        """Entries of an earlier owner with what they tell; of customers erased now or further on nothing is read."""
        shut: Collection[str] = erased.ahead
        wanted = {
            entry.payload.customer
            for entry in entries
            if isinstance(entry.payload, Received)
            and entry.payload.customer not in erased
            and entry.payload.customer not in shut
        }
        keys = await self._keys(sorted(wanted))
        told = []
        for entry in entries:
            content = None
            if isinstance(entry.payload, Received) and entry.payload.customer in wanted:
                content = opened(entry.payload, keys.get(entry.payload.customer))
                if content is None:
                    content = await self._read_again(entry.sequence, entry.payload)
            told.append(Told(entry.payload, content=content))
        return told

    async def known_among(self, customers: Collection[str]) -> dict[str, str]:
        """Which ids in the store have these hashes: hash to id."""
        found: dict[str, str] = {}
        first = 0
        while customers and (ids := await self._store.ids(self._partition, first, IDS_CHUNK)):
            first += len(ids)
            hashes = {hash_of(customer_id): customer_id for customer_id in ids if customer_id != PLACE_HOLDER}
            found.update((customer, hashes[customer]) for customer in customers if customer in hashes)
        return found

    async def close(self) -> None:
        """Free the connections."""
        for log in self._logs.values():
            await log.close()

    async def _keys(self, customers: Sequence[str]) -> dict[str, bytes]:
        keys = await self._store.keys(self._partition, customers)
        return {customer: key for customer, key in zip(customers, keys, strict=True) if key is not None}

    async def _read_again(self, sequence: int, entry: Received) -> Content:
        side = side_of(entry)
        record = await self._record(side.topic, entry.source_offset)
        try:
            told = side.read(record) if record is not None and record.timestamp == entry.timestamp_ms else None
        except Unreadable:
            told = None
        if told is not None and not isinstance(told, str) and hash_of(told.customer_id) == entry.customer:
            return told
        msg = (
            f"journal entry {sequence} of partition {self._partition} is sealed with a key that the store has lost, and "
            f"the record at offset {entry.source_offset} of {side.topic} that it came from is gone: restore a store backup that "
            f"has the key (the keys named journal-keys), or the {side.topic} topic (its retention.ms must be -1)"
        )
        raise Refused(msg)

    async def _record(self, topic: str, offset: int) -> Record | None:
        if offset not in self._records.get(topic, ()):
            if topic not in self._logs:
                self._logs[topic] = await self._broker.open_log(topic, self._partition)
            log = self._logs[topic]
            bounds = await log.bounds()
            if not bounds.start <= offset < bounds.end:
                return None
            await log.seek(offset)
            batch = await log.fetch(READ_RECORDS, READ_WAIT_S)
            if batch.end == offset:
                msg = f"{topic} of partition {self._partition} ends at {bounds.end} but gave nothing at {offset}"
                raise LogUnavailable(msg)
            self._records[topic] = {record.offset: record for record in batch.records}
        return self._records[topic].get(offset)


def erasures(entries: Collection[JournalEntry]) -> set[str]:
    """The customers whose erasure stands among ``entries``."""
    return {entry.payload.customer for entry in entries if isinstance(entry.payload, CustomerErased)}
