"""``tierline history``: what was told of one customer, read backwards."""

from __future__ import annotations

import msgspec
import pytest

from agents import history
from agents.history import Found, newest
from agents.history_text import event_of, told_bound, told_event
from schemas.events import AlertRaised, Cause
from schemas.position import Position
from streams.calendar import BusinessCalendar
from streams.outputs import TIER_CHANGES, published
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster, MemoryRecord
from tests.unit.agents.test_alerts import an_alert
from tests.unit.agents.test_changes import a_change

CALENDAR = BusinessCalendar("Asia/Shanghai", "00:00")


def nothing(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def a_broker(*customers: str) -> MemoryBroker:
    """A partition of ``tier-changes`` with one change of each."""
    cluster = Cluster(partitions=1)
    for customer in customers:
        output = published(a_change(customer), 0, Position(1, 1), "/tierline")
        cluster.log(TIER_CHANGES, 0).append(output.key, output.value, 0, output.headers)
    return MemoryBroker(cluster)


async def offsets(broker: MemoryBroker, wanted: int, bound: int) -> tuple[list[int], int, bool]:
    found = await newest(broker, TIER_CHANGES, 0, "a", wanted=wanted, bound=bound, told=nothing)
    return [record.offset for record in found.records], found.looked, found.whole


async def test_the_newest_come_first_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PIECE", 2)
    broker = a_broker("a", "b", "a", "b", "b", "a", "b")
    assert await offsets(broker, wanted=10, bound=100) == ([5, 2, 0], 7, True)
    assert await offsets(broker, wanted=1, bound=100) == ([5], 2, False)
    assert await offsets(broker, wanted=3, bound=100) == ([5, 2, 0], 7, True)


async def test_no_more_is_looked_at_than_asked_for_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PIECE", 2)
    broker = a_broker("a", "b", "a", "b", "b", "a", "b")
    assert await offsets(broker, wanted=10, bound=1) == ([], 1, False)
    assert await offsets(broker, wanted=10, bound=5) == ([5, 2], 5, False)
    assert await offsets(broker, wanted=10, bound=7) == ([5, 2, 0], 7, True)
    assert (
        told_bound(Found((), 5, 7, whole=False), "t") == "  looked at the last 5 of 7 positions of the partition in t"
    )
    assert told_bound(Found((), 7, 7, whole=True), "t") == "  that is all that t has of this customer"


async def test_an_empty_topic_has_nothing() -> None:
    assert await offsets(a_broker(), wanted=1, bound=5) == ([], 0, True)


def test_a_change_at_a_close_tells_the_day_that_was_closed_beside_the_moment() -> None:
    change = msgspec.structs.replace(
        a_change(from_="growing_saver", to="saver"),
        direction="down",
        reason="day_close",
        effective_at="2025-04-30T00:00:00+08:00",
        condition="net_flow_90d > 0",
        evidence={"net_flow_90d": -104_205.63},
        cause=Cause(topic="transactions", partition=3, offset=568, transaction_id=None),
    )
    output = published(change, 0, Position(1, 1), "/tierline")
    event = event_of(MemoryRecord(0, 0, output.key, output.value, output.headers))
    assert list(told_event(event, CALENDAR)) == [
        "2025-04-30T00:00:00+08:00 (the close of 2025-04-29)  abc_card: growing_saver -> saver (down, day_close)",
        "    because  net_flow_90d > 0  holds no longer",
        "    with     net_flow_90d -104,205.63",
        "    cause    a close, before transactions 3:568; policies v1",
    ]
    evening = BusinessCalendar("Asia/Shanghai", "22:00")
    late = event._replace(body=msgspec.structs.replace(change, effective_at="2025-04-29T22:00:00+08:00"))
    assert next(told_event(late, evening)).startswith("2025-04-29T22:00:00+08:00 (the close of 2025-04-29)")


def test_a_change_by_a_transaction_names_it() -> None:
    output = published(a_change(), 0, Position(1, 1), "/tierline")
    told = list(told_event(event_of(MemoryRecord(0, 0, output.key, output.value, output.headers)), CALENDAR))
    assert told[0] == "2026-03-01T09:00:00+08:00  abc_card: ordinary -> gold (up, event)"
    assert told[-1] == "    cause    transactions 0:7, transaction t-7; policies v1"


def test_an_alert_tells_the_money_and_what_to_do() -> None:
    alert = msgspec.json.decode(an_alert(), type=AlertRaised)
    output = published(alert, 0, Position(1, 1), "/tierline")
    told = list(told_event(event_of(MemoryRecord(0, 0, output.key, output.value, output.headers)), CALENDAR))
    assert "    at stake 250,000.00" in told
