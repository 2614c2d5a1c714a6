"""Data quality of one partition's sources: counted as logs are applied, judged at the close of a day.

A function of the two logs alone, like the rest of the state: nothing here reads a clock, and neither batches nor crashes
show. Only an erasure does: who is erased further on in the journal is not counted by a replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec
import numpy as np

from schemas.events import Cause
from schemas.journal import Payload, PolicyActivated, Received, RecordSkipped, Rejected
from schemas.position import Position
from schemas.quality import (
    DIMENSIONS,
    LEAST,
    NO_THRESHOLDS,
    PERCENT_UNITS,
    QUALITY_CLEARED,
    QUALITY_FILE,
    QUALITY_RAISED,
    KeyInformation,
    QualityAlert,
    QualityCleared,
    QualityRaised,
    QualityState,
    SourceCounts,
    Thresholds,
    read_quality,
)
from streams.calendar import BusinessCalendar, date_of
from streams.counts import Counts
from streams.erased import PLACE_HOLDER
from streams.ledger.ledger import Ledger
from streams.metrics import Metrics
from streams.outputs import ALERTS, CUSTOMERS, TRANSACTIONS, cloud_event, event_id
from streams.ports import Output
from streams.tally import Tally

SOURCES_MAX: Final = 32
"""Sources that a partition tells apart: names without end must not fill its state."""
OTHERS: Final = "(others)"
"""The sources beyond."""

FIRMS: Final = ("corporate", "institution")
"""Kinds of customers who have no employer: key information is asked of all others, whose kind may be unknown."""

_PARTS: Final = {
    "rejected_percent": ("rejected", "records"),
    "gap_percent": ("gaps", "told"),
    "late_percent": ("late", "applied"),
}
"""What each percentage of a source is of."""


class Judged(NamedTuple):
    """A percentage of one source at a close: ``names`` are those of its part and its whole."""

    source: str
    measure: str
    names: tuple[str, str]
    part: int
    whole: int

    def is_beyond(self, threshold: int, least: int = 0) -> bool:
        """Whether it is on the wrong side of ``threshold``; at it, it is not. What the whole lacks of ``least`` counts as good."""
        lacking = max(0, least - self.whole)
        part = self.part + lacking if self.measure == LEAST else self.part
        found, borne = part * 100 * PERCENT_UNITS, threshold * (self.whole + lacking)
        return found < borne if self.measure == LEAST else found > borne

    @property
    def percent(self) -> float | None:
        """The percentage, to four decimals; None of nothing."""
        return round(100 * self.part / self.whole, 4) if self.whole else None


class Quality:
    """The judge of one partition; what it counts is kept in the partition's state."""

    def __init__(
        self,
        partition: int,
        partitions: int,
        calendar: BusinessCalendar,
        source: str,
        metrics: Metrics,
        counts: Counts,
    ) -> None:
        self._partition = partition
        self._partitions = partitions
        self._calendar = calendar
        self._source = source
        self._metrics = metrics
        self._counts = counts
        self._thresholds: Thresholds = NO_THRESHOLDS
        self._version = ""

    def use(self, policy: PolicyActivated | None) -> None:
        """Judge by the thresholds of ``policy`` from now on."""
        text = None if policy is None else policy.files.get(QUALITY_FILE)
        self._thresholds = NO_THRESHOLDS if text is None else read_quality(text)
        self._version = "" if policy is None else policy.version

    def first_day(self, open_day: int) -> int:
        """The earliest day of bookings that are not late."""
        return open_day - self._thresholds.late_days

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
            name = names[source] = _name(source, sources.keys() | state.raised.keys())
            before = msgspec.structs.astuple(sources.get(name, SourceCounts()))
            added = (*counts, *[0] * (len(before) - len(counts)))
            sources[name] = SourceCounts(*(one + more for one, more in zip(before, added, strict=True)))
            for what, more in zip(SourceCounts.__struct_fields__, added, strict=True):
                if more:
                    self._counts.add(self._metrics.source_records.labels(name, what), more)
        return msgspec.structs.replace(state, sources=sources), names

    def swept(self, state: QualityState, ledger: Ledger, ids: Sequence[str], day: int) -> QualityState:
        """Count the key information of customers whom the close of ``day`` has looked at; they are in ``ledger``."""
        found = key_information(ledger, ids, day)
        before = state.sweeping
        total = (
            one + more
            for one, more in zip(msgspec.structs.astuple(before), msgspec.structs.astuple(found), strict=True)
        )
        return msgspec.structs.replace(state, sweeping=KeyInformation(*total))

    def closed(self, state: QualityState, day: int, position: Position) -> tuple[QualityState, list[Output]]:
        """Judge the day that was closed, and begin the next; the alerts stand at ``position``."""
        raised = {source: dict(alerts) for source, alerts in state.raised.items()}
        outputs: list[Output] = []
        for judged in sorted(_judged(state)):
            outputs += self._judge(judged, raised, day, position)
        left = {source: alerts for source, alerts in raised.items() if alerts}
        return QualityState(closed=state.sweeping, raised=left), outputs

    def _judge(
        self, judged: Judged, raised: dict[str, dict[str, str]], day: int, position: Position
    ) -> Iterator[Output]:
        """Raise or clear the alert of one percentage; one that is not judged any more is cleared.

        The minimum is the source's, of which a partition sees its share: keys are hashed. A share is raised only by what
        would be beyond in the whole minimum too, since one bad record of a dozen says little.
        """
        alerts = raised.setdefault(judged.source, {})
        threshold = self._thresholds.percent.get(judged.measure)
        standing = alerts.get(judged.measure)
        minimum = self._thresholds.minimum_records
        if threshold is not None and judged.whole * self._partitions < minimum:
            return
        if threshold is not None and judged.is_beyond(threshold):
            if standing is None and judged.is_beyond(threshold, minimum):
                alerts[judged.measure] = event_id(judged.measure, judged.source, self._partition, position)
                body = self._body(QualityRaised, judged, threshold, alerts[judged.measure], day, position)
                yield self._output(QUALITY_RAISED, body, position)
        elif standing is not None:
            del alerts[judged.measure]
            body = self._body(QualityCleared, judged, threshold, standing, day, position)
            yield self._output(QUALITY_CLEARED, body, position)

    def _body(
        self,
        kind: type[QualityAlert],
        judged: Judged,
        threshold: int | None,
        alert_id: str,
        day: int,
        position: Position,
    ) -> QualityAlert:
        action = "raised" if kind is QualityRaised else "cleared"
        self._counts.add(self._metrics.quality_alerts.labels(DIMENSIONS[judged.measure], action))
        return kind(
            alert_id=alert_id,
            source=judged.source,
            partition=self._partition,
            policy_version=self._version,
            dimension=DIMENSIONS[judged.measure],
            measure=judged.measure,
            value=judged.percent,
            threshold=None if threshold is None else threshold / PERCENT_UNITS,
            day=date_of(day).isoformat(),
            counts=dict(zip(judged.names, (judged.part, judged.whole), strict=True)),
            effective_at=self._calendar.effective_at(self._calendar.end_us(day)),
            cause=Cause(topic=TRANSACTIONS, partition=self._partition, offset=position.offset),
        )

    def _output(self, ce_type: str, body: QualityAlert, position: Position) -> Output:
        id_ = event_id(f"{ce_type}\0{body.measure}", body.source, self._partition, position)
        return cloud_event(ALERTS, body.source, body, type_=ce_type, id_=id_, source=self._source)


def name_of(state: QualityState, source: str) -> str:
    """The name under which ``source`` is counted."""
    return _name(source, state.sources.keys() | state.raised.keys())


def _name(source: str, known: Collection[str]) -> str:
    return source if source in known or len(known) < SOURCES_MAX else OTHERS


def _judged(state: QualityState) -> Iterator[Judged]:
    """Every percentage of the day, of sources that sent something or whose alert stands."""
    for source in state.sources.keys() | state.raised.keys():
        counts = state.sources.get(source, SourceCounts())
        for measure, names in _PARTS.items():
            part, whole = (getattr(counts, name) for name in names)
            yield Judged(source, measure, names, part, whole)
    found = state.sweeping
    yield Judged(CUSTOMERS, LEAST, ("complete", "persons"), found.complete, found.persons)


def key_information(ledger: Ledger, ids: Sequence[str], day: int) -> KeyInformation:
    """Of persons among ``ids`` whom the close of ``day`` looks at: how many the bank can name, reach and place."""
    slots = ledger.slots([customer_id for customer_id in ids if customer_id != PLACE_HOLDER])
    slots = slots[ledger.first_day[slots] <= day]
    facts = ledger.facts_of(slots, ("kind", "has_address", "has_phone", "has_employer"))
    persons = ~np.isin(facts[:, 0], [ledger.code(kind) for kind in FIRMS])
    known = facts[persons, 1:] == 1
    address, phone, employer = known.sum(axis=0).tolist()
    return KeyInformation(len(known), address, phone, employer, int(known.all(axis=1).sum()))
