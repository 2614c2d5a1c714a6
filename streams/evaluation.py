"""The customers of one partition under the active policies: fold, look, decide.

Three occasions to look at a customer, and nothing else leads to a tier change: its own transaction, facts told about
it, the close of a day.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import thread_time
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.events import Cause, TierChanged
from schemas.facts import CustomerFacts
from schemas.journal import FactsReceived, PolicyActivated
from schemas.partition import Sweep
from schemas.transactions import KINDS
from streams.calendar import BusinessCalendar
from streams.columns import Events
from streams.decider import Decider, Look
from streams.erased import PLACE_HOLDER
from streams.ledger.ledger import Ledger
from streams.looks import evaluate
from streams.metrics import Metrics
from streams.outputs import CUSTOMERS, TRANSACTIONS
from streams.ports import Store
from streams.rows import LookKind, Rows

OPENING: Final = KINDS.index("opening")

US_PER_MS: Final = 1000


class Compile(Protocol):
    """Compiles policy files; the same version is compiled once a worker."""

    def __call__(self, policy: PolicyActivated) -> Decider: ...


class Evaluation:
    """Ledger and policies of one partition; the store is asked for customers that are not cached."""

    def __init__(
        self,
        partition: int,
        calendar: BusinessCalendar,
        store: Store,
        ledger: Ledger,
        compile_policy: Compile,
        metrics: Metrics,
    ) -> None:
        self._partition = partition
        self._calendar = calendar
        self._store = store
        self._compile = compile_policy
        self._metrics = metrics
        self._decider: Decider | None = None
        self.ledger = ledger

    def use(self, policy: PolicyActivated | None) -> None:
        """Decide by ``policy`` from now on; every customer is looked at anew."""
        decider = self._decider = None if policy is None else self._compile(policy)
        if decider is not None:
            tag = zlib.crc32(decider.version.encode())
            self.ledger.set_policy(
                decider.columns,
                decider.words,
                tag,
                decider.account_columns,
                decider.rates,
                decider.wanted,
                decider.churn,
            )

    async def transactions(self, events: Events, open_day: int) -> list[tuple[int, TierChanged]]:
        """Apply ``events`` in order; the changes they lead to, each with its event's offset."""
        if not len(events):
            return []
        await self.load(events.customers)
        changes: list[tuple[int, TierChanged]] = []
        parts = self._apart(self.ledger.slots(events.customers))
        for part in parts:
            changes += self._folded(events if len(parts) == 1 else events.take(part), open_day)
        return sorted(changes, key=lambda change: change[0]) if len(parts) > 1 else changes

    def _apart(self, slots: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The places of customers without and with an override: what costs more for these is not done for those."""
        held = self.ledger.overridden(slots)
        return [part for part in (np.flatnonzero(~held), np.flatnonzero(held)) if len(part)]

    def _folded(self, events: Events, open_day: int) -> list[tuple[int, TierChanged]]:
        """Apply events and look at the customer after each."""
        with self.stage("fold"):
            rows = self.ledger.fold(events, open_day)
        open_us = self._calendar.start_us(open_day)

        def look(row: int) -> Look:
            cause = Cause(
                topic=TRANSACTIONS,
                partition=self._partition,
                offset=int(events.offsets[row]),
                transaction_id=events.transactions[row],
            )
            return Look(
                kind=LookKind.EVENT,
                as_of=int(rows.as_of[row]),
                event_day=None,
                reason="placement" if events.kind[row] == OPENING else "event",
                effective_at=self._calendar.effective_at(max(int(events.booked_us[row]), open_us)),
                cause=cause,
                customer_id=events.customers[row],
            )

        with self.stage("decide"):
            changes = self._evaluated(rows, LookKind.EVENT, look)
        return [(int(events.offsets[row]), change) for row, change in changes]

    async def facts(self, received: FactsReceived, facts: CustomerFacts, open_day: int | None) -> list[TierChanged]:
        """Learn what is told about a customer, and look at it at once if a day is open."""
        ids = [facts.customer_id]
        await self.load(ids)
        slots = self.ledger.slots(ids)
        slot = int(slots[0])
        told_on = self._told_on(received, open_day)
        as_of = told_on if open_day is None else max(open_day, int(self.ledger.event_day[slot]))
        self.ledger.set_facts(slot, facts, as_of, told_on)
        self._metrics.facts.labels(facts.source).inc()
        if open_day is None:
            return []
        instant_us = max(received.timestamp_ms * US_PER_MS, self._calendar.start_us(open_day))
        look = Look(
            kind=LookKind.EVENT,
            as_of=as_of,
            event_day=None,
            reason="event",
            effective_at=self._calendar.effective_at(instant_us),
            cause=Cause(topic=CUSTOMERS, partition=self._partition, offset=received.source_offset),
        )
        return [change for _, change in self._decide(self.ledger.look_at(slots, as_of), look, ids)]

    def _told_on(self, received: FactsReceived, open_day: int | None) -> int:
        """The business day of a record's timestamp; of one that no calendar reaches the open day."""
        calendar, us = self._calendar, received.timestamp_ms * US_PER_MS
        if calendar.start_us(calendar.first_day) <= us < calendar.end_us(calendar.last_day):
            return calendar.day_of(us)
        return calendar.first_day if open_day is None else open_day

    async def close(self, ids: Sequence[str], sweep: Sweep, offset: int) -> list[tuple[int, TierChanged]]:
        """Evaluate the close under way for customers ``ids``; changes with the index of their customer.

        A customer first seen as of a later day has no part in it, nor has one who was erased.
        """
        places = [place for place, customer_id in enumerate(ids) if customer_id != PLACE_HOLDER]
        ids = [ids[place] for place in places]
        await self.load(ids)
        with self.stage("sweep"):
            slots = self.ledger.slots(ids)
            present = np.flatnonzero(self.ledger.first_day[slots] <= sweep.day)
            look = Look(
                kind=self._calendar.close_kind(sweep.day),
                as_of=sweep.day,
                event_day=None,
                reason="policy" if sweep.policy else "day_close",
                effective_at=self._calendar.effective_at(self._calendar.end_us(sweep.day)),
                cause=Cause(topic=TRANSACTIONS, partition=self._partition, offset=offset),
            )
            changes: list[tuple[int, TierChanged]] = []
            for part in self._apart(slots[present]):
                seen = present[part]
                rows = self.ledger.rows(slots[seen], sweep.day, look.kind)
                found = self._decide(rows, look, [ids[index] for index in seen.tolist()])
                changes += [(places[int(seen[row])], change) for row, change in found]
        return sorted(changes, key=lambda change: change[0])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the CPU time of this thread inside to stage ``name``."""
        begun = thread_time()
        try:
            yield
        finally:
            self._metrics.stage_seconds.labels(name).inc(thread_time() - begun)

    def _decide(self, rows: Rows, look: Look, ids: Sequence[str]) -> list[tuple[int, TierChanged]]:
        """Decide rows that differ only in their customers."""

        def look_of(row: int) -> Look:
            look.customer_id = ids[row]
            event_day = int(self.ledger.event_day[rows.slots[row]])
            look.event_day = event_day if event_day > look.as_of else None
            return look

        return self._evaluated(rows, look.kind, look_of)

    async def load(self, ids: Sequence[str]) -> None:
        """Have customers ``ids`` in the ledger, at one request to the store."""
        absent = self.ledger.absent(ids)
        if absent:
            records = await self._store.customers(self._partition, absent)
            with self.stage("unpack"):
                self.ledger.load(absent, records)

    def _require_decider(self) -> Decider:
        if self._decider is None:
            msg = "no policies are active"
            raise RuntimeError(msg)
        return self._decider

    def _evaluated(self, rows: Rows, kind: LookKind, look_of: Callable[[int], Look]) -> list[tuple[int, TierChanged]]:
        """The changes of these looks, counted."""
        held: Counter[str] = Counter()
        changes = evaluate(self.ledger, self._require_decider(), rows, kind, look_of, held)
        for scheme, count in held.items():
            self._metrics.unknown.labels(scheme).inc(count)
        for _, change in changes:
            self._metrics.tier_changes.labels(change.scheme, change.direction).inc()
        return changes
