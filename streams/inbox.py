"""What a lease reads: records of its transactions, buffered between steps, and those of its side topics."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from streams.ports import Batch, Bounds, Broker, LogUnavailable, PartitionLog, Record
from streams.told import Side

IDLE_WAIT_S: Final = 0.1
"""Wait for records at the log's end: also the longest that side topics and the wall clock wait there. Facts of risk are worth an
alert within a quarter of a second; half as long would double what an idle worker costs."""

TOLD_MAX: Final = 500
"""Records of a side topic that one commit journals: an import goes in hundreds, and a commit stays small."""

POISON_MAX: Final = 10
"""Records a minute that may fail to apply: more is a fault of the program or the policies, not of the data."""

POISON_WINDOW_S: Final = 60.0


class TransactionsInbox:
    """Records of one partition from a position on; what a step left over is there for the next."""

    def __init__(self, log: PartitionLog, batch_records: int) -> None:
        self._log = log
        self._batch_records = batch_records
        self._buffer = Batch(0, 0, ())

    async def seek(self, offset: int) -> None:
        """Read on from ``offset``, and forget what is buffered."""
        self._buffer = Batch(0, 0, ())
        await self._log.seek(offset)

    async def bounds(self) -> Bounds:
        """Log start and last stable offset."""
        return await self._log.bounds()

    def end_hint(self) -> int | None:
        """The last stable offset of the latest fetch."""
        return self._log.end_hint()

    async def read(self, offset: int) -> tuple[Batch, bool]:
        """Records at or after ``offset``, and whether they were fetched just now.

        ``LogUnavailable`` if the reader stands elsewhere: a fetch that overlaps a rebalance moves it unseen.
        """
        fetched = self._buffer.end <= offset
        if fetched:
            self._buffer = await self._log.fetch(self._batch_records, IDLE_WAIT_S)
            if self._buffer.start > offset:
                msg = f"records begin at offset {self._buffer.start}, expected {offset}: the reader was moved"
                raise LogUnavailable(msg)
        records = self._buffer.records
        if self._buffer.start < offset:
            records = [record for record in records if record.offset >= offset]
        return Batch(offset, max(offset, self._buffer.end), records), fetched


class SideInbox:
    """Records of one partition of a side topic. What stood there when it was opened comes before any transaction, so that
    a new bank's customers are known by kind when they are first evaluated.
    """

    def __init__(self, side: Side, log: PartitionLog, at: int, first: int) -> None:
        self.side = side
        self._log = log
        self._at = at
        self._first = first

    @classmethod
    async def open(cls, side: Side, broker: Broker, partition: int, offset: int) -> SideInbox:
        """Read on from ``offset``, or from the log's start if that is later."""
        log = await broker.open_log(side.topic, partition)
        try:
            bounds = await log.bounds()
            at = max(offset, bounds.start)
            await log.seek(at)
        except BaseException:
            await log.close()
            raise
        return cls(side, log, at, bounds.end)

    @property
    def behind(self) -> bool:
        """Whether records that stood there at the opening are still to come."""
        return self._at < self._first

    async def read(self) -> Sequence[Record]:
        """The next records; waits for them only while ``behind``."""
        batch = await self._log.fetch(TOLD_MAX, IDLE_WAIT_S if self.behind else 0.0)
        self._at = max(self._at, batch.end)
        return batch.records

    async def close(self) -> None:
        """Free the connection."""
        await self._log.close()


class TooMuchPoison(Exception):
    """So many records could not be applied that going on would hide a fault."""


class Poison:
    """Counts records set aside, and says when they are too many."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._times: deque[float] = deque()

    def count(self, error: Exception) -> None:
        """One more; ``TooMuchPoison`` beyond ``POISON_MAX`` within a minute."""
        now = asyncio.get_running_loop().time()
        self._times.append(now)
        while self._times[0] < now - POISON_WINDOW_S:
            self._times.popleft()
        if len(self._times) > POISON_MAX:
            msg = (
                f"more than {POISON_MAX} records of partition {self._partition} could not be applied within a minute, "
                f"the last with {type(error).__name__}: {error}; the fault is likelier in the program than in the data"
            )
            raise TooMuchPoison(msg)
