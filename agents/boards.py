"""What the boards behind the pages share: ordinary Faust agents on output topics, which deliver at least once.

A record is known by its event id, so a repeat changes nothing. An agent catches its own errors, since Faust acknowledges a
record whatever its agent raised: what it cannot read becomes a dead letter.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

import faust

KEPT: Final = 500
"""Records shown by a page: the newest ones, not an archive; the archive is the topic."""

IDS_REMEMBERED: Final = 50_000
"""Event ids known to be repeats: well above what Faust reads again after a crash (its commit interval)."""

log = logging.getLogger(__name__)


class UnreadableRecord(Exception):
    """A record is not what its topic holds; the message says why."""


class SeenIds:
    """Event ids seen before, the latest ``remembered`` of them."""

    def __init__(self, remembered: int = IDS_REMEMBERED) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._remembered = remembered

    def take(self, event_id: str) -> bool:
        """Remember an id; false if it was remembered already."""
        if event_id in self._ids:
            self._ids.move_to_end(event_id)
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._remembered:
            self._ids.popitem(last=False)
        return True


class Named(NamedTuple):
    """Type and id of an event."""

    type_: str
    id: str


def named(headers: Mapping[str, bytes], types: Collection[str]) -> Named:
    """Type and id in the headers of a record; ``UnreadableRecord`` if the type is none of ``types`` or there is no id."""
    type_ = headers.get("ce_type", b"").decode(errors="replace")
    if type_ not in types:
        msg = f"header ce_type is {type_!r}, expected {' or '.join(types)}"
        raise UnreadableRecord(msg)
    event_id = headers.get("ce_id", b"").decode(errors="replace")
    if not event_id:
        msg = "header ce_id is missing: without it a repeat could not be told from a new event"
        raise UnreadableRecord(msg)
    return Named(type_, event_id)


class BoardTopics(NamedTuple):
    """Full names, with prefix, of the topic that is read and of the one for what cannot be."""

    source: str
    dead_letters: str


def add_board_agent(
    app: faust.App, name: str, topics: BoardTopics, put: Callable[[Mapping[str, bytes], bytes | None], object]
) -> Any:
    """Attach an agent that hands headers and value of each record to ``put``, which may raise ``UnreadableRecord``."""
    rejected = _bytes_topic(app, topics.dead_letters)

    async def read(stream: Any) -> None:
        async for event in stream.events():
            try:
                put(dict(event.headers or {}), event.value)
            except UnreadableRecord as error:
                await _reject(rejected, event, name, str(error))

    return app.agent(_bytes_topic(app, topics.source), name=name)(read)


def _bytes_topic(app: faust.App, name: str) -> Any:
    return app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


async def _reject(rejected: Any, event: Any, name: str, reason: str) -> None:
    """Put a record aside with its reason; if even that fails, log it: a page must not stop the worker."""
    message = event.message
    log.warning("%s %d:%d was set aside: %s", message.topic, message.partition, message.offset, reason)
    headers = {
        **(event.headers or {}),
        "tierline-error-stage": name.encode(),
        "tierline-error-reason": reason.encode(),
        "tierline-error-topic": message.topic.encode(),
        "tierline-error-partition": str(message.partition).encode(),
        "tierline-error-offset": str(message.offset).encode(),
    }
    try:
        await (await rejected.send(key=message.key, value=message.value, partition=message.partition, headers=headers))
    except Exception:
        log.exception("the dead letter of %s %d:%d was not sent", message.topic, message.partition, message.offset)
