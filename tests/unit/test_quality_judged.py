"""Data quality by source at a close: where a threshold is crossed, and what an alert tells."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from schemas.journal import PolicyActivated
from schemas.position import Position
from schemas.quality import (
    QUALITY_FILE,
    KeyInformation,
    QualityAlert,
    QualityCleared,
    QualityRaised,
    QualityState,
    SourceCounts,
)
from streams.calendar import BusinessCalendar
from streams.counts import Counts
from streams.metrics import Metrics
from streams.quality import Quality

DAY = (dt.date(2024, 3, 1) - dt.date(1970, 1, 1)).days
NOBODY = KeyInformation()


class Judge:
    """The quality of partition 3, day after day."""

    def __init__(self, rules: str) -> None:
        self._quality = Quality(
            3, BusinessCalendar("Asia/Shanghai"), "/tierline", Metrics(CollectorRegistry()), Counts()
        )
        self.state = QualityState()
        self._day = DAY
        self.use(rules)

    def use(self, rules: str | None) -> None:
        files = {} if rules is None else {QUALITY_FILE: rules}
        self._quality.use(PolicyActivated(version="v1", files=files))

    def close(self, persons: KeyInformation = NOBODY, **sources: SourceCounts) -> list[QualityAlert]:
        """The bodies of the alerts of one more day, in which ``sources`` sent this."""
        state = msgspec.structs.replace(self.state, sources=sources, sweeping=persons)
        self._day += 1
        self.state, outputs = self._quality.closed(state, self._day, Position(70, self._day, 1))
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
        "partition": 3,
        "policy_version": "v1",
        "dimension": "accuracy",
        "measure": "gap_percent",
        "value": 33.3333,
        "threshold": 2.5,
        "day": "2024-03-02",
        "counts": {"gaps": 1, "told": 3},
        "effective_at": "2024-03-03T00:00:00+08:00",
        "cause": {"topic": "transactions", "partition": 3, "offset": 70, "transaction_id": None},
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
