from __future__ import annotations

import asyncio
from typing import Any

import faust
import msgspec
import pytest

from agents.alerts import AlertBoard, add_alerts_agent
from agents.boards import Asides, BoardTopics, Named
from schemas.events import ALERT_CLEARED, ALERT_RAISED, TIER_CHANGED, Alert, AlertRaised, Cause
from schemas.quality import QUALITY_RAISED, QualityAlert, QualityRaised
from streams.metrics import Metrics
from tests.unit.agents.test_changes import app, until

__all__ = ["app"]


def an_alert(customer: str = "c-1", signal: str = "large_outflow") -> bytes:
    """The body of an alert, as it stands in the topic."""
    return msgspec.json.encode(
        AlertRaised(
            alert_id=f"{signal}-{customer}",
            customer_id=customer,
            signal=signal,
            policy_version="v",
            severity="high",
            value_at_stake=250_000,
            advice="Ask where the money went",
            owner_id="rm-1",
            branch_id="b-1",
            recommended_roles=["relationship_manager"],
            account_id=None,
            about=None,
            evidence={"outflow_30d": 250_000, "outflow_z_30d": 4.5},
            condition="outflow_z_30d >= 3.5",
            due_on=None,
            effective_at="2025-07-01T00:00:00+08:00",
            cause=Cause(topic="transactions", partition=0, offset=7),
        )
    )


def headers(event_id: str = "a-1", type_: str = ALERT_RAISED) -> dict[str, bytes]:
    return {"ce_type": type_.encode(), "ce_id": event_id.encode()}


def a_quality_alert() -> bytes:
    return msgspec.json.encode(
        QualityRaised(
            alert_id="q-1",
            source="core",
            policy_version="v",
            dimension="accuracy",
            measure="gap_percent",
            value=3.5,
            threshold=2.0,
            day="2025-07-01",
            counts={"part": 7, "whole": 200},
            effective_at="2025-07-02T00:00:00+08:00",
            cause=Cause(topic="transactions", partition=0, offset=7),
        )
    )


def raised(event_id: str) -> Named:
    return Named(ALERT_RAISED, event_id)


def test_a_repeat_changes_nothing() -> None:
    board = AlertBoard()
    assert board.add(raised("a-1"), an_alert())
    assert not board.add(raised("a-1"), an_alert())
    assert (board.total, board.raised, board.cleared) == (1, 1, 0)
    assert len(board.latest(10)) == 1


def test_the_board_shows_the_newest_alerts_first_and_forgets_the_oldest() -> None:
    board = AlertBoard(kept=2)
    for number in (1, 2, 3):
        board.add(raised(f"a-{number}"), an_alert(f"c-{number}"))
    assert [entry.id for entry in board.latest(10)] == ["a-3", "a-2"]
    assert [entry.id for entry in board.latest(1)] == ["a-3"]
    assert [entry.id for entry in board.latest(10, after=2)] == ["a-3"]
    assert (board.total, board.latest(0)) == (3, [])


def test_raised_and_cleared_are_told_apart_and_a_signal_can_be_asked_for() -> None:
    board = AlertBoard()
    board.add(raised("a-1"), an_alert(signal="sleep_account"))
    board.add(raised("a-2"), an_alert())
    board.add(Named(ALERT_CLEARED, "a-3"), an_alert(signal="sleep_account"))
    assert (board.raised, board.cleared) == (2, 1)
    found = board.latest(10, signal="sleep_account")
    assert [(entry.number, entry.action) for entry in found] == [(3, "cleared"), (1, "raised")]
    assert isinstance(found[0].alert, Alert)
    assert found[0].alert.value_at_stake == 250_000


def test_alerts_about_sources_stand_among_the_others() -> None:
    board = AlertBoard()
    board.add(raised("a-1"), an_alert())
    board.add(Named(QUALITY_RAISED, "q-1"), a_quality_alert())
    newest, other = board.latest(10)
    assert (newest.type, newest.action) == (QUALITY_RAISED, "raised")
    assert isinstance(newest.alert, QualityAlert)
    assert (newest.alert.source, newest.alert.value) == ("core", 3.5)
    assert isinstance(other.alert, Alert)
    assert [entry.id for entry in board.latest(10, signal="large_outflow")] == ["a-1"]
    assert board.raised == 2


@pytest.mark.parametrize("value", [b"", b"not json", b"{}", b'{"signal": "\xff"}', b"[" * 100_000])
def test_what_is_no_alert_is_shown_with_the_reason(value: bytes) -> None:
    board = AlertBoard()
    board.add(raised("a-1"), value)
    (entry,) = board.latest(10)
    assert entry.alert is None
    assert entry.error is not None
    assert "not an alert" in entry.error
    assert board.latest(10, signal="large_outflow") == []


async def test_the_agent_puts_alerts_on_the_board_and_sets_aside_what_is_none(
    app: faust.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, metrics = AlertBoard(), Metrics()
    sent: list[dict[str, Any]] = []

    async def send(_topic: Any, **record: Any) -> Any:
        sent.append(record)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    agent = add_alerts_agent(app, board, BoardTopics("x.alerts", "x.dead-letters"), Asides(metrics, lambda _: True))
    monkeypatch.setattr(faust.Topic, "send", send)
    async with agent.test_context() as context:
        await context.put(an_alert(), headers=headers("a-0", TIER_CHANGED))
        await context.put(an_alert(), headers={"ce_type": ALERT_RAISED.encode()})
        await context.put(an_alert(), headers=headers("a-1"))
        await context.put(an_alert(), headers=headers("a-1"))
        await context.put(an_alert(), headers=headers("a-2", ALERT_CLEARED))
        await until(lambda: board.total == 2)
    assert (board.raised, board.cleared) == (1, 1)
    assert [record["headers"]["tierline-error-stage"] for record in sent] == [b"alerts", b"alerts"]
    reasons = [record["headers"]["tierline-error-reason"].decode() for record in sent]
    assert "expected tierline.alert.raised.v1 or tierline.alert.cleared.v1 or " in reasons[0]
    assert "ce_id is missing" in reasons[1]
    labels = {"stage": "alerts", "reason": "unreadable_event"}
    assert metrics.registry.get_sample_value("tierline_dead_letters_total", labels) == 2
