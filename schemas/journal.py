"""``journal`` v1: everything besides the transactions that decided anything, in the order it was applied.

What is told about a customer is sealed with a key of the customer's own, which an erasure deletes: the entry stays and
says nothing any more. Entries name a customer by a hash of the id.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from schemas.facts import CORE
from schemas.interactions import UNNAMED
from schemas.quality import KeyInformation, SourceCounts
from schemas.transactions import UNNAMED as UNNAMED_TRANSACTION


class PolicyActivated(msgspec.Struct, kw_only=True, frozen=True, tag="policy"):
    """The first policies of a partition, effective from its first record: file name to TOML text."""

    version: str
    files: dict[str, str]


class DayClosed(msgspec.Struct, kw_only=True, frozen=True, tag="close"):
    """The mark of close ``day``: it is evaluated for every customer of the partition, once.

    ``policy`` is set when a new version of the policies becomes active at this close.
    """

    day: dt.date
    policy: PolicyActivated | None = None


CustomerHash = str
"""BLAKE2b of a customer's id, 128 bits as 32 hexadecimal digits; see ``streams.sealing``."""


class FactsReceived(msgspec.Struct, kw_only=True, frozen=True, tag="facts"):
    """Facts of one customer, read from ``customers[p]`` at ``source_offset``.

    ``timestamp_ms`` is that record's Kafka timestamp, milliseconds since the Unix epoch. ``sealed`` is
    ``schemas.facts.CustomerFacts`` as JSON under AES-256-GCM: 12 bytes of nonce, then text and tag; the hash is its
    associated data. ``source`` is whose facts they are, which an erasure leaves.
    """

    source_offset: int
    timestamp_ms: int
    customer: CustomerHash
    sealed: bytes
    source: str = CORE


class InteractionReceived(msgspec.Struct, kw_only=True, frozen=True, tag="interaction"):
    """An interaction with one customer, read from ``interactions[p]`` at ``source_offset``.

    As in ``FactsReceived``; ``sealed`` is ``schemas.interactions.Interaction`` as JSON.
    """

    source_offset: int
    timestamp_ms: int
    customer: CustomerHash
    sealed: bytes
    source: str = UNNAMED


class InteractionRejected(msgspec.Struct, kw_only=True, frozen=True, tag="interaction_rejected"):
    """The ``interactions[p]`` record at ``source_offset`` was not readable and went to dead letters.

    As in ``FactsRejected``.
    """

    source_offset: int
    reason: str
    source: str = UNNAMED


class InteractionDropped(msgspec.Struct, kw_only=True, frozen=True, tag="interaction_dropped"):
    """The ``interactions[p]`` record at ``source_offset`` is about a customer who was erased: nothing of it is kept."""

    source_offset: int


class RecordSkipped(msgspec.Struct, kw_only=True, frozen=True, tag="skip"):
    """The transactions record at this entry's offset could not be applied and went to dead letters.

    ``reason`` as in ``FactsRejected``; ``source`` is whose record it is, as its header names it.
    """

    reason: str
    source: str = UNNAMED_TRANSACTION


class FactsRejected(msgspec.Struct, kw_only=True, frozen=True, tag="facts_rejected"):
    """The ``customers[p]`` record at ``source_offset`` was not readable and went to dead letters.

    ``reason`` is a word of ``schemas.dead_letters.Code``: a sentence would quote what no erasure could take back. It stands in
    the dead letter.
    """

    source_offset: int
    reason: str
    source: str = CORE


class FactsDropped(msgspec.Struct, kw_only=True, frozen=True, tag="facts_dropped"):
    """The ``customers[p]`` record at ``source_offset`` is about a customer who was erased: nothing of it is kept."""

    source_offset: int


class CustomerErased(msgspec.Struct, kw_only=True, frozen=True, tag="erased"):
    """The tombstone at ``source_offset`` of ``customers[p]`` erased this customer, for good."""

    source_offset: int
    customer: CustomerHash


class SourcesMeasured(msgspec.Struct, kw_only=True, frozen=True, tag="sources"):
    """What the sources had sent in all partitions when each of them had closed ``day``: entered by partition 0 alone.

    ``closed`` is the last closed day of each partition, null where none was ever open: the day of the slowest is ``day``.
    ``totals`` are counted from the first record to these closes, ``key_information`` is that of these closes. They are judged by
    ``minimum_records`` and ``thresholds`` (ten-thousandths of a percent by measure) of policies ``policy_version``.
    """

    day: dt.date
    closed: list[dt.date | None]
    totals: dict[str, SourceCounts]
    key_information: KeyInformation
    policy_version: str
    minimum_records: int
    thresholds: dict[str, int]


Received = FactsReceived | InteractionReceived
Rejected = FactsRejected | InteractionRejected
Dropped = FactsDropped | InteractionDropped
Payload = PolicyActivated | DayClosed | Received | Rejected | Dropped | CustomerErased | RecordSkipped | SourcesMeasured


class JournalEntry(msgspec.Struct, kw_only=True, frozen=True):
    """Entry ``sequence`` (from 1, without gaps): applied when the next transactions offset is ``after``."""

    after: int
    sequence: int
    payload: Payload
