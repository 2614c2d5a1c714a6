"""Data quality by source when a day is judged: where a threshold is crossed, and what an alert tells."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from schemas.journal import SourcesMeasured
from schemas.position import Position
from schemas.quality import (
    NO_THRESHOLDS,
    Judged,
    KeyInformation,
    QualityAlert,
    QualityCleared,
    QualityRaised,
    SourceCounts,
    read_quality,
)
from streams.calendar import BusinessCalendar
from streams.counts import Counts
from streams.judgement import Judgement
from streams.metrics import Metrics
from streams.quality import added

DAY = dt.date(2024, 3, 1)
NOBODY = KeyInformation()


class Judge:
    """Partition 0, which judges day after day."""

    def __init__(self, rules: str) -> None:
        metrics = Metrics(CollectorRegistry())
        self._judgement = Judgement(0, BusinessCalendar("Asia/Shanghai"), "/tierline", metrics, Counts())
        self.judged = Judged()
        self._day = DAY
        self.use(rules)

    def use(self, rules: str | None) -> None:
        self._thresholds = NO_THRESHOLDS if rules is None else read_quality(rules)

    def close(self, persons: KeyInformation = NOBODY, **sources: SourceCounts) -> list[QualityAlert]:
        """The bodies of the alerts of one more day, in which ``sources`` sent this."""
        before = self.judged.totals
        sent = {source: added(before.get(source, SourceCounts()), counts) for source, counts in sources.items()}
        return self.measure(before | sent, persons)

    def measure(self, totals: dict[str, SourceCounts], persons: KeyInformation = NOBODY) -> list[QualityAlert]:
        """Likewise, in whose end ``totals`` were sent in all."""
        self._day += dt.timedelta(days=1)
        measured = SourcesMeasured(
            day=self._day,
            closed=[self._day, None],
            totals=totals,
            key_information=persons,
            policy_version="v1",
            minimum_records=self._thresholds.minimum_records,
            thresholds=dict(self._thresholds.percent),
        )
        self.judged, outputs = self._judgement.judge(self.judged, measured, Position(70, self._day.day))
        assert self.judged.day == self._day
        assert all(output.topic == "alerts" for output in outputs)
        kinds = {b"tierline.quality.raised.v1": QualityRaised, b"tierline.quality.cleared.v1": QualityCleared}
        return [
            msgspec.json.decode(output.value or b"", type=kinds[dict(output.headers)["ce_type"]]) for output in outputs
        ]


@pytest.mark.parametrize(
    ("part", "whole", "is_raised"),
    [(10, 1000, False), (9, 1000, False), (11, 1000, True), (10, 999, True), (10, 1001, False), (0, 1000, False)],
)
@pytest.mark.parametrize(
    ("measure", "part_name", "whole_name"),
    [("rejected_percent", "rejected", "records"), ("gap_percent", "gaps", "told"), ("late_percent", "late", "applied")],
)
def test_a_percentage_is_raised_above_its_threshold_and_not_at_it(
    measure: str, part_name: str, whole_name: str, part: int, whole: int, *, is_raised: bool
) -> None:
    alerts = Judge(f"{measure} = 1\n").close(core=SourceCounts(**{part_name: part, whole_name: whole}))
    assert [(alert.measure, alert.counts) for alert in alerts] == (
        [(measure, {part_name: part, whole_name: whole})] if is_raised else []
    )


@pytest.mark.parametrize(
    ("complete", "persons", "is_raised"),
    [(800, 1000, False), (801, 1000, False), (799, 1000, True), (800, 1001, True), (0, 1, True)],
)
def test_key_information_is_raised_below_its_threshold_and_not_at_it(
    complete: int, persons: int, *, is_raised: bool
) -> None:
    found = Judge("key_information_percent = 80\n").close(KeyInformation(persons=persons, complete=complete))
    assert [alert.source for alert in found] == (["customers"] if is_raised else [])


@pytest.mark.parametrize(("records", "is_raised"), [(99, False), (100, True), (101, True)])
def test_a_percentage_over_fewer_than_the_minimum_is_not_judged(records: int, *, is_raised: bool) -> None:
    judge = Judge("minimum_records = 100\nrejected_percent = 1\n")
    assert bool(judge.close(core=SourceCounts(records=records, rejected=50))) is is_raised


@pytest.mark.parametrize(("persons", "is_raised"), [(99, False), (100, True), (101, True)])
def test_key_information_of_fewer_persons_than_the_minimum_is_not_judged(persons: int, *, is_raised: bool) -> None:
    judge = Judge("minimum_records = 100\nkey_information_percent = 80\n")
    assert bool(judge.close(KeyInformation(persons=persons, complete=50))) is is_raised


def test_what_was_judged_before_does_not_count_again() -> None:
    judge = Judge("minimum_records = 100\nrejected_percent = 1\n")
    assert judge.measure({"core": SourceCounts(1000, 10)}) == []
    (alert,) = judge.measure({"core": SourceCounts(1100, 12)})
    assert alert.counts == {"rejected": 2, "records": 100}


def test_less_than_was_judged_before_counts_as_nothing_and_what_comes_then_counts() -> None:
    judge = Judge("rejected_percent = 1\ngap_percent = 1\n")
    assert [alert.measure for alert in judge.measure({"core": SourceCounts(1000, 10, told=100, gaps=2)})] == [
        "gap_percent"
    ]
    (cleared,) = judge.measure({"core": SourceCounts(1100, 11, told=200, gaps=1)})
    assert (type(cleared), cleared.counts) == (QualityCleared, {"gaps": 0, "told": 100})
    (raised,) = judge.measure({"core": SourceCounts(1200, 12, told=300, gaps=3)})
    assert (type(raised), raised.counts) == (QualityRaised, {"gaps": 2, "told": 100})
    assert judge.measure({}) == []  # a source that is told of no more
    assert list(judge.judged.raised) == ["core"]


def test_an_alert_is_raised_once_and_cleared_once_at_the_first_close_within_bounds() -> None:
    judge = Judge("minimum_records = 100\nrejected_percent = 1\n")
    bad, good, few = SourceCounts(1000, 11), SourceCounts(1000, 10), SourceCounts(99, 0)
    days = [judge.close(core=counts) for counts in (good, bad, bad, few, good, good, bad)]
    assert [[type(alert) for alert in day] for day in days] == [
        [], [QualityRaised], [], [], [QualityCleared], [], [QualityRaised]
    ]  # fmt: skip
    (first,), (cleared,), (second,) = days[1], days[4], days[6]
    assert first.alert_id == cleared.alert_id != second.alert_id


def test_an_alert_tells_what_was_measured_where_and_when() -> None:
    (alert,) = Judge("gap_percent = 2.5\n").close(core=SourceCounts(records=9, told=3, gaps=1))
    assert msgspec.to_builtins(alert) == {
        "alert_id": alert.alert_id,
        "source": "core",
        "policy_version": "v1",
        "dimension": "accuracy",
        "measure": "gap_percent",
        "value": 33.3333,
        "threshold": 2.5,
        "day": "2024-03-02",
        "counts": {"gaps": 1, "told": 3},
        "effective_at": "2024-03-03T00:00:00+08:00",
        "cause": {"topic": "transactions", "partition": 0, "offset": 70, "transaction_id": None},
    }


def test_an_alert_of_a_silent_source_stands() -> None:
    judge = Judge("rejected_percent = 1\n")
    assert judge.close(core=SourceCounts(1000, 11))
    assert judge.close() == []
    assert judge.close(core=SourceCounts(1000, 11)) == []


def test_a_percentage_that_the_bank_no_longer_judges_is_cleared() -> None:
    judge = Judge("rejected_percent = 1\n")
    assert judge.close(core=SourceCounts(1000, 11))
    judge.use(None)
    (cleared,) = judge.close(core=SourceCounts(1000, 11))
    assert (type(cleared), cleared.threshold, cleared.value) == (QualityCleared, None, 1.1)
    assert judge.close(core=SourceCounts(1000, 11)) == []


def test_each_source_and_each_percentage_has_an_alert_of_its_own() -> None:
    judge = Judge("rejected_percent = 1\nlate_percent = 1\n")
    bad = SourceCounts(records=100, rejected=50, applied=50, late=50)
    found = judge.close(b=bad, a=bad)
    assert [(alert.source, alert.dimension) for alert in found] == [
        ("a", "timeliness"), ("a", "accuracy"), ("b", "timeliness"), ("b", "accuracy")
    ]  # fmt: skip
    assert len({alert.alert_id for alert in found}) == 4
