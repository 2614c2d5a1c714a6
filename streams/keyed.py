"""Records of the side topics, which are keyed by the customer they tell of: what facts and interactions have in common."""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeVar

import msgspec

from schemas.dead_letters import Code
from streams.ports import Record

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises: bad JSON or types, bad UTF-8, nesting without end."""


class Unreadable(Exception):
    """A record of a side topic cannot be read; ``code`` says why in one word, the message in a sentence.

    The message may quote the record, which may be about a customer: it stands beside the record alone, nowhere else.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        raise Unreadable("key", msg) from error


def value_of(record: Record, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """The record's value, which must tell of the customer that its key names; raises ``Unreadable``."""
    key = key_of(record)
    try:
        told = decoder.decode(record.value or b"")
    except UNREADABLE as error:
        msg = f"not readable as {what}: {error}"
        raise Unreadable(_code(record.value, decoder.type), msg) from error
    if key != told.customer_id:
        msg = f"the record's key is {key!r}, its customer_id is {told.customer_id!r}: both must be the same"
        raise Unreadable("key", msg)
    return told


def _code(value: bytes | None, kind: Any) -> Code:
    if not value:
        return "empty"
    try:
        fields = msgspec.json.decode(value)
    except UNREADABLE:
        return "not_json"
    if not isinstance(fields, dict):
        return "not_json"
    needed = (field.encode_name for field in msgspec.structs.fields(kind) if field.required)
    return "wrong_value" if all(name in fields for name in needed) else "missing_field"
