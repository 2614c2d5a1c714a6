"""Outputs as records: CloudEvents 1.0 in binary mode, journal entries, dead letters."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import xxhash

from schemas.dead_letters import Code, Stage
from schemas.events import ALERT_CLEARED, ALERT_RAISED, TIER_CHANGED, AlertCleared, AlertRaised, Published, TierChanged
from schemas.journal import JournalEntry
from schemas.position import Position
from schemas.quality import QualityAlert
from streams.ports import Output, Record

TRANSACTIONS: Final = "transactions"
CUSTOMERS: Final = "customers"
INTERACTIONS: Final = "interactions"
TIER_CHANGES: Final = "tier-changes"
ALERTS: Final = "alerts"
JOURNAL: Final = "journal"
DEAD_LETTERS: Final = "dead-letters"

OWN_HEADERS: Final = "tierline-"
"""How the names of a dead letter's own headers begin; others came with its record."""

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_JSON: Final = ("content-type", b"application/json")

_encode = msgspec.json.Encoder().encode


def event_id(name: str, customer_id: str, partition: int, position: Position) -> str:
    """The deterministic id of an output: the same after every replay, so a consumer may drop repeats."""
    text = f"{name}\0{customer_id}\0{partition}\0{position}"
    return xxhash.xxh3_128_hexdigest(text.encode())


def published(told: Published, partition: int, position: Position, source: str) -> Output:
    """A tier change for ``tier-changes`` or an alert for ``alerts``, keyed by the customer; ``source`` is ``ce_source``."""
    if isinstance(told, TierChanged):
        topic, type_, name = TIER_CHANGES, TIER_CHANGED, told.scheme
    elif isinstance(told, AlertRaised):
        topic, type_, name = ALERTS, ALERT_RAISED, _of_alert(told, f"raised {told.severity}")
    else:
        topic, type_, name = ALERTS, ALERT_CLEARED, _of_alert(told, "cleared")
    id_ = event_id(name, told.customer_id, partition, position)
    return cloud_event(topic, told.customer_id, told, type_=type_, id_=id_, source=source)


def cloud_event(topic: str, key: str, body: Published | QualityAlert, *, type_: str, id_: str, source: str) -> Output:
    """``body`` as a CloudEvent: ``ce_type``, ``ce_id`` and ``ce_source`` as they are given, the time as the body tells it."""
    headers = (
        ("ce_id", id_.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type_.encode()),
        _SPECVERSION,
        ("ce_time", body.effective_at.encode()),
        _JSON,
    )
    return Output(topic, key.encode(), _encode(body), headers)


def _of_alert(alert: AlertRaised | AlertCleared, action: str) -> str:
    """What tells an alert from the others of one position."""
    return "\0".join((alert.signal, alert.account_id or "", alert.about or "", action))


def journal_entry(entry: JournalEntry) -> Output:
    """An entry for ``journal``, keyed by its sequence."""
    return Output(JOURNAL, str(entry.sequence).encode(), _encode(entry))


class DeadLetter(NamedTuple):
    """A record set aside, for ``dead-letters``, and what it counts as."""

    output: Output
    stage: Stage
    code: Code


def dead_letter(record: Record, topic: str, partition: int, stage: Stage, code: Code, reason: str) -> DeadLetter:
    """``record`` as it came, with headers that say at which stage and why it was set aside."""
    headers = error_headers(stage, code, reason, topic, partition, record.offset)
    return DeadLetter(Output(DEAD_LETTERS, record.key, record.value, (*record.headers, *headers.items())), stage, code)


def error_headers(stage: Stage, code: Code, reason: str, topic: str, partition: int, offset: int) -> dict[str, bytes]:
    """The headers of a dead letter; ``topic``, ``partition`` and ``offset`` say where its record came from."""
    headers = {
        "tierline-error-stage": stage,
        "tierline-error-code": code,
        "tierline-error-reason": reason,
        "tierline-error-topic": topic,
        "tierline-error-partition": str(partition),
        "tierline-error-offset": str(offset),
    }
    return {name: value.encode() for name, value in headers.items()}


def cut_down(output: Output, times: int) -> Output:
    """``output`` without its value, for a broker that refuses its size; a header tells what was left out.

    If it was refused more than once (``times``), also without its key and the headers that came with its record.
    """
    size = len(output.value or b"")
    note = (
        "tierline-cut",
        f"value of {size} bytes left out: larger than the topic takes; read it at its source".encode(),
    )
    if times > 1:
        ours = [(name, told) for name, told in output.headers if name.startswith(OWN_HEADERS)]
        return Output(output.topic, None, None, (*ours, note))
    return Output(output.topic, output.key, None, (*output.headers, note))
