"""Many records onto a broker, fast: batches are built here, one a partition.

Sending record by record costs four times as much.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from deploy.topics import partition_counts
from schemas.mistakes import Mistake

BATCH_BYTES: Final = 256 * 1024
"""Size of a batch: large enough to cost little a record, well below what a topic takes by default (1 MiB)."""

KEYS_KEPT: Final = 200_000
"""Keys whose partition is remembered: computing one anew costs microseconds, remembering millions costs memory."""


class PublishError(Mistake):
    """Records could not be published; the text says what to mend."""


class Partitioner:
    """The partition that every client's default partitioner chooses, of a number of them."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._known: dict[bytes, int] = {}

    def __call__(self, key: bytes) -> int:
        """The partition of ``key``."""
        partition = self._known.get(key)
        if partition is None:
            if len(self._known) >= KEYS_KEPT:
                self._known.clear()
            partition = self._known[key] = int((murmur2(key) & 0x7FFF_FFFF) % self.partitions)
        return partition


class BatchWriter:
    """Fills one batch a partition of one topic and keeps at most one more a partition under way."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partition_of: Partitioner) -> None:
        self.count = 0
        """Records handed over."""
        self._producer = producer
        self._topic = topic
        self._partition_of = partition_of
        self._batches = [producer.create_batch() for _ in range(partition_of.partitions)]
        self._sent: list[Any] = [None] * partition_of.partitions  # futures of batches under way; without types

    async def write(self, records: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Hand over records (timestamp in milliseconds, key, value); ``flush`` waits for them."""
        batches, partition_of = self._batches, self._partition_of
        for timestamp, key, value in records:
            partition = partition_of(key)
            if batches[partition].append(timestamp=timestamp, key=key, value=value) is None:
                await self._send(partition)
                batches[partition].append(timestamp=timestamp, key=key, value=value)
            self.count += 1

    async def flush(self) -> None:
        """Wait until all that was handed over is acknowledged."""
        for partition, batch in enumerate(self._batches):
            if batch.record_count():
                await self._send(partition)
        for partition, sent in enumerate(self._sent):
            if sent is not None:
                await sent
                self._sent[partition] = None

    async def _send(self, partition: int) -> None:
        if self._sent[partition] is not None:
            await self._sent[partition]  # raises here what went wrong with it
        batch, self._batches[partition] = self._batches[partition], self._producer.create_batch()
        self._sent[partition] = await self._producer.send_batch(batch, self._topic, partition=partition)


@asynccontextmanager
async def open_producer(broker: str, client_id: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer whose records stand once and in order; ``PublishError`` if the broker fails meanwhile."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, max_batch_size=BATCH_BYTES, client_id=client_id
    )
    try:
        await producer.start()
        yield producer
    except (KafkaError, OSError) as error:
        msg = f"the broker at {broker} did not take the records: {error!r}; what was written by then stays"
        raise PublishError(msg) from error
    finally:
        await producer.stop()


async def partitioners(broker: str, prefix: str, *topics: str) -> list[Partitioner]:
    """A partitioner for each of ``topics``, in that order; ``PublishError`` if one is missing."""
    names = [f"{prefix}{topic}" for topic in topics]
    found = await partition_counts(broker, names)
    missing = [name for name in names if name not in found]
    if missing:
        msg = f"{broker} has no topic {' and no topic '.join(missing)}: make the topics with `tierline topics create`"
        raise PublishError(msg)
    return [Partitioner(found[name]) for name in names]
