"""The state machine of one partition: records and journal entries in, state and outputs out.

Its state is a function of the two logs alone: it reads no clock and no Kafka. What it is told to apply it gathers
in a draft until the lease commits it; after an exception ``rollback`` returns to the last commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from schemas.events import Published
from schemas.journal import (
    CustomerErased,
    DayClosed,
    Dropped,
    FactsReceived,
    JournalEntry,
    PolicyActivated,
    Received,
    RecordSkipped,
    SourcesMeasured,
)
from schemas.partition import PartitionState, Sweep
from schemas.population import Cut
from schemas.position import Position
from streams.calendar import BusinessCalendar, number_of
from streams.columns import Events
from streams.config import EngineConfig
from streams.draft import Draft
from streams.erased import PLACE_HOLDER, Erased
from streams.evaluation import Evaluation
from streams.fingerprint import fingerprint
from streams.intake import Intake
from streams.judgement import Judgement
from streams.metrics import Metrics
from streams.outputs import TRANSACTIONS, DeadLetter, journal_entry, published
from streams.ports import Commit, Erasure, Outcome, Output, Record, Refusal, Store
from streams.quality import Quality, name_of
from streams.rows import LookKind
from streams.seen import Seen
from streams.sketch import merged_cuts
from streams.standings import recount
from streams.tally import Tally
from streams.told import Told, side_of

_encode_policy = msgspec.json.Encoder().encode


class Partition:
    """One partition between two commits."""

    def __init__(
        self,
        number: int,
        config: EngineConfig,
        calendar: BusinessCalendar,
        store: Store,
        evaluation: Evaluation,
        metrics: Metrics,
    ) -> None:
        self.number = number
        self._config = config
        self._calendar = calendar
        self._store = store
        self._evaluation = evaluation
        self._metrics = metrics
        self._quality = Quality(metrics, evaluation.counts)
        self._judgement = Judgement(number, calendar, config.source, metrics, evaluation.counts)
        self._intake = Intake(number, calendar, config.base_currency, metrics, evaluation.counts)
        self._seen = Seen({})
        self.erased = Erased((), ())
        self.policy: PolicyActivated | None = None
        """The active policies; None before the first record."""
        self.state = PartitionState(
            position=Position(0),
            timezone=config.timezone,
            cutoff=config.cutoff,
            base_currency=config.base_currency,
            partitions=config.partitions,
            levels={},
        )
        self._begin()

    def foresee(self, erased: Collection[str]) -> None:
        """Erasures that stand further on in the journal, by hash, before anything is applied."""
        self.erased = Erased((), erased)

    def restore(
        self, state: PartitionState, policy: PolicyActivated | None, seen: Mapping[int, bytes], erased: Erased
    ) -> None:
        """Stand where the store says."""
        self.state = state
        self._seen = Seen(dict(seen))
        self.erased = erased
        self._evaluation.ledger.drop()
        self._use(policy)
        self._begin()

    def rollback(self) -> None:
        """Forget everything since the last commit, and the cache with it: the batch may have half changed it."""
        self.state = self._committed
        self.erased.rollback()
        self._evaluation.counts.rollback()
        self._evaluation.ledger.drop()
        self._evaluation.take_stood()
        self._use(self._committed_policy)
        self._begin()

    @property
    def cache_bytes(self) -> int:
        """Bytes of cached customers."""
        return self._evaluation.ledger.cache_bytes_used

    # -- transactions

    def open_first_day(self, day: int) -> None:
        """The first record of a new partition whose timestamp tells a time opens its day."""
        self.state.open_day = day

    async def take(self, records: Sequence[Record], end: int) -> None:
        """Apply records of the open day, in order, or set them aside before a day is open; the partition then stands at offset ``end``."""
        sequence = self.state.position.sequence
        if records:
            open_day = self.state.open_day
            if open_day is None:
                letters, tally = self._intake.undated(records)
                outputs = [(offset, self._set_aside(letter)) for offset, letter in letters]
            else:
                outputs, tally = await self._applied(records, open_day)
            self.state.quality = self._quality.batch(self.state.quality, tally)
            for offset, output in outputs:
                self._draft.add(Position(offset + 1, sequence), output)
            self.state.fingerprint = fingerprint(records[-1])
        self.state.position = Position(end, sequence)

    async def _applied(self, records: Sequence[Record], open_day: int) -> tuple[list[tuple[int, Output]], Tally]:
        """The outputs that records of the open day lead to, by offset, and what is counted of them."""
        with self._evaluation.stage("decode"):
            first_day = self._quality.first_day(open_day)
            events, letters, tally = self._intake.read(records, open_day, first_day, self._seen)
            if len(events):
                self._draft.remember(open_day, events.dedup)
        sequence = self.state.position.sequence
        outputs = [(offset, self._set_aside(letter)) for offset, letter in letters]
        for offset, change in await self._evaluate(events, open_day):
            outputs.append((offset, self._changed(change, Position(offset + 1, sequence))))
        tally.add("gaps", self._evaluation.ledger.take_gaps())
        outputs.sort(key=lambda pair: pair[0])
        return outputs, tally

    async def _evaluate(self, events: Events, open_day: int) -> list[tuple[int, Published]]:
        """Apply events; those of erased customers are dropped."""
        changes: list[tuple[int, Published]] = []
        kept = 0
        for part, met in self.erased.parts(events, self._evaluation.ledger.absent):
            kept += len(part)
            changes += await self._evaluation.transactions(part, open_day)
            if met is not None:
                await self._hold_place(met)
        self._evaluation.counts.add(self._metrics.erased_dropped.labels(TRANSACTIONS), len(events) - kept)
        return changes

    # -- journal entries

    async def expect(self, entries: Sequence[Told]) -> None:
        """Load the customers of the entries that come next at one request to the store."""
        await self._evaluation.load([told.content.customer_id for told in entries if told.content is not None])

    async def enter(self, told: Told) -> None:
        """Apply the next journal entry, here and now."""
        payload = told.payload
        offset, sequence, _ = self.state.position
        entry = JournalEntry(after=offset, sequence=sequence + 1, payload=payload)
        position = Position(offset, sequence + 1)
        self._draft.add(position, journal_entry(entry))
        self.state.position = position
        self.state.quality = self._quality.entry(self.state.quality, payload)
        match payload:
            case PolicyActivated():
                self._activate(payload)
            case DayClosed():
                self._mark(payload)
            case RecordSkipped():
                # Its letter stays at the entry's position: no transaction of the relay may end between the two.
                self.state.position = Position(offset + 1, sequence + 1)
            case SourcesMeasured():
                self._judge(payload, position)
            case _:
                topic = side_of(payload).topic
                self.state.sources[topic] = payload.source_offset + 1
                for change in await self._tell(told, topic):
                    self._draft.add(position, self._changed(change, position))
        if told.letter is not None:
            self._draft.add(position, self._set_aside(told.letter))

    async def _tell(self, told: Told, topic: str) -> list[Published]:
        """Apply an entry that came from a side topic."""
        payload = told.payload
        if isinstance(payload, Received) and told.content is not None:
            if told.new_key is not None:
                self._draft.keys[payload.customer] = told.new_key
            if isinstance(payload, FactsReceived):
                name = name_of(self.state.quality, payload.source)
                self._evaluation.counts.add(self._metrics.facts.labels(name))
            return await self._evaluation.told(payload, told.content, self.state.open_day)
        if isinstance(payload, CustomerErased):
            await self.erase(payload.customer, told.customer_id)
        elif isinstance(payload, Received | Dropped):
            if isinstance(payload, Received) and self.erased.is_ahead(payload.customer):
                await self._hold_place(payload.customer)
            self._evaluation.counts.add(self._metrics.erased_dropped.labels(topic))
        return []

    async def erase(self, customer: str, customer_id: str | None) -> None:
        """Erase a customer: state, key and id go with the next commit; what comes later is dropped."""
        if customer in self.erased:
            return
        self.erased.add(customer)
        self._draft.erased.append(Erasure(customer, customer_id))
        if customer_id is not None:
            await self._evaluation.leave(customer_id)
        self._evaluation.counts.add(self._metrics.erased)

    async def _hold_place(self, customer: str) -> None:
        """A customer whose erasure stands further on in the journal is met: an empty place is all that is kept."""
        await self.erase(customer, None)
        self._evaluation.ledger.hold_place(PLACE_HOLDER)

    def _activate(self, policy: PolicyActivated) -> None:
        self._use(policy)
        self.state.policy_version = policy.version
        self._draft.policy = _encode_policy(policy)

    def _judge(self, measured: SourcesMeasured, position: Position) -> None:
        """Hold what the sources of all partitions sent against the thresholds."""
        quality = self.state.quality
        judged, alerts = self._judgement.judge(quality.judged, measured, position)
        self.state.quality = msgspec.structs.replace(quality, judged=judged)
        for alert in alerts:
            self._draft.add(position, alert)

    def _mark(self, mark: DayClosed) -> None:
        if mark.policy is not None:
            self._activate(mark.policy)
        day = number_of(mark.day)
        self.state.sweep = Sweep(day=day, total=self.state.customers, policy=mark.policy is not None)

    # -- the close of a day

    async def sweep(self) -> None:
        """Evaluate the close under way for the next customers; the last ones open the next day."""
        sweep = self.state.sweep
        if sweep is None:
            msg = "no close is under way"
            raise RuntimeError(msg)
        offset, sequence, done = self.state.position
        count = min(self._config.sweep_customers, sweep.total - done)
        ids = await self._store.ids(self.number, done, count) if count else []
        if len(ids) != count:
            raise Refusal(Outcome.REWOUND)  # customers that were committed are gone: a failover lost them
        closed = await self._evaluation.close(ids, sweep, offset)
        for index, change in closed.changes:
            position = Position(offset, sequence, done + index + 1)
            self._draft.add(position, self._changed(change, position))
        self.state.quality = self._quality.swept(self.state.quality, self._evaluation.ledger, ids, sweep.day)
        self.state.position = Position(offset, sequence, done + count)
        cuts = merged_cuts([*sweep.cuts, *closed.cuts])
        if done + count == sweep.total:
            self._closed(sweep.day, cuts)
        else:
            self.state.sweep = msgspec.structs.replace(sweep, cuts=cuts)

    def _closed(self, day: int, cuts: list[Cut]) -> None:
        """The close of ``day`` is done: the next day is open."""
        self.state.quality = self._quality.closed(self.state.quality, self.state.position.sequence)
        self.state.open_day = day + 1
        self.state.sweep = None
        self.state.cuts = cuts
        self._draft.forget_days = self._seen.expired(day + 1)
        if self._calendar.close_kind(day) == LookKind.YEAR_CLOSE:
            self._draft.year_closed = day

    # -- commits

    def commit(self, token: str, commit_no: int) -> Commit:
        """Everything since the last commit, as commit ``commit_no`` of claim ``token``."""
        ledger = self._evaluation.ledger
        with self._evaluation.stage("pack"):
            ids, values = ledger.pack_dirty()
        new_ids = ledger.new_ids()
        self.state.customers += len(new_ids)
        recount(self.state, self._evaluation.take_stood(), self._draft.year_closed)
        customers = list(zip(ids, values, strict=True))
        return self._draft.commit(token, commit_no, self._committed.position, self.state, customers, new_ids)

    def committed(self) -> None:
        """The commit was applied: it is the new ground."""
        draft, ledger = self._draft, self._evaluation.ledger
        if draft.seen_day is not None:
            for hashes in draft.seen:
                self._seen.add(draft.seen_day, hashes)
        self._seen.forget(draft.forget_days)
        self.erased.committed()
        self._evaluation.counts.committed()
        ledger.committed()
        for what, count in ledger.take_counts().items():
            self._metrics.ledger_events.labels(what).inc(count)
        self._begin()

    # -- inside

    def _set_aside(self, letter: DeadLetter) -> Output:
        """Count a dead letter."""
        self._evaluation.counts.add(self._metrics.dead_letters.labels(letter.stage, letter.code))
        return letter.output

    def _begin(self) -> None:
        self._draft = Draft()
        self._committed = msgspec.structs.replace(self.state, sources=dict(self.state.sources))
        self._committed_policy = self.policy

    def _use(self, policy: PolicyActivated | None) -> None:
        self.policy = policy
        self._quality.use(policy)
        self._evaluation.use(policy)

    def _changed(self, change: Published, position: Position) -> Output:
        return published(change, self.number, position, self._config.source)
