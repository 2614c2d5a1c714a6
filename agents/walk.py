"""All customers of a store, chunk by chunk, with what is known of each by name or with measures: no worker needed.

Each chunk is read by itself. A worker may go on meanwhile, so what is met is as of some moment of the walk; a
customer is met once, and one who is new behind the walk is not met.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from schemas.journal import PolicyActivated
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.state import Profile
from streams.calendar import BusinessCalendar
from streams.ledger.ledger import Ledger
from streams.ports import Claimed
from streams.rows import Rows, Vocabulary, Wanted

CHUNK: Final = 2_000
"""Customers read at a time: about a megabyte, and some ten milliseconds of work."""

CACHE_BYTES: Final = 1 << 20
"""Cache of the ledger in which customers are unpacked: emptied before each chunk."""

_decode_policy = msgspec.json.Decoder(PolicyActivated).decode


class WalkedStore(Protocol):
    """What a walk reads of the store."""

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands; None if it was never committed."""
        ...

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        """Customers in the order first seen, from index ``first``."""
        ...

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        """Packed records; None for a customer who was erased."""
        ...


class Known(NamedTuple):
    """A customer met on a walk."""

    customer_id: str
    profile: Profile


class Chunk(NamedTuple):
    """The next customers; ``done`` of ``total`` places of all partitions have been looked at with it."""

    customers: list[Known]
    done: int
    total: int


class Measured(NamedTuple):
    """The next customers' measures as of their partition's open day; ``done`` and ``total`` as of a ``Chunk``."""

    rows: Rows
    calendar: BusinessCalendar
    done: int
    total: int


class Ground(NamedTuple):
    """Where the partitions stand as a walk begins; those that were never committed are left out."""

    states: dict[int, PartitionState]
    policies: dict[str, PolicyActivated]
    """Active versions, one in most cases: while a new one spreads from close to close, two."""

    @property
    def total(self) -> int:
        """Customers ever seen."""
        return sum(state.customers for state in self.states.values())


async def survey(store: WalkedStore, partitions: int, told: Callable[[int, int], None] | None = None) -> Ground:
    """Where the ``partitions`` of a store stand; ``Mistake`` if no worker ever wrote to it.

    ``told`` hears how many of how many partitions have been read.
    """
    ground = await ground_of(store, partitions, told)
    if not ground.states:
        msg = "the store holds no customers: are TIERLINE_STORE and TIERLINE_NAMESPACE right, did a worker ever run?"
        raise Mistake(msg)
    return ground


async def ground_of(store: WalkedStore, partitions: int, told: Callable[[int, int], None] | None = None) -> Ground:
    """Where the ``partitions`` of a store stand, though no worker may have written to any yet."""
    ground = Ground({}, {})
    for partition in range(partitions):
        if told is not None:
            told(partition + 1, partitions)
        claimed = await store.peek(partition)
        if claimed is None or claimed.state is None:
            continue
        ground.states[partition] = claimed.state
        if claimed.policy:
            policy = _decode_policy(claimed.policy)
            ground.policies[policy.version] = policy
    return ground


async def walk(store: WalkedStore, ground: Ground) -> AsyncIterator[Chunk]:
    """Every customer of ``ground``, partition by partition in the order first seen."""
    async for unpacked in _unpacked(store, ground):
        ledger, names = unpacked.ledger, unpacked.names
        slots = ledger.slots(names).tolist()
        known = [Known(name, ledger.profile(slot)) for name, slot in zip(names, slots, strict=True)]
        yield Chunk(known, unpacked.done, ground.total)


async def measure(store: WalkedStore, ground: Ground, columns: tuple[str, ...]) -> AsyncIterator[Measured]:
    """The measures ``columns`` of every customer, likewise; partitions without an open day are left out."""
    async for unpacked in _unpacked(store, ground):
        ledger, day = unpacked.ledger, unpacked.state.open_day
        if day is not None:
            rows = ledger.rows(ledger.slots(unpacked.names), day, wanted=Wanted(columns))
            yield Measured(rows, unpacked.calendar, unpacked.done, ground.total)


class _Unpacked(NamedTuple):
    """Customers in a ledger."""

    ledger: Ledger
    names: list[str]
    state: PartitionState
    calendar: BusinessCalendar
    done: int


async def _unpacked(store: WalkedStore, ground: Ground) -> AsyncIterator[_Unpacked]:
    done = 0
    ledgers: dict[tuple[str, str], tuple[Ledger, BusinessCalendar]] = {}
    for partition, state in ground.states.items():
        zone = (state.timezone, state.cutoff)
        if zone not in ledgers:
            calendar = BusinessCalendar(*zone)
            ledgers[zone] = Ledger(calendar, Vocabulary(), CACHE_BYTES), calendar
        ledger, calendar = ledgers[zone]
        first = 0
        while first < state.customers:
            ids = await store.ids(partition, first, min(CHUNK, state.customers - first))
            if not ids:
                break  # a failover lost the last ones
            records = await store.customers(partition, ids)
            first += len(ids)
            done += len(ids)
            there = [(name, record) for name, record in zip(ids, records, strict=True) if record is not None]
            names = [name for name, _ in there]
            ledger.drop()
            ledger.load(names, [record for _, record in there])
            yield _Unpacked(ledger, names, state, calendar, done)
