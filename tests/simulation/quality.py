"""What the sources of all partitions sent and the alerts that it leads to, computed anew from the whole history.

The clock says when the bank is judged, so the journal is asked for that alone: up to which closes, by which policies.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from tests.oracle.days import date_of, microseconds
from tests.oracle.partition import Entry
from tests.oracle.partition import Partition as Oracle

QUALITY_FILE = "quality.toml"
PARTS = {"late_percent": ("late", "applied"), "rejected_percent": ("rejected", "records")}
"""What is judged here of a source; what an erasure changes (gaps, key information) is not."""

Told = tuple[str, str, str, str, dict[str, int]]
"""Raised or cleared, source, measure, day, part and whole."""

Counts = Mapping[str, Counter[str]]
"""What was counted of each source."""


class Closed(NamedTuple):
    """A close of one partition: its date, and what every source had sent before it."""

    day: dt.date
    counts: Counts


class Judged(NamedTuple):
    """A judgement: the last closed date of each partition, what the sources had sent, and the rules."""

    closed: list[dt.date | None]
    counts: Counts
    rules: Mapping[str, Any]


def closes(oracle: Oracle, history: Iterable[Entry], sources: Mapping[int, str]) -> Iterator[Closed]:
    """Each close of one partition; ``sources`` are the transactions' by offset, entries of other topics bring theirs."""
    late_days = 0
    counts: dict[str, Counter[str]] = {}
    for entry in history:
        if entry[0] == "policy":
            late_days = tomllib.loads(entry[1][QUALITY_FILE])["late_days"]
            continue
        if entry[0] == "counted":
            _, source, rejected = entry
            counts.setdefault(source, Counter()).update(["records", *["rejected"] * rejected])
            continue
        oracle.apply(entry)
        if entry[0] in {"txn", "unreadable"}:
            counts.setdefault(sources[entry[1]], Counter()).update(_noticed(oracle, entry, late_days))
        if entry[0] == "close":
            yield Closed(date_of(entry[1]), {source: Counter(count) for source, count in counts.items()})


def _noticed(oracle: Oracle, entry: Entry, late_days: int) -> Iterator[str]:
    yield "records"
    if entry[0] == "unreadable" or entry[1] in oracle.refused:
        yield "rejected"
    elif entry[1] in oracle.duplicates:
        yield "duplicates"
    elif entry[3]["kind"] != "opening":
        assert oracle.open_day is not None
        yield "applied"
        if oracle.days.day_of(microseconds(entry[3]["booked_at"])) < oracle.open_day - late_days:
            yield "late"


def sent_until(partitions: Iterable[Iterable[Closed]], closed: Iterable[dt.date | None]) -> Counts:
    """What the sources had sent to all partitions up to the closes of these days."""
    total: dict[str, Counter[str]] = {}
    for made, until in zip(partitions, closed, strict=True):
        counts = [close.counts for close in made if until is not None and close.day <= until]
        for source, count in (counts[-1] if counts else {}).items():
            total.setdefault(source, Counter()).update(count)
    return total


def out_of_order(judgements: list[Judged]) -> Iterator[str]:
    """Judgements that do not go on: each must be about a later day of the slowest partition, and no partition goes back."""
    for before, after in pairwise(judgements):
        if _slowest(after) <= _slowest(before):
            yield f"{_slowest(before)} was judged before {_slowest(after)}"
        if any(was is not None and (now is None or now < was) for was, now in zip(*(before[0], after[0]), strict=True)):
            yield f"judged by closes {after.closed} after {before.closed}"


def _slowest(judged: Judged) -> dt.date:
    return min(day for day in judged.closed if day is not None)


def expected(judgements: Iterable[Judged]) -> Iterator[Told]:
    """The alerts in order: one for a source and measure, whatever the number of partitions."""
    raised: set[tuple[str, str]] = set()
    before: Counts = {}
    for judged in judgements:
        for source in sorted(judged.counts):
            for measure, names in PARTS.items():
                part, whole = (judged.counts[source][name] - before.get(source, Counter())[name] for name in names)
                if whole < judged.rules["minimum_records"]:
                    continue
                beyond = Fraction(100 * part, whole) > judged.rules[measure]
                if beyond != ((source, measure) in raised):
                    raised ^= {(source, measure)}
                    told = dict(zip(names, (part, whole), strict=True))
                    yield "raised" if beyond else "cleared", source, measure, _slowest(judged).isoformat(), told
        before = judged.counts
