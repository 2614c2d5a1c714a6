"""A claim that takes so long that another owner has written meanwhile."""

from __future__ import annotations

import asyncio

from streams.ports import Claimed
from streams.testing.loop import run_virtual
from streams.testing.store import MemoryStore
from tests.unit.one_partition import SILENT_S, Bank


class Slow(MemoryStore):
    """The answer to its first claim is on its way while the store loses its tail and another owner goes on from there."""

    def __init__(self, bank: Bank, lost_writes: int) -> None:
        super().__init__(bank.server)
        self.bank = bank
        self.lost_writes = lost_writes

    async def claim(self, partition: int, token: str) -> Claimed:
        claimed = await super().claim(partition, token)
        if self.lost_writes:
            self.bank.server.fail_over(self.lost_writes)
            self.lost_writes = 0
            self.bank.facts("zoe", kind="personal")
            other = self.bank.engine(MemoryStore(self.bank.server))
            await other.assign([partition])
            await asyncio.sleep(SILENT_S)
            await other.stop(1.0)
        return claimed


def test_what_a_slow_claim_finds_contradicting_is_no_refusal_but_a_fence_if_another_owner_wrote_it() -> None:
    bank = Bank()
    bank.book("zoe")
    assert bank.work() is None
    bank.book("zoe")
    assert bank.work() is None
    slow = Slow(bank, lost_writes=2)

    async def work() -> BaseException | None:
        engine = bank.engine(slow)
        await engine.assign([0])
        await asyncio.sleep(4 * SILENT_S)
        await engine.stop(1.0)
        return engine.failure

    assert run_virtual(work()) is None
    assert [(entry.sequence, entry.after) for entry in bank.journal()] == [(1, 0), (2, 1)]
    assert bank.counted("tierline_fences_total") == 1
    state = bank.server.state(0)
    assert state is not None
    assert state.position[:2] == (2, 2)
