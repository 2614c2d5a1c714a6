"""The customers of one partition under the active policies: fold, look, decide.

Four occasions to look at a customer, and nothing else leads to an output: its own transaction, facts told about it, an
interaction with it, the close of a day.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import thread_time
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.events import AlertCleared, AlertRaised, Cause, Published, TierChanged
from schemas.interactions import Interaction
from schemas.journal import PolicyActivated, Received
from schemas.partition import Sweep
from schemas.population import Cut
from streams.calendar import US_PER_MS, BusinessCalendar
from streams.columns import OPENING, Events
from streams.counts import Counts
from streams.cycles import follow
from streams.decider import MASK_LAYOUT, Decider, Look
from streams.erased import PLACE_HOLDER
from streams.interactions import instant_of
from streams.ledger.interactions import hear, known
from streams.ledger.learn import learn, unsettles
from streams.ledger.ledger import Ledger
from streams.looks import Tally, evaluate
from streams.metrics import Metrics
from streams.occasions import with_interaction, with_transactions
from streams.outputs import TRANSACTIONS
from streams.ports import Store
from streams.rows import LookKind, Rows
from streams.told import Content, side_of

UNKNOWN_SIGNAL: Final = "(unknown)"
"""Counted as the signal of feedback whose own the policies do not have: any text may be told, and each is a metric of its own."""


class Compile(Protocol):
    """Compiles policy files; the same version is compiled once a worker."""

    def __call__(self, policy: PolicyActivated) -> Decider: ...


class Closed(NamedTuple):
    """What the close of a day did for some customers."""

    changes: list[tuple[int, Published]]
    cuts: list[Cut]


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
        self._stood: Counter[tuple[str, str]] = Counter()
        self.ledger = ledger
        self.counts = Counts()
        """What waits to be counted with the next commit."""

    def use(self, policy: PolicyActivated | None) -> None:
        """Decide by ``policy`` from now on; every customer is looked at anew."""
        decider = self._decider = None if policy is None else self._compile(policy)
        if decider is not None:
            self._metrics.expect_feedback(decider.signals)
            evaluate_for(self.ledger, decider)

    async def transactions(self, events: Events, open_day: int) -> list[tuple[int, Published]]:
        """Apply ``events`` in order; the changes they lead to, each with its event's offset."""
        if not len(events):
            return []
        await self.load(events.customers)
        changes: list[tuple[int, Published]] = []
        parts = self._apart(self.ledger.slots(events.customers))
        for part in parts:
            changes += self._folded(events if len(parts) == 1 else events.take(part), open_day)
        return sorted(changes, key=lambda change: change[0]) if len(parts) > 1 else changes

    def _apart(self, slots: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The places of customers without and with an override: what costs more for these is not done for those."""
        held = self.ledger.overridden(slots)
        return [part for part in (np.flatnonzero(~held), np.flatnonzero(held)) if len(part)]

    def _folded(self, events: Events, open_day: int) -> list[tuple[int, Published]]:
        """Apply events and look at the customer after each but openings of long ago, which others follow."""
        with self.stage("fold"):
            decider = self._require_decider()
            rows = self.ledger.fold(events, open_day)
            rows = with_transactions(rows, events, decider.occasion_columns, self.ledger.vocabulary)
            if decider.cycles:
                follow(self.ledger, events)
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
            changes = self._evaluated(rows, LookKind.EVENT, look, Tally(), events.long_ago(open_day))
        return [(int(events.offsets[row]), change) for row, change in changes]

    async def told(self, received: Received, content: Content, open_day: int | None) -> list[Published]:
        """Take over what is told of a customer, and look at it at once if a day is open."""
        await self.load([content.customer_id])
        slot = int(self.ledger.slots([content.customer_id])[0])
        told_on = self._told_on(received, open_day)
        as_of = told_on if open_day is None else max(open_day, int(self.ledger.event_day[slot]))
        if isinstance(content, Interaction):
            instant_us = instant_of(content)
            if not self._hear(slot, content, self._calendar.day_of(instant_us), as_of):
                return []
        else:
            instant_us = self._instant_of(received, open_day)
            self.ledger.tell(
                slot, lambda profile: learn(profile, content, as_of, told_on), as_of, unsettle=unsettles(content)
            )
        if open_day is None:
            return []
        look = Look(
            kind=LookKind.EVENT,
            as_of=as_of,
            event_day=None,
            reason="event",
            effective_at=self._calendar.effective_at(max(instant_us, self._calendar.start_us(open_day))),
            cause=Cause(topic=side_of(received).topic, partition=self._partition, offset=received.source_offset),
        )
        rows = self.ledger.look_at(np.array([slot]), as_of)
        if isinstance(content, Interaction):
            names = self._require_decider().occasion_columns
            rows = with_interaction(rows, content, names, self.ledger.vocabulary)
        return [change for _, change in self._decide(rows, look, [content.customer_id])]

    def _hear(self, slot: int, told: Interaction, on: int, as_of: int) -> bool:
        """Take over an interaction of day ``on``; false if it is a repeat: that changes nothing and is no look."""
        if known(self.ledger.profile(slot), told):
            self.counts.add(self._metrics.duplicates)
            return False
        self.ledger.tell(slot, lambda profile: hear(profile, told, on), as_of, unsettle=True)
        self.counts.add(self._metrics.interactions.labels(told.kind))
        if told.kind == "feedback" and told.signal is not None and told.verdict is not None:
            known_here = self._decider is not None and told.signal in self._decider.signals
            signal = told.signal if known_here else UNKNOWN_SIGNAL
            self.counts.add(self._metrics.alert_feedback.labels(signal, told.verdict))
        return True

    def _told_on(self, received: Received, open_day: int | None) -> int:
        """The business day of a record's timestamp; see ``_instant_of``."""
        return self._calendar.day_of(self._instant_of(received, open_day))

    def _instant_of(self, received: Received, open_day: int | None) -> int:
        """A record's timestamp in microseconds; of one that no calendar reaches the start of the open day."""
        calendar, us = self._calendar, received.timestamp_ms * US_PER_MS
        if calendar.reaches(us):
            return us
        return calendar.start_us(calendar.first_day if open_day is None else open_day)

    async def close(self, ids: Sequence[str], sweep: Sweep, offset: int) -> Closed:
        """Evaluate the close under way for customers ``ids``; changes with the index of their customer, and cuts.

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
            changes: list[tuple[int, Published]] = []
            cuts: list[Cut] = []
            for part in self._apart(slots[present]):
                tally = Tally()
                seen = present[part]
                rows = self.ledger.rows(slots[seen], sweep.day, look.kind)
                found = self._decide(rows, look, [ids[index] for index in seen.tolist()], tally)
                changes += [(places[int(seen[row])], change) for row, change in found]
                cuts += tally.cuts
        return Closed(sorted(changes, key=lambda change: change[0]), cuts)

    def take_stood(self) -> Mapping[tuple[str, str], int]:
        """Who came and who left, by scheme and level, since the last call."""
        stood, self._stood = self._stood, Counter()
        return stood

    async def leave(self, customer_id: str) -> None:
        """A customer who is erased stands nowhere any more, and is let go of."""
        await self.load([customer_id])
        slot = int(self.ledger.slots([customer_id])[0])
        for scheme, standing in self.ledger.profile(slot).standings.items():
            if standing.level is not None:
                self._stood[scheme, standing.level] -= 1
        self.ledger.forget(customer_id)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the CPU time of this thread inside to stage ``name``."""
        begun = thread_time()
        try:
            yield
        finally:
            self._metrics.stage_seconds.labels(name).inc(thread_time() - begun)

    def _decide(
        self, rows: Rows, look: Look, ids: Sequence[str], tally: Tally | None = None
    ) -> list[tuple[int, Published]]:
        """Decide rows that differ only in their customers."""

        def look_of(row: int) -> Look:
            look.customer_id = ids[row]
            event_day = int(self.ledger.event_day[rows.slots[row]])
            look.event_day = event_day if event_day > look.as_of else None
            return look

        return self._evaluated(rows, look.kind, look_of, tally or Tally())

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

    def _evaluated(
        self,
        rows: Rows,
        kind: LookKind,
        look_of: Callable[[int], Look],
        tally: Tally,
        unlooked: NDArray[np.bool_] | None = None,
    ) -> list[tuple[int, Published]]:
        """The changes and alerts of these looks, counted."""
        changes = evaluate(self.ledger, self._require_decider(), rows, kind, look_of, tally, unlooked)
        for key, count in tally.stood.items():
            self._stood[key] += count
        for scheme, count in tally.held.items():
            self.counts.add(self._metrics.unknown.labels(scheme), count)
        self._count([change for _, change in changes], tally.worse)
        return changes

    def _count(self, changes: Sequence[Published], worse: set[str]) -> None:
        moved = Counter((one.scheme, one.direction) for one in changes if isinstance(one, TierChanged))
        for (scheme, direction), count in moved.items():
            self.counts.add(self._metrics.tier_changes.labels(scheme, direction), count)
        alerts = Counter((one.signal, _action(one, worse)) for one in changes if not isinstance(one, TierChanged))
        for (signal, action), count in alerts.items():
            self.counts.add(self._metrics.alerts.labels(signal, action), count)


def evaluate_for(ledger: Ledger, decider: Decider) -> None:
    """Have ``ledger`` evaluate what ``decider`` reads, and settle customers by its masks."""
    ledger.set_policy(
        decider.columns,
        decider.words,
        mask_tag(decider.version),
        decider.account_columns,
        decider.rates,
        decider.wanted,
        decider.churn,
    )


def mask_tag(version: str) -> int:
    """What tells the masks of policies ``version``, as this release lays them out, from all others (32 bits)."""
    return zlib.crc32(f"{MASK_LAYOUT} {version}".encode())


def _action(alert: AlertRaised | AlertCleared, worse: set[str]) -> str:
    if isinstance(alert, AlertCleared):
        return "cleared"
    return "worse" if alert.alert_id in worse else "raised"
