"""What real servers cannot be brought to answer, asked of the client's own classes over stubs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.protocol.commit import OffsetFetchResponse_v3

from schemas.position import Position
from streams import kafka
from streams.kafka import KafkaBroker, KafkaConfig
from streams.ports import LogUnavailable

COORDINATOR_LOADING = 14
CONFIG = KafkaConfig(bootstrap="localhost:1", group="g")


def told(answer: object) -> KafkaBroker:
    """A broker whose coordinator gives this answer to every request."""
    broker = KafkaBroker(CONFIG)

    async def coordinator(_group: str) -> int:
        return 1

    async def send(_request: object, _node: object = None) -> Any:
        return answer

    broker._admin.find_coordinator = coordinator
    broker._admin._send_request = send
    return broker


async def test_a_coordinator_that_loads_its_offsets_is_not_one_that_knows_of_none() -> None:
    # As the broker answers since version 2 of the request: the error for the whole group, and no topics.
    with pytest.raises(LogUnavailable, match=r"g\.relay"):
        await told(OffsetFetchResponse_v3(0, [], COORDINATOR_LOADING)).relayed(0)


async def test_a_partition_without_an_offset_has_relayed_nothing_and_another_what_it_says() -> None:
    def answer(offset: int, metadata: str) -> object:
        return OffsetFetchResponse_v3(0, [("transactions", [(0, offset, metadata, 0)])], 0)

    assert await told(answer(-1, "")).relayed(0) is None
    assert await told(answer(7, "8:9")).relayed(0) == Position(7, 8, 9)


class Readers:
    """Stands where the client's consumer stands; ``running`` are those started and not stopped."""

    def __init__(self, offsets: Callable[[], Awaitable[dict[TopicPartition, int]]]) -> None:
        self.running = 0
        self.asked = asyncio.Event()
        self._offsets = offsets

    def __call__(self, **_: object) -> Readers:
        return self

    async def start(self) -> None:
        self.running += 1

    async def stop(self) -> None:
        await asyncio.sleep(0)
        self.running -= 1

    def assign(self, _partitions: object) -> None:
        """All are there."""

    async def beginning_offsets(self, _partitions: object) -> dict[TopicPartition, int]:
        self.asked.set()
        return await self._offsets()


async def fails() -> dict[TopicPartition, int]:
    raise KafkaTimeoutError("no offsets in time")


async def hangs() -> dict[TopicPartition, int]:
    await asyncio.Event().wait()
    return {}


async def test_a_reader_that_is_told_no_offsets_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(fails)
    monkeypatch.setattr(kafka, "AIOKafkaConsumer", readers)
    with pytest.raises(LogUnavailable, match="no offsets in time"):
        await KafkaBroker(CONFIG).open_log("journal", 0)
    assert readers.asked.is_set()
    assert readers.running == 0


async def test_a_reader_whose_lease_is_revoked_while_it_opens_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(hangs)
    monkeypatch.setattr(kafka, "AIOKafkaConsumer", readers)
    opening = asyncio.create_task(KafkaBroker(CONFIG).open_log("journal", 0))
    await readers.asked.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert readers.running == 0
