"""What was told of one customer: tier changes and alerts, read backwards from the end of the topics.

Outputs of a customer lie in the partition in which its records arrive, so one partition is read, in pieces, until enough of the
customer was found or enough records were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.events import ALERT_CLEARED, ALERT_RAISED, TIER_CHANGED
from streams.ports import Broker, PartitionLog, Record
from streams.stretch import stretch

PIECE: Final = 20_000
"""Positions read at a time: some 20 MB, and a fraction of a second."""
_FETCH_RECORDS: Final = 5_000
_OF_CUSTOMERS: Final = frozenset(type_.encode() for type_ in (TIER_CHANGED, ALERT_RAISED, ALERT_CLEARED))
"""``ce_type`` of what is told of customers: ``alerts`` also has what is told of sources, and a customer may have the name of one."""

Progress = Callable[[int, int], None]
"""Called with the number of positions looked at so far and of all that may be."""


class Found(NamedTuple):
    """The newest records of a customer in one topic, newest first.

    ``looked`` of the ``held`` positions of its partition were looked at; ``whole``: there are no more records of the customer than these.
    """

    records: Sequence[Record]
    looked: int
    held: int
    whole: bool


async def newest(
    broker: Broker, topic: str, partition: int, customer_id: str, *, wanted: int, bound: int, told: Progress
) -> Found:
    """The ``wanted`` newest records about a customer in a partition, among the last ``bound`` of its positions."""
    log = await broker.open_log(topic, partition)
    try:
        start, end = await log.bounds()
        last = max(start, end - bound)
        at, found = end, list[Record]()
        while at > last and len(found) < wanted:
            first = max(last, at - PIECE)
            piece = await _between(log, f"{topic} of partition {partition}", first, at, customer_id.encode())
            found += reversed(piece)
            at = first
            told(end - at, end - last)
    finally:
        await log.close()
    return Found(found[:wanted], end - at, end - start, at == start and len(found) <= wanted)


async def _between(log: PartitionLog, name: str, first: int, end: int, key: bytes) -> list[Record]:
    """The records about the customer of ``key`` at the offsets from ``first`` to before ``end``, in order."""
    parts = stretch(log, name, first, end, _FETCH_RECORDS)
    return [record async for part in parts for record in part if record.key == key and _is_of_customer(record)]


def _is_of_customer(record: Record) -> bool:
    headers: Mapping[str, bytes] = dict(record.headers)
    return headers.get("ce_type") in _OF_CUSTOMERS
