"""Putting records back into a topic: a transactional producer that only one replay at a time may hold."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.errors import ProducerFenced as KafkaProducerFenced

from streams.kafka import KafkaConfig
from streams.ports import Headers, LogUnavailable, ProducerFenced

REQUEST_BYTES_MAX: Final = 16 * 1024 * 1024
"""Largest request: the broker's own limits decide what is too large, not the client's default of 1 MiB."""

TRANSACTION_TIMEOUT_MS: Final = 30_000
"""A replay that died is rolled back after this long; workers wait behind its open transaction until then."""


@dataclass(slots=True, frozen=True, kw_only=True)
class PutBack:
    """One record to write: ``topic`` without prefix; ``partition`` None lets the key decide, as producers do.

    ``timestamp_ms`` is milliseconds since the Unix epoch; None lets the broker's clock stamp it.
    """

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int | None = None


class Replayer:
    """Writes records all or nothing. Opening one ends every earlier one of the group and ``purpose``, so that read what is
    marked after opening, and nothing is put back twice."""

    def __init__(self, config: KafkaConfig, purpose: str = "replay") -> None:
        self._prefix = config.prefix
        self._producer = AIOKafkaProducer(
            bootstrap_servers=config.bootstrap,
            transactional_id=f"{config.group}-{purpose}",
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_request_size=REQUEST_BYTES_MAX,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            await self._stop()
            raise _unavailable(error) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def put_back(self, records: Sequence[PutBack]) -> None:
        """Write ``records`` in one transaction. ``LogUnavailable`` leaves the outcome unknown, ``ProducerFenced``
        means that another replay took over and nothing was written."""
        try:
            async with self._producer.transaction():
                for record in records:
                    await self._producer.send(
                        self._prefix + record.topic,
                        value=record.value,
                        key=record.key,
                        partition=record.partition,
                        headers=list(record.headers),
                        timestamp_ms=record.timestamp_ms,
                    )
        except KafkaProducerFenced as error:
            msg = "another replay of the same group took over"
            raise ProducerFenced(msg) from error
        except (KafkaError, OSError) as error:
            raise _unavailable(error) from error

    async def _stop(self) -> None:
        with contextlib.suppress(KafkaError, OSError):
            await self._producer.stop()


def _unavailable(error: BaseException) -> LogUnavailable:
    return LogUnavailable(f"Kafka did not take the records: {type(error).__name__}: {error}")
