"""Putting dead letters back: each with its mark, in one transaction, stamped as its record had been."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from agents.dead_letters import REPLAYED, REPLAYED_OFFSET, Letter, own_headers_removed
from streams.kafka_replay import PutBack
from streams.outputs import DEAD_LETTERS
from streams.ports import Broker, LogTruncated, PartitionLog, Store

CHUNK: Final = 200
"""Letters a transaction: small enough that readers hardly wait, large enough to be quick."""

_FETCH_WAIT_S: Final = 1.0


class Writer(Protocol):
    """Where records are put back."""

    async def put_back(self, records: Sequence[PutBack]) -> None:
        """Write all of ``records`` or none."""
        ...


class Home(Protocol):
    """Where a customer lives."""

    async def __call__(self, customer_id: str) -> int | None:
        """Its partition; None if not known."""
        ...


async def replay(
    broker: Broker,
    writer: Writer,
    home: Home,
    letters: Sequence[Letter],
    originals: Mapping[str, Letter],
    told: Callable[[int], None],
) -> None:
    """Put ``letters`` back into their source topics, in order; ``told`` hears how many are done.

    A record goes back to its partition; if its key was mended, to where its customer lives, as far as the store knows,
    and else where the key belongs. It keeps its timestamp, so that it cannot move the clock.
    """
    done = 0
    async with _stamps(broker) as stamp:
        for first in range(0, len(letters), CHUNK):
            records: list[PutBack] = []
            for letter in letters[first : first + CHUNK]:
                moved = letter.key != originals[letter.id].key
                partition = await home(letter.key_text) if moved else letter.partition
                records += [_record(letter, partition, await stamp(letter)), _mark(letter)]
            await writer.put_back(records)
            done += len(records) // 2
            told(done)


def home_in(store: Store, partitions: int) -> Home:
    """Asks ``store`` in which of ``partitions`` partitions a customer is known; None if nobody knows it yet."""

    async def home(customer_id: str) -> int | None:
        for partition in range(partitions):
            (found,) = await store.customers(partition, [customer_id])
            if found is not None:
                return partition
        return None

    return home


def _record(letter: Letter, partition: int | None, timestamp_ms: int) -> PutBack:
    return PutBack(
        topic=letter.topic,
        partition=partition,
        key=letter.key,
        value=letter.value,
        headers=own_headers_removed(letter.headers),
        timestamp_ms=timestamp_ms,
    )


def _mark(letter: Letter) -> PutBack:
    partition, _, offset = letter.id.partition(":")
    headers = (
        ("tierline-error-stage", REPLAYED.encode()),
        ("tierline-error-reason", f"record {letter.topic} {letter.partition}:{letter.offset} was put back".encode()),
        ("tierline-error-topic", letter.topic.encode()),
        ("tierline-error-partition", str(letter.partition).encode()),
        ("tierline-error-offset", str(letter.offset).encode()),
        (REPLAYED_OFFSET, offset.encode()),
    )
    return PutBack(topic=DEAD_LETTERS, partition=int(partition), key=letter.key, value=None, headers=headers)


class _Stamp(Protocol):
    async def __call__(self, letter: Letter) -> int: ...


@asynccontextmanager
async def _stamps(broker: Broker) -> AsyncIterator[_Stamp]:
    """Looks up the timestamps of source records; a record that retention removed gives its letter's own."""
    logs: dict[tuple[str, int], PartitionLog] = {}

    async def stamp(letter: Letter) -> int:
        at = (letter.topic, letter.partition)
        if at not in logs:
            logs[at] = await broker.open_log(*at)
        bounds = await logs[at].bounds()
        if not bounds.start <= letter.offset < bounds.end:
            return letter.at_ms
        await logs[at].seek(letter.offset)
        try:
            batch = await logs[at].fetch(1, _FETCH_WAIT_S)
        except LogTruncated:
            return letter.at_ms
        same = [record.timestamp for record in batch.records if record.offset == letter.offset]
        return same[0] if same else letter.at_ms

    try:
        yield stamp
    finally:
        for log in logs.values():
            await log.close()
