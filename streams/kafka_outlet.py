"""The transactional producer of one partition: outputs and the relayed position, all or nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.errors import ProducerFenced as KafkaProducerFenced
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata

from schemas.position import Position
from streams.outputs import JOURNAL, TRANSACTIONS
from streams.own_loop import OwnLoop
from streams.ports import LogUnavailable, Output, OutputTooLarge, ProducerFenced

log = logging.getLogger(__name__)

TRANSACTION_TIMEOUT_MS: Final = 10_000
"""A transaction that a dead worker left open is aborted after this long; until then readers wait behind it."""

BATCH_BYTES: Final = 256 * 1024
"""Size of a batch of outputs: some hundred of them, well below what a topic takes by default (1 MiB)."""

CLOSE_TIMEOUT_S: Final = 2.0
"""A producer in an error may never flush; what it held is sent again by the next one."""

BREAK_OFF_S: Final = 0.5
"""Once its connections are cut, a producer ends within milliseconds."""


class KafkaOutlet:
    """The ``Outlet`` of one partition on a real cluster; ``alone`` are topics that took less than a batch: their records go one by one."""

    def __init__(self, bootstrap: str, group: str, prefix: str, partition: int, alone: set[str]) -> None:
        self._bootstrap = bootstrap
        self._transactional_id = f"{group}-{partition}"
        self._relay_group = f"{group}.relay"
        self._prefix = prefix
        self._partition = partition
        self._alone = alone
        self._producer: AIOKafkaProducer = None  # until it is started, in the loop where it then lives
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start the producer ``{group}-{partition}``, which fences every earlier one and aborts its transaction."""
        async with self._changing:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                transactional_id=self._transactional_id,
                transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=TRANSACTION_TIMEOUT_MS,
            )
            try:
                await self._producer.start()
            except BaseException:
                await self._stop()
                raise

    async def send(self, outputs: Sequence[Output], relayed: Position) -> int | None:
        try:
            await self._producer.begin_transaction()
            journal_offset = await self._send_all(outputs)
            at = OffsetAndMetadata(relayed.offset, f"{relayed.sequence}:{relayed.ordinal}")
            tp = TopicPartition(self._prefix + TRANSACTIONS, self._partition)
            await self._producer.send_offsets_to_transaction({tp: at}, self._relay_group)
            await self._producer.commit_transaction()
        except KafkaProducerFenced as error:
            raise ProducerFenced(str(error)) from error
        except (KafkaError, OSError, AssertionError) as error:
            msg = f"Kafka did not take the outputs: {type(error).__name__}: {error}"
            raise LogUnavailable(msg) from error
        return journal_offset

    async def _send_all(self, outputs: Sequence[Output]) -> int | None:
        """Send in batches built here: record by record, the client's bookkeeping would cost ten times as much."""
        sent = []
        try:
            for topic, indices in _by_topic(outputs).items():
                for batch, part in self._batches(outputs, indices, alone=topic in self._alone):
                    future = await self._producer.send_batch(batch, self._prefix + topic, partition=self._partition)
                    sent.append((topic, part, future))
        finally:
            results = await asyncio.gather(*(future for *_, future in sent), return_exceptions=True)
        journal_offset = None
        for (topic, part, _), result in zip(sent, results, strict=True):
            if isinstance(result, MessageSizeTooLargeError):
                if len(part) == 1:
                    raise OutputTooLarge(part[0])
                self._alone.add(topic)
                log.warning("%s takes no batch of %d bytes: its records are sent one by one", topic, BATCH_BYTES)
            if isinstance(result, BaseException):
                raise result
            if topic == JOURNAL:
                journal_offset = result.offset + len(part)
        return journal_offset

    def _batches(
        self, outputs: Sequence[Output], indices: Sequence[int], *, alone: bool
    ) -> Iterator[tuple[BatchBuilder, list[int]]]:
        """Batches of the outputs at ``indices``, in order; one larger than a batch gets a batch of its own, and so does each that is to
        go ``alone``."""
        batch, part = self._producer.create_batch(), list[int]()
        for index in indices:
            if (alone and part) or not _append(batch, outputs[index]):
                yield batch, part
                batch, part = self._producer.create_batch(), []
                _append(batch, outputs[index])
            part.append(index)
        yield batch, part

    async def close(self) -> None:
        """Give the producer up, also one that is still starting."""
        async with self._changing:
            await self._stop()

    async def _stop(self) -> None:
        # An aborted or half-done transaction is the next owner's to end: init_transactions does it.
        if self._producer is None:
            return
        stopping = asyncio.ensure_future(self._producer.stop())
        await asyncio.wait({stopping}, timeout=CLOSE_TIMEOUT_S)
        if not stopping.done():
            await self._break_off(stopping)
        if stopping.done() and not stopping.cancelled() and stopping.exception() is not None:
            log.info("the producer of partition %d did not end in peace: %s", self._partition, stopping.exception())

    async def _break_off(self, stopping: asyncio.Future[None]) -> None:
        """End what ``stopping`` waits for: the client's sender tries for ever what a broker in trouble does not take, and a
        second ``stop`` does nothing, so tasks and connections would stay for good."""
        producer = self._producer
        sending = producer._sender.sender_task  # noqa: SLF001  # the client has no name for it
        if sending is not None:
            sending.cancel()
        producer._message_accumulator.fail_all(KafkaError("the producer was given up"))  # noqa: SLF001
        await producer.client.close()
        await asyncio.wait({stopping}, timeout=BREAK_OFF_S)
        stopping.cancel()


class OutletElsewhere:
    """An ``Outlet`` that lives in a loop of its own: its requests, one after another, do not wait behind long steps."""

    def __init__(self, outlet: KafkaOutlet, loop: OwnLoop) -> None:
        self._outlet = outlet
        self._loop = loop

    async def send(self, outputs: Sequence[Output], relayed: Position) -> int | None:
        return await self._loop.run(self._outlet.send(outputs, relayed))

    async def close(self) -> None:
        await self._loop.finish(self._outlet.close())


def _by_topic(outputs: Sequence[Output]) -> dict[str, list[int]]:
    indices: dict[str, list[int]] = {}
    for index, output in enumerate(outputs):
        indices.setdefault(output.topic, []).append(index)
    return indices


def _append(batch: BatchBuilder, output: Output) -> bool:
    """Add ``output`` to ``batch``; false if it is full. The first record always fits."""
    appended = batch.append(timestamp=None, key=output.key, value=output.value, headers=list(output.headers))
    return appended is not None
