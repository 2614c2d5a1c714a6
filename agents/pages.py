"""The worker's pages: alive, ready, metrics, one customer, the latest changes and alerts. JSON for people and programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import faust
import msgspec
from prometheus_client import CONTENT_TYPE_LATEST

from agents.alerts import AlertBoard
from agents.changes import ChangeBoard
from agents.explain import Explanation

SHOWN: Final = 50
"""Changes or alerts on a page unless ``?limit=`` says otherwise."""

_encode = msgspec.json.Encoder().encode


class Host(Protocol):
    """What pages ask of the worker. Health is a list of reasons in words; empty means yes."""

    def exposition(self) -> bytes:
        """All metrics, brought up to date, as Prometheus reads them."""
        ...

    def not_alive(self) -> list[str]:
        """Why the process should be restarted."""
        ...

    def not_ready(self) -> list[str]:
        """Why the worker does not do its work at this moment."""
        ...


class Explains(Protocol):
    """Answers for ``/customers/{id}``."""

    async def explain(self, customer_id: str) -> Explanation | None:
        """Everything known of a customer; None if nobody of that id was ever seen."""
        ...


@dataclass(frozen=True)
class Boards:
    """What the agents of this process have read."""

    changes: ChangeBoard = field(default_factory=ChangeBoard)
    alerts: AlertBoard = field(default_factory=AlertBoard)


class BadQuery(Exception):
    """A query parameter cannot be used; the message names it, its value and what was expected."""


def add_pages(app: faust.App, *, host: Host, explains: Explains, boards: Boards) -> None:
    """Attach all pages to the app's web server."""

    async def live(view: Any, _request: Any) -> Any:
        return _health(view, host.not_alive())

    async def ready(view: Any, _request: Any) -> Any:
        return _health(view, host.not_ready())

    async def metrics(view: Any, _request: Any) -> Any:
        # The type carries its charset; the web server's helper wants it apart.
        return view.bytes(host.exposition(), content_type=CONTENT_TYPE_LATEST.split(";")[0])

    async def customer(view: Any, _request: Any, customer_id: str) -> Any:
        found = await explains.explain(customer_id)
        if found is None:
            return _json(view, {"error": unknown_customer(customer_id)}, status=404)
        return _json(view, found)

    async def changes(view: Any, request: Any) -> Any:
        board = boards.changes
        try:
            entries = board.latest(*_page(request.query), request.query.get("scheme"), request.query.get("customer"))
        except BadQuery as error:
            return _json(view, {"error": str(error)}, status=400)
        return _json(view, {"total": board.total, "levels": board.levels(), "changes": entries})

    async def alerts(view: Any, request: Any) -> Any:
        board = boards.alerts
        try:
            entries = board.latest(*_page(request.query), request.query.get("signal"))
        except BadQuery as error:
            return _json(view, {"error": str(error)}, status=400)
        return _json(view, {"total": board.total, "raised": board.raised, "cleared": board.cleared, "alerts": entries})

    app.page("/live")(live)
    app.page("/ready")(ready)
    app.page("/metrics")(metrics)
    app.page("/changes")(changes)
    app.page("/alerts")(alerts)
    app.page("/customers/{customer_id:.+}")(customer)


def unknown_customer(customer_id: str) -> str:
    """The words for an id that no partition knows."""
    return f"customer {customer_id!r} is not known: no transaction and no fact of this id was applied yet"


def _health(view: Any, reasons: list[str]) -> Any:
    return _json(view, {"ok": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def _json(view: Any, value: Any, status: int = 200) -> Any:
    return view.bytes(_encode(value), content_type="application/json", status=status)


def _page(query: Any) -> tuple[int, int]:
    """How many entries to show, and after which number."""
    return _number(query, "limit", SHOWN), _number(query, "after", 0)


def _number(query: Any, name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > len(str(2**31)):
        msg = f"{name} is {text!r}, expected a whole number from 0, for example {name}={default}"
        raise BadQuery(msg)
    return int(text)
