"""The narrow gates through which the protocol reaches Kafka, Redis and the wall clock.

Each has a real implementation (``streams.kafka``, ``streams.store``) and an in-memory model
(``streams.testing``; of the group in ``tests/simulation``); one behaviour suite holds both to what is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from schemas.partition import PartitionState
from schemas.position import Position

Headers = Sequence[tuple[str, bytes]]


class Record(Protocol):
    """One Kafka record as aiokafka gives it; ``timestamp`` is in milliseconds since the Unix epoch."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Headers: ...


class Batch(NamedTuple):
    """Committed records of one partition between two positions: ``start <= offset < end`` for each.

    Bounds are positions, not record offsets: markers, aborted records and compaction leave gaps.
    """

    start: int
    end: int
    records: Sequence[Record]


class Bounds(NamedTuple):
    """Log start and last stable offset of a partition."""

    start: int
    end: int


class PartitionLog(Protocol):
    """One partition of one topic, read committed, in order; a single reader."""

    async def bounds(self) -> Bounds:
        """Where the log starts and how far committed records reach (the last stable offset)."""
        ...

    async def seek(self, offset: int) -> None:
        """Read on from ``offset``."""
        ...

    async def fetch(self, max_records: int, wait_s: float) -> Batch:
        """The next records, at most ``max_records``; empty (``start == end``, or a step over markers) when none
        came within ``wait_s``. Raises ``LogTruncated`` if the position is no longer in the log."""
        ...

    def end_hint(self) -> int | None:
        """The last stable offset as the latest fetch saw it, without asking; None before the first fetch."""
        ...

    async def close(self) -> None:
        """Stop reading and free the connection, where the log owns one."""
        ...


class LogTruncated(Exception):
    """The offset asked for is before the log's start or beyond its end."""


@dataclass(slots=True, frozen=True)
class Output:
    """One record to publish: ``topic`` is the contract's name without prefix, the partition is the input's."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class LogUnavailable(Exception):
    """Kafka did not answer, or the partition is no longer assigned: the lease claims again if it still may."""


class OutputTooLarge(Exception):
    """The broker refused an output for its size; ``index`` says which of those given to ``send``."""

    def __init__(self, index: int) -> None:
        super().__init__(f"output {index} is larger than the broker takes")
        self.index = index


class ProducerFenced(Exception):
    """A newer producer with the same transactional id exists: the partition has another owner."""


class Outlet(Protocol):
    """The transactional producer of one partition; making one fences every earlier one of the partition."""

    async def send(self, outputs: Sequence[Output], relayed: Position) -> int | None:
        """Publish ``outputs`` and the relayed position in one transaction; all or nothing.

        Returns the journal offset after the last journal record sent, None if there was none. After any
        error the outcome is unknown: close, and start over with a new outlet. Raises ``ProducerFenced``, ``OutputTooLarge``.
        """
        ...

    async def close(self) -> None:
        """Abandon an open transaction and free the connection."""
        ...


class Broker(Protocol):
    """Kafka, as far as a worker needs it."""

    async def open_log(self, topic: str, partition: int) -> PartitionLog:
        """A reader of its own on one partition, outside the group; ``topic`` without prefix."""
        ...

    async def transactions(self, partition: int) -> PartitionLog:
        """The group's reader of an assigned partition of ``transactions``."""
        ...

    async def open_outlet(self, partition: int) -> Outlet:
        """Take over the partition's transactional producer (``init_transactions``)."""
        ...

    async def relayed(self, partition: int) -> Position | None:
        """The relayed position last committed to group ``{group}.relay``; None if there is none or it was forgotten.

        ``LogUnavailable`` while the group's coordinator cannot say: taken for None, all would be sent again.
        Read it after ``open_outlet``: only taking over waits for the end of a transaction under way.
        """
        ...

    async def mirror(self, partition: int, offset: int) -> None:
        """Commit ``offset`` to the consumer group, for lag monitors only."""
        ...


class Members(Protocol):
    """Who is told what the group gives: the engine."""

    async def assign(self, partitions: Iterable[int]) -> None:
        """These partitions are held from now on, and no others; their logs bring nothing until sought."""
        ...

    async def revoke(self, partitions: Iterable[int]) -> None:
        """All that was held is given up; nobody is given any of it before this returns, but where this member was
        silent for longer than its session. From the next assignment on, the logs of those not held raise ``LogUnavailable``."""
        ...

    def shut_out(self, error: LogUnavailable) -> None:
        """The group answers with errors and would not have this member back for a long time: it should end, and say so."""
        ...


class Group(Protocol):
    """The consumer group of the workers: it deals the partitions of ``transactions`` to its living members."""

    async def join(self, members: Members) -> None:
        """Become a member; ``members`` hears of every assignment."""
        ...


class Outcome(Enum):
    """What the store said to a fenced call; ``store.lua`` answers with the same words."""

    APPLIED = "APPLIED"  # written, position moved
    FENCED = "FENCED"  # another owner claimed the partition: stop writing, claim again if still assigned
    REWOUND = "REWOUND"  # the store lost its tail in a failover: read state again from what it holds


class Refusal(Exception):
    """The store is not as this claim left it: another owner, or a lost tail. The lease claims again."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"the store answered {outcome.value}")
        self.outcome = outcome


class OutboxItem(NamedTuple):
    """Outputs of one commit, in order, and the position that stands once they are all relayed."""

    position: Position
    outputs: list[tuple[Position, Output]]


@dataclass(slots=True)
class Commit:
    """Everything one batch changes, written together or not at all."""

    token: str
    commit_no: int
    """Number of this commit: one more than the stored one, else the store rewound."""
    from_position: Position
    state: PartitionState
    """The partition after the batch; ``state.position`` is where it then stands."""
    customers: list[tuple[str, bytes]] = field(default_factory=list)
    """Customer id and packed record."""
    new_ids: list[str] = field(default_factory=list)
    """Customers first seen, in that order: appended to ``ids``."""
    seen: tuple[int, bytes] | None = None
    """Arrival day and 8-byte hashes of its transactions, to append."""
    forget_days: list[int] = field(default_factory=list)
    """Arrival days whose hashes are no longer needed."""
    policy: bytes | None = None
    """The active policies, when they changed."""
    outbox: OutboxItem | None = None
    keys: dict[str, bytes] = field(default_factory=dict)
    """Keys of customers not told of before, by the customer's hash."""
    erased: list[Erasure] = field(default_factory=list)
    """Customers to erase: after all else of this commit is written."""


class Erasure(NamedTuple):
    """A customer to erase: hash, and id if the store may hold anything under it.

    Its record and key are deleted, its place among the ids is emptied (`""`), its hash is kept.
    """

    customer: str
    customer_id: str | None


class Claimed(NamedTuple):
    """What a claim finds: the partition's state (None if never committed), commit number, the store's
    own copy of how far outputs were relayed, and the hashes of the customers who were erased."""

    state: PartitionState | None
    commit_no: int
    relayed: Position | None
    journal_offset: int
    """Journal offset from which entries not covered by ``state`` may start; 0 if unknown."""
    policy: bytes | None
    seen: dict[int, bytes]
    """Arrival day to 8-byte hashes."""
    erased: frozenset[str] = frozenset()


class Kept(NamedTuple):
    """A partition's state, and the store's copy of how far its outputs were relayed."""

    state: PartitionState
    relayed: Position | None


class Standing(NamedTuple):
    """Whose a partition is in the store's eyes, how many commits it holds, and how many of them wait in the outbox: tells a
    silent owner of a failover."""

    token: str | None
    commit_no: int
    waiting: int


class Store(Protocol):
    """Redis, as far as a lease needs it. Every call names a partition; all its keys share one hash tag."""

    async def claim(self, partition: int, token: str) -> Claimed:
        """Write ``token`` as the partition's only writer and read where it stands."""
        ...

    async def commit(self, partition: int, commit: Commit) -> Outcome:
        """Write a batch if token, commit number and from-position agree; else change nothing."""
        ...

    async def standing(self, partition: int) -> Standing:
        """The token of the last claim, the number of the last commit, and the length of the outbox."""
        ...

    async def kept(self, partition: int) -> Kept | None:
        """The partition's state, whoever's it is; None if it was never committed."""
        ...

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        """Packed records of customers; None for one never seen."""
        ...

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        """Customers in the order first seen, from index ``first``; an empty text stands for one who was erased."""
        ...

    async def keys(self, partition: int, customers: Sequence[str]) -> list[bytes | None]:
        """The keys of customers, by their hashes; None for one who has none. All namespaces of the same journal share them."""
        ...

    async def outbox(self, partition: int, count: int) -> list[OutboxItem]:
        """The oldest items not yet trimmed."""
        ...

    async def trim(self, partition: int, token: str, relayed: Position, journal_offset: int | None) -> Outcome:
        """Drop items at or below ``relayed`` and keep a copy of it. FENCED, and REWOUND if the partition does not even
        stand at ``relayed``, change nothing."""
        ...


class StoreUnavailable(Exception):
    """Redis did not answer: the outcome is unknown, the lease claims again."""


class WallClock(Protocol):
    """The only wall clock: it places marks at the log's end, decides nothing."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""
        ...
