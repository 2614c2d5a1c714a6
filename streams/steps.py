"""The order in which a partition meets records, facts, interactions and closes; each step is one commit.

1. A close under way is finished first, customer by customer.
2. Journal entries that an earlier owner wrote are applied at the very offset at which they were.
3. Without any left, policies, facts, interactions and what all partitions' sources sent enter the journal, and marks are
   placed by the clock.
4. Records of the open day are applied in batches.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice, takewhile
from typing import Final

from schemas.journal import DayClosed, JournalEntry, PolicyActivated, RecordSkipped
from schemas.position import Position
from streams.calendar import date_of
from streams.claim import Refused
from streams.entries import Entries
from streams.inbox import Poison, SideInbox, TransactionsInbox
from streams.judge import Judge
from streams.ledger.errors import RecordUnreadable
from streams.marks import Marks
from streams.metrics import Metrics
from streams.outputs import TRANSACTIONS, dead_letter
from streams.partition import Partition
from streams.ports import Broker, LogUnavailable, Record, StoreUnavailable, WallClock
from streams.tally import header_source
from streams.told import SIDES, Told

log = logging.getLogger(__name__)

ENTRIES_MAX: Final = 500
"""Journal entries of an earlier owner that one commit replays."""


class Steps:
    """The steps of one claim. ``pending`` are the entries of earlier owners, ``known_upto`` is how far their outputs
    are in Kafka, ``commit`` writes what a step changed."""

    def __init__(
        self,
        partition: Partition,
        inbox: TransactionsInbox,
        pending: deque[JournalEntry],
        known_upto: Position,
        marks: Marks,
        broker: Broker,
        entries: Entries,
        judge: Judge,
        clock: WallClock,
        metrics: Metrics,
        current_policy: Callable[[], PolicyActivated],
        commit: Callable[[], Awaitable[None]],
    ) -> None:
        self.partition = partition
        self.number = partition.number
        self._inbox = inbox
        self._pending = pending
        self._known_upto = known_upto
        self._marks = marks
        self._broker = broker
        self._entries = entries
        self._judge = judge
        self._clock = clock
        self._metrics = metrics
        self._current_policy = current_policy
        self._commit = commit
        self._inboxes: deque[SideInbox] = deque()
        self._poison = Poison(partition.number)
        self._one_by_one_until = 0
        self.idle = False
        self.last_timestamp_ms: int | None = None

    @property
    def replaying(self) -> bool:
        """Whether entries of an earlier owner are still to be applied."""
        return bool(self._pending)

    @property
    def lag_records(self) -> int | None:
        """Offsets between the position and the last stable offset of the latest fetch; None before one."""
        end = self._inbox.end_hint()
        return None if end is None else max(0, end - self.partition.state.position.offset)

    async def close(self) -> None:
        """Free what the steps opened."""
        for inbox in self._inboxes:
            await inbox.close()

    async def step(self) -> None:
        """Apply the next thing in order, and commit it; ``idle`` tells that there was none."""
        self.idle = False
        if self.partition.state.sweep is not None:
            await self.partition.sweep()
            await self._commit()
        elif self._pending and self._pending[0].after <= self.partition.state.position.offset:
            await self._replay_entries()
        elif self._pending:
            await self._take_records(until=self._pending[0].after)
        elif self.partition.state.position < self._known_upto:
            # An earlier owner relayed what it did up to there, and all it entered in the journal has been applied:
            # a new entry in between would count as relayed and never be seen.
            if self.partition.state.position.offset >= self._known_upto.offset:
                msg = (
                    f"outputs of partition {self.number} are relayed to {self._known_upto}, but its journal ends before: "
                    "entries were removed; restore the journal topic (its retention.ms must be -1)"
                )
                raise Refused(msg)
            await self._take_records(until=self._known_upto.offset)
        elif self.partition.policy is None:
            await self.partition.enter(Told(self._current_policy()))
            await self._commit()
        elif not await self._judge_sources() and not await self._take_told():
            await self._take_records(until=None)

    async def _replay_entries(self) -> None:
        """Apply journalled entries that fall at this offset, as their first owner did."""
        offset = self.partition.state.position.offset
        due = takewhile(lambda entry: entry.after <= offset, islice(self._pending, ENTRIES_MAX))
        entries = await self._entries.opened(list(due), self.partition.erased)
        await self.partition.expect(entries)
        for done, told in enumerate(entries):
            state = self.partition.state
            if self._pending[0].after > state.position.offset or state.sweep is not None:
                break
            if done and isinstance(self._pending[0].payload, DayClosed):
                break  # a close sweeps the customers of the commits before it, so theirs comes first
            entry = self._pending.popleft()
            if (entry.after, entry.sequence) != (state.position.offset, state.position.sequence + 1):
                msg = (
                    f"the journal of partition {self.number} holds entry {entry.sequence} after offset {entry.after}, but "
                    f"its state stands at {state.position}: journal and state are not of one run; compute the "
                    "state anew with `tierline rebuild --namespace NEW`"
                )
                raise Refused(msg)
            await self.partition.enter(told)
        await self._commit()

    async def _judge_sources(self) -> bool:
        """Journal and judge what the sources sent to all partitions; false if there is nothing new to judge."""
        measured = await self._judge.measured(self.partition.state, self._current_policy())
        if measured is None:
            return False
        await self.partition.enter(Told(measured))
        await self._commit()
        return True

    async def _take_told(self) -> bool:
        """Journal and apply what has arrived in a side topic, each in its turn; false if there is nothing to apply or to wait for."""
        await self._open_sides()
        for _ in SIDES:
            inbox = self._inboxes[0]
            self._inboxes.rotate(-1)
            records = await inbox.read()
            if records:
                await self._enter_told(inbox, records)
                return True
        return any(inbox.behind for inbox in self._inboxes)

    async def _open_sides(self) -> None:
        sources = self.partition.state.sources
        for side in SIDES[len(self._inboxes) :]:
            inbox = await SideInbox.open(side, self._broker, self.number, sources.get(side.topic, 0))
            self._inboxes.append(inbox)

    async def _enter_told(self, inbox: SideInbox, records: Sequence[Record]) -> None:
        entries = await self._entries.sealed(inbox.side, records, self.partition.erased)
        await self.partition.expect(entries)
        for told in entries:
            await self.partition.enter(told)
        await self._commit()

    # -- records

    async def _take_records(self, until: int | None) -> None:
        """Apply the next records; with ``until``, only those before the journalled entry at that offset."""
        offset = self.partition.state.position.offset
        (_, end, records), fetched = await self._inbox.read(offset)
        if fetched:
            self._count(records)
        if end == offset:
            await self._at_log_end(until)
        elif until is not None:
            await self._apply([record for record in records if record.offset < until], min(end, until))
        else:
            await self._apply_before_mark(records, end)

    async def _apply_before_mark(self, records: Sequence[Record], end: int) -> None:
        """Apply the records that come before the next close, or place its mark if none does."""
        open_day = self.partition.state.open_day
        if open_day is None and records:
            open_day = self._marks.first_open_day(records[0])
        if open_day is None or not records:
            await self._apply(records, end)
            return
        before = self._marks.cut(open_day, records)
        if before == len(records):
            await self._apply(records, end)
        elif before:
            await self._apply(records[:before], records[before].offset)
        else:
            await self._close_day(open_day, records[0].offset)

    async def _at_log_end(self, until: int | None) -> None:
        """Nothing to read: the wall clock may close the day; entries of an earlier owner must not be missing."""
        open_day = self.partition.state.open_day
        if until is None and (open_day is None or not self._marks.due_by_wall(open_day, self._clock.now_us())):
            self.idle = True
            return
        bounds = await self._inbox.bounds()
        offset = self.partition.state.position.offset
        if bounds.end > offset:
            return
        if until is not None:
            msg = (
                f"the journal of partition {self.number} goes on after offset {until}, but transactions end at "
                f"{bounds.end}: the topic was cut or recreated; point the worker at the right topic"
            )
            raise Refused(msg)
        if open_day is not None:
            await self._close_day(open_day, offset)

    async def _close_day(self, day: int, offset: int) -> None:
        """Place the mark of ``day`` at ``offset`` and begin its sweep; new policies become active with it."""
        if offset > self.partition.state.position.offset:
            await self.partition.take((), offset)
        active, current = self.partition.policy, self._current_policy()
        changed = active is None or active.version != current.version
        date = date_of(day)
        await self.partition.enter(Told(DayClosed(day=date, policy=current if changed else None)))
        await self.partition.sweep()
        await self._commit()

    async def _apply(self, records: Sequence[Record], end: int) -> None:
        """Apply and commit; a batch that raises is redone record by record."""
        if records and self.partition.state.position.offset < self._one_by_one_until:
            end = records[1].offset if len(records) > 1 else end
            records = records[:1]
        if records and self.partition.state.open_day is None:
            records, end = self._open(records, end)
        try:
            with self._metrics.batch_seconds.time():
                await self.partition.take(records, end)
        except (StoreUnavailable, LogUnavailable, RecordUnreadable):
            raise  # nothing that the record did: it would be set aside for ever for a fault of the store
        except Exception as error:  # noqa: BLE001  # whatever a record provokes must not stop the stream
            self._refuse_to_set_aside_anew(records, error)
            await self._set_aside(records, error)
            return
        if records:
            self.last_timestamp_ms = records[-1].timestamp
        await self._commit()

    def _open(self, records: Sequence[Record], end: int) -> tuple[Sequence[Record], int]:
        """Open the day of the first record, and give all of them; where its timestamp tells no time, those before the first that does."""
        day = self._marks.first_open_day(records[0])
        if day is not None:
            self.partition.open_first_day(day)
            return records, end
        undated = list(takewhile(lambda record: self._marks.first_open_day(record) is None, records))
        return undated, records[len(undated)].offset if len(undated) < len(records) else end

    def _refuse_to_set_aside_anew(self, records: Sequence[Record], error: Exception) -> None:
        """A record that an earlier owner applied is never set aside: the entry would count as relayed and be lost."""
        if not self._pending and self.partition.state.position >= self._known_upto:
            return
        msg = (
            f"records from offset {records[0].offset} of transactions partition {self.number} were applied once and now "
            f"raise {type(error).__name__}: {error}; if it stays so after a restart, run the version that applied them"
        )
        raise Refused(msg) from error

    async def _set_aside(self, records: Sequence[Record], error: Exception) -> None:
        """Redo a failed batch one by one; a single record that fails goes to dead letters, and the journal says so."""
        self.partition.rollback()
        if len(records) > 1:
            log.warning("partition %d: batch failed, redone record by record: %s", self.number, error)
            self._one_by_one_until = records[-1].offset + 1
            return
        record = records[0]
        log.error("partition %d: record at offset %d set aside", self.number, record.offset, exc_info=error)
        self._poison.count(error)
        reason = f"could not be applied: {type(error).__name__}: {error}"
        letter = dead_letter(record, TRANSACTIONS, self.number, "apply", "apply", reason)
        await self.partition.take((), record.offset)
        skipped = RecordSkipped(reason=letter.code, source=header_source(record.headers, TRANSACTIONS))
        await self.partition.enter(Told(skipped, letter=letter))
        await self._commit()

    def _count(self, records: Sequence[Record]) -> None:
        label = str(self.number)
        self._metrics.records.labels(label).inc(len(records))
        self._metrics.bytes.labels(label).inc(sum([len(record.value or b"") for record in records]))
