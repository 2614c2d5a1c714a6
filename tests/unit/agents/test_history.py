"""``tierline history``: what was told of one customer, read backwards."""

from __future__ import annotations

import msgspec
import pytest

from agents import history
from agents.history import Found, newest
from agents.history_text import event_of, line_of, told_bound, told_event
from schemas.events import TIER_CHANGED, AlertCleared, AlertRaised, Cause, Direction, Reason, TierChanged
from schemas.position import Position
from schemas.quality import QUALITY_RAISED, QualityRaised
from streams.calendar import BusinessCalendar
from streams.outputs import ALERTS, TIER_CHANGES, cloud_event, published
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster, MemoryRecord
from tests.unit.agents.test_alerts import a_quality_alert, an_alert
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


def the_reason(body: TierChanged | AlertRaised | AlertCleared) -> list[str]:
    """The lines that tell which condition decided and what it read."""
    output = published(body, 0, Position(1, 1), "/tierline")
    told = told_event(event_of(MemoryRecord(0, 0, output.key, output.value, output.headers)), CALENDAR)
    return [line for line in told if not line.startswith("20")][:2]


@pytest.mark.parametrize(
    ("direction", "reason", "told"),
    [
        ("up", "event", "    because  aum >= 90"),
        ("down", "event", "    because  aum >= 90  holds no longer"),
        ("out", "scope", "    because  aum >= 90  holds no longer"),
        ("across", "event", "    decided by  aum >= 90"),
        ("down", "override", "    because  aum >= 90"),
        ("across", "override", "    because  aum >= 90"),
    ],
)
def test_a_condition_is_told_to_fail_only_where_the_direction_says_so(
    direction: Direction, reason: Reason, told: str
) -> None:
    change = msgspec.structs.replace(
        a_change(), direction=direction, reason=reason, condition="aum >= 90", evidence={"aum": 0.05}
    )
    assert the_reason(change) == [told, "    with     aum 0.05"]


@pytest.mark.parametrize(
    ("signal", "type_", "told"),
    [
        ("large_outflow", AlertRaised, "    because  outflow_z_30d >= 3.5"),
        ("large_outflow", AlertCleared, "    decided by  outflow_z_30d >= 3.5"),
        ("tier.at_risk", AlertRaised, "    because  outflow_z_30d >= 3.5  holds no longer"),
        ("tier.at_risk", AlertCleared, "    decided by  outflow_z_30d >= 3.5"),
        ("tier.secured", AlertCleared, "    decided by  outflow_z_30d >= 3.5"),
        ("tier.near", AlertRaised, "    because  outflow_z_30d >= 3.5"),
    ],
)
def test_a_level_at_risk_fails_its_condition_and_a_clearing_leaves_it_open(
    signal: str, type_: type[AlertRaised | AlertCleared], told: str
) -> None:
    alert = msgspec.json.decode(an_alert(signal=signal), type=type_)
    assert the_reason(alert) == [told, "    with     outflow_30d 250,000.00, outflow_z_30d 4.5"]


async def test_alerts_of_a_source_with_the_name_of_the_customer_are_passed_over() -> None:
    cluster = Cluster(partitions=1)
    alert = msgspec.json.decode(an_alert("core"), type=AlertRaised)
    of_source = msgspec.json.decode(a_quality_alert(), type=QualityRaised)
    cluster.log(ALERTS, 0).append(b"core", b"no event", 0)
    for output in (
        published(alert, 0, Position(1, 1), "/tierline"),
        cloud_event(ALERTS, of_source.source, of_source, type_=QUALITY_RAISED, id_="q-1", source="/tierline"),
    ):
        assert output.key == b"core"
        cluster.log(ALERTS, 0).append(output.key, output.value, 0, output.headers)
    found = await newest(MemoryBroker(cluster), ALERTS, 0, "core", wanted=10, bound=100, told=nothing)
    assert [event_of(record).body for record in found.records] == [alert]
    assert (found.looked, found.whole) == (3, True)


def test_a_line_of_json_has_fields_that_this_version_does_not_know() -> None:
    output = published(a_change(), 0, Position(1, 1), "/tierline")
    told = {**msgspec.json.decode(output.value or b""), "added_later": [1.50]}
    record = MemoryRecord(0, 0, output.key, msgspec.json.encode(told), output.headers)
    line = msgspec.json.decode(line_of(record))
    assert line == {"type": TIER_CHANGED, "id": dict(output.headers)["ce_id"].decode(), "event": told}
    assert b"\n" not in line_of(record)


def test_an_alert_tells_the_money_and_what_to_do() -> None:
    alert = msgspec.json.decode(an_alert(), type=AlertRaised)
    output = published(alert, 0, Position(1, 1), "/tierline")
    told = list(told_event(event_of(MemoryRecord(0, 0, output.key, output.value, output.headers)), CALENDAR))
    assert "    at stake 250,000.00" in told
