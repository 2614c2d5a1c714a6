"""The sources are judged once for the bank: entries and alerts are those of the oracle."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

import msgspec

from agents.policy.compile import compile_policies
from schemas.journal import SourcesMeasured
from schemas.quality import SourceCounts
from streams.rows import Vocabulary
from streams.testing.logs import MemoryRecord
from tests.oracle.partition import Partition as Oracle
from tests.simulation.evidence import Evidence
from tests.simulation.history import entries_of, history_of
from tests.simulation.policies import POLICIES, POLICIES_NEXT
from tests.simulation.quality import (
    PARTS,
    QUALITY_FILE,
    Closed,
    Judged,
    Told,
    closes,
    expected,
    out_of_order,
    sent_until,
)

RULES = {compile_policies(files, Vocabulary()).version: files[QUALITY_FILE] for files in (POLICIES, POLICIES_NEXT)}
"""What the bank bears of its sources, by version of the policies."""

ERASABLE = {"told", "gaps"}
"""Counts of a source that this oracle leaves alone: which balance is a gap, an erasure further on changes."""


def sources_problems(evidence: Evidence) -> Iterator[str]:
    """The sources are judged once for the bank, by what all partitions had counted, and the alerts are the oracle's."""
    world, cluster = evidence.world, evidence.cluster
    closed: list[list[Closed]] = []
    for number in range(world.partitions):
        oracle = Oracle({}, timezone=world.timezone, cutoff=world.cutoff, log_clock=False)
        records = cluster.log("transactions", number).committed()
        sources = {r.offset: dict(r.headers).get("ce_source", b"transactions").decode() for r in records}
        closed.append([*closes(oracle, history_of(cluster, evidence.bad, number), sources)])
    measured = [
        (number, entry.payload)
        for number in range(world.partitions)
        for entry in entries_of(cluster, number)
        if isinstance(entry.payload, SourcesMeasured)
    ]
    judgements = []
    for number, payload in measured:
        rules = tomllib.loads(RULES[payload.policy_version])
        judgements.append(Judged(payload.closed, sent_until(closed, payload.closed), rules))
        yield from _measured(payload, judgements[-1], closed)
        if number:
            yield f"partition {number} judges the sources, which partition 0 does"
        evidence.counts["judgements by closes of several days"] += len({*payload.closed} - {None}) > 1
        evidence.counts["judgements without a partition"] += None in payload.closed
    yield from out_of_order(judgements)
    wanted = [(0, *alert) for alert in expected(judgements)]
    found = [
        (number, *alert)
        for number in range(world.partitions)
        for record in cluster.log("alerts", number).committed()
        if (alert := source_alert(record)) is not None
    ]
    for one, other in zip_longest(found, wanted):
        if one != other:
            yield f"an alert about a source is {one}, the oracle's {other}"
            return
        evidence.counts[f"sources {one[1]}"] += 1


def _measured(payload: SourcesMeasured, judged: Judged, closed: list[list[Closed]]) -> Iterator[str]:
    """An entry that judges tells what its partitions' logs say up to closes that anybody can see, and the rules."""
    for source in {*payload.totals, *judged.counts}:
        told = msgspec.structs.asdict(payload.totals.get(source, SourceCounts()))
        sent = {what: judged.counts.get(source, Counter())[what] for what in told}
        unlike = {what for what in told.keys() - ERASABLE if told[what] != sent[what]}
        if unlike:
            yield f"of {source} {told} was judged, sent was {sent}"
    for number, (days, day) in enumerate(zip(closed, payload.closed, strict=True)):
        if day is not None and days and days[0].day <= day and day not in {close.day for close in days}:
            yield f"partition {number} was judged by its close of {day}, which its journal does not have"
    if payload.day != min(day for day in payload.closed if day is not None):
        yield f"judged is {payload.day} by closes of {payload.closed}"
    bounds = {name: judged.rules[name] * 10_000 for name in PARTS}
    if (payload.thresholds, payload.minimum_records) != (bounds, judged.rules["minimum_records"]):
        yield f"judged by {payload.thresholds} of {payload.minimum_records}, the rules are {judged.rules}"


def source_alert(record: MemoryRecord) -> Told | None:
    """An alert about a source; None for one about a customer."""
    _, about, kind, _ = dict(record.headers)["ce_type"].decode().split(".")
    body = json.loads(record.value or b"")
    return (kind, body["source"], body["measure"], body["day"], body["counts"]) if about == "quality" else None
