"""What was told of a customer, in words for a terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from agents.days import iso
from agents.figures import figure, money
from agents.history import Found
from agents.verdicts import of_alert, of_change
from schemas.events import ALERT_CLEARED, ALERT_RAISED, TIER_CHANGED, Alert, AlertCleared, AlertRaised, TierChanged
from streams.calendar import BusinessCalendar
from streams.outputs import TRANSACTIONS
from streams.ports import Record

_US: Final = 1_000_000
_decoders: Final[Mapping[str, Callable[[bytes], TierChanged | AlertRaised | AlertCleared]]] = {
    TIER_CHANGED: msgspec.json.Decoder(TierChanged).decode,
    ALERT_RAISED: msgspec.json.Decoder(AlertRaised).decode,
    ALERT_CLEARED: msgspec.json.Decoder(AlertCleared).decode,
}


class Event(NamedTuple):
    """An event about a customer, with its type and id as its headers tell them."""

    type_: str
    id: str
    body: TierChanged | AlertRaised | AlertCleared


def event_of(record: Record) -> Event:
    """The event in a record that Tierline wrote about a customer."""
    type_, id_ = _named(record)
    return Event(type_, id_, _decoders[type_](record.value or b""))


def line_of(record: Record) -> bytes:
    """The same as a line of JSON, its body as it was told: it may have fields that this version does not know."""
    type_, id_ = _named(record)
    return msgspec.json.encode({"type": type_, "id": id_, "event": msgspec.Raw(record.value or b"null")})


def told_event(event: Event, calendar: BusinessCalendar) -> Iterator[str]:
    """What happened, when, why and by which record, in lines."""
    body = event.body
    yield f"{_when(body, calendar)}  {_change(body) if isinstance(body, TierChanged) else _alert(event.type_, body)}"
    if body.condition:
        yield _decided(event)
    if body.evidence:
        yield f"    with     {', '.join(f'{name} {figure(name, value)}' for name, value in body.evidence.items())}"
    if isinstance(body, Alert):
        yield from _task(body)
    yield f"    cause    {_cause(body)}; policies {body.policy_version}"


def told_bound(found: Found, topic: str) -> str:
    """How far was looked."""
    if found.whole:
        return f"  that is all that {topic} has of this customer"
    return f"  looked at the last {found.looked:,} of {found.held:,} positions of the partition in {topic}"


def _named(record: Record) -> tuple[str, str]:
    """Type and id of an event, as its headers tell them."""
    headers = {name: value.decode() for name, value in record.headers}
    return headers["ce_type"], headers["ce_id"]


def _when(body: TierChanged | Alert, calendar: BusinessCalendar) -> str:
    """The moment, and of a close its day, which ended just then: explanations count in days."""
    if not _at_close(body):
        return body.effective_at
    moment = dt.datetime.fromisoformat(body.effective_at)
    return f"{body.effective_at} (the close of {iso(calendar.day_of(int(moment.timestamp()) * _US - 1))})"


def _at_close(body: TierChanged | Alert) -> bool:
    return body.cause.topic == TRANSACTIONS and body.cause.transaction_id is None


def _change(body: TierChanged) -> str:
    return f"{body.scheme}: {body.from_ or 'new'} -> {body.to or 'out of scope'} ({body.direction}, {body.reason})"


def _decided(event: Event) -> str:
    body = event.body
    if isinstance(body, TierChanged):
        verdict = of_change(body.direction, body.reason)
    else:
        verdict = of_alert(body.signal, raised=event.type_ == ALERT_RAISED)
    if verdict == "untold":
        return f"    decided by  {body.condition}"
    return f"    because  {body.condition}{'  holds no longer' if verdict == 'failed' else ''}"


def _alert(type_: str, body: Alert) -> str:
    about = body.account_id or body.about
    action = "raised" if type_ == ALERT_RAISED else "cleared"
    return f"{body.signal}{f' ({about})' if about else ''}: {action}, {body.severity}"


def _task(body: Alert) -> Iterator[str]:
    if body.value_at_stake is not None:
        yield f"    at stake {money(body.value_at_stake)}"
    if body.due_on is not None:
        yield f"    due on   {body.due_on}"
    if body.advice is not None:
        yield f"    advice   {', '.join(body.recommended_roles) or 'nobody named'}: {body.advice}"


def _cause(body: TierChanged | Alert) -> str:
    cause = body.cause
    place = f"{cause.topic} {cause.partition}:{cause.offset}"
    if _at_close(body):
        return f"a close, before {place}"
    return place + (f", transaction {cause.transaction_id}" if cause.transaction_id else "")
