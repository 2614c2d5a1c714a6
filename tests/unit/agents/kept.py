"""A store with customers in it, as if a worker had left them there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agents.policy.compile import policy_version
from schemas.journal import PolicyActivated
from schemas.partition import PartitionState
from schemas.position import Position
from schemas.state import Standing
from streams.calendar import BusinessCalendar
from streams.ledger.ledger import Ledger
from streams.ports import Claimed
from streams.rows import Vocabulary
from streams.testing.store import MemoryStore, StoreServer

ZONE, CUTOFF = "Asia/Shanghai", "00:00"


class Kept(MemoryStore):
    """A store of ``partitions``, to be filled by ``keep`` and looked at without a claim."""

    def __init__(self, partitions: int, files: dict[str, str] | None = None, open_day: int = 20_000) -> None:
        self.server = StoreServer()
        super().__init__(self.server)
        self.open_day = open_day
        self.partitions = partitions
        self.policy = None
        if files is not None:
            self.policy = msgspec.json.encode(PolicyActivated(version=policy_version(files), files=files))

    def keep(
        self, partition: int, ids: Sequence[str], standings: dict[str, Standing] | None = None, **facts: str
    ) -> None:
        """Put customers into a partition, all with the same standings and facts."""
        ledger = Ledger(BusinessCalendar(ZONE, CUTOFF), Vocabulary(), 1 << 20)
        ledger.load(ids, [None] * len(ids))
        for slot in ledger.slots(ids).tolist():
            ledger.profile(slot).facts.update(facts)
            ledger.profile(slot).standings.update(standings or {})
            ledger.touch_profile(slot)
        names, records = ledger.pack_dirty()
        kept = self.server.at(partition)
        kept.customers.update(zip(names, records, strict=True))
        kept.ids += ids

    async def peek(self, partition: int) -> Claimed | None:
        if partition >= self.partitions:
            return None
        state = PartitionState(
            position=Position(1),
            open_day=self.open_day,
            timezone=ZONE,
            cutoff=CUTOFF,
            base_currency="CNY",
            partitions=self.partitions,
            customers=len(self.server.at(partition).ids),
        )
        return Claimed(state, 1, None, 0, self.policy, {})
