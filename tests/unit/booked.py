"""Records of transactions as the log gives them, right or wrong, and what decoding makes of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.calendar import BusinessCalendar, number_of
from streams.columns import Events
from streams.decode import decode
from streams.rejects import Reject

CALENDAR = BusinessCalendar("Asia/Shanghai")
DAY = number_of(dt.date(2025, 3, 1))
BOOKED_US = 1_740_795_072_345_678
DROP = object()
"""A field to leave out."""


@dataclass
class Given:
    """A record as the log gives it."""

    value: bytes | None
    key: bytes | None = b"C1"
    offset: int = 0
    timestamp: int = 1_740_795_072_400
    headers: Sequence[tuple[str, bytes]] = ()


def fields(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "transaction_id": "T1",
        "customer_id": "C1",
        "account_id": "A1",
        "booked_at": "2025-03-01T10:11:12.345678+08:00",
        "amount": 12_345,
        "currency": "CNY",
        "product": "deposit",
        "kind": "transfer",
        "channel": "mobile",
        "initiator": "customer",
    }
    given.update(changes)
    return {name: value for name, value in given.items() if value is not DROP}


def record(offset: int = 0, key: bytes | None = b"C1", **changes: Any) -> Given:
    return Given(json.dumps(fields(**changes)).encode(), key, offset)


def with_field(name: str, value: object) -> Given:
    changes: dict[str, Any] = {name: value}
    return record(**changes)


def read(*records: Given) -> tuple[Events, list[Reject]]:
    return decode(records, CALENDAR, "CNY")


def accepted(given: Given) -> Events:
    events, rejects = read(given)
    assert rejects == []
    assert len(events) == 1
    return events


def reason(given: Given) -> str:
    """Why a record is set aside, standing between two good ones that are not hurt."""
    given.offset = 17
    events, rejects = read(record(11), given, record(23))
    assert events.offsets.tolist() == [11, 23]
    assert [(reject.index, reject.offset) for reject in rejects] == [(1, 17)]
    return rejects[0].reason
