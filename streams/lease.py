"""A lease: the right to write one partition, from its claim until it is revoked or refused.

The claim makes this worker the partition's only writer and finds out where it stands; then each step of
``streams.steps`` is committed under the claim's token, while the relay sends what was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from schemas.journal import JournalEntry, PolicyActivated
from schemas.position import Position
from streams.claim import (
    Refused,
    check_bounds,
    check_empty,
    check_fingerprint,
    check_outbox,
    check_settings,
    pending_entries,
    read_journal,
)
from streams.config import EngineConfig
from streams.entries import Entries, erasures
from streams.erased import Erased
from streams.inbox import IDLE_WAIT_S, TooMuchPoison, TransactionsInbox
from streams.judge import Judge
from streams.ledger.errors import RecordUnreadable
from streams.marks import ClockJump, Marks
from streams.metrics import Metrics
from streams.partition import Partition
from streams.ports import Bounds, Broker, LogUnavailable, Outcome, Refusal, Store, WallClock
from streams.relay import BACKLOG_MAX, Relay
from streams.steps import Steps

log = logging.getLogger(__name__)

OUTBOX_CHECKED: Final = 2 * BACKLOG_MAX
"""Commits of the outbox that a claim compares with the journal: more than ever wait there."""

PAUSE_BEATS: Final = 10
"""A lease whose loop stood still for a session's heartbeats claims again: its partition may have had another owner."""

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
        self._entries = Entries(partition.number, broker, store)
        self._steps: Steps | None = None
        self._looked_at = self._stepped_at = 0.0
        self._mirrored_at = 0.0
        self.commit_no = 0
        self.commits = 0
        self._ended = False
        self.claimed = False
        self.last_progress = asyncio.get_running_loop().time()

    @property
    def replaying(self) -> bool:
        """Whether entries of an earlier owner are still to be applied."""
        return self._steps is not None and self._steps.replaying

    @property
    def lag_records(self) -> int | None:
        """Offsets between the position and the last stable offset of the latest fetch; None before one."""
        return self._steps.lag_records if self._steps is not None and self.claimed else None

    @property
    def last_timestamp_ms(self) -> int | None:
        """Kafka timestamp of the last applied record, milliseconds; None before one."""
        return None if self._steps is None else self._steps.last_timestamp_ms

    def end(self) -> None:
        """No longer ours. Beside the cancellation of its task, which a library may swallow (before Python 3.12
        ``asyncio.wait_for`` does when its future is done at that moment), so that the next step notices."""
        self._ended = True

    async def run(self) -> None:
        """Claim and work until cancelled or ended; any other end is an exception.

        What is refused to a lease that was overtaken meanwhile is not a refusal but a fence: a claim that took long reads what
        its successor wrote.
        """
        try:
            await self._run()
        except Refused as refused:
            if (await self._store.standing(self.number)).token != self._token:
                raise Refusal(Outcome.FENCED) from refused
            raise

    async def _run(self) -> None:
        relaying: asyncio.Task[None] | None = None
        try:
            steps = await self._claim()
            relaying = asyncio.create_task(self.relay.run(), name=f"relay-{self.number}")
            while not self._ended:
                if relaying.done():
                    relaying.result()
                    raise Refusal(Outcome.FENCED)
                self._notice_pause()
                if self.relay.backlog > BACKLOG_MAX:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.relay.drained.wait(), IDLE_WAIT_S)
                    continue
                await steps.step()
                if steps.idle:
                    await self._look_at_store()
        finally:
            self.claimed = False
            # To its end in a task of its own: a revoke while a refused lease winds down would leave its readers open.
            await asyncio.shield(asyncio.create_task(self._wind_down(relaying), name=f"end-{self.number}"))

    async def _wind_down(self, relaying: asyncio.Task[None] | None) -> None:
        """Free what the lease opened, each whatever becomes of the others."""
        async with contextlib.AsyncExitStack() as opened:
            opened.push_async_callback(self._entries.close)
            if self._steps is not None:
                opened.push_async_callback(self._steps.close)
            opened.push_async_callback(self.relay.close)
            if relaying is not None:
                self.relay.end()
                relaying.cancel()
                await asyncio.gather(relaying, return_exceptions=True)

    # -- claim

    async def _claim(self) -> Steps:
        claimed = await self._store.claim(self.number, self._token)
        relayed = await self.relay.take_over(claimed.relayed)
        sequence = claimed.state.position.sequence if claimed.state else 0
        journal = await read_journal(self._broker, self.number, claimed.journal_offset)
        check_outbox(self.number, await self._store.outbox(self.number, OUTBOX_CHECKED), relayed, journal)
        pending = pending_entries(self.number, journal, sequence)
        inbox = TransactionsInbox(await self._broker.transactions(self.number), self._config.batch_records)
        bounds = await inbox.bounds()
        if not self._config.rebuild:
            check_empty(self.number, claimed, relayed, journalled=bool(pending))
        self.commit_no = claimed.commit_no
        ahead = erasures(pending)
        if claimed.state is None:
            self.partition.foresee(ahead)
            await self._begin_at(bounds, pending)
        else:
            check_settings(self.number, claimed.state, self._config)
            check_bounds(self.number, claimed.state.position, bounds)
            await check_fingerprint(self.number, claimed.state, bounds, self._broker)
            policy = _decode_policy(claimed.policy) if claimed.policy else None
            self.partition.restore(claimed.state, policy, claimed.seen, Erased(claimed.erased, ahead))
            await self._erase_ahead()
        await inbox.seek(self.partition.state.position.offset)
        self._steps = steps = Steps(
            self.partition,
            inbox,
            pending,
            relayed or Position(0),
            self._marks,
            self._broker,
            self._entries,
            Judge(self.number, self._config.partitions, self._store, self._config.heartbeat_s),
            self._clock,
            self._metrics,
            self._current_policy,
            self._commit,
        )
        self._stepped_at = asyncio.get_running_loop().time()
        self.claimed = True
        log.info("partition %d: claimed at %s", self.number, self.partition.state.position)
        return steps

    async def _erase_ahead(self) -> None:
        """Erase at once whom the journal erases further on: nobody needs them, and their keys may be gone."""
        known = await self._entries.known_among(self.partition.erased.ahead)
        for customer, customer_id in sorted(known.items()):
            await self.partition.erase(customer, customer_id)
        if known:
            await self._commit()

    async def _begin_at(self, bounds: Bounds, pending: deque[JournalEntry]) -> None:
        """Write where a new partition starts, so that no commit is ever unchecked."""
        first = pending[0].after if pending else bounds.start
        if first < bounds.start:
            msg = (
                f"partition {self.number} of transactions starts at offset {bounds.start}, its journal at {first}: "
                "records that decided something are gone, so the state cannot be computed anew; restore a store backup"
            )
            raise Refused(msg)
        await self.partition.take((), bounds.start)
        await self._commit()

    def _notice_pause(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._stepped_at > PAUSE_BEATS * self._config.heartbeat_s:
            raise Refusal(Outcome.FENCED)
        self._stepped_at = now

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
        if standing.waiting:
            self.relay.look_again()

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
            self.relay.hand(commit.outbox)
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


FATAL = (Refused, ClockJump, TooMuchPoison, RecordUnreadable)
"""Ends of a lease that no new claim can mend: the worker stops with their words."""
