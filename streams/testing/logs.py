"""What a Kafka broker keeps: partition logs with transaction markers, transactional producers, group offsets.

Only what the protocol can see of it. Markers occupy offsets, aborted records stay in the log and are
invisible, an open transaction holds back the last stable offset, compaction leaves holes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from schemas.position import Position
from streams.ports import Batch, Bounds, Headers, LogTruncated, LogUnavailable, ProducerFenced

TRANSACTION_TIMEOUT_S: Final = 10.0
"""After this long the broker aborts an open transaction by itself and fences its producer, as ours is set to."""


@dataclass(slots=True, frozen=True)
class MemoryRecord:
    """One record as a reader gets it; ``timestamp`` in milliseconds since the Unix epoch."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction of one producer; ``logs`` are those it wrote to, where its marker will go."""

    producer: str
    state: Literal["open", "committed", "aborted"] = "open"
    logs: list[Log] = field(default_factory=list)
    pending: dict[int, Position] = field(default_factory=dict)
    """Relayed positions that become visible with the commit, by partition."""


@dataclass(slots=True, frozen=True)
class _Entry:
    record: MemoryRecord | None  # None: a marker
    transaction: Transaction | None


class Log:
    """One partition of one topic. Offsets grow by one; an offset whose record is gone stays gone."""

    def __init__(self) -> None:
        self.start = 0
        self._entries: list[_Entry | None] = []
        self._open: dict[Transaction, int] = {}
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def end(self) -> int:
        """The offset of the next entry."""
        return len(self._entries)

    @property
    def stable_end(self) -> int:
        """The last stable offset: below it every transaction is decided."""
        return min(self._open.values(), default=self.end)

    def bounds(self) -> Bounds:
        """Log start and last stable offset."""
        return Bounds(self.start, max(self.start, self.stable_end))

    def append(
        self,
        key: bytes | None,
        value: bytes | None,
        timestamp: int,
        headers: Headers = (),
        transaction: Transaction | None = None,
    ) -> int:
        """Add a record and return its offset."""
        record = MemoryRecord(self.end, timestamp, key, value, headers)
        self._entries.append(_Entry(record, transaction))
        if transaction and transaction not in self._open:
            self._open[transaction] = record.offset
            transaction.logs.append(self)
        self._wake()
        return record.offset

    def mark(self, transaction: Transaction) -> None:
        """Add the marker that ends ``transaction``."""
        del self._open[transaction]
        self._entries.append(_Entry(None, transaction))
        self._wake()

    def read(self, position: int, limit: int) -> Batch:
        """At most ``limit`` visible records from ``position``, and where to read on; ``LogTruncated`` outside the log."""
        if not self.start <= position <= self.end:
            msg = f"offset {position} is outside the log ({self.start} to {self.end})"
            raise LogTruncated(msg)
        next_offset, records = self._visible(position, limit)
        return Batch(position, next_offset, records)

    def committed(self) -> list[MemoryRecord]:
        """Every visible record below the last stable offset."""
        return self._visible(self.start, self.end)[1]

    def _visible(self, position: int, limit: int) -> tuple[int, list[MemoryRecord]]:
        records: list[MemoryRecord] = []
        stable_end = self.stable_end
        while position < stable_end and len(records) < limit:
            entry = self._entries[position]
            position += 1
            if entry and entry.record and (entry.transaction is None or entry.transaction.state == "committed"):
                records.append(entry.record)
        return position, records

    def truncate(self, before: int) -> None:
        """Retention: forget everything below ``before``."""
        for offset in range(self.start, before):
            self._entries[offset] = None
        self.start = max(self.start, before)

    def compact(self, offsets: Collection[int]) -> None:
        """Remove the records at ``offsets``; the log's bounds stay."""
        for offset in offsets:
            self._entries[offset] = None

    def copy(self) -> Log:
        """A log of its own with the same content and nothing of a transaction that is still open."""
        twin = Log()
        twin.start = self.start
        twin._entries = self._entries[: self.stable_end]
        return twin

    async def arrival(self) -> None:
        """Wait until anything is added or decided."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class Cluster:
    """A broker's topics, transactional producers and group offsets. Topics appear when first named."""

    def __init__(
        self, partitions: int, *, max_record_bytes: int = 1 << 20, timeout_s: float = TRANSACTION_TIMEOUT_S
    ) -> None:
        self.partitions = partitions
        self._timeout_s = timeout_s
        self.max_record_bytes = max_record_bytes
        self.relayed: dict[int, Position] = {}
        """Group ``{group}.relay``: the relayed position of each partition."""
        self.mirrored: dict[int, int] = {}
        """The consumer group's offsets."""
        self.moving = False
        """The coordinator of both groups moves to another broker: until it has loaded their offsets it neither tells nor takes any."""
        self.timed_out = 0
        """Transactions that nobody ended in time."""
        self._topics: dict[str, list[Log]] = {}
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}

    def log(self, topic: str, partition: int) -> Log:
        """A partition's log; ``IndexError`` if there is no such partition."""
        return self._topics.setdefault(topic, [Log() for _ in range(self.partitions)])[partition]

    def recreate(self, topic: str) -> None:
        """Delete the topic and make it anew: offsets start at 0 again."""
        self._topics.pop(topic, None)

    def relayed_of(self, partition: int) -> Position | None:
        """What the coordinator tells of group ``{group}.relay``; ``LogUnavailable`` while it moves."""
        self._coordinated()
        return self.relayed.get(partition)

    def mirror(self, partition: int, offset: int) -> None:
        """Commit an offset of the consumer group; ``LogUnavailable`` while its coordinator moves."""
        self._coordinated()
        self.mirrored[partition] = offset

    def _coordinated(self) -> None:
        if self.moving:
            msg = "the coordinator of the group is loading"
            raise LogUnavailable(msg)

    def forget_offsets(self) -> None:
        """Drop the group offsets, as a broker does with those of an idle group."""
        self.relayed.clear()
        self.mirrored.clear()

    def copy(self, topics: Iterable[str]) -> Cluster:
        """A cluster of its own that holds only ``topics`` as they are, and no group offsets."""
        twin = Cluster(self.partitions, max_record_bytes=self.max_record_bytes)
        for topic in topics:
            twin._topics[topic] = [self.log(topic, partition).copy() for partition in range(self.partitions)]
        return twin

    def init_producer(self, producer: str) -> int:
        """Take over a transactional id: abort what its former holder left open, and give the new epoch."""
        self._end(producer, "aborted")
        self._epochs[producer] = self._epochs.get(producer, -1) + 1
        return self._epochs[producer]

    def begin(self, producer: str, epoch: int) -> Transaction:
        """Open a transaction; the broker aborts it by itself after the timeout."""
        self._check(producer, epoch)
        transaction = self._open[producer] = Transaction(producer)

        def expire() -> None:
            if self._open.get(producer) is transaction:
                self.timed_out += 1
                self.init_producer(producer)

        asyncio.get_running_loop().call_later(self._timeout_s, expire)
        return transaction

    def write(self, producer: str, epoch: int, topic: str, partition: int, record: MemoryRecord) -> int:
        """Add a record to the open transaction and return its offset (that of ``record`` is not looked at)."""
        self._check(producer, epoch)
        log = self.log(topic, partition)
        return log.append(record.key, record.value, record.timestamp, record.headers, self._open[producer])

    def commit(self, producer: str, epoch: int) -> None:
        """Make the open transaction visible as a whole; ``ProducerFenced`` if there is a newer epoch, ``LogUnavailable`` if it
        carries a relayed position while the group's coordinator moves."""
        self._check(producer, epoch)
        if producer in self._open and self._open[producer].pending:
            self._coordinated()
        self._end(producer, "committed")

    def abort(self, producer: str, epoch: int) -> None:
        """Give up the open transaction, if any; ``ProducerFenced`` if there is a newer epoch."""
        self._check(producer, epoch)
        self._end(producer, "aborted")

    def _check(self, producer: str, epoch: int) -> None:
        if self._epochs.get(producer) != epoch:
            msg = f"epoch {epoch} of {producer} is not the newest ({self._epochs.get(producer)})"
            raise ProducerFenced(msg)

    def _end(self, producer: str, state: Literal["committed", "aborted"]) -> None:
        transaction = self._open.pop(producer, None)
        if transaction is None:
            return
        transaction.state = state
        if state == "committed":
            self.relayed.update(transaction.pending)
        for log in transaction.logs:
            log.mark(transaction)
