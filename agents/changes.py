"""The latest tier changes: an ordinary Faust agent on ``tier-changes`` that fills a board in memory.

The topic is delivered at least once; a change is known by its event id, so a repeat changes nothing. The agent catches
its own errors, since Faust acknowledges a record whatever its agent raised: what it cannot read becomes a dead letter.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Any, Final

import faust
import msgspec

from schemas.events import TIER_CHANGED, TierChanged

KEPT: Final = 500
"""Changes shown by ``/changes``: a page of them, not an archive; the archive is the topic."""

IDS_REMEMBERED: Final = 50_000
"""Event ids known to be repeats: well above what Faust reads again after a crash (its commit interval)."""

log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(TierChanged).decode


class UnreadableChange(Exception):
    """A record of ``tier-changes`` is not a tier change; the message says why."""


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
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._remembered = remembered
        self._levels: dict[str, Counter[str]] = {}

    def add(self, event_id: str, change: TierChanged) -> bool:
        """Put ``change`` on the board; False if this event was there before."""
        if event_id in self._ids:
            self._ids.move_to_end(event_id)
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._remembered:
            self._ids.popitem(last=False)
        self.total += 1
        self._entries.append(BoardEntry(number=self.total, id=event_id, change=change))
        self._count(change)
        return True

    def latest(self, count: int, after: int = 0, scheme: str | None = None) -> list[BoardEntry]:
        """The newest changes with a number above ``after``, newest first, at most ``count``."""
        found: list[BoardEntry] = []
        for entry in self._newest_first():
            if entry.number <= after or len(found) == count:
                break
            if scheme is None or entry.change.scheme == scheme:
                found.append(entry)
        return found

    def levels(self) -> dict[str, dict[str, int]]:
        """Customers that changes read here brought to each level and that have not left it since, by scheme.

        A customer placed at the base of a scheme causes no change and is not counted.
        """
        return {
            scheme: {level: count for level, count in levels.items() if count > 0}
            for scheme, levels in sorted(self._levels.items())
        }

    def _newest_first(self) -> Iterator[BoardEntry]:
        return reversed(self._entries)

    def _count(self, change: TierChanged) -> None:
        levels = self._levels.setdefault(change.scheme, Counter())
        if change.from_ is not None:
            levels[change.from_] -= 1
        if change.to is not None:
            levels[change.to] += 1


def read_change(headers: dict[str, bytes], value: bytes | None) -> tuple[str, TierChanged]:
    """Event id and body of a record of ``tier-changes``; ``UnreadableChange`` if it is not one."""
    kind = headers.get("ce_type", b"").decode(errors="replace")
    if kind != TIER_CHANGED:
        msg = f"header ce_type is {kind!r}, expected {TIER_CHANGED!r}"
        raise UnreadableChange(msg)
    event_id = headers.get("ce_id", b"").decode(errors="replace")
    if not event_id:
        msg = "header ce_id is missing: without it a repeat could not be told from a change"
        raise UnreadableChange(msg)
    try:
        return event_id, _decode(value or b"")
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        msg = f"the body is not a tier change: {error}"
        raise UnreadableChange(msg) from error


def add_changes_agent(app: faust.App, board: ChangeBoard, tier_changes: str, dead_letters: str) -> Any:
    """Attach the agent to ``app``; topic names are the full ones, with prefix. Returns the agent."""
    source = _bytes_topic(app, tier_changes)
    rejected = _bytes_topic(app, dead_letters)

    async def changes(stream: Any) -> None:
        async for event in stream.events():
            try:
                board.add(*read_change(dict(event.headers or {}), event.value))
            except UnreadableChange as error:
                await _reject(rejected, event, str(error))

    return app.agent(source, name="changes")(changes)


def _bytes_topic(app: faust.App, name: str) -> Any:
    return app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


async def _reject(rejected: Any, event: Any, reason: str) -> None:
    """Put a record aside with its reason; if even that fails, log it: a page must not stop the worker."""
    message = event.message
    log.warning("tier-changes %d:%d was set aside: %s", message.partition, message.offset, reason)
    headers = {
        **(event.headers or {}),
        "tierline-error-stage": b"changes",
        "tierline-error-reason": reason.encode(),
        "tierline-error-topic": message.topic.encode(),
        "tierline-error-partition": str(message.partition).encode(),
        "tierline-error-offset": str(message.offset).encode(),
    }
    try:
        await (await rejected.send(key=message.key, value=message.value, partition=message.partition, headers=headers))
    except Exception:
        log.exception("the dead letter of tier-changes %d:%d was not sent", message.partition, message.offset)
