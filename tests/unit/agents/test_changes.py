from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import faust
import msgspec
import pytest
import pytest_asyncio

from agents.boards import Asides, BoardTopics, Headers, UnreadableRecord
from agents.changes import ChangeBoard, add_changes_agent, read_change
from schemas.events import TIER_CHANGED, Cause, Reason, TierChanged
from streams.metrics import Metrics

LONGEST_WAIT_S = 5.0
OTHERS_OFFSET = 1
"""Where a record stands whose letter another process writes."""


def a_change(
    customer: str = "c-1", from_: str | None = "ordinary", to: str | None = "gold", reason: Reason = "event"
) -> TierChanged:
    return TierChanged(
        customer_id=customer,
        scheme="abc_card",
        policy_version="v1",
        from_=from_,
        to=to,
        direction="up",
        reason=reason,
        effective_at="2026-03-01T09:00:00+08:00",
        owner_id=None,
        initial_owner_id=None,
        branch_id=None,
        recommended_roles=[],
        referral_suggested=False,
        reasons=[],
        benefits=[],
        evidence={"aum": "100000"},
        condition="aum >= 100_000",
        cause=Cause(topic="transactions", partition=0, offset=7, transaction_id="t-7"),
    )


def headers(event_id: str = "e-1", kind: str = TIER_CHANGED) -> dict[str, bytes]:
    return {"ce_id": event_id.encode(), "ce_type": kind.encode()}


def test_a_change_told_twice_is_counted_once() -> None:
    board = ChangeBoard()
    assert board.add("e-1", a_change())
    assert not board.add("e-1", a_change())
    assert board.total == 1
    assert board.levels() == {"abc_card": {"gold": 1}}


def test_levels_follow_a_customer_from_level_to_level_and_out_of_the_scheme() -> None:
    board = ChangeBoard()
    board.add("e-1", a_change(to="gold"))
    board.add("e-2", a_change(from_="gold", to="platinum"))
    assert board.levels() == {"abc_card": {"platinum": 1}}
    board.add("e-3", a_change(from_="platinum", to=None))
    assert board.levels() == {"abc_card": {}}


def test_a_placement_takes_nobody_from_the_base_and_no_level_holds_fewer_than_none() -> None:
    board = ChangeBoard()
    board.add("e-1", a_change(to="gold"))
    board.add("e-2", a_change(from_="gold", to="ordinary"))
    board.add("e-3", a_change("c-2", reason="placement"))
    assert board.levels() == {"abc_card": {"gold": 1, "ordinary": 1}}
    board.add("e-4", a_change("c-3", from_="platinum"))  # it got there before this process read
    board.add("e-5", a_change("c-4", from_="gold", to="platinum"))
    assert board.levels() == {"abc_card": {"gold": 1, "ordinary": 1, "platinum": 1}}


def test_the_board_shows_the_newest_changes_first_and_forgets_the_oldest() -> None:
    board = ChangeBoard(kept=2)
    for number in (1, 2, 3):
        board.add(f"e-{number}", a_change(customer=f"c-{number}"))
    assert [entry.change.customer_id for entry in board.latest(10)] == ["c-3", "c-2"]
    assert [entry.id for entry in board.latest(10, after=2)] == ["e-3"]
    assert board.latest(0) == []
    assert board.latest(10, scheme="another") == []
    assert board.latest(10, customer="another") == []


def test_remembered_ids_are_bounded_and_a_repeat_is_remembered_anew() -> None:
    board = ChangeBoard(remembered=2)
    board.add("e-1", a_change())
    board.add("e-2", a_change())
    board.add("e-1", a_change())
    board.add("e-3", a_change())
    assert not board.add("e-1", a_change())
    assert board.add("e-2", a_change())


@pytest.mark.parametrize(
    ("wrong", "value", "said"),
    [
        ({}, b"{}", "header ce_type is ''"),
        ({"ce_type": b"other.v1", "ce_id": b"x"}, b"{}", "header ce_type is 'other.v1'"),
        ({"ce_type": TIER_CHANGED.encode()}, b"{}", "header ce_id is missing"),
        (headers(), b"not json", "the body is not a tier change"),
        (headers(), None, "the body is not a tier change"),
        (headers(), b"{}", "missing required field `customer_id`"),
        (headers(), b'{"customer_id": "\xff"}', "the body is not a tier change"),
        (headers(), b'{"customer_id": ' + b"[" * 100_000, "the body is not a tier change"),
        ({"ce_type": None, "ce_id": b"x"}, b"{}", "header ce_type is ''"),
        ({"ce_type": TIER_CHANGED.encode(), "ce_id": None}, b"{}", "header ce_id is missing"),
    ],
)
def test_a_record_that_is_no_tier_change_says_what_is_wrong_with_it(
    wrong: Headers, value: bytes | None, said: str
) -> None:
    with pytest.raises(UnreadableRecord, match=said):
        read_change(wrong, value)


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[faust.App]:
    app = faust.App(
        "test-changes",
        broker="kafka://localhost:1",
        store="memory://",
        datadir=str(tmp_path),
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
    )
    app.loop = asyncio.get_running_loop()
    app.finalize()
    app.flow_control.resume()
    yield app
    # Faust makes the loop of a consumer's thread when it makes the consumer; no thread ran it, so nobody closed it.
    cast("Any", app.consumer)._thread.thread_loop.close()


async def until(holds: Any) -> None:
    async with asyncio.timeout(LONGEST_WAIT_S):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


async def test_the_agent_puts_changes_on_the_board_and_sets_unreadable_ones_aside(
    app: faust.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = ChangeBoard()
    sent: list[dict[str, Any]] = []

    async def send(**record: Any) -> Any:
        sent.append(record)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    metrics = Metrics()
    asides = Asides(metrics, lambda place: place.offset != OTHERS_OFFSET)
    agent = add_changes_agent(app, board, BoardTopics("x.tier-changes", "x.dead-letters"), asides)
    monkeypatch.setattr(faust.Topic, "send", lambda _topic, **record: send(**record))
    async with agent.test_context() as context:
        await context.put(b"not json", headers=headers("e-0"))
        await context.put(b"not json", headers=headers("e-0"))
        await context.put(msgspec.json.encode(a_change()), headers=headers("e-1"))
        await context.put(msgspec.json.encode(a_change()), headers=headers("e-1"))
        await context.put(msgspec.json.encode(a_change(customer="c-2")), headers=headers("e-2"))
        await until(lambda: board.total == 2)
    assert [record["headers"]["tierline-error-stage"] for record in sent] == [b"changes"]
    assert sent[0]["value"] == b"not json"
    assert b"not a tier change" in sent[0]["headers"]["tierline-error-reason"]
    assert sent[0]["headers"]["tierline-error-code"] == b"unreadable_event"
    labels = {"stage": "changes", "reason": "unreadable_event"}
    assert metrics.registry.get_sample_value("tierline_dead_letters_total", labels) == 1
