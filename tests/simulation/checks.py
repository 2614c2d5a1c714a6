"""What must be true once peace has come: state and outputs are what both logs say, and nothing else.

(a) Every partition and customer equals, byte for byte, that of a clean worker that reads the same logs from their start,
with other batch sizes and another cache. (b) Read-committed outputs hold no repeat and no gap, and are the clean
worker's, in order. (c) The tier changes are those of the oracle, which shares no code with the product, and so are what
the sources sent to all partitions and the alerts about them.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest

import msgspec

from agents.policy.compile import compile_policies
from schemas.events import ALERT_CLEARED
from schemas.journal import DayClosed
from schemas.partition import PartitionState
from schemas.quality import KeyInformation
from streams.calendar import number_of
from streams.engine import Engine
from streams.ledger.ledger import Ledger
from streams.metrics import Metrics
from streams.rows import LookKind, Vocabulary
from streams.sealing import hash_of
from streams.testing.broker import MemoryBroker
from streams.testing.clock import ManualClock
from streams.testing.logs import Cluster
from streams.testing.store import MemoryStore, StoreServer
from tests.oracle.partition import Entry
from tests.oracle.partition import Partition as Oracle
from tests.simulation.evidence import Evidence, erasures
from tests.simulation.history import TOLD, entries_of, history_of
from tests.simulation.outputs import outputs_problems
from tests.simulation.policies import JUDGED, POLICIES
from tests.simulation.sources import source_alert, sources_problems

REPLAY_S = 120.0
"""Loop seconds that the clean worker may take."""


async def check(evidence: Evidence) -> list[str]:
    """All broken promises, in words."""
    problems: list[str] = []
    for number in range(evidence.world.partitions):
        _count(evidence, number)
        problems += _journal(evidence, number)
    replayed, server, failure = await _replay(evidence)
    if failure:
        problems.append(f"clean replay: {failure}")
    for number in range(evidence.world.partitions):
        problems += _state(evidence, server, number)
        problems += _population(evidence, number)
        problems += outputs_problems(evidence, replayed, number)
        problems += _oracle(evidence, number)
    problems += sources_problems(evidence)
    return problems


def _count(evidence: Evidence, number: int) -> None:
    """What the logs tell of happened, so that a suite may ask whether it ever did."""
    counts, calendar = evidence.counts, evidence.world.calendar
    records = evidence.cluster.log("transactions", number).committed()
    for entry in entries_of(evidence.cluster, number):
        counts[f"journal entries {type(entry.payload).__name__}"] += 1
        if isinstance(entry.payload, DayClosed):
            due_us = calendar.end_us(number_of(entry.payload.day)) + evidence.config.close_grace_us
            follower = next((record for record in records if record.offset >= entry.after), None)
            counts["closes that bring new policies"] += entry.payload.policy is not None
            by_log = follower is not None and follower.timestamp * 1000 >= due_us
            counts["closes before a record" if by_log else "closes by the wall clock"] += 1
    counts["alerts"] += len(evidence.cluster.log("alerts", number).committed())
    counts["tier changes"] += len(evidence.cluster.log("tier-changes", number).committed())
    letters = evidence.cluster.log("dead-letters", number).committed()
    counts["outputs cut down"] += sum("tierline-cut" in dict(letter.headers) for letter in letters)


async def _replay(evidence: Evidence) -> tuple[Cluster, StoreServer, str | None]:
    """A clean worker over copies of the logs; it publishes everything anew, journal entries too."""
    cluster = evidence.cluster.copy(["transactions", *TOLD, "journal"])
    server = StoreServer()
    if evidence.world.seed % 2:  # else the store is lost with all its keys, and their topics are read again
        for number in range(evidence.world.partitions):
            server.at(number).keys = dict(evidence.server.at(number).keys)
    engine = Engine(
        broker=MemoryBroker(cluster),
        store=MemoryStore(server),
        clock=ManualClock(0),
        deciders=compile_policies,
        policies=POLICIES,
        config=replace(evidence.config, clock="log", rebuild=True, batch_records=7, sweep_customers=3),
        metrics=Metrics(),
    )
    await engine.assign(range(evidence.world.partitions))
    failure: str | None = "did not come to an end"
    for _ in range(int(REPLAY_S)):
        await asyncio.sleep(1.0)
        if engine.failure:
            failure = f"{type(engine.failure).__name__}: {engine.failure}"
            break
        if all(_same_place(evidence.server, server, number) for number in range(evidence.world.partitions)):
            failure = None
            break
    await engine.stop(1.0)
    return cluster, server, failure


def _same_place(first: StoreServer, second: StoreServer, number: int) -> bool:
    held = second.at(number)
    return held.position == first.at(number).position and not held.outbox


def _state(evidence: Evidence, server: StoreServer, number: int) -> Iterator[str]:
    here, clean = evidence.server.at(number), server.at(number)
    name = f"partition {number}"
    if _figures(evidence.server, number) != _figures(server, number):
        yield f"{name}: state {here.state!r}, clean replay {clean.state!r}"
    if here.ids != clean.ids:
        yield f"{name}: customers {here.ids}, clean replay {clean.ids}"
    for customer in sorted({*here.customers, *clean.customers}):
        if here.customers.get(customer) != clean.customers.get(customer):
            yield f"{name}: record of {customer} differs from the clean replay's"
    if here.seen != clean.seen:
        yield f"{name}: hashes of seen transactions differ from the clean replay's"
    if here.policy != clean.policy:
        yield f"{name}: active policies differ from the clean replay's"
    if here.erased != clean.erased or here.erased != {entry.customer for entry in erasures(evidence.cluster, number)}:
        yield f"{name}: erased are {here.erased}, in the clean replay {clean.erased}"
    left = {customer for customer in (*here.customers, *here.ids) if hash_of(customer) in here.erased}
    if left or here.keys.keys() & here.erased or clean.keys.keys() & here.erased:
        yield f"{name}: something is left of erased customers {left}"


def _figures(server: StoreServer, number: int) -> PartitionState | None:
    """A partition's state; figures of earlier days left out where a customer who was counted then is erased now."""
    state = server.state(number)
    if state is None or not server.at(number).erased:
        return state
    sources, totals = (
        {name: msgspec.structs.replace(one, gaps=0) for name, one in counts.items()}
        for counts in (state.quality.sources, state.quality.totals)
    )
    quality = msgspec.structs.replace(
        state.quality, sources=sources, totals=totals, sweeping=KeyInformation(), closed=None
    )
    return msgspec.structs.replace(state, cuts=[], year_start=None, quality=quality)


def _population(evidence: Evidence, number: int) -> Iterator[str]:
    """Who stands where is counted as the customers' records say; cuts are about all whom the last close found."""
    kept, state = evidence.server.at(number), evidence.server.state(number)
    ledger = Ledger(evidence.world.calendar, Vocabulary(), 1 << 20)
    ledger.load([*kept.customers], [*kept.customers.values()])
    found: dict[str, Counter[str]] = {}
    for slot in ledger.slots([*kept.customers]).tolist():
        for scheme, standing in ledger.profile(slot).standings.items():
            if standing.level is not None:
                found.setdefault(scheme, Counter())[standing.level] += 1
    if state is not None and state.levels != found:
        yield f"partition {number}: customers by level {state.levels}, their records say {found}"
    days = [
        number_of(entry.payload.day)
        for entry in entries_of(evidence.cluster, number)
        if isinstance(entry.payload, DayClosed)
    ]
    ends = [day for day in days if evidence.world.calendar.close_kind(day) == LookKind.YEAR_CLOSE]
    started = None if state is None or state.year_start is None else state.year_start.day
    if started != (ends[-1] if ends else None):
        yield f"partition {number}: year starts after {started}, the years that were closed end on {ends}"
    evidence.counts["years closed"] += len(ends)
    evidence.counts["cuts with customers"] += sum(bool(cut.sketch) for cut in (state.cuts if state else ()))


def _journal(evidence: Evidence, number: int) -> Iterator[str]:
    """Entries are numbered from 1 without gap or repeat, and never go back in the log."""
    entries = entries_of(evidence.cluster, number)
    if [entry.sequence for entry in entries] != list(range(1, len(entries) + 1)):
        yield f"partition {number}: journal sequences {[entry.sequence for entry in entries]}"
    afters = [entry.after for entry in entries]
    if afters != sorted(afters):
        yield f"partition {number}: journal goes back: {afters}"
    days = [entry.payload.day for entry in entries if isinstance(entry.payload, DayClosed)]
    if any((b - a).days != 1 for a, b in pairwise(days)):
        yield f"partition {number}: days closed {days}"
    for topic, told in TOLD.items():
        sources = [e.payload.source_offset for e in entries if isinstance(e.payload, told)]
        expected = [record.offset for record in evidence.cluster.log(topic, number).committed()]
        if sources != expected:
            yield f"partition {number}: {topic} journalled from offsets {sources}, expected {expected}"


def _oracle(evidence: Evidence, number: int) -> Iterator[str]:
    world = evidence.world
    oracle = Oracle(JUDGED, timezone=world.timezone, cutoff=world.cutoff, log_clock=False)
    expected = [
        (c.customer_id, c.scheme, c.came_from, c.to, c.direction, c.reason, c.effective_at, c.transaction_id)
        for c in oracle.run(_judged(history_of(evidence.cluster, evidence.bad, number)))
    ]
    found = []
    for record in evidence.cluster.log("tier-changes", number).committed():
        body = json.loads(record.value or b"")
        names = ("customer_id", "scheme", "from", "to", "direction", "reason", "effective_at")
        found.append((*(body[name] for name in names), body["cause"].get("transaction_id")))
    for index, (one, other) in enumerate(zip_longest(found, expected)):
        if one != other:
            yield f"partition {number}: tier change {index} is {one}, the oracle's {other}"
            return
    yield from _alerts(evidence, oracle, number)


def _alerts(evidence: Evidence, oracle: Oracle, number: int) -> Iterator[str]:
    """Each alert about a customer is raised and cleared once, as the oracle says."""
    found, raised = [], set()
    for record in evidence.cluster.log("alerts", number).committed():
        body = json.loads(record.value or b"")
        if source_alert(record):
            continue
        cleared = dict(record.headers)["ce_type"] == ALERT_CLEARED.encode()
        action = "cleared" if cleared else "worse" if body["alert_id"] in raised else "raised"
        raised.add(body["alert_id"])
        item = body["account_id"] or body["about"] or ""
        names = ("customer_id", "signal", "severity", "severity_condition", "effective_at")
        found.append((*(body[name] for name in names), item, action))
        evidence.counts[f"alerts {action}"] += 1
        evidence.counts[f"{body['signal']} {action}"] += 1
    expected = [
        (alert.customer_id, one.signal, one.severity, one.said.because, alert.effective_at, one.item, one.action)
        for alert in oracle.alerts
        for one in [alert.told]
    ]
    for index, (alert, other) in enumerate(zip_longest(found, expected)):
        if alert != other:
            yield f"partition {number}: alert {index} is {alert}, the oracle's {other}"
            return


def _judged(history: Iterator[Entry]) -> Iterator[Entry]:
    """The same without what the oracle does not decide by: files, and whom a record counts for."""
    for entry in history:
        if entry[0] == "policy":
            yield ("policy", {name: text for name, text in entry[1].items() if name in JUDGED})
        elif entry[0] != "counted":
            yield entry
