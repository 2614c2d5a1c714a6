"""A shorthand for published transactions, shared by the tests of the oracle and of the product."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


def txn(
    number: int,
    booked_at: str,
    amount: int,
    *,
    customer: str = "c1",
    account: str = "a1",
    product: str = "deposit",
    kind: str = "transfer",
    initiator: str = "customer",
    currency: str = "CNY",
    **more: object,
) -> Json:
    """A transaction as it is published; fields that are None are left out."""
    fields: Json = {
        "transaction_id": f"t{number}",
        "customer_id": customer,
        "account_id": account,
        "booked_at": booked_at,
        "amount": amount,
        "currency": currency,
        "product": product,
        "kind": kind,
        "channel": "online",
        "initiator": initiator,
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def at(day: str, time: str = "12:00", zone: str = "Asia/Shanghai") -> str:
    """An instant of the bank's day as RFC 3339."""
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)).isoformat()


def stamp(instant: str) -> int:
    """An RFC 3339 instant as Kafka timestamp, milliseconds."""
    return int(dt.datetime.fromisoformat(instant).timestamp() * 1000)
