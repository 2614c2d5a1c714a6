"""The relay: from the outbox of one partition to Kafka, each output exactly once to a ``read_committed`` reader.

Always in this order: take over the producer (which fences every earlier one), read how far outputs are
relayed, trim what is there, send what is not. One transaction carries the outputs and the relayed position.
After any error its outcome is unknown: the producer is closed and the order begins anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from schemas.position import Position
from streams.claim import Refused
from streams.metrics import Metrics
from streams.outputs import JOURNAL, cut_down
from streams.ports import (
    Broker,
    LogUnavailable,
    OutboxItem,
    Outcome,
    Outlet,
    Output,
    OutputTooLarge,
    ProducerFenced,
    Refusal,
    Store,
    StoreUnavailable,
)

log = logging.getLogger(__name__)

ITEMS_MAX: Final = 200
"""Commits a transaction carries: a backlog of small ones goes out in few transactions, none grows without bound."""

BACKLOG_MAX: Final = 1_000
"""Commits that may wait before their lease stops reading: the outbox in the store stays bounded."""

OUTPUTS_MAX: Final = 2_000
"""Outputs a transaction carries: a storm of placements must not outlast the transaction timeout."""

RETRY_S: Final = 0.5
"""Pause before starting over: a broker that elects a leader needs about this long."""


CUTS_MAX: Final = 2
"""Times that an output is cut down: first its value goes, then its key and the headers of its record."""

_Name = tuple[Position, str, bytes | None]
"""Tells a pending output from the others, whatever transaction it falls into: position, topic and key."""


class Relay:
    """Sends one partition's outputs for as long as ``token`` is the partition's claim."""

    def __init__(self, partition: int, token: str, broker: Broker, store: Store, metrics: Metrics) -> None:
        self._partition = partition
        self._token = token
        self._broker = broker
        self._store = store
        self._metrics = metrics
        self._outlet: Outlet | None = None
        self._wake = asyncio.Event()
        self._ended = False
        self._pending: list[_Name] = []
        self._cut: Counter[_Name] = Counter()
        self._tried: Position | None = None
        self.relayed: Position | None = None
        self._handed: deque[OutboxItem] = deque()
        self._caught_up = False
        self.drained = asyncio.Event()

    async def take_over(self, stored: Position | None) -> Position | None:
        """Fence the former owner and return how far outputs are in Kafka; ``stored`` is the store's copy."""
        self._outlet = await self._broker.open_outlet(self._partition)
        committed = await self._broker.relayed(self._partition)
        # Kafka forgets the offsets of an idle group, the store may lose its tail: the larger counts.
        known = [position for position in (committed, stored, self.relayed) if position is not None]
        self.relayed = max(known, default=None)
        return self.relayed

    async def _take_over_again(self) -> None:
        """Take over after an error of our own; what another owner relayed meanwhile must be claimed, not trimmed."""
        tried = self._tried if self._tried is not None else self.relayed
        relayed = await self.take_over(None)
        if relayed is not None and (tried is None or relayed > tried):
            msg = f"outputs of partition {self._partition} are relayed to {relayed}, here they were to {tried}"
            raise ProducerFenced(msg)

    def hand(self, item: OutboxItem) -> None:
        """An item that was committed just now, to be sent; the store holds it as well."""
        self._handed.append(item)
        self.drained.clear()
        self._wake.set()

    def look_again(self) -> None:
        """The store holds items: a failover may have brought back some that are in Kafka, and their trim with the position
        that it tells was lost. Without another commit nobody else would drop them."""
        self._caught_up = False
        self._wake.set()

    @property
    def backlog(self) -> int:
        """Commits handed over and not yet relayed."""
        return len(self._handed)

    def end(self) -> None:
        """Stop at the next step, even if a library swallows the cancellation of its task."""
        self._ended = True
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled, or until another claim fences this one: ``ProducerFenced``, ``Refusal``, or a plain return."""
        try:
            while not self._ended:
                try:
                    if self._outlet is None:
                        await self._take_over_again()
                    await self._send_pending()
                except (LogUnavailable, StoreUnavailable, OutputTooLarge) as error:
                    if not await self._start_over(error):
                        return
                else:
                    await self._wake.wait()
                    self._wake.clear()
        finally:
            await self.close()

    async def _send_pending(self) -> None:
        while items := await self._next_items():
            journal_offset = None
            for upto, outputs in self._transactions(items):
                self._tried = upto
                journal_offset = await self._send(outputs, upto) or journal_offset
                self.relayed = upto
            outcome = await self._store.trim(self._partition, self._token, items[-1].position, journal_offset)
            if outcome is not Outcome.APPLIED:
                raise Refusal(outcome)
            self._cut.clear()
            while self._handed and self._handed[0].position <= items[-1].position:
                self._handed.popleft()
        self.drained.set()

    async def _next_items(self) -> list[OutboxItem]:
        """The oldest items: what the store held at first, or after an error, then those handed over.

        One may be met both ways; the relayed position tells that it is sent. What was handed over stays until it is: a store
        that fails over meanwhile may have lost it, and what came behind it would be sent in its place.
        """
        if not self._caught_up:
            items = await self._store.outbox(self._partition, ITEMS_MAX)
            if items:
                return items
            self._caught_up = True
        return list(islice(self._handed, ITEMS_MAX))

    def _transactions(self, items: list[OutboxItem]) -> Iterator[tuple[Position, list[Output]]]:
        """What is not relayed yet, in transactions of bounded size: the position each reaches, and its outputs.

        Outputs of one position are never parted, since the relayed position tells them from the rest.
        """
        pairs: list[tuple[Position, Output]] = []
        reached = self.relayed
        for item in items:
            for at, output in item.outputs:
                if reached is not None and at <= reached:
                    continue
                if len(pairs) >= OUTPUTS_MAX and at > pairs[-1][0]:
                    yield pairs[-1][0], self._fitting(pairs)
                    reached, pairs = pairs[-1][0], []
                pairs.append((at, output))
        last = items[-1].position
        if self.relayed is None or last > self.relayed:
            yield last, self._fitting(pairs)

    def _fitting(self, pairs: list[tuple[Position, Output]]) -> list[Output]:
        """The outputs of a transaction; one that the broker refused for its size is cut down."""
        self._pending = [(at, output.topic, output.key) for at, output in pairs]
        return [
            cut_down(output, times) if (times := self._cut[name]) else output
            for name, (_, output) in zip(self._pending, pairs, strict=True)
        ]

    async def _send(self, outputs: list[Output], upto: Position) -> int | None:
        outlet = self._outlet
        if outlet is None:
            msg = "the relay has no producer"
            raise LogUnavailable(msg)
        with self._metrics.relay_seconds.time():
            try:
                return await outlet.send(outputs, upto)
            except OutputTooLarge as error:
                self._cut_down(self._pending[error.index], error)
                raise

    def _cut_down(self, name: _Name, error: OutputTooLarge) -> None:
        """Cut an output the next time; ``Refused`` where that would lose a cause, or has not helped."""
        _, topic, key = name
        self._cut[name] += 1
        if topic == JOURNAL or self._cut[name] > CUTS_MAX:
            msg = (
                f"the broker refuses output {(key or b'').decode(errors='replace')!r} of partition {self._partition} to "
                f"{topic} for its size: raise max.message.bytes of the topic (`tierline topics create` tells what it should be)"
            )
            raise Refused(msg) from error

    async def _start_over(self, error: Exception) -> bool:
        """Give the producer up; false if the partition has another owner by now."""
        self._metrics.relay_failures.inc()
        self._caught_up = False
        log.warning("partition %d: relay starts over: %s", self._partition, error)
        await self.close()
        if not isinstance(error, OutputTooLarge):
            await asyncio.sleep(RETRY_S)
        try:
            return (await self._store.standing(self._partition)).token == self._token
        except StoreUnavailable:
            return True  # nobody can say; the next try will ask again

    async def close(self) -> None:
        """Give the producer up; what it did not finish is the next owner's to end."""
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            await outlet.close()
