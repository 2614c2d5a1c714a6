"""The latest tier changes: an ordinary Faust agent on ``tier-changes`` that fills a board in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

import faust
import msgspec

from agents.boards import (
    IDS_REMEMBERED,
    KEPT,
    Asides,
    BoardTopics,
    Headers,
    SeenIds,
    UnreadableRecord,
    add_board_agent,
    named,
)
from schemas.events import TIER_CHANGED, TierChanged
from streams.keyed import UNREADABLE

_decode = msgspec.json.Decoder(TierChanged).decode


class BoardEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One change as the page shows it: ``number`` counts from 1 in the order in which this process read them."""

    number: int
    id: str
    change: TierChanged


class ChangeBoard:
    """The newest changes and how many customers they brought to each level, as far as this process has read.

    ``total`` counts the changes, repeats left out.
    """

    def __init__(self, kept: int = KEPT, remembered: int = IDS_REMEMBERED) -> None:
        self.total = 0
        self._entries: deque[BoardEntry] = deque(maxlen=kept)
        self._seen = SeenIds(remembered)
        self._levels: dict[str, Counter[str]] = {}

    def add(self, event_id: str, change: TierChanged) -> bool:
        """Put ``change`` on the board; False if this event was there before."""
        if not self._seen.take(event_id):
            return False
        self.total += 1
        self._entries.append(BoardEntry(number=self.total, id=event_id, change=change))
        self._count(change)
        return True

    def latest(
        self, count: int, after: int = 0, scheme: str | None = None, customer: str | None = None
    ) -> list[BoardEntry]:
        """The newest changes with a number above ``after``, newest first, at most ``count``; of one scheme or customer."""
        found: list[BoardEntry] = []
        for entry in self._newest_first():
            if entry.number <= after or len(found) == count:
                break
            if scheme in (None, entry.change.scheme) and customer in (None, entry.change.customer_id):
                found.append(entry)
        return found

    def levels(self) -> dict[str, dict[str, int]]:
        """Customers that changes read here brought to each level and that have not left it since, by scheme.

        A customer placed at the base of a scheme causes no change and is not counted.
        """
        return {
            scheme: {level: count for level, count in levels.items() if count}
            for scheme, levels in sorted(self._levels.items())
        }

    def _newest_first(self) -> Iterator[BoardEntry]:
        return reversed(self._entries)

    def _count(self, change: TierChanged) -> None:
        levels = self._levels.setdefault(change.scheme, Counter())
        # A placement names the base it starts from, where the customer never stood; and whoever was placed at the base
        # itself, or before this process read, was not counted and cannot leave.
        if change.from_ is not None and change.reason != "placement" and levels[change.from_] > 0:
            levels[change.from_] -= 1
        if change.to is not None:
            levels[change.to] += 1


def read_change(headers: Headers, value: bytes | None) -> tuple[str, TierChanged]:
    """Event id and body of a record of ``tier-changes``; ``UnreadableRecord`` if it is not one."""
    event_id = named(headers, (TIER_CHANGED,)).id
    try:
        return event_id, _decode(value or b"")
    except UNREADABLE as error:
        msg = f"the body is not a tier change: {error}"
        raise UnreadableRecord(msg) from error


def add_changes_agent(app: faust.App, board: ChangeBoard, topics: BoardTopics, asides: Asides) -> Any:
    """Attach the agent to ``app``; returns it."""

    def put(headers: Headers, value: bytes | None) -> None:
        board.add(*read_change(headers, value))

    return add_board_agent(app, "changes", topics, asides, put)
