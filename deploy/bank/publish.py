"""A made-up bank's records onto a broker, as core systems would put them there: keyed by customer, with their own times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from deploy.bank.bank import Bank
from deploy.batches import BatchWriter, Partitioner, PublishError, open_producer, partitions_of_inputs

__all__ = ["PublishError", "Published", "publish"]

PROGRESS_EVERY: Final = 2_000
"""Records between two calls of a progress callback."""

Progress = Callable[[int, int], None]
"""Called with the number of records handed over so far and of all there will be."""


class Published(NamedTuple):
    """How many records were acknowledged."""

    facts: int
    transactions: int


async def publish(broker: str, bank: Bank, *, topic_prefix: str = "", progress: Progress | None = None) -> Published:
    """Write the bank's facts to ``customers`` and then its transactions to ``transactions``.

    Both topics must be there. Every record is acknowledged by all replicas and stands in its partition once and in order. Raises
    ``PublishError`` if topics are missing or the broker fails; what was written by then stays.
    """
    counts = await partitions_of_inputs(broker, topic_prefix)
    told = _Told(progress, bank.facts_count + bank.transaction_count)
    async with open_producer(broker, "tierline-generate") as producer:
        facts = BatchWriter(producer, f"{topic_prefix}customers", Partitioner(counts[0]))
        await facts.write(told.counted((bank.start_ms, key, value) for key, value in bank.facts()))
        await facts.flush()
        transactions = BatchWriter(producer, f"{topic_prefix}transactions", Partitioner(counts[1]))
        await transactions.write(told.counted(bank.transactions()))
        await transactions.flush()
    told.tell()
    return Published(facts.count, transactions.count)


class _Told:
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
