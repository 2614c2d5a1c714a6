"""The product without its servers: decode, ledger and decisions, driven through the steps that the oracle took.

It keeps packed customers in a dict, as the store does, and loads them into the ledger when they are not cached.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from agents.policy.compile import compile_policies
from schemas.churn_model import read_churn_model
from schemas.events import AlertCleared, AlertRaised, Cause, Published, Reason, TierChanged
from schemas.facts import CustomerFacts
from schemas.interactions import Interaction
from schemas.measures import ACCOUNT_MEASURES
from schemas.rates import read_rates
from schemas.state import Raised, Standing
from schemas.transactions import KINDS
from streams.calendar import BusinessCalendar
from streams.columns import Events
from streams.cycles import follow
from streams.decider import Decider, Look
from streams.decode import decode, reject_future
from streams.evaluation import evaluate_for
from streams.interactions import instant_of
from streams.ledger.interactions import hear, known
from streams.ledger.learn import learn, unsettles
from streams.ledger.ledger import Ledger
from streams.looks import evaluate
from streams.occasions import with_interaction, with_transactions
from streams.rows import LookKind, Rows, Vocabulary
from streams.seen import Seen
from tests.oracle.measure_names import NAMES
from tests.oracle.partition import FACT_COLUMNS, Entry
from tests.properties.expected import Snapshot, Step
from tests.properties.figures import accounts_of, measures_of, row_of
from tests.properties.histories import CHURN, RATES, History
from tests.properties.layout import BASE_CURRENCY

OPENING = KINDS.index("opening")
POLICY_TAG = 7
T = TypeVar("T")


@dataclass(frozen=True)
class Handling:
    """What must not matter: how the log is cut into batches and commits, and how much of the state is cached."""

    batches: tuple[int, ...] = (1_000_000,)
    """Records of the first batch, the second and so on, round and round."""
    commits: tuple[bool, ...] = (True,)
    """Whether there is a commit after the first batch, the second and so on, round and round."""
    cache_bytes: int = 1 << 26
    takeovers: bool = False
    """Whether the cache is dropped after each commit, as when another worker takes over."""
    skip_settled: bool = True


@dataclass(frozen=True)
class Record:
    """One Kafka record."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Product:
    """One partition's state, moved on step by step; ``looks`` and ``changes`` gather what came of it."""

    def __init__(self, history: History, handling: Handling, policies: Mapping[str, str] | None = None) -> None:
        self.vocabulary = vocabulary = Vocabulary()
        self.handling = handling
        self.calendar = BusinessCalendar(history.timezone, history.cutoff)
        self.ledger = Ledger(self.calendar, vocabulary, handling.cache_bytes)
        self.decider: Decider | None = None
        if policies is not None:
            self._use(policies)
        else:
            self.ledger.set_policy(
                (*NAMES, *FACT_COLUMNS),
                1,
                POLICY_TAG,
                tuple(ACCOUNT_MEASURES),
                read_rates(RATES),
                churn=read_churn_model(CHURN),
            )
        self.seen = Seen({})
        self.store: dict[str, bytes] = {}
        self.ids: list[str] = []
        self.looks: list[Snapshot] = []
        self.changes: list[TierChanged] = []
        self.alerts: list[AlertRaised | AlertCleared] = []
        self._told = 0
        self._batch_sizes = _round_and_round(handling.batches)
        self._commits = _round_and_round(handling.commits)

    def run(self, steps: Sequence[Step]) -> None:
        """Go through the steps; neighbouring transactions are applied in batches."""
        waiting: list[Step] = []
        size, renewed = next(self._batch_sizes), False
        for step in steps:
            is_record = step.entry[0] == "txn"
            if waiting and (not is_record or len(waiting) >= size):
                self._batch(waiting)
                waiting, size = [], next(self._batch_sizes)
            if is_record:
                waiting.append(step)
            elif step.entry[0] == "facts":
                self._facts(step)
            elif step.entry[0] == "talk":
                self._talk(step)
            elif step.entry[0] == "policy":
                self._commit()
                self._use(step.entry[1])
                renewed = True
                continue
            else:
                self._close(step.entry[1], "policy" if renewed else "day_close")
            renewed = False
        if waiting:
            self._batch(waiting)
        self._commit()

    def _use(self, policies: Mapping[str, str]) -> None:
        self.decider = compile_policies(policies, self.vocabulary)
        evaluate_for(self.ledger, self.decider)

    def standings(self) -> dict[str, dict[str, Standing]]:
        """Where every customer stands in every scheme."""
        self._load(self.ids)
        slots = self.ledger.slots(self.ids).tolist()
        return {
            customer_id: self.ledger.profile(slot).standings for customer_id, slot in zip(self.ids, slots, strict=True)
        }

    def signals(self) -> dict[str, dict[str, dict[str, Raised]]]:
        """What is kept of every customer's signals."""
        self._load(self.ids)
        slots = self.ledger.slots(self.ids).tolist()
        return {
            customer_id: self.ledger.profile(slot).signals for customer_id, slot in zip(self.ids, slots, strict=True)
        }

    def _batch(self, steps: Sequence[Step]) -> None:
        open_day = steps[0].open_day
        assert open_day is not None
        records = [_record(step.entry) for step in steps]
        events, rejects = decode(records, self.calendar, BASE_CURRENCY)
        assert not rejects, rejects
        events, _ = reject_future(events, open_day)
        fresh = self.seen.fresh(events.dedup)
        if fresh is not None:
            events = events.take(fresh)
        self.seen.add(open_day, events.dedup)
        assert events.offsets.tolist() == [step.entry[1] for step in steps if step.applied]
        if len(events):
            self._load(events.customers)
            rows = self.ledger.fold(events, open_day)
            if self.decider is not None:
                rows = with_transactions(rows, events, self.decider.occasion_columns, self.vocabulary)
                if self.decider.cycles:
                    follow(self.ledger, events)
            unlooked = events.long_ago(open_day)
            self._look(
                rows, events.customers, LookKind.EVENT, lambda row: self._event(events, rows, row, open_day), unlooked
            )
        if next(self._commits):
            self._commit()

    def _event(self, events: Events, rows: Rows, row: int, open_day: int) -> Look:
        instant = max(int(events.booked_us[row]), self.calendar.start_us(open_day))
        return self._described(
            events.customers[row],
            LookKind.EVENT,
            int(rows.as_of[row]),
            "placement" if events.kind[row] == OPENING else "event",
            instant,
            Cause(
                topic="transactions",
                partition=0,
                offset=int(events.offsets[row]),
                transaction_id=events.transactions[row],
            ),
        )

    def _facts(self, step: Step) -> None:
        _, told, timestamp_ms = step.entry
        facts = msgspec.convert(told, CustomerFacts)
        slot, as_of = self._slot(facts.customer_id, step, timestamp_ms)
        told_on = self.calendar.day_of(timestamp_ms * 1000)
        self.ledger.tell(slot, lambda profile: learn(profile, facts, as_of, told_on), as_of, unsettle=unsettles(facts))
        self._told_look("customers", step, slot, as_of, timestamp_ms * 1000)

    def _talk(self, step: Step) -> None:
        _, told, timestamp_ms = step.entry
        talk = msgspec.convert(told, Interaction)
        slot, as_of = self._slot(talk.customer_id, step, timestamp_ms)
        us = instant_of(talk)
        if known(self.ledger.profile(slot), talk):
            return
        on = self.calendar.day_of(us)
        self.ledger.tell(slot, lambda profile: hear(profile, talk, on), as_of, unsettle=True)
        self._told_look("interactions", step, slot, as_of, us, talk)

    def _slot(self, customer_id: str, step: Step, timestamp_ms: int) -> tuple[int, int]:
        """The slot of a customer who is told of, and the day as of which that is."""
        self._load([customer_id])
        slot = int(self.ledger.slots([customer_id])[0])
        told_on = self.calendar.day_of(timestamp_ms * 1000)
        return slot, told_on if step.open_day is None else max(step.open_day, int(self.ledger.event_day[slot]))

    def _told_look(
        self, topic: str, step: Step, slot: int, as_of: int, us: int, talk: Interaction | None = None
    ) -> None:
        if step.open_day is None:
            return
        cause = Cause(topic=topic, partition=0, offset=self._told)
        self._told += 1
        customer_id = step.entry[1]["customer_id"]
        instant = max(us, self.calendar.start_us(step.open_day))
        look = self._described(customer_id, LookKind.EVENT, as_of, "event", instant, cause)
        rows = self.ledger.look_at(np.array([slot]), as_of)
        if talk is not None and self.decider is not None:
            rows = with_interaction(rows, talk, self.decider.occasion_columns, self.vocabulary)
        self._look(rows, [customer_id], LookKind.EVENT, lambda _: look)

    def _close(self, day: int, reason: Reason) -> None:
        self._commit()
        kind = self.calendar.close_kind(day)
        instant = self.calendar.end_us(day)
        cause = Cause(topic="transactions", partition=0, offset=0)
        chunk = next(self._batch_sizes)
        for start in range(0, len(self.ids), chunk):
            ids = self.ids[start : start + chunk]
            self._load(ids)
            slots = self.ledger.slots(ids)
            part = np.flatnonzero(self.ledger.first_day[slots] <= day)
            rows = self.ledger.rows(slots[part], day, kind)

            customers = [ids[index] for index in part.tolist()]

            def look(row: int, rows: Rows = rows, customers: list[str] = customers) -> Look:
                described = self._described(customers[row], kind, day, reason, instant, cause)
                event_day = int(self.ledger.event_day[rows.slots[row]])
                described.event_day = event_day if event_day > day else None
                return described

            self._look(rows, customers, kind, look)
            if next(self._commits):
                self._commit()
        self.seen.forget(self.seen.expired(day + 1))

    def _described(
        self, customer_id: str, kind: LookKind, as_of: int, reason: Reason, instant: int, cause: Cause
    ) -> Look:
        return Look(
            kind=kind,
            as_of=as_of,
            event_day=None,
            reason=reason,
            effective_at=self.calendar.effective_at(instant),
            cause=cause,
            customer_id=customer_id,
        )

    def _look(
        self,
        rows: Rows,
        customers: Sequence[str],
        kind: LookKind,
        look_of: Callable[[int], Look],
        unlooked: NDArray[np.bool_] | None = None,
    ) -> None:
        passed = set() if unlooked is None else set(np.flatnonzero(unlooked).tolist())
        if self.decider is None:
            self.looks += [
                (customer, int(rows.as_of[row]), measures_of(rows, row) | accounts_of(rows, row, self.vocabulary))
                for row, customer in enumerate(customers)
                if row not in passed
            ]
            return
        if not self.handling.skip_settled:
            self.ledger.settled_flags[rows.slots] = 0
            for row in sorted(
                set(range(len(rows))) - passed
            ):  # a look settles its customer: unsettle it before the next
                one = row_of(rows, row)
                found = evaluate(self.ledger, self.decider, one, kind, lambda _, row=row: look_of(row))  # type: ignore[misc]
                self._publish(found)
                self.ledger.settled_flags[one.slots] = 0
            return
        self._publish(evaluate(self.ledger, self.decider, rows, kind, look_of, unlooked=unlooked))

    def _publish(self, found: list[tuple[int, Published]]) -> None:
        for _, told in found:
            if isinstance(told, TierChanged):
                self.changes.append(told)
            else:
                self.alerts.append(told)

    def _load(self, ids: Sequence[str]) -> None:
        absent = self.ledger.absent(ids)
        if absent:
            self.ledger.load(absent, [self.store.get(customer_id) for customer_id in absent])

    def _commit(self) -> None:
        packed = self.ledger.pack_dirty()
        self.store.update(zip(*packed, strict=True))
        self.ids += self.ledger.new_ids()
        self.ledger.committed()
        if self.handling.takeovers:
            self.ledger.drop()


def _record(entry: Entry) -> Record:
    _, offset, timestamp_ms, txn = entry
    return Record(offset, timestamp_ms, txn["customer_id"].encode(), json.dumps(txn).encode())


def _round_and_round(values: Sequence[T]) -> Iterator[T]:
    while True:
        yield from values
