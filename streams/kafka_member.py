"""A worker's place in the consumer group: what it is given, what is taken from it, and whether the group still answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from streams.ports import LogUnavailable, Members

log = logging.getLogger(__name__)

POLL_INTERVAL_MAX_MS: Final = 100 * 365 * 86_400_000
"""A hundred years: beyond it the client leaves the group without a word and never comes back, and it counts from the last
fetch, which a worker without partitions never makes. A worker that is stuck tells so in ``/ready``."""

ATTEND_S: Final = 2.0
"""Pause between looks at the group: what it refused is heard, and asked for again, within seconds."""

ERRORS_MAX: Final = 100
"""Looks in a row that brought an error: some minutes, then the orchestrator may restart the worker."""

NO_PARTITION: Final = -1
"""A partition that no topic has: a fetch of it alone hears of errors and takes nobody's records."""


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka carries no types
    """Tells the engine of assignments; each partition stays paused until its lease has claimed it.

    It asks Kafka for nothing: the client drops what a listener raises, and nobody would work on what was assigned.
    """

    def __init__(self, consumer: AIOKafkaConsumer, members: Members) -> None:
        self._consumer = consumer
        self._members = members

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._members.revoke([tp.partition for tp in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = list(assigned)
        if partitions:
            self._consumer.pause(*partitions)
        for tp in partitions:
            # Any position will do while it is paused; without one the client would ask for the group's committed offset.
            self._consumer.seek(tp, 0)
        await self._members.assign([tp.partition for tp in partitions])


async def attend(consumer: AIOKafkaConsumer, topic: str, members: Members) -> None:
    """Hear what the group answers, until cancelled or ``members`` are shut out.

    The client keeps an error of the group until somebody fetches, and does not join again before: a worker whose leases were
    revoked would wait for ever.
    """
    errors, heard = 0, ""
    while errors < ERRORS_MAX:
        try:
            await consumer.getmany(TopicPartition(topic, NO_PARTITION), timeout_ms=0)
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody else would hear of it
            errors += 1
            heard = f"{type(error).__name__}: {error}"
            log.warning("the group answered with an error; it is asked again: %s", heard)
        else:
            errors = 0
        await asyncio.sleep(ATTEND_S)
    members.shut_out(LogUnavailable(f"the group answered with nothing but errors, the last one {heard}"))
