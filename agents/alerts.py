"""The latest alerts: an ordinary Faust agent on ``alerts`` that fills a board in memory.

Many more alerts may pass than are ever shown: a record is kept as it came, and read when somebody asks for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import faust
import msgspec

from agents.boards import IDS_REMEMBERED, KEPT, BoardTopics, SeenIds, add_board_agent, named
from schemas.events import ALERT_CLEARED, ALERT_RAISED, Alert

Action = Literal["raised", "cleared"]
_ACTIONS: Final[Mapping[str, Action]] = {ALERT_RAISED: "raised", ALERT_CLEARED: "cleared"}
_decode = msgspec.json.Decoder(Alert).decode


class AlertEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One alert as the page shows it: ``number`` counts from 1 in the order in which this process read them.

    ``alert`` is null where the body is not one; ``error`` then says why.
    """

    number: int
    id: str
    action: Action
    alert: Alert | None
    error: str | None = None


class _Kept(NamedTuple):
    number: int
    id: str
    action: Action
    value: bytes

    def read(self) -> AlertEntry:
        """The entry that the page shows."""
        try:
            return AlertEntry(number=self.number, id=self.id, action=self.action, alert=_decode(self.value))
        except msgspec.MsgspecError as error:
            words = f"the body is not an alert: {error}"
            return AlertEntry(number=self.number, id=self.id, action=self.action, alert=None, error=words)


class AlertBoard:
    """The newest alerts, as far as this process has read. ``raised`` and ``cleared`` count them, repeats left out."""

    def __init__(self, kept: int = KEPT, remembered: int = IDS_REMEMBERED) -> None:
        self.raised = 0
        self.cleared = 0
        self._entries: deque[_Kept] = deque(maxlen=kept)
        self._seen = SeenIds(remembered)

    @property
    def total(self) -> int:
        """How many alerts were read: raised, raised again because they got worse, and cleared."""
        return self.raised + self.cleared

    def add(self, event_id: str, action: Action, value: bytes) -> bool:
        """Put a record on the board; False if this event was there before."""
        if not self._seen.take(event_id):
            return False
        if action == "raised":
            self.raised += 1
        else:
            self.cleared += 1
        self._entries.append(_Kept(self.total, event_id, action, value))
        return True

    def latest(self, count: int, after: int = 0, signal: str | None = None) -> list[AlertEntry]:
        """The newest alerts with a number above ``after``, newest first, at most ``count``."""
        found: list[AlertEntry] = []
        for kept in reversed(self._entries):
            if kept.number <= after or len(found) == count:
                break
            entry = kept.read()
            if signal is None or (entry.alert is not None and entry.alert.signal == signal):
                found.append(entry)
        return found


def add_alerts_agent(app: faust.App, board: AlertBoard, topics: BoardTopics) -> Any:
    """Attach the agent to ``app``; returns it."""

    def put(headers: Mapping[str, bytes], value: bytes | None) -> None:
        event = named(headers, tuple(_ACTIONS))
        board.add(event.id, _ACTIONS[event.type_], value or b"")

    return add_board_agent(app, "alerts", topics, put)
