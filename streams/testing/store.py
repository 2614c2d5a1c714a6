"""``streams.ports.Store`` in memory: the same checks as ``store.lua``, and failovers that lose the tail.

``StoreServer`` is the server that workers share; ``MemoryStore`` is one worker's client. What is kept are
bytes, so nothing a caller changes afterwards changes the store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import msgspec

from schemas.partition import PartitionState
from schemas.position import Position
from streams.outbox import pack_item, unpack_item
from streams.ports import Claimed, Commit, Erasure, Kept, OutboxItem, Outcome, Standing, StoreUnavailable
from streams.store import SEEN_DAYS, decode_state
from streams.testing.faults import Link

T = TypeVar("T")

HISTORY: Final = 64
"""Writes that a failover can lose at most; a replica that is further behind is not promoted."""


@dataclass(slots=True)
class Partition:
    """What the store holds of one partition; named like the keys in ``store.lua``."""

    token: str | None = None
    commit_no: int = 0
    position: Position | None = None
    state: bytes | None = None
    relayed: Position | None = None
    journal_offset: int = 0
    ids: list[str] = field(default_factory=list)
    outbox: list[bytes] = field(default_factory=list)
    policy: bytes | None = None
    seen: dict[int, bytes] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    customers: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> Partition:
        """A copy that later writes do not reach."""
        return replace(
            self,
            ids=[*self.ids],
            outbox=[*self.outbox],
            seen={**self.seen},
            keys={**self.keys},
            erased={*self.erased},
            customers={**self.customers},
        )


class StoreServer:
    """One server with the last writes of its history. Each function is atomic, as on a real one."""

    def __init__(self) -> None:
        self.partitions: dict[int, Partition] = {}
        self.audit: Callable[[int, Commit, Partition], None] | None = None
        """Told of every commit that is about to be written, with what stands before it."""
        self.stopped = False
        """While it is stopped no request has an effect, and none is answered."""
        self._history: deque[tuple[int, Partition]] = deque(maxlen=HISTORY)

    def at(self, partition: int) -> Partition:
        """What is held of ``partition``."""
        return self.partitions.setdefault(partition, Partition())

    def state(self, partition: int) -> PartitionState | None:
        """The partition's state, decoded; None before its first commit."""
        encoded = self.at(partition).state
        return decode_state(encoded) if encoded else None

    def fail_over(self, lost_writes: int) -> int:
        """A replica takes over that had not yet heard of the last claims, commits and trims; tells how many it lost."""
        lost = min(lost_writes, len(self._history))
        for _ in range(lost):
            number, before = self._history.pop()
            self.partitions[number] = before
        return lost

    def tail(self) -> Iterator[tuple[int, Partition]]:
        """The writes that a failover can lose, newest first: a partition, and what it was before."""
        return reversed(self._history)

    def replicated(self) -> None:
        """The replica caught up: what was written until now cannot be lost any more."""
        self._history.clear()

    def flush(self) -> None:
        """Lose everything."""
        self.partitions.clear()
        self._history.clear()

    def claim(self, number: int, token: str) -> Claimed:
        kept = self._write(number)
        kept.token = token
        state = self.state(number)
        newest = state.open_day if state and state.open_day is not None else 0
        return Claimed(
            state=state,
            commit_no=kept.commit_no,
            relayed=kept.relayed,
            journal_offset=kept.journal_offset,
            policy=kept.policy,
            seen={day: kept.seen[day] for day in range(newest - SEEN_DAYS + 1, newest + 1) if day in kept.seen},
            erased=frozenset(kept.erased),
        )

    def commit(self, number: int, commit: Commit) -> Outcome:
        refusal = self.check(self.at(number), commit)
        if refusal:
            return refusal
        if self.audit:
            self.audit(number, commit, self.at(number))
        kept = self._write(number)
        kept.customers.update(commit.customers)
        kept.ids += commit.new_ids
        kept.keys.update(commit.keys)
        for erasure in commit.erased:
            _erase(kept, erasure)
        if commit.seen:
            day, hashes = commit.seen
            kept.seen[day] = kept.seen.get(day, b"") + hashes
        for day in commit.forget_days:
            kept.seen.pop(day, None)
        kept.policy = commit.policy or kept.policy
        if commit.outbox:
            kept.outbox.append(pack_item(commit.outbox))
        kept.commit_no, kept.position = commit.commit_no, commit.state.position
        kept.state = msgspec.json.encode(commit.state)
        return Outcome.APPLIED

    def check(self, kept: Partition, commit: Commit) -> Outcome | None:
        """Why ``commit`` may not be written; None if it may."""
        if kept.token != commit.token:
            return Outcome.FENCED
        if kept.commit_no + 1 != commit.commit_no or kept.position not in (None, commit.from_position):
            return Outcome.REWOUND
        return None

    def trim(self, number: int, token: str, relayed: Position, journal_offset: int | None) -> Outcome:
        stands = self.at(number)
        if stands.token != token:
            return Outcome.FENCED
        if stands.position is None or relayed > stands.position:
            return Outcome.REWOUND
        kept = self._write(number)
        while kept.outbox and unpack_item(kept.outbox[0]).position <= relayed:
            del kept.outbox[0]
        kept.relayed = relayed
        if journal_offset is not None:
            kept.journal_offset = journal_offset
        return Outcome.APPLIED

    def _write(self, number: int) -> Partition:
        self._history.append((number, self.at(number).copy()))
        return self.at(number)


class MemoryStore:
    """One worker's client of a ``StoreServer``."""

    def __init__(self, server: StoreServer, link: Link | None = None) -> None:
        self._server = server
        self._link = link or Link()

    async def claim(self, partition: int, token: str) -> Claimed:
        return await self._call("store.claim", lambda: self._server.claim(partition, token))

    async def commit(self, partition: int, commit: Commit) -> Outcome:
        sent = _detached(commit)
        return await self._call("store.commit", lambda: self._server.commit(partition, sent))

    async def standing(self, partition: int) -> Standing:
        def read() -> Standing:
            held = self._server.at(partition)
            return Standing(held.token, held.commit_no, len(held.outbox))

        return await self._call("store.standing", read)

    async def kept(self, partition: int) -> Kept | None:
        def read() -> Kept | None:
            state = self._server.state(partition)
            return None if state is None else Kept(state, self._server.at(partition).relayed)

        return await self._call("store.kept", read)

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        def read() -> list[bytes | None]:
            held = self._server.at(partition).customers
            return [held.get(customer_id) for customer_id in ids]

        return await self._call("store.customers", read) if ids else []

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        return await self._call("store.ids", lambda: self._server.at(partition).ids[first : first + count])

    async def keys(self, partition: int, customers: Sequence[str]) -> list[bytes | None]:
        def read() -> list[bytes | None]:
            held = self._server.at(partition).keys
            return [held.get(customer) for customer in customers]

        return await self._call("store.keys", read) if customers else []

    async def outbox(self, partition: int, count: int) -> list[OutboxItem]:
        items = await self._call("store.outbox", lambda: self._server.at(partition).outbox[:count])
        return [unpack_item(item) for item in items]

    async def trim(self, partition: int, token: str, relayed: Position, journal_offset: int | None) -> Outcome:
        return await self._call("store.trim", lambda: self._server.trim(partition, token, relayed, journal_offset))

    async def _call(self, name: str, effect: Callable[[], T]) -> T:
        def answered() -> T:
            if self._server.stopped:
                msg = f"{name}: connection refused"
                raise StoreUnavailable(msg)
            return effect()

        return await self._link.call(name, answered, StoreUnavailable)


def _erase(kept: Partition, erasure: Erasure) -> None:
    """As the function ``erase`` of ``store.lua``."""
    kept.erased.add(erasure.customer)
    kept.keys.pop(erasure.customer, None)
    if erasure.customer_id is not None:
        kept.customers.pop(erasure.customer_id, None)
        if erasure.customer_id in kept.ids:
            kept.ids[kept.ids.index(erasure.customer_id)] = ""


def _detached(commit: Commit) -> Commit:
    """The commit as it goes over the wire: what the caller changes while it travels stays behind."""
    return replace(
        commit,
        state=msgspec.json.decode(msgspec.json.encode(commit.state), type=type(commit.state)),
        customers=[*commit.customers],
        new_ids=[*commit.new_ids],
        forget_days=[*commit.forget_days],
        keys={**commit.keys},
        erased=[*commit.erased],
    )
