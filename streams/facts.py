"""Records of ``customers[p]``: what each tells, and its entry in the journal."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from schemas.facts import CORE, CustomerFacts, Word
from schemas.journal import CustomerErased, FactsDropped, FactsReceived, FactsRejected, Payload
from schemas.limits import ID_LENGTH_MAX
from streams.outputs import CUSTOMERS, dead_letter
from streams.ports import Output, Record
from streams.sealing import hash_of, new_key, seal, unseal
from streams.tally import header_source

_decode = msgspec.json.Decoder(CustomerFacts).decode
_encode = msgspec.json.Encoder().encode


class _Named(msgspec.Struct):
    """The one field that is asked of a record that cannot be read as facts."""

    source: Word = CORE


_named = msgspec.json.Decoder(_Named).decode


class NotFacts(Exception):
    """A record of ``customers`` cannot be read; the message says why."""


@dataclass(slots=True)
class Told:
    """An entry for the journal, and beside it what it leads to but does not say in clear.

    ``facts`` is what a ``FactsReceived`` holds (None where nobody can or may read it), ``customer_id`` whom a
    ``CustomerErased`` means, ``new_key`` the key made for this entry, ``letter`` the dead letter of a record set aside.
    """

    payload: Payload
    facts: CustomerFacts | None = None
    customer_id: str | None = None
    new_key: bytes | None = None
    letter: Output | None = None


def read_facts(record: Record) -> CustomerFacts | str:
    """The facts that a record tells, or, of a tombstone, the id of the customer to erase; raises ``NotFacts``."""
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError as error:
        msg = f"the record's key is no text: {error}"
        raise NotFacts(msg) from error
    if record.value is None:
        if not 0 < len(key) <= ID_LENGTH_MAX:
            msg = f"a tombstone needs the id of the customer to erase as its key, of 1 to {ID_LENGTH_MAX} characters"
            raise NotFacts(msg)
        return key
    try:
        facts = _decode(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = f"not readable as customer facts: {error}"
        raise NotFacts(msg) from error
    if key != facts.customer_id:
        msg = f"the record's key is {key!r}, its customer_id is {facts.customer_id!r}: both must be the same"
        raise NotFacts(msg)
    return facts


def customers_of(records: Sequence[Record]) -> dict[str, str]:
    """The customers that readable ``records`` tell facts of: id by hash."""
    found = {}
    for record in records:
        try:
            facts = read_facts(record)
        except NotFacts:
            continue
        if isinstance(facts, CustomerFacts):
            found[hash_of(facts.customer_id)] = facts.customer_id
    return found


def journalled(
    records: Sequence[Record], partition: int, keys: Mapping[str, bytes], erased: Container[str]
) -> list[Told]:
    """The entries of ``records``, in order; ``keys`` and ``erased`` are by the customer's hash."""
    known, gone, made = dict(keys), set[str](), set[str]()
    entries = []
    for record in records:
        try:
            read = read_facts(record)
        except NotFacts as error:
            rejected = FactsRejected(source_offset=record.offset, reason=str(error), source=_source_of(record))
            letter = dead_letter(record, CUSTOMERS, partition, "decode", rejected.reason)
            entries.append(Told(rejected, letter=letter))
            continue
        customer = hash_of(read if isinstance(read, str) else read.customer_id)
        if customer in gone or customer in erased:
            entries.append(Told(FactsDropped(source_offset=record.offset)))
        elif isinstance(read, str):
            gone.add(customer)
            entries.append(Told(CustomerErased(source_offset=record.offset, customer=customer), customer_id=read))
        else:
            if customer not in known:
                known[customer] = new_key()
                made.add(customer)
            sealed = seal(known[customer], customer, _encode(read))
            entry = FactsReceived(
                source_offset=record.offset,
                timestamp_ms=record.timestamp,
                customer=customer,
                sealed=sealed,
                source=read.source,
            )
            entries.append(Told(entry, facts=read, new_key=known[customer] if customer in made else None))
    return entries


def _source_of(record: Record) -> str:
    """Whose a record is that cannot be read: named by itself, by its header, or by nobody."""
    try:
        return _named(record.value or b"").source
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return header_source(record.headers, CORE)


def opened(entry: FactsReceived, key: bytes | None) -> CustomerFacts | None:
    """The facts in ``entry``; None if ``key`` does not open it."""
    content = None if key is None else unseal(key, entry.customer, entry.sealed)
    return None if content is None else _decode(content)
