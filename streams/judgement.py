"""The judgement of all partitions' sources together: one entry of the journal, compared with the one before.

What came in between is held against the thresholds that the entry itself tells, so a replay raises and clears the same
alerts: nothing here reads a clock, or another partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.events import Cause
from schemas.journal import SourcesMeasured
from schemas.position import Position
from schemas.quality import (
    DIMENSIONS,
    LEAST,
    PERCENT_UNITS,
    QUALITY_CLEARED,
    QUALITY_RAISED,
    Judged,
    QualityAlert,
    QualityCleared,
    QualityRaised,
    SourceCounts,
)
from streams.calendar import BusinessCalendar, number_of
from streams.counts import Counts
from streams.metrics import Metrics
from streams.outputs import ALERTS, CUSTOMERS, TRANSACTIONS, cloud_event, event_id
from streams.ports import Output

_PARTS: Final = {
    "rejected_percent": ("rejected", "records"),
    "gap_percent": ("gaps", "told"),
    "late_percent": ("late", "applied"),
}
"""What each percentage of a source is of."""


class Percentage(NamedTuple):
    """A percentage of one source: ``names`` are those of its part and its whole."""

    source: str
    measure: str
    names: tuple[str, str]
    part: int
    whole: int

    def is_beyond(self, threshold: int) -> bool:
        """Whether it is on the wrong side of ``threshold``; at it, it is not."""
        found, borne = self.part * 100 * PERCENT_UNITS, threshold * self.whole
        return found < borne if self.measure == LEAST else found > borne

    @property
    def rounded(self) -> float | None:
        """The percentage, to four decimals; None of nothing."""
        return round(100 * self.part / self.whole, 4) if self.whole else None


class Judgement:
    """Raises and clears the alerts about sources, in the partition that judges."""

    def __init__(
        self, partition: int, calendar: BusinessCalendar, source: str, metrics: Metrics, counts: Counts
    ) -> None:
        self._partition = partition
        self._calendar = calendar
        self._source = source
        self._metrics = metrics
        self._counts = counts

    def judge(self, before: Judged, measured: SourcesMeasured, position: Position) -> tuple[Judged, list[Output]]:
        """What the judgement leaves, and its alerts; they stand at ``position``, that of the entry."""
        raised = {source: dict(alerts) for source, alerts in before.raised.items()}
        outputs: list[Output] = []
        for percentage in sorted(_percentages(before, measured)):
            outputs += self._one(percentage, raised, measured, position)
        left = {source: alerts for source, alerts in raised.items() if alerts}
        return Judged(closed=measured.closed, totals=measured.totals, raised=left), outputs

    def _one(
        self, found: Percentage, raised: dict[str, dict[str, str]], measured: SourcesMeasured, position: Position
    ) -> Iterator[Output]:
        """Raise or clear the alert of one percentage; one that is not judged any more is cleared."""
        alerts = raised.setdefault(found.source, {})
        standing = alerts.get(found.measure)
        threshold = measured.thresholds.get(found.measure)
        if threshold is not None and found.whole < measured.minimum_records:
            return
        if threshold is not None and found.is_beyond(threshold):
            if standing is None:
                alerts[found.measure] = event_id(found.measure, found.source, self._partition, position)
                yield self._output(QualityRaised, found, alerts[found.measure], measured, position)
        elif standing is not None:
            yield self._output(QualityCleared, found, alerts.pop(found.measure), measured, position)

    def _output(
        self,
        kind: type[QualityAlert],
        found: Percentage,
        alert_id: str,
        measured: SourcesMeasured,
        position: Position,
    ) -> Output:
        action, ce_type = ("raised", QUALITY_RAISED) if kind is QualityRaised else ("cleared", QUALITY_CLEARED)
        self._counts.add(self._metrics.quality_alerts.labels(DIMENSIONS[found.measure], action))
        threshold = measured.thresholds.get(found.measure)
        body = kind(
            alert_id=alert_id,
            source=found.source,
            policy_version=measured.policy_version,
            dimension=DIMENSIONS[found.measure],
            measure=found.measure,
            value=found.rounded,
            threshold=None if threshold is None else threshold / PERCENT_UNITS,
            day=measured.day.isoformat(),
            counts=dict(zip(found.names, (found.part, found.whole), strict=True)),
            effective_at=self._calendar.effective_at(self._calendar.end_us(number_of(measured.day))),
            cause=Cause(topic=TRANSACTIONS, partition=self._partition, offset=position.offset),
        )
        id_ = event_id(f"{ce_type}\0{body.measure}", body.source, self._partition, position)
        return cloud_event(ALERTS, body.source, body, type_=ce_type, id_=id_, source=self._source)


def _percentages(before: Judged, measured: SourcesMeasured) -> Iterator[Percentage]:
    """Every percentage since the judgement ``before``, of all sources and of those whose alert stands."""
    for source in measured.totals.keys() | before.raised.keys():
        now, then = (totals.get(source, SourceCounts()) for totals in (measured.totals, before.totals))
        for measure, names in _PARTS.items():
            part, whole = (max(0, getattr(now, name) - getattr(then, name)) for name in names)
            yield Percentage(source, measure, names, part, whole)
    found = measured.key_information
    yield Percentage(CUSTOMERS, LEAST, ("complete", "persons"), found.complete, found.persons)
