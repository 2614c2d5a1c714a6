"""What real servers cannot be brought to answer, asked of the client's own classes over stubs."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.protocol.commit import OffsetFetchResponse_v3

from schemas.position import Position
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
