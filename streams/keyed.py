"""Records of the side topics, which are keyed by the customer they tell of: what facts and interactions have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from streams.ports import Record

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises: bad JSON or types, bad UTF-8, nesting without end."""


class Unreadable(Exception):
    """A record of a side topic cannot be read; the message says why."""


class OfCustomer(Protocol):
    """What tells of one customer."""

    customer_id: str


T = TypeVar("T", bound=OfCustomer)


def key_of(record: Record) -> str:
    """The record's key as text; raises ``Unreadable``."""
    try:
        return (record.key or b"").decode()
    except UnicodeDecodeError as error:
        msg = f"the record's key is no text: {error}"
        raise Unreadable(msg) from error


def value_of(record: Record, decode: Callable[[bytes], T], what: str) -> T:
    """The record's value, which must tell of the customer that its key names; raises ``Unreadable``."""
    key = key_of(record)
    try:
        told = decode(record.value or b"")
    except UNREADABLE as error:
        msg = f"not readable as {what}: {error}"
        raise Unreadable(msg) from error
    if key != told.customer_id:
        msg = f"the record's key is {key!r}, its customer_id is {told.customer_id!r}: both must be the same"
        raise Unreadable(msg)
    return told
