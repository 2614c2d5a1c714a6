"""The copy of a position that lag monitors read is made beside the work."""

from __future__ import annotations

import asyncio

import pytest

from streams.testing.broker import MemoryBroker
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from tests.unit.one_partition import SILENT_S, Bank


def test_a_group_coordinator_that_is_away_holds_no_commit_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def without_end(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(MemoryBroker, "mirror", without_end)
    bank = Bank()

    async def work() -> None:
        engine = bank.engine(MemoryStore(bank.server))
        await engine.assign([0])
        for offset in range(1, 4):
            bank.book("zoe")
            await asyncio.sleep(SILENT_S)
            state = bank.server.state(0)
            assert state is not None
            assert state.position.offset == offset
        await engine.stop(1.0)
        left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []

    run_virtual(work())
