"""What a lease opened is closed however it ends."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from streams.inbox import SideInbox
from streams.ports import Bounds, LogUnavailable
from streams.testing.broker import MemoryBroker, MemoryLog, MemoryOutlet
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from streams.told import SIDES
from tests.unit.one_partition import SILENT_S, Bank

CLOSES_S = 1.5


class CountedLog(MemoryLog):
    """A reader that is in ``opened`` until it is closed."""

    opened: set[CountedLog]

    async def close(self) -> None:
        self.opened.discard(self)


class Counting(MemoryBroker):
    """Knows which readers are open; its outlets take their time to close."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank.cluster)
        self.opened: set[CountedLog] = set()
        self.closing = asyncio.Event()

    async def open_log(self, topic: str, partition: int) -> MemoryLog:
        log = await super().open_log(topic, partition)
        counted = CountedLog(log._log, log._cursor, log._link)
        counted.opened = self.opened
        self.opened.add(counted)
        return counted

    async def open_outlet(self, partition: int) -> MemoryOutlet:
        outlet = await super().open_outlet(partition)

        async def close() -> None:
            self.closing.set()
            await asyncio.sleep(CLOSES_S)

        cast("Any", outlet).close = close
        return outlet


def test_a_lease_that_winds_down_after_a_refusal_closes_its_readers_though_it_is_revoked_meanwhile() -> None:
    bank = Bank()
    bank.book("zoe")

    async def work() -> None:
        broker = Counting(bank)
        engine = bank.engine(MemoryStore(bank.server))
        engine._broker = broker
        await engine.assign([0])
        await asyncio.sleep(SILENT_S)
        assert broker.opened
        bank.server.at(0).token = "another"
        await broker.closing.wait()
        await engine.revoke([0])
        await asyncio.sleep(2 * CLOSES_S)
        assert not broker.opened
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(work())


async def test_a_reader_of_a_side_topic_that_cannot_be_placed_is_closed() -> None:
    asked: list[str] = []

    class Silent(Counting):
        async def open_log(self, topic: str, partition: int) -> MemoryLog:
            log = await super().open_log(topic, partition)

            async def bounds() -> Bounds:
                asked.append(topic)
                raise LogUnavailable("no answer")

            cast("Any", log).bounds = bounds
            return log

    broker = Silent(Bank())
    with pytest.raises(LogUnavailable):
        await SideInbox.open(SIDES[0], broker, 0, 0)
    assert asked == [SIDES[0].topic]
    assert not broker.opened
