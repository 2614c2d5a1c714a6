"""A made-up bank's records onto a broker, as core systems would put them there: keyed by customer, with their own times.

Batches are built here, one a partition, since sending record by record costs four times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from deploy.bank.bank import Bank
from deploy.topics import partition_counts
from schemas.mistakes import Mistake

BATCH_BYTES: Final = 256 * 1024
"""Size of a batch: large enough to cost little a record, well below what a topic takes by default (1 MiB)."""
PROGRESS_EVERY: Final = 2_000
"""Records between two calls of a progress callback."""

Progress = Callable[[int, int], None]
"""Called with the number of records handed over so far and of all there will be."""


class PublishError(Mistake):
    """The bank could not be published; the text says what to mend."""


class Published(NamedTuple):
    """How many records were acknowledged."""

    facts: int
    transactions: int


async def publish(broker: str, bank: Bank, *, topic_prefix: str = "", progress: Progress | None = None) -> Published:
    """Write the bank's facts to ``customers`` and then its transactions to ``transactions``.

    Both topics must be there. Every record is acknowledged by all replicas and stands in its partition once and in order. Raises
    ``PublishError`` if topics are missing or the broker fails; what was written by then stays.
    """
    counts = await _partitions(broker, topic_prefix)
    total = bank.customer_count + bank.transaction_count
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, max_batch_size=BATCH_BYTES, client_id="tierline-generate"
    )
    try:
        await producer.start()
        told = _Told(progress, total)
        facts = _Writer(producer, f"{topic_prefix}customers", counts[0], told)
        await facts.write((bank.start_ms, key, value) for key, value in bank.facts())
        transactions = _Writer(producer, f"{topic_prefix}transactions", counts[1], told)
        await transactions.write(bank.transactions())
    except (KafkaError, OSError) as error:
        msg = f"the broker at {broker} did not take the records: {error!r}; what was written by then stays"
        raise PublishError(msg) from error
    finally:
        await producer.stop()
    return Published(facts.count, transactions.count)


async def _partitions(broker: str, prefix: str) -> tuple[int, int]:
    names = (f"{prefix}customers", f"{prefix}transactions")
    found = await partition_counts(broker, names)
    missing = [name for name in names if name not in found]
    if missing:
        msg = f"{broker} has no topic {' and no topic '.join(missing)}: make the topics with `tierline topics create`"
        raise PublishError(msg)
    return found[names[0]], found[names[1]]


class _Told:
    """Progress over all topics."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total)


class _Writer:
    """Fills one batch a partition and keeps at most one more a partition under way."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int, told: _Told) -> None:
        self.count = 0
        self._producer = producer
        self._topic = topic
        self._told = told
        self._partitions = partitions
        self._partition_of: dict[bytes, int] = {}
        self._batches = [producer.create_batch() for _ in range(partitions)]
        self._sent: list[Any] = [None] * partitions  # futures of batches under way; the client has no types

    async def write(self, records: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Write all records and wait until they are acknowledged."""
        known, batches = self._partition_of, self._batches
        for timestamp, key, value in records:
            partition = known.get(key)
            if partition is None:
                partition = known[key] = self._choose(key)
            if batches[partition].append(timestamp=timestamp, key=key, value=value) is None:
                await self._send(partition)
                batches[partition].append(timestamp=timestamp, key=key, value=value)
            self.count += 1
            if self.count % PROGRESS_EVERY == 0:
                self._told.add(PROGRESS_EVERY)
        for partition in range(self._partitions):
            await self._send(partition)
            await self._sent[partition]
        self._told.add(self.count % PROGRESS_EVERY)

    def _choose(self, key: bytes) -> int:
        """The partition that every client's default partitioner chooses."""
        return int((murmur2(key) & 0x7FFF_FFFF) % self._partitions)

    async def _send(self, partition: int) -> None:
        if self._sent[partition] is not None:
            await self._sent[partition]  # raises here what went wrong with it
        batch, self._batches[partition] = self._batches[partition], self._producer.create_batch()
        self._sent[partition] = await self._producer.send_batch(batch, self._topic, partition=partition)
