"""What the boards behind the pages share: ordinary Faust agents on output topics, which deliver at least once.

A record is known by its event id, so a repeat changes nothing. An agent catches its own errors, since Faust acknowledges a
record whatever its agent raised: what it cannot read becomes a dead letter.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, NamedTuple

import faust

from schemas.dead_letters import Code
from streams.metrics import Metrics
from streams.outputs import error_headers

KEPT: Final = 500
"""Records shown by a page: the newest ones, not an archive; the archive is the topic."""

IDS_REMEMBERED: Final = 50_000
"""Event ids known to be repeats: well above what Faust reads again after a crash (its commit interval)."""

UNREADABLE_EVENT: Final[Code] = "unreadable_event"

Headers = Mapping[str, bytes | None]
"""Of a record, by name; Kafka lets a value be null."""

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


def named(headers: Headers, types: Collection[str]) -> Named:
    """Type and id in the headers of a record; ``UnreadableRecord`` if the type is none of ``types`` or there is no id."""
    type_ = _text(headers, "ce_type")
    if type_ not in types:
        msg = f"header ce_type is {type_!r}, expected {' or '.join(types)}"
        raise UnreadableRecord(msg)
    event_id = _text(headers, "ce_id")
    if not event_id:
        msg = "header ce_id is missing: without it a repeat could not be told from a new event"
        raise UnreadableRecord(msg)
    return Named(type_, event_id)


def _text(headers: Headers, name: str) -> str:
    return (headers.get(name) or b"").decode(errors="replace")


class BoardTopics(NamedTuple):
    """Full names, with prefix, of the topic that is read and of the one for what cannot be."""

    source: str
    dead_letters: str


class Place(NamedTuple):
    """Where a record stands; ``topic`` is its full name, with prefix."""

    topic: str
    partition: int
    offset: int


class Asides(NamedTuple):
    """How a process sets aside what it cannot read.

    ``ours`` tells whether the letter of the record there is this process's to write: every worker reads all outputs, and
    the last ones once more when it starts, but there is to be one letter.
    """

    metrics: Metrics
    ours: Callable[[Place], bool]


def add_board_agent(
    app: faust.App,
    name: Literal["changes", "alerts"],
    topics: BoardTopics,
    asides: Asides,
    put: Callable[[Headers, bytes | None], object],
) -> Any:
    """Attach an agent that hands headers and value of each record to ``put``, which may raise ``UnreadableRecord``."""
    rejected = _bytes_topic(app, topics.dead_letters)

    async def read(stream: Any) -> None:
        async for event in stream.events():
            try:
                put(dict(event.headers or {}), event.value)
            except UnreadableRecord as error:
                place = Place(event.message.topic, event.message.partition, event.message.offset)
                log.warning("%s %d:%d cannot be read: %s", *place, error)
                if asides.ours(place):
                    asides.metrics.dead_letters.labels(name, UNREADABLE_EVENT).inc()
                    await _reject(rejected, event, error_headers(name, UNREADABLE_EVENT, str(error), *place))

    return app.agent(_bytes_topic(app, topics.source), name=name)(read)


def _bytes_topic(app: faust.App, name: str) -> Any:
    return app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


async def _reject(rejected: Any, event: Any, reasons: Mapping[str, bytes]) -> None:
    """Put a record aside with its reasons; if even that fails, log it."""
    message = event.message
    headers = {**(event.headers or {}), **reasons}
    try:
        await (await rejected.send(key=message.key, value=message.value, partition=message.partition, headers=headers))
    except Exception:  # Faust's errors, and Kafka's, whose names agents do not know: a page must not stop the worker
        log.exception("the dead letter of %s %d:%d was not sent", message.topic, message.partition, message.offset)
