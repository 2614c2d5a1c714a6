"""The side topics, ``customers`` and ``interactions``: the entry that each of their records makes in the journal."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.facts import CustomerFacts
from schemas.interactions import Interaction
from schemas.journal import (
    CustomerErased,
    Dropped,
    FactsDropped,
    FactsReceived,
    FactsRejected,
    InteractionDropped,
    InteractionReceived,
    InteractionRejected,
    Payload,
    Received,
    Rejected,
)
from streams.facts import decode_facts, read_facts, source_of_facts
from streams.interactions import decode_interaction, read_interaction, source_of_interaction
from streams.keyed import Unreadable
from streams.outputs import CUSTOMERS, INTERACTIONS, DeadLetter, dead_letter
from streams.ports import Record
from streams.sealing import hash_of, new_key, seal, unseal

_encode = msgspec.json.Encoder().encode

Content = CustomerFacts | Interaction
"""What a record of a side topic tells of its customer."""


@dataclass(slots=True)
class Told:
    """An entry for the journal, and beside it what it leads to but does not say in clear.

    ``content`` is what a ``FactsReceived`` or ``InteractionReceived`` holds (None where nobody can or may read it),
    ``customer_id`` whom a ``CustomerErased`` means, ``new_key`` the key made for this entry, ``letter`` the dead letter of a
    record set aside.
    """

    payload: Payload
    content: Content | None = None
    customer_id: str | None = None
    new_key: bytes | None = None
    letter: DeadLetter | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A side topic. ``read`` gives what a record tells, or the id of a customer to erase; it raises ``Unreadable``.

    ``source`` names whose a record is, given what it tells; None if it cannot be read.
    """

    topic: str
    read: Callable[[Record], Content | str]
    source: Callable[[Record, Content | None], str]
    decode: Callable[[bytes], Content]
    received: type[Received]
    rejected: type[Rejected]
    dropped: type[Dropped]


FACTS: Final = Side(CUSTOMERS, read_facts, source_of_facts, decode_facts, FactsReceived, FactsRejected, FactsDropped)
TALKS: Final = Side(
    INTERACTIONS,
    read_interaction,
    source_of_interaction,
    decode_interaction,
    InteractionReceived,
    InteractionRejected,
    InteractionDropped,
)
SIDES: Final = (FACTS, TALKS)

_SIDE_OF: Final[Mapping[type, Side]] = {
    CustomerErased: FACTS,
    **{kind: side for side in SIDES for kind in (side.received, side.rejected, side.dropped)},
}


def side_of(payload: Received | Rejected | Dropped | CustomerErased) -> Side:
    """The topic that an entry's record came from."""
    return _SIDE_OF[type(payload)]


def customers_of(side: Side, records: Sequence[Record]) -> dict[str, str]:
    """The customers that readable ``records`` tell of: id by hash."""
    found = {}
    for record in records:
        try:
            told = side.read(record)
        except Unreadable:
            continue
        if not isinstance(told, str):
            found[hash_of(told.customer_id)] = told.customer_id
    return found


def journalled(
    side: Side, records: Sequence[Record], partition: int, keys: Mapping[str, bytes], erased: Container[str]
) -> list[Told]:
    """The entries of ``records``, in order; ``keys`` and ``erased`` are by the customer's hash."""
    known, gone, made = dict(keys), set[str](), set[str]()
    entries = []
    for record in records:
        try:
            read = side.read(record)
        except Unreadable as error:
            source = side.source(record, None)
            rejected = side.rejected(source_offset=record.offset, reason=error.code, source=source)
            letter = dead_letter(record, side.topic, partition, "decode", error.code, str(error))
            entries.append(Told(rejected, letter=letter))
            continue
        customer = hash_of(read if isinstance(read, str) else read.customer_id)
        if customer in gone or customer in erased:
            entries.append(Told(side.dropped(source_offset=record.offset)))
        elif isinstance(read, str):
            gone.add(customer)
            entries.append(Told(CustomerErased(source_offset=record.offset, customer=customer), customer_id=read))
        else:
            if customer not in known:
                known[customer] = new_key()
                made.add(customer)
            sealed = seal(known[customer], customer, _encode(read))
            entry = side.received(
                source_offset=record.offset,
                timestamp_ms=record.timestamp,
                customer=customer,
                sealed=sealed,
                source=side.source(record, read),
            )
            entries.append(Told(entry, content=read, new_key=known[customer] if customer in made else None))
    return entries


def opened(entry: Received, key: bytes | None) -> Content | None:
    """What ``entry`` holds; None if ``key`` does not open it."""
    content = None if key is None else unseal(key, entry.customer, entry.sealed)
    return None if content is None else side_of(entry).decode(content)
