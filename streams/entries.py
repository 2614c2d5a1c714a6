"""Entries about customers: sealed for the journal, and opened again when an earlier owner's are applied.

An entry whose key is gone without an erasure (a store that lost its tail, or everything) is read once more from the
record of ``customers`` that it names. Where that is gone too, the state cannot be computed, and nobody guesses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from schemas.facts import CustomerFacts
from schemas.journal import CustomerErased, FactsReceived, JournalEntry
from streams.claim import Refused
from streams.erased import PLACE_HOLDER, Erased
from streams.facts import NotFacts, Told, customers_of, journalled, opened, read_facts
from streams.outputs import CUSTOMERS
from streams.ports import Broker, LogUnavailable, PartitionLog, Record, Store
from streams.sealing import hash_of

READ_WAIT_S: Final = 5.0
"""Wait for a record that the broker says is there; beyond it, Kafka counts as not answering."""

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
        self._log: PartitionLog | None = None
        self._records: dict[int, Record] = {}

    async def sealed(self, records: Sequence[Record], erased: Erased) -> list[Told]:
        """The entries of new records of ``customers``, in order."""
        customers = [customer for customer in customers_of(records) if customer not in erased]
        return journalled(records, self._partition, await self._keys(customers), erased)

    async def opened(self, entries: Sequence[JournalEntry], erased: Erased) -> list[Told]:
        """Entries of an earlier owner with what they tell; of customers erased now or further on nothing is read."""
        shut: Collection[str] = erased.ahead
        wanted = {
            entry.payload.customer
            for entry in entries
            if isinstance(entry.payload, FactsReceived)
            and entry.payload.customer not in erased
            and entry.payload.customer not in shut
        }
        keys = await self._keys(sorted(wanted))
        told = []
        for entry in entries:
            facts = None
            if isinstance(entry.payload, FactsReceived) and entry.payload.customer in wanted:
                facts = opened(entry.payload, keys.get(entry.payload.customer))
                if facts is None:
                    facts = await self._read_again(entry.sequence, entry.payload)
            told.append(Told(entry.payload, facts=facts))
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
        """Free the connection."""
        if self._log is not None:
            await self._log.close()

    async def _keys(self, customers: Sequence[str]) -> dict[str, bytes]:
        keys = await self._store.keys(self._partition, customers)
        return {customer: key for customer, key in zip(customers, keys, strict=True) if key is not None}

    async def _read_again(self, sequence: int, entry: FactsReceived) -> CustomerFacts:
        record = await self._record(entry.source_offset)
        try:
            facts = read_facts(record) if record is not None and record.timestamp == entry.timestamp_ms else None
        except NotFacts:
            facts = None
        if isinstance(facts, CustomerFacts) and hash_of(facts.customer_id) == entry.customer:
            return facts
        msg = (
            f"journal entry {sequence} of partition {self._partition} holds facts under a key that the store has lost, and "
            f"the record at offset {entry.source_offset} of customers that told them is gone: restore a store backup that "
            "has the key (the keys named journal-keys), or the customers topic (its retention.ms must be -1)"
        )
        raise Refused(msg)

    async def _record(self, offset: int) -> Record | None:
        if offset not in self._records:
            if self._log is None:
                self._log = await self._broker.open_log(CUSTOMERS, self._partition)
            bounds = await self._log.bounds()
            if not bounds.start <= offset < bounds.end:
                return None
            await self._log.seek(offset)
            batch = await self._log.fetch(READ_RECORDS, READ_WAIT_S)
            if batch.end == offset:
                msg = f"customers of partition {self._partition} end at {bounds.end} but gave nothing at {offset}"
                raise LogUnavailable(msg)
            self._records = {record.offset: record for record in batch.records}
        return self._records.get(offset)


def erasures(entries: Collection[JournalEntry]) -> set[str]:
    """The customers whose erasure stands among ``entries``."""
    return {entry.payload.customer for entry in entries if isinstance(entry.payload, CustomerErased)}
