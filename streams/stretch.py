"""Reading a stretch of a log to its end: what the broker says is there must come, or Kafka counts as not answering."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from streams.ports import LogUnavailable, PartitionLog, Record

READ_WAIT_S: Final = 5.0
"""Wait for a record that the broker says is there; beyond it, Kafka counts as not answering."""


async def stretch(log: PartitionLog, name: str, first: int, end: int, at_once: int) -> AsyncIterator[Sequence[Record]]:
    """The records at the offsets from ``first`` to before ``end``, in order and in parts of at most ``at_once``.

    ``end`` is no later than the log's. Raises ``LogUnavailable``, with the log's ``name``, where none of what is left comes in time.
    """
    await log.seek(first)
    at = first
    while at < end:
        batch = await log.fetch(at_once, READ_WAIT_S)
        if batch.end == at:
            msg = f"{name} goes on to {end} but gave nothing after {at}"
            raise LogUnavailable(msg)
        at = batch.end
        yield batch.records if at <= end else [record for record in batch.records if record.offset < end]
