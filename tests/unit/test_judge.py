"""What all partitions have counted, put together for the judgement: by which closes, and under which names."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.journal import PolicyActivated, SourcesMeasured
from schemas.partition import PartitionState
from schemas.position import Position
from schemas.quality import Judged, KeyInformation, QualityState, SourceCounts
from streams.calendar import number_of
from streams.judge import measured
from streams.ports import Kept
from streams.quality import OTHERS, SOURCES_MAX

DAY = dt.date(2024, 3, 1)
POLICY = PolicyActivated(version="v1", files={"quality.toml": "minimum_records = 7\ngap_percent = 2.5\n"})


def kept(closed: int | None, *, mark: int = 1, relayed: int | None = 1, **totals: int) -> Kept:
    """A partition that has closed this day of March by the entry ``mark``, and the records of its sources."""
    state = PartitionState(
        position=Position(9, 9),
        open_day=None if closed is None else number_of(DAY.replace(day=closed)) + 1,
        quality=QualityState(
            totals={name: SourceCounts(records) for name, records in totals.items()},
            closed_by=mark,
            closed=KeyInformation(persons=3, complete=1) if mark else None,
        ),
        timezone="Asia/Shanghai",
        cutoff="00:00",
        base_currency="CNY",
        partitions=2,
    )
    return Kept(state, None if relayed is None else Position(9, relayed, 5))


def judged(*closed: int | None, **totals: int) -> Judged:
    days = [None if day is None else DAY.replace(day=day) for day in closed]
    return Judged(closed=days, totals={name: SourceCounts(records) for name, records in totals.items()})


def test_what_the_partitions_counted_is_added_up_with_the_thresholds_it_is_judged_by() -> None:
    found = measured([kept(4, a=1, b=2), kept(None, mark=0), kept(3, a=5, c=1)], Judged(), POLICY)
    assert found == SourcesMeasured(
        day=dt.date(2024, 3, 3),
        closed=[dt.date(2024, 3, 4), None, dt.date(2024, 3, 3)],
        totals={"a": SourceCounts(6), "b": SourceCounts(2), "c": SourceCounts(1)},
        key_information=KeyInformation(persons=6, complete=2),
        policy_version="v1",
        minimum_records=7,
        thresholds={"gap_percent": 25_000},
    )


@pytest.mark.parametrize(
    ("one", "other", "last", "is_new"),
    [
        (kept(4), kept(4), judged(3, 3), True),
        (kept(4), kept(3), judged(3, 3), False),  # one has still to close the day
        (kept(4), kept(3), judged(4, 3), False),  # likewise
        (kept(4), kept(4), judged(4, 3), True),
        (kept(4), kept(4), judged(4, 4), False),
        (kept(5), kept(4), judged(3, 5), False),  # the other is being computed anew
        (kept(5), kept(5), judged(3, 5), True),
        (kept(5), kept(None, mark=0), judged(4, 4), False),  # likewise
        (kept(5), kept(None, mark=0), judged(4, None), True),
        (kept(None, mark=0), kept(None, mark=0), judged(), False),
        (kept(4), kept(4), judged(), True),
        (kept(4), kept(3, mark=0), judged(), False),  # its first day is open, and the bank's is not judged without it
        (kept(4), kept(4, mark=0), judged(3, None), True),  # had nothing on the day
        (kept(4), kept(3, mark=0), judged(3, None), False),
        (kept(4), kept(4, mark=7, relayed=6), judged(3, 3), False),  # a failover may undo that close
        (kept(4), kept(4, mark=7, relayed=7), judged(3, 3), True),
        (kept(4), kept(4, mark=7, relayed=8), judged(3, 3), True),
        (kept(4), kept(4, mark=7, relayed=None), judged(3, 3), False),
        (kept(4, mark=7, relayed=6), kept(4), judged(3, 3), False),
        (kept(4), kept(4, mark=0, relayed=None), judged(3, None), True),
    ],
)
def test_it_is_judged_when_every_partition_has_closed_a_day_that_was_not(
    one: Kept, other: Kept, last: Judged, *, is_new: bool
) -> None:
    assert (measured([one, other], last, POLICY) is not None) is is_new


def test_names_beyond_the_most_are_put_together_and_those_that_were_judged_keep_theirs() -> None:
    many = {f"s{number}": 1 for number in range(SOURCES_MAX)}
    found = measured([kept(4, **many), kept(4, new=5, known=7)], judged(3, 3, known=1), POLICY)
    assert found is not None
    assert len(found.totals) == SOURCES_MAX + 1
    assert found.totals["known"] == SourceCounts(7)
    assert found.totals[OTHERS] == SourceCounts(5 + 1)
