"""Data quality: the bank's thresholds (``quality.toml``), what is counted of each source, and the alerts it leads to.

A file with one key a line, every one of which may be left out; a percentage that is left out is not judged::

    minimum_records = 100          # a percentage of a source with fewer is not judged
    rejected_percent = 1.0         # raised above: records that cannot be read, of all
    gap_percent = 2.0              # raised above: told balances that do not add up, of all told
    late_percent = 5.0             # raised above: booked more than late_days before the open day, of all applied
    late_days = 3
    key_information_percent = 80   # raised below: persons with address, phone and employer, of all persons
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from schemas.events import Cause
from schemas.tables import is_exact, read_table

QUALITY_FILE: Final = "quality.toml"
"""Name of the file among those of policies."""

QUALITY_RAISED: str = "tierline.quality.raised.v1"
"""``ce_type`` of an alert about a source."""
QUALITY_CLEARED: str = "tierline.quality.cleared.v1"
"""``ce_type`` of its end."""

Dimension = Literal["accuracy", "completeness", "timeliness"]

DIMENSIONS: Final[Mapping[str, Dimension]] = {
    "rejected_percent": "accuracy",
    "gap_percent": "accuracy",
    "late_percent": "timeliness",
    "key_information_percent": "completeness",
}
"""The percentages that are judged, each with what it is a measure of."""
LEAST: Final = "key_information_percent"
"""The one that is raised below its threshold; the others are raised above."""

PERCENT_UNITS: Final = 10_000
"""A percentage is a whole number of ten-thousandths: 1.25 % is 12,500."""
LATE_DAYS: Final = 3
"""Days before the open one from which on a booking is late, where the bank does not say: a long weekend."""
_LATE_DAYS_MAX: Final = 400
_RECORDS_MAX: Final = 10**9


class Thresholds(NamedTuple):
    """What the bank bears: ``percent`` by measure in ten-thousandths of a percent, those alone that are judged."""

    percent: Mapping[str, int]
    late_days: int = LATE_DAYS
    minimum_records: int = 1


NO_THRESHOLDS: Final = Thresholds({})
"""Without the file all is counted and nothing judged."""


def read_quality(text: str) -> Thresholds:
    """Read the file's text; ``ValueError`` tells all mistakes, one a line."""
    table = read_table(text, _mistakes)
    return Thresholds(
        percent={name: int(table[name] * PERCENT_UNITS) for name in DIMENSIONS if name in table},
        late_days=table.get("late_days", LATE_DAYS),
        minimum_records=table.get("minimum_records", 1),
    )


def _mistakes(table: dict[str, object]) -> Iterator[str]:
    counts = {"late_days": (0, _LATE_DAYS_MAX), "minimum_records": (1, _RECORDS_MAX)}
    for key, value in sorted(table.items()):
        if key in DIMENSIONS:
            if not _is_percent(value):
                yield f"{key} = {value}: expected a percentage from 0 to 100 with at most 4 decimals, such as 2.5"
        elif key in counts:
            least, most = counts[key]
            if type(value) is not int or not least <= value <= most:
                yield f"{key} = {value}: expected a whole number from {least} to {most:,}"
        else:
            yield f"{key}: expected one of the keys {', '.join([*DIMENSIONS, *counts])}"


def _is_percent(value: object) -> bool:
    return is_exact(value, PERCENT_UNITS, 0, 100 * PERCENT_UNITS)


class SourceCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a source sent: ``records`` in all, and of these what was noticed.

    ``rejected`` cannot be read, ``duplicates`` were known already. Of the rest, ``told`` tell a balance, openings apart, ``gaps``
    tell one that does not add up, ``late`` are booked long before the open day; ``applied`` are bookings that are no openings.
    """

    records: int = 0
    rejected: int = 0
    duplicates: int = 0
    applied: int = 0
    told: int = 0
    gaps: int = 0
    late: int = 0


class KeyInformation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Persons at a close: how many there are, of whom the bank holds each key fact, and of whom all (``complete``)."""

    persons: int = 0
    address: int = 0
    phone: int = 0
    employer: int = 0
    complete: int = 0


class Judged(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the last judgement of the whole bank leaves: kept in partition 0.

    ``closed`` and ``totals`` are those of its entry in the journal (``schemas.journal.SourcesMeasured``). ``raised`` holds the
    ``alert_id`` of each alert that stands, by source and measure.
    """

    closed: list[dt.date | None] = []
    totals: dict[str, SourceCounts] = {}
    raised: dict[str, dict[str, str]] = {}

    @property
    def day(self) -> dt.date | None:
        """The day that was judged last; None before the first judgement."""
        return min((day for day in self.closed if day is not None), default=None)


class QualityState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a partition keeps: never changed in place, a new one takes its place.

    ``sources`` are counted since the last close, ``totals`` from the first record to that close, whose mark is entry
    ``closed_by`` of the journal. ``sweeping`` is about the customers whom the close under way has looked at, ``closed`` about all of
    the last close. ``judged`` is filled in partition 0 alone.
    """

    sources: dict[str, SourceCounts] = {}
    totals: dict[str, SourceCounts] = {}
    closed_by: int = 0
    sweeping: KeyInformation = KeyInformation()
    closed: KeyInformation | None = None
    judged: Judged = Judged()


class QualityAlert(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A source's data of all partitions against the bank's threshold.

    ``source`` is what records name as theirs (``ce_source`` or ``source``), else their topic; of key information it is
    ``customers``. ``value`` is the percentage of ``part`` in ``whole``, rounded to four decimals: ``part`` and ``whole``, in
    ``counts``, are exact. ``threshold`` is null when the bank no longer judges the ``measure``. ``day``, an ISO date, is the one that
    the last partition closed: what came since the day judged before is counted. ``cause`` is the place in partition 0 at
    which its journal has the figures.
    """

    alert_id: str
    source: str
    policy_version: str
    dimension: Dimension
    measure: str
    value: float | None
    threshold: float | None
    day: str
    counts: dict[str, int]
    effective_at: str
    cause: Cause


class QualityRaised(QualityAlert, kw_only=True, frozen=True, gc=False):
    """A threshold was crossed."""


class QualityCleared(QualityAlert, kw_only=True, frozen=True, gc=False):
    """The source is within its bounds again."""
