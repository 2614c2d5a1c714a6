"""The alerts about sources of transactions that a partition's logs lead to, computed anew from the whole history."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.days import date_of, microseconds
from tests.oracle.partition import Entry
from tests.oracle.partition import Partition as Oracle

QUALITY_FILE = "quality.toml"
PARTS = {"late_percent": ("late", "applied"), "rejected_percent": ("rejected", "records")}
"""What is judged here of a source; what an erasure changes (gaps, key information) is not."""

Told = tuple[str, str, str, str, dict[str, int]]
"""Raised or cleared, source, measure, day, part and whole."""


def expected(oracle: Oracle, history: Iterable[Entry], sources: Mapping[int, str]) -> Iterator[Told]:
    """The alerts in order; ``sources`` are the records' by offset."""
    rules: dict[str, Any] = {}
    counts: dict[str, Counter[str]] = {}
    raised: set[tuple[str, str]] = set()
    for entry in history:
        if entry[0] == "policy":
            rules = tomllib.loads(entry[1][QUALITY_FILE])
            continue
        oracle.apply(entry)
        if entry[0] in {"txn", "unreadable"}:
            counts.setdefault(sources[entry[1]], Counter()).update(_noticed(oracle, entry, rules["late_days"]))
        if entry[0] == "close":
            yield from _judged(rules, counts, raised, date_of(entry[1]).isoformat())
            counts = {}


def _noticed(oracle: Oracle, entry: Entry, late_days: int) -> Iterator[str]:
    yield "records"
    if entry[0] == "unreadable" or entry[1] in oracle.refused:
        yield "rejected"
    elif entry[1] not in oracle.duplicates and entry[3]["kind"] != "opening":
        assert oracle.open_day is not None
        yield "applied"
        if oracle.days.day_of(microseconds(entry[3]["booked_at"])) < oracle.open_day - late_days:
            yield "late"


def _judged(
    rules: Mapping[str, Any], counts: Mapping[str, Counter[str]], raised: set[tuple[str, str]], day: str
) -> Iterator[Told]:
    for source in sorted(counts):
        for measure, names in PARTS.items():
            part, whole = (counts[source][name] for name in names)
            if whole < rules["minimum_records"]:
                continue
            beyond = Fraction(100 * part, whole) > rules[measure]
            if beyond != ((source, measure) in raised):
                raised ^= {(source, measure)}
                kind = "raised" if beyond else "cleared"
                yield kind, source, measure, day, dict(zip(names, (part, whole), strict=True))
