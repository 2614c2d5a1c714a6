"""The latest alerts: an ordinary Faust agent on ``alerts`` that fills a board in memory.

Many more alerts may pass than are ever shown: a record is kept as it came, and read when somebody asks for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import faust
import msgspec

from agents.boards import IDS_REMEMBERED, KEPT, Asides, BoardTopics, Headers, Named, SeenIds, add_board_agent, named
from schemas.events import ALERT_CLEARED, ALERT_RAISED, Alert
from schemas.quality import QUALITY_CLEARED, QUALITY_RAISED, QualityAlert
from streams.keyed import UNREADABLE

Action = Literal["raised", "cleared"]
Body = Alert | QualityAlert


class _Kind(NamedTuple):
    action: Action
    decode: Callable[[bytes], Body]


_of_customers = msgspec.json.Decoder(Alert).decode
_of_sources = msgspec.json.Decoder(QualityAlert).decode
_KINDS: Final[Mapping[str, _Kind]] = {
    ALERT_RAISED: _Kind("raised", _of_customers),
    ALERT_CLEARED: _Kind("cleared", _of_customers),
    QUALITY_RAISED: _Kind("raised", _of_sources),
    QUALITY_CLEARED: _Kind("cleared", _of_sources),
}
"""What may stand in the topic, by ``ce_type``."""


class AlertEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One alert as the page shows it: ``number`` counts from 1 in the order in which this process read them.

    ``type`` is its ``ce_type``: one about a customer, or about the data of a source. ``alert`` is null where the body is not one;
    ``error`` then says why.
    """

    number: int
    id: str
    type: str
    action: Action
    alert: Body | None
    error: str | None = None


class _Kept(NamedTuple):
    number: int
    id: str
    type: str
    value: bytes

    def read(self) -> AlertEntry:
        """The entry that the page shows."""
        kind, alert, error = _KINDS[self.type], None, None
        try:
            alert = kind.decode(self.value)
        except UNREADABLE as mistake:
            error = f"the body is not an alert: {mistake}"
        return AlertEntry(number=self.number, id=self.id, type=self.type, action=kind.action, alert=alert, error=error)


class AlertBoard:
    """The newest alerts about customers and sources, as far as this process has read. ``raised`` and ``cleared`` count them, repeats left out."""

    def __init__(self, kept: int = KEPT, remembered: int = IDS_REMEMBERED) -> None:
        self.raised = 0
        self.cleared = 0
        self._entries: deque[_Kept] = deque(maxlen=kept)
        self._seen = SeenIds(remembered)

    @property
    def total(self) -> int:
        """How many alerts were read: raised, raised again because they got worse, and cleared."""
        return self.raised + self.cleared

    def add(self, event: Named, value: bytes) -> bool:
        """Put a record on the board; False if this event was there before."""
        if not self._seen.take(event.id):
            return False
        if _KINDS[event.type_].action == "raised":
            self.raised += 1
        else:
            self.cleared += 1
        self._entries.append(_Kept(self.total, event.id, event.type_, value))
        return True

    def latest(self, count: int, after: int = 0, signal: str | None = None) -> list[AlertEntry]:
        """The newest alerts with a number above ``after``, newest first, at most ``count``."""
        found: list[AlertEntry] = []
        for kept in reversed(self._entries):
            if kept.number <= after or len(found) == count:
                break
            entry = kept.read()
            if signal is None or (isinstance(entry.alert, Alert) and entry.alert.signal == signal):
                found.append(entry)
        return found


def add_alerts_agent(app: faust.App, board: AlertBoard, topics: BoardTopics, asides: Asides) -> Any:
    """Attach the agent to ``app``; returns it."""

    def put(headers: Headers, value: bytes | None) -> None:
        board.add(named(headers, _KINDS), value or b"")

    return add_board_agent(app, "alerts", topics, asides, put)
