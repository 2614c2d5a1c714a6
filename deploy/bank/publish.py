"""A made-up bank's records onto a broker, as core systems would put them there: keyed by customer, with their own times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, Protocol

from deploy.batches import BatchWriter, PublishError, open_producer, partitioners

__all__ = ["PublishError", "Published", "publish"]

PROGRESS_EVERY: Final = 2_000
"""Records between two calls of a progress callback."""

SIDE_BY_SIDE: Final = 5_000
"""Transactions between which interactions of the time before are written: a worker meets both about when they happened."""

_TOPICS: Final = ("customers", "transactions", "interactions")

Progress = Callable[[int, int], None]
"""Called with the number of records handed over so far and of all there will be."""


class Told(Protocol):
    """What is published: a made-up bank, or a part of its past."""

    transaction_count: int

    @property
    def start_ms(self) -> int:
        """When the facts are stamped, in milliseconds since the Unix epoch."""
        ...

    @property
    def facts_count(self) -> int:
        """How many records of facts there are."""
        ...

    @property
    def turns_count(self) -> int:
        """How many records tell facts that turned in the time told."""
        ...

    @property
    def interactions_count(self) -> int:
        """How many interactions there are."""
        ...

    def facts(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of the ``customers`` records."""
        ...

    def turns(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``customers`` record of the time told, oldest timestamp first."""
        ...

    def transactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``transactions`` record, oldest timestamp first."""
        ...

    def interactions(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Timestamp in milliseconds, key and value of each ``interactions`` record, oldest timestamp first."""
        ...


class Published(NamedTuple):
    """How many records were acknowledged."""

    facts: int
    transactions: int
    interactions: int


async def publish(broker: str, bank: Told, *, topic_prefix: str = "", progress: Progress | None = None) -> Published:
    """Write the bank's facts to ``customers``, then its transactions, its interactions and what turns of the facts to their topics, side by side.

    The topics must be there. Every record is acknowledged by all replicas and stands in its partition once and in order. Raises
    ``PublishError`` if topics are missing or the broker fails; what was written by then stays.
    """
    homes = await partitioners(broker, topic_prefix, *_TOPICS)
    told = _Tally(progress, bank.facts_count + bank.turns_count + bank.transaction_count + bank.interactions_count)
    async with open_producer(broker, "tierline-generate") as producer:
        facts, transactions, interactions = (
            BatchWriter(producer, f"{topic_prefix}{topic}", home) for topic, home in zip(_TOPICS, homes, strict=True)
        )
        await facts.write(told.counted((bank.start_ms, key, value) for key, value in bank.facts()))
        await facts.flush()
        waiting, turning = _Until(told.counted(bank.interactions())), _Until(told.counted(bank.turns()))
        records = bank.transactions()
        while chunk := list(islice(records, SIDE_BY_SIDE)):
            await facts.write(turning.before(chunk[0][0]))
            await facts.flush()
            await interactions.write(waiting.before(chunk[0][0]))
            await interactions.flush()
            await transactions.write(told.counted(chunk))
        await facts.write(turning.before(None))
        await interactions.write(waiting.before(None))
        await transactions.flush()
        await facts.flush()
        await interactions.flush()
    told.tell()
    return Published(facts.count, transactions.count, interactions.count)


class _Until:
    """Records handed out up to a moment."""

    def __init__(self, records: Iterator[tuple[int, bytes, bytes]]) -> None:
        self._records = records
        self._next = next(records, None)

    def before(self, end_ms: int | None) -> Iterator[tuple[int, bytes, bytes]]:
        """The next records stamped before ``end_ms``; None: all that are left."""
        while self._next is not None and (end_ms is None or self._next[0] < end_ms):
            yield self._next
            self._next = next(self._records, None)


class _Tally:
    """Progress over all topics."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def counted(self, records: Iterable[tuple[int, bytes, bytes]]) -> Iterator[tuple[int, bytes, bytes]]:
        """``records``, with progress told now and then."""
        for record in records:
            yield record
            self._done += 1
            if self._done % PROGRESS_EVERY == 0:
                self.tell()

    def tell(self) -> None:
        """Tell where it stands."""
        if self._progress is not None:
            self._progress(self._done, self._total)
