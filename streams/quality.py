"""Data quality of the sources of one partition: counted as its logs are applied. ``streams.judgement`` judges all together.

A function of the two logs alone, like the rest of the state: nothing here reads a clock, and neither batches nor crashes
show. Only an erasure does: who is erased further on in the journal is not counted by a replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar

import msgspec
import numpy as np

from schemas.journal import Payload, PolicyActivated, Received, RecordSkipped, Rejected
from schemas.quality import (
    NO_THRESHOLDS,
    QUALITY_FILE,
    KeyInformation,
    QualityState,
    SourceCounts,
    Thresholds,
    read_quality,
)
from streams.counts import Counts
from streams.erased import PLACE_HOLDER
from streams.ledger.ledger import Ledger
from streams.metrics import Metrics
from streams.tally import Tally

SOURCES_MAX: Final = 32
"""Sources that are told apart: names without end must not fill the state."""
OTHERS: Final = "(others)"
"""The sources beyond."""

FIRMS: Final = ("corporate", "institution")
"""Kinds of customers who have no employer: key information is asked of all others, whose kind may be unknown."""

C = TypeVar("C", SourceCounts, KeyInformation)


class Quality:
    """Counts what one partition's sources send; what it counts is kept in the partition's state."""

    def __init__(self, metrics: Metrics, counts: Counts) -> None:
        self._metrics = metrics
        self._counts = counts
        self._late_days = NO_THRESHOLDS.late_days

    def use(self, policy: PolicyActivated | None) -> None:
        """Tell what is late by ``policy`` from now on."""
        self._late_days = thresholds_of(policy).late_days

    def first_day(self, open_day: int) -> int:
        """The earliest day of bookings that are not late."""
        return open_day - self._late_days

    def batch(self, state: QualityState, tally: Tally) -> QualityState:
        """Count a batch of transactions."""
        state, names = self._counted(state, tally.counts())
        for name, ages in tally.ages():
            if len(ages):
                self._counts.later(partial(self._metrics.event_ages.add, names[name], ages))
        return state

    def entry(self, state: QualityState, payload: Payload) -> QualityState:
        """Count the record that an entry of the journal tells of, of another topic or skipped; other entries count for nothing."""
        if not isinstance(payload, Received | Rejected | RecordSkipped):
            return state
        return self._counted(state, [(payload.source, [1, int(not isinstance(payload, Received))])])[0]

    def _counted(
        self, state: QualityState, told: Iterable[tuple[str, Sequence[int]]]
    ) -> tuple[QualityState, dict[str, str]]:
        """``state`` with these counts, and the name under which each source is counted."""
        sources, names = dict(state.sources), dict[str, str]()
        for source, counts in told:
            name = names[source] = name_in(source, sources.keys() | state.totals.keys())
            more = SourceCounts(*counts)
            sources[name] = added(sources.get(name, SourceCounts()), more)
            for what, count in msgspec.structs.asdict(more).items():
                if count:
                    self._counts.add(self._metrics.source_records.labels(name, what), count)
        return msgspec.structs.replace(state, sources=sources), names

    def swept(self, state: QualityState, ledger: Ledger, ids: Sequence[str], day: int) -> QualityState:
        """Count the key information of customers whom the close of ``day`` has looked at; they are in ``ledger``."""
        sweeping = added(state.sweeping, key_information(ledger, ids, day))
        return msgspec.structs.replace(state, sweeping=sweeping)

    def closed(self, state: QualityState, mark: int) -> QualityState:
        """Add the day that entry ``mark`` of the journal closed to the totals, and begin the next.

        Where a source found no place for its name on this day, those that sent nothing give theirs up.
        """
        lacking = OTHERS in state.sources
        kept = {name: counts for name, counts in state.totals.items() if name in state.sources or not lacking}
        return QualityState(
            totals=kept | {name: added(kept.get(name, SourceCounts()), more) for name, more in state.sources.items()},
            closed_by=mark,
            closed=state.sweeping,
            judged=state.judged,
        )


def thresholds_of(policy: PolicyActivated | None) -> Thresholds:
    """What ``policy`` bears of sources."""
    text = None if policy is None else policy.files.get(QUALITY_FILE)
    return NO_THRESHOLDS if text is None else read_quality(text)


def name_of(state: QualityState, source: str) -> str:
    """The name under which ``source`` is counted."""
    return name_in(source, state.sources.keys() | state.totals.keys())


def name_in(source: str, known: Collection[str]) -> str:
    """The name for ``source`` beside the ``known`` ones: its own while there is place."""
    return source if source in known or len(known) - (OTHERS in known) < SOURCES_MAX else OTHERS


def added(one: C, more: C) -> C:
    """Both counts together."""
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(more), strict=True)
    return type(one)(*(a + b for a, b in pairs))


def key_information(ledger: Ledger, ids: Sequence[str], day: int) -> KeyInformation:
    """Of persons among ``ids`` whom the close of ``day`` looks at: how many the bank can name, reach and place."""
    slots = ledger.slots([customer_id for customer_id in ids if customer_id != PLACE_HOLDER])
    slots = slots[ledger.first_day[slots] <= day]
    facts = ledger.facts_of(slots, ("kind", "has_address", "has_phone", "has_employer"))
    persons = ~np.isin(facts[:, 0], [ledger.code(kind) for kind in FIRMS])
    known = facts[persons, 1:] == 1
    address, phone, employer = known.sum(axis=0).tolist()
    return KeyInformation(len(known), address, phone, employer, int(known.all(axis=1).sum()))
