"""What an owner that has nothing to do notices of its store."""

from __future__ import annotations

import asyncio

from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from tests.unit.one_partition import SILENT_S, Bank


def test_outputs_that_a_failover_brings_back_into_the_outbox_are_dropped_though_nothing_more_is_committed() -> None:
    bank = Bank()
    bank.book("zoe")

    async def work() -> None:
        engine = bank.engine(MemoryStore(bank.server))
        await engine.assign([0])
        await asyncio.sleep(SILENT_S)
        held, published = bank.server.at(0), bank.published()
        assert (published, held.outbox) == (["zoe"], [])
        bank.server.fail_over(lost_writes=1)
        behind = bank.server.at(0)
        assert behind.outbox, "the trim was not the last write"
        assert behind.relayed != held.relayed
        await asyncio.sleep(SILENT_S)
        assert (behind.outbox, behind.relayed, behind.commit_no) == ([], held.relayed, held.commit_no)
        assert bank.published() == published
        await engine.stop(1.0)

    run_virtual(work())
