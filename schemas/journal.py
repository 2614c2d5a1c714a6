"""``journal`` v1: everything besides the transactions that decided anything, in the order it was applied."""

from __future__ import annotations

import datetime as dt

import msgspec

from schemas.facts import CustomerFacts


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


class FactsReceived(msgspec.Struct, kw_only=True, frozen=True, tag="facts"):
    """Facts of one customer, read from ``customers[p]`` at ``source_offset``.

    ``timestamp_ms`` is that record's Kafka timestamp, milliseconds since the Unix epoch.
    """

    source_offset: int
    timestamp_ms: int
    facts: CustomerFacts


class RecordSkipped(msgspec.Struct, kw_only=True, frozen=True, tag="skip"):
    """The transactions record at this entry's offset could not be applied and went to dead letters."""

    reason: str


class FactsRejected(msgspec.Struct, kw_only=True, frozen=True, tag="facts_rejected"):
    """The ``customers[p]`` record at ``source_offset`` was not readable and went to dead letters."""

    source_offset: int
    reason: str


Payload = PolicyActivated | DayClosed | FactsReceived | FactsRejected | RecordSkipped


class JournalEntry(msgspec.Struct, kw_only=True, frozen=True):
    """Entry ``sequence`` (from 1, without gaps): applied when the next transactions offset is ``after``."""

    after: int
    sequence: int
    payload: Payload
