from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agents.dead_letters import read_letters
from agents.demo_alerts import shown_alerts
from agents.history import newest
from streams.claim import read_journal
from streams.outputs import ALERTS, DEAD_LETTERS, JOURNAL, TIER_CHANGES
from streams.ports import Broker, LogUnavailable
from streams.stretch import READ_WAIT_S, stretch
from streams.testing.broker import MemoryBroker
from streams.testing.faults import NO_FAULT, Fault, Link, Scripted
from streams.testing.logs import Cluster, Transaction
from streams.testing.loop import run_virtual

SILENT = Fault(before_s=READ_WAIT_S + 1)
"""An answer that comes too late."""


def a_broker(topic: str, *fetches: Fault) -> MemoryBroker:
    """Five records of ``topic``; the answers to its readers come as ``fetches`` say."""
    cluster = Cluster(partitions=1)
    for _ in range(5):
        cluster.log(topic, 0).append(b"c", b"{}", 0)
    return MemoryBroker(cluster, Link(Scripted(broker__fetch=list(fetches))))


async def read(broker: Broker, first: int, end: int) -> list[list[int]]:
    log = await broker.open_log("t", 0)
    return [[record.offset for record in part] async for part in stretch(log, "t of partition 0", first, end, 2)]


def test_a_stretch_is_read_in_parts_and_ends_before_its_end() -> None:
    assert run_virtual(read(a_broker("t"), 0, 5)) == [[0, 1], [2, 3], [4]]
    assert run_virtual(read(a_broker("t"), 1, 4)) == [[1, 2], [3]]
    assert run_virtual(read(a_broker("t"), 3, 3)) == []


def test_a_step_over_records_that_were_aborted_is_no_silence() -> None:
    cluster = Cluster(partitions=1)
    aborted = Transaction("p")
    cluster.log("t", 0).append(b"c", b"{}", 0, transaction=aborted)
    aborted.state = "aborted"
    cluster.log("t", 0).mark(aborted)
    assert run_virtual(read(MemoryBroker(cluster), 0, 2)) == [[]]


def test_an_answer_within_the_wait_is_no_silence_either() -> None:
    slow = Fault(before_s=READ_WAIT_S - 1)
    assert run_virtual(read(a_broker("t", slow, slow), 0, 5)) == [[0, 1], [2, 3], [4]]


def test_a_log_that_falls_silent_before_its_end_is_not_answering() -> None:
    with pytest.raises(LogUnavailable, match=r"^t of partition 0 goes on to 5 but gave nothing after 2$"):
        run_virtual(read(a_broker("t", NO_FAULT, SILENT), 0, 5))


def found(broker: Broker) -> Awaitable[Any]:
    return newest(broker, TIER_CHANGES, 0, "c", wanted=1, bound=9, told=lambda *_: None)


@pytest.mark.parametrize(
    ("topic", "name", "reading"),
    [
        (TIER_CHANGES, "tier-changes", found),
        (DEAD_LETTERS, "dead-letters", lambda broker: read_letters(broker, 1)),
        (ALERTS, "alerts", lambda broker: shown_alerts(broker, 1, ())),
        (JOURNAL, "the journal", lambda broker: read_journal(broker, 0, 0)),
    ],
)
def test_whoever_reads_a_log_to_its_end_says_so_when_kafka_falls_silent(
    topic: str, name: str, reading: Callable[[Broker], Awaitable[Any]]
) -> None:
    async def run() -> None:
        await reading(a_broker(topic, SILENT))

    with pytest.raises(LogUnavailable, match=f"^{name} of partition 0 goes on to 5 but gave nothing after 0$"):
        run_virtual(run())
