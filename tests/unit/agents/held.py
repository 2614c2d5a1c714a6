"""A store that holds what a test put there, for those who only look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agents.policy.compile import policy_version
from schemas.facts import CustomerFacts
from schemas.journal import PolicyActivated
from schemas.partition import PartitionState, Sweep
from schemas.position import Position
from schemas.quality import QualityState
from schemas.state import Standing
from streams.calendar import BusinessCalendar
from streams.decode import decode
from streams.ledger.learn import learn, unsettles
from streams.ledger.ledger import Ledger
from streams.ports import Claimed, Kept, OutboxItem
from streams.rows import Vocabulary

POLICIES = {path.name: path.read_text() for path in (Path(__file__).parents[3] / "policies").glob("*.toml")}
CALENDAR = BusinessCalendar("Asia/Shanghai")


@dataclass
class ARecord:
    value: bytes
    key: bytes
    offset: int = 0
    timestamp: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


class HeldStore:
    """Partitions by number; each has a state and customers' packed records."""

    def __init__(self) -> None:
        self.claims: dict[int, Claimed] = {}
        self.packed: dict[int, dict[str, bytes]] = {}
        self.items: dict[int, list[OutboxItem]] = {}

    def hold(
        self,
        partition: int,
        *,
        offset: int = 0,
        open_day: int | None = None,
        sources: Mapping[str, int] | None = None,
        sweep: Sweep | None = None,
        policies: Mapping[str, str] | None = None,
        customers: int = 0,
        quality: QualityState | None = None,
    ) -> None:
        state = PartitionState(
            position=Position(offset),
            open_day=open_day,
            sources=dict(sources or {}),
            sweep=sweep,
            customers=customers,
            quality=quality or QualityState(),
            timezone="Asia/Shanghai",
            cutoff="00:00",
            base_currency="CNY",
            partitions=3,
        )
        policy = None
        if policies is not None:
            policy = msgspec.json.encode(PolicyActivated(version=policy_version(policies), files=dict(policies)))
        self.claims[partition] = Claimed(state, 1, Position(offset, 9), 0, policy, {})

    def put(
        self,
        partition: int,
        customer: str,
        bookings: Sequence[Mapping[str, object]],
        open_day: int,
        standings: Mapping[str, Standing] | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Pack a customer with these bookings, as the ledger would."""
        ledger = Ledger(CALENDAR, Vocabulary(), 1 << 20)
        ledger.set_policy(("aum",), 1, 0)
        ledger.load([customer], [None])
        if bookings:
            records = [
                ARecord(booking(customer, number, **fields), customer.encode())
                for number, fields in enumerate(bookings)
            ]
            events, rejects = decode(records, CALENDAR, "CNY")
            assert not rejects, rejects
            ledger.fold(events, open_day)
        slot = int(ledger.slots([customer])[0])
        told = msgspec.convert({"customer_id": customer, **(facts or {"kind": "personal"})}, CustomerFacts)
        ledger.tell(slot, lambda profile: learn(profile, told, open_day, open_day), open_day, unsettle=unsettles(told))
        ledger.profile(slot).standings.update(standings or {})
        ledger.touch_profile(slot)
        (_,), (packed,) = ledger.pack_dirty()
        self.packed.setdefault(partition, {})[customer] = packed

    async def peek(self, partition: int) -> Claimed | None:
        return self.claims.get(partition)

    async def kept(self, partition: int) -> Kept | None:
        claimed = self.claims.get(partition)
        return None if claimed is None or claimed.state is None else Kept(claimed.state, claimed.relayed)

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        return [self.packed.get(partition, {}).get(customer) for customer in ids]

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        return list(self.packed.get(partition, {}))[first : first + count]

    async def outbox(self, partition: int, count: int) -> list[OutboxItem]:
        return self.items.get(partition, [])[:count]


def booking(customer: str, number: int, **fields: object) -> bytes:
    """A readable transaction, with ``fields`` in place of its own."""
    return msgspec.json.encode(
        {
            "transaction_id": f"t-{number}",
            "customer_id": customer,
            "account_id": f"{customer}-a",
            "booked_at": "2025-01-02T10:00:00+08:00",
            "amount": 100_00,
            "currency": "CNY",
            "product": "deposit",
            "kind": "salary",
            "channel": "other",
            "initiator": "third_party",
            **fields,
        }
    )
