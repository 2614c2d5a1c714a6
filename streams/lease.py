"""A lease: the right to write one partition, from its claim until it is revoked or refused.

It decides in which order the partition meets records, facts and closes, and commits each step:

1. a close under way is finished first, customer by customer;
2. journal entries that an earlier owner wrote are applied at the very offset at which they were;
3. without any left, policies and facts enter the journal, and marks are placed by the clock;
4. records of the open day are applied in batches.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import msgspec

from schemas.journal import DayClosed, FactsRejected, JournalEntry, PolicyActivated, RecordSkipped
from schemas.position import Position
from streams.claim import Refused, check_bounds, check_empty, check_fingerprint, check_settings, read_journal
from streams.config import EngineConfig
from streams.facts import journalled
from streams.inbox import IDLE_WAIT_S, FactsInbox, Poison, TooMuchPoison, TransactionsInbox
from streams.marks import ClockJump, Marks
from streams.metrics import Metrics
from streams.outputs import CUSTOMERS, TRANSACTIONS, dead_letter
from streams.partition import Partition
from streams.ports import Bounds, Broker, LogUnavailable, Outcome, Record, Refusal, Store, StoreUnavailable, WallClock
from streams.relay import BACKLOG_MAX, Relay

log = logging.getLogger(__name__)

ENTRIES_MAX: Final = 500
"""Journal entries of an earlier owner that one commit replays."""

MIRROR_S: Final = 5.0
"""Seconds between copies of the position to the consumer group: lag monitors need no more."""

_decode_policy = msgspec.json.Decoder(PolicyActivated).decode


class Lease:
    """One claim of one partition: made when it is assigned, thrown away when anything is in doubt."""

    def __init__(
        self,
        partition: Partition,
        token: str,
        config: EngineConfig,
        marks: Marks,
        broker: Broker,
        store: Store,
        clock: WallClock,
        metrics: Metrics,
        current_policy: Callable[[], PolicyActivated],
    ) -> None:
        self.partition = partition
        self.number = partition.number
        self._token = token
        self._config = config
        self._marks = marks
        self._broker = broker
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._current_policy = current_policy
        self.relay = Relay(self.number, token, broker, store, metrics)
        self._pending: deque[JournalEntry] = deque()
        self._inbox: TransactionsInbox | None = None
        self._facts: FactsInbox | None = None
        self._poison = Poison(partition.number)
        self._one_by_one_until = 0
        self._known_upto = Position(0)
        self._looked_at = 0.0
        self._mirrored_at = 0.0
        self.commit_no = 0
        self.commits = 0
        self.claimed = False
        self.at_end = False
        self.last_progress = asyncio.get_running_loop().time()
        self.last_timestamp_ms: int | None = None

    @property
    def replaying(self) -> bool:
        """Whether entries of an earlier owner are still to be applied."""
        return bool(self._pending)

    @property
    def lag_records(self) -> int | None:
        """Offsets between the position and the last stable offset of the latest fetch; None before one."""
        end = self._inbox.end_hint() if self._inbox is not None and self.claimed else None
        return None if end is None else max(0, end - self.partition.state.position.offset)

    async def run(self) -> None:
        """Claim and work until cancelled; any other end is an exception."""
        relaying: asyncio.Task[None] | None = None
        try:
            await self._claim_or_yield()
            relaying = asyncio.create_task(self.relay.run(), name=f"relay-{self.number}")
            self.relay.wake()
            while True:
                if relaying.done():
                    relaying.result()
                    raise Refusal(Outcome.FENCED)
                await self._step()
        finally:
            self.claimed = False
            if relaying is not None:
                relaying.cancel()
                await asyncio.gather(relaying, return_exceptions=True)
            if self._facts is not None:
                await self._facts.close()

    # -- claim

    async def _claim_or_yield(self) -> None:
        """Claim; what is refused to a claim that was overtaken meanwhile is not a refusal but a fence."""
        try:
            await self._claim()
        except Refused as refused:
            if (await self._store.standing(self.number)).token != self._token:
                raise Refusal(Outcome.FENCED) from refused
            raise

    async def _claim(self) -> None:
        claimed = await self._store.claim(self.number, self._token)
        relayed = await self.relay.take_over(claimed.relayed)
        self._known_upto = relayed or Position(0)
        sequence = claimed.state.position.sequence if claimed.state else 0
        self._pending = await read_journal(self._broker, self.number, claimed.journal_offset, sequence)
        inbox = TransactionsInbox(await self._broker.transactions(self.number), self._config.batch_records)
        bounds = await inbox.bounds()
        if not self._config.rebuild:
            check_empty(self.number, claimed, relayed, journalled=bool(self._pending))
        self.commit_no = claimed.commit_no
        if claimed.state is None:
            await self._begin_at(bounds)
        else:
            check_settings(self.number, claimed.state, self._config)
            check_bounds(self.number, claimed.state.position, bounds)
            await check_fingerprint(self.number, claimed.state, bounds, self._broker)
            policy = _decode_policy(claimed.policy) if claimed.policy else None
            self.partition.restore(claimed.state, policy, claimed.seen)
        await inbox.seek(self.partition.state.position.offset)
        self._inbox = inbox
        self.claimed = True
        log.info("partition %d: claimed at %s", self.number, self.partition.state.position)

    async def _begin_at(self, bounds: Bounds) -> None:
        """Write where a new partition starts, so that no commit is ever unchecked."""
        first = self._pending[0].after if self._pending else bounds.start
        if first < bounds.start:
            msg = (
                f"partition {self.number} of transactions starts at offset {bounds.start}, its journal at {first}: "
                "records that decided something are gone, so the state cannot be computed anew; restore a store backup"
            )
            raise Refused(msg)
        await self.partition.take((), bounds.start)
        await self._commit()

    # -- one step

    async def _step(self) -> None:
        """Apply the next thing in order, and commit it."""
        if self.relay.backlog > BACKLOG_MAX:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.relay.drained.wait(), IDLE_WAIT_S)
        elif self.partition.state.sweep is not None:
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
            await self.partition.enter(self._current_policy())
            await self._commit()
        elif not await self._take_facts():
            await self._take_records(until=None)

    async def _replay_entries(self) -> None:
        """Apply journalled entries that fall at this offset, as their first owner did."""
        await self.partition.expect([entry.payload for entry in islice(self._pending, ENTRIES_MAX)])
        for done in range(ENTRIES_MAX):
            state = self.partition.state
            if not self._pending or self._pending[0].after > state.position.offset or state.sweep is not None:
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
            await self.partition.enter(entry.payload)
        await self._commit()

    async def _take_facts(self) -> bool:
        """Journal and apply facts that have arrived; false if there are none to apply or to wait for."""
        if self._facts is None:
            offset = self.partition.state.sources.get(CUSTOMERS, 0)
            self._facts = await FactsInbox.open(self._broker, self.number, offset)
        records = await self._facts.read()
        payloads = [journalled(record) for record in records]
        await self.partition.expect(payloads)
        for record, payload in zip(records, payloads, strict=True):
            letter = None
            if isinstance(payload, FactsRejected):
                letter = dead_letter(record, CUSTOMERS, self.number, "decode", payload.reason)
                self._metrics.dead_letters.labels("decode").inc()
            await self.partition.enter(payload, letter)
        if records:
            await self._commit()
        return bool(records) or self._facts.behind

    # -- records

    async def _take_records(self, until: int | None) -> None:
        """Apply the next records; with ``until``, only those before the journalled entry at that offset."""
        inbox = self._require_inbox()
        offset = self.partition.state.position.offset
        (_, end, records), fetched = await inbox.read(offset)
        if fetched:
            self._count(records)
        self.at_end = end == offset
        if self.at_end:
            await self._at_log_end(inbox, until)
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

    async def _at_log_end(self, inbox: TransactionsInbox, until: int | None) -> None:
        """Nothing to read: the wall clock may close the day; entries of an earlier owner must not be missing."""
        open_day = self.partition.state.open_day
        if until is None and (open_day is None or not self._marks.due_by_wall(open_day, self._clock.now_us())):
            await self._look_at_store()
            return
        bounds = await inbox.bounds()
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

    async def _look_at_store(self) -> None:
        """An idle owner never commits, so it asks now and then whether the store still holds what it committed."""
        now = self.last_progress = asyncio.get_running_loop().time()
        if now - self._looked_at < self._config.heartbeat_s:
            return
        self._looked_at = now
        standing = await self._store.standing(self.number)
        if standing.token != self._token:
            raise Refusal(Outcome.FENCED)
        if standing.commit_no != self.commit_no:
            raise Refusal(Outcome.REWOUND)

    async def _close_day(self, day: int, offset: int) -> None:
        """Place the mark of ``day`` at ``offset`` and begin its sweep; new policies become active with it."""
        if offset > self.partition.state.position.offset:
            await self.partition.take((), offset)
        active, current = self.partition.policy, self._current_policy()
        changed = active is None or active.version != current.version
        date = self._marks.date_of(day)
        await self.partition.enter(DayClosed(day=date, policy=current if changed else None))
        await self.partition.sweep()
        await self._commit()

    async def _apply(self, records: Sequence[Record], end: int) -> None:
        """Apply and commit; a batch that raises is redone record by record."""
        if records and self.partition.state.position.offset < self._one_by_one_until:
            end = records[1].offset if len(records) > 1 else end
            records = records[:1]
        if records and self.partition.state.open_day is None:
            self.partition.open_first_day(self._marks.first_open_day(records[0]))
        try:
            with self._metrics.batch_seconds.time():
                await self.partition.take(records, end)
        except (StoreUnavailable, LogUnavailable):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a record provokes must not stop the stream
            await self._set_aside(records, error)
            return
        if records:
            self.last_timestamp_ms = records[-1].timestamp
        await self._commit()

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
        if self.partition.state.open_day is None:
            self.partition.open_first_day(self._marks.first_open_day(record))
        reason = f"could not be applied: {type(error).__name__}: {error}"
        letter = dead_letter(record, TRANSACTIONS, self.number, "apply", reason)
        self._metrics.dead_letters.labels("apply").inc()
        await self.partition.take((), record.offset)
        await self.partition.enter(RecordSkipped(reason=reason), letter)
        await self._commit()

    def _require_inbox(self) -> TransactionsInbox:
        if self._inbox is None:
            msg = "the partition is not claimed"
            raise LogUnavailable(msg)
        return self._inbox

    # -- commit

    async def _commit(self) -> None:
        commit = self.partition.commit(self._token, self.commit_no + 1)
        with self._metrics.commit_seconds.time():
            outcome = await self._store.commit(self.number, commit)
        if outcome is not Outcome.APPLIED:
            raise Refusal(outcome)
        self.commit_no += 1
        self.commits += 1
        self.partition.committed()
        if commit.outbox is not None:
            self.relay.wake()
        now = asyncio.get_running_loop().time()
        self.last_progress = now
        if now - self._mirrored_at >= MIRROR_S:
            self._mirrored_at = now
            await self._mirror()

    async def _mirror(self) -> None:
        """Copy the position to the group for lag monitors; a failure is counted, the truth is in the store."""
        try:
            await self._broker.mirror(self.number, self.partition.state.position.offset)
        except LogUnavailable as error:
            self._metrics.mirror_failures.inc()
            log.info("partition %d: position not mirrored: %s", self.number, error)

    def _count(self, records: Sequence[Record]) -> None:
        label = str(self.number)
        self._metrics.records.labels(label).inc(len(records))
        self._metrics.bytes.labels(label).inc(sum(len(record.value or b"") for record in records))


FATAL = (Refused, ClockJump, TooMuchPoison)
"""Ends of a lease that no new claim can mend: the worker stops with their words."""
