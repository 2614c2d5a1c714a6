from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agents.alerts import AlertBoard
from agents.boards import Named
from agents.changes import ChangeBoard
from agents.explain import Explanation
from agents.pages import Boards, add_pages
from schemas.events import ALERT_CLEARED
from tests.unit.agents.test_alerts import an_alert, raised
from tests.unit.agents.test_changes import a_change

Client = TestClient[web.Request, web.Application]


@dataclass
class AHost:
    """A worker as its pages see it."""

    dead: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)

    def exposition(self) -> bytes:
        return b"tierline_records_total 5.0\n"

    def not_alive(self) -> list[str]:
        return self.dead

    def not_ready(self) -> list[str]:
        return self.busy


class Knows:
    """Explains one customer."""

    async def explain(self, customer_id: str) -> Explanation | None:
        if customer_id != "a/b c":
            return None
        return Explanation(
            customer_id=customer_id, as_of=None, partition=0, policy_version=None, measures={"aum": 1.5}, schemes={}
        )


@pytest.fixture
def host() -> AHost:
    return AHost()


@pytest.fixture
def boards() -> Boards:
    changes, alerts = ChangeBoard(), AlertBoard()
    for number in (1, 2, 3):
        changes.add(f"e-{number}", a_change(customer=f"c-{number}"))
        alerts.add(raised(f"a-{number}"), an_alert(customer=f"c-{number}"))
    alerts.add(Named(ALERT_CLEARED, "a-4"), an_alert(customer="c-1", signal="sleep_account"))
    return Boards(changes, alerts)


@pytest.fixture
async def client(host: AHost, boards: Boards, tmp_path: Path) -> AsyncIterator[Client]:
    app = faust.App("test-pages", broker="kafka://localhost:1", store="memory://", datadir=str(tmp_path))
    app.loop = asyncio.get_running_loop()
    app.finalize()
    add_pages(app, host=host, explains=Knows(), boards=boards)
    app.web.init_server()
    async with TestClient(TestServer(cast("Any", app.web).web_app)) as client:
        yield client


@pytest.mark.parametrize("path", ["/live", "/ready"])
async def test_health_is_yes_or_the_reasons_against_it(client: Client, host: AHost, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, await answer.json()) == (200, {"ok": True, "reasons": []})
    host.dead = host.busy = ["partition 3 is being claimed"]
    answer = await client.get(path)
    assert answer.status == 503
    assert await answer.json() == {"ok": False, "reasons": ["partition 3 is being claimed"]}


async def test_a_busy_worker_is_alive(client: Client, host: AHost) -> None:
    host.busy = ["kernels are being compiled"]
    assert (await client.get("/live")).status == 200


async def test_metrics_are_in_the_form_that_prometheus_reads(client: Client) -> None:
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.content_type == "text/plain"
    assert await answer.text() == "tierline_records_total 5.0\n"


async def test_a_customer_is_told_whatever_its_id_is_made_of(client: Client) -> None:
    answer = await client.get("/customers/a%2Fb%20c")
    assert answer.status == 200
    assert (await answer.json())["measures"] == {"aum": 1.5}
    answer = await client.get("/customers/nobody")
    assert answer.status == 404
    assert "'nobody' is not known" in (await answer.json())["error"]


async def test_the_latest_changes_come_newest_first_within_limits(client: Client) -> None:
    told = await (await client.get("/changes")).json()
    assert told["total"] == 3
    assert told["levels"] == {"abc_card": {"gold": 3}}
    assert [entry["change"]["customer_id"] for entry in told["changes"]] == ["c-3", "c-2", "c-1"]
    assert told["changes"][0]["change"]["from"] == "ordinary"
    told = await (await client.get("/changes?limit=1")).json()
    assert [entry["number"] for entry in told["changes"]] == [3]
    told = await (await client.get("/changes?after=2&scheme=abc_card")).json()
    assert [entry["number"] for entry in told["changes"]] == [3]


async def test_the_latest_alerts_come_newest_first_within_limits(client: Client) -> None:
    told = await (await client.get("/alerts")).json()
    assert (told["total"], told["raised"], told["cleared"]) == (4, 3, 1)
    assert [(entry["action"], entry["alert"]["customer_id"]) for entry in told["alerts"]] == [
        ("cleared", "c-1"),
        ("raised", "c-3"),
        ("raised", "c-2"),
        ("raised", "c-1"),
    ]
    told = await (await client.get("/alerts?limit=1&after=2")).json()
    assert [entry["number"] for entry in told["alerts"]] == [4]
    told = await (await client.get("/alerts?signal=large_outflow&after=1")).json()
    assert [entry["number"] for entry in told["alerts"]] == [3, 2]


@pytest.mark.parametrize("page", ["changes", "alerts"])
@pytest.mark.parametrize("query", ["limit=many", "after=-1", "limit=", "limit=99999999999999999999"])
async def test_a_wrong_query_is_told_by_name_and_value(client: Client, page: str, query: str) -> None:
    answer = await client.get(f"/{page}?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in (await answer.json())["error"]
    assert "expected a whole number" in (await answer.json())["error"]
