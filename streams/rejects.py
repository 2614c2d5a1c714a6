"""Why a transactions record cannot be read, in words for the person who mends it.

Slow and thorough on purpose: it runs only for records that the fast path of ``streams.decode`` found wanting, and
names every mistake of the record at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

import msgspec

from schemas.dead_letters import Code
from schemas.limits import AMOUNT_MAX, ID_LENGTH_MAX
from schemas.transactions import CHANNELS, INITIATORS, KINDS, PRODUCTS, Counterparty, Form, Transaction
from streams.calendar import FIRST_DATE, LAST_DATE, BusinessCalendar
from streams.currencies import CURRENCIES
from streams.ports import Record
from streams.timestamps import parse_instants

VALUE_BYTES_MAX: Final = 1_048_576
"""Largest value that is read, 1 MiB: a booking has well under 1 KiB, and brokers take no more by default."""
_SHOWN_MAX: Final = 48
"""Characters of a wrong value that are shown: enough to find it in the record."""
_REASON_MAX: Final = 1_000
"""Characters of a reason: it travels in a header beside the record."""

_ID: Final = f"text of 1 to {ID_LENGTH_MAX} characters"
_MONEY: Final = f"integer minor units from -{AMOUNT_MAX} to {AMOUNT_MAX}"
_INSTANT: Final = "RFC 3339 with an offset, such as 2025-03-01T10:11:12+08:00"
_TEXT: Final = "text"


def _one_of(words: tuple[str, ...]) -> str:
    return f"one of {', '.join(words)}"


EXPECTED: Final[dict[str, str]] = {
    "transaction_id": _ID,
    "customer_id": _ID,
    "account_id": _ID,
    "booked_at": _INSTANT,
    "amount": _MONEY,
    "currency": "an ISO 4217 code, such as CNY",
    "product": _one_of(PRODUCTS),
    "kind": _one_of(KINDS),
    "channel": _one_of(CHANNELS),
    "initiator": _one_of(INITIATORS),
    "balance_after": _MONEY,
    "amount_base": _MONEY,
    "balance_base": _MONEY,
    "value_date": _TEXT,
    "reverses": _ID,
    "reverses_booked_at": _INSTANT,
    "branch_id": _TEXT,
    "counterparty": _one_of(get_args(Counterparty)),
    "matures_on": "a date, such as 2026-03-31",
    "form": _one_of(get_args(Form)),
    "category": _TEXT,
    "variable_cost": _MONEY,
}
"""Field of a transaction to what it must hold."""


@dataclass(slots=True, frozen=True)
class Reject:
    """A record that cannot be applied: its index in the batch given, its offset, why in one word, and every mistake in it."""

    index: int
    offset: int
    code: Code
    reason: str


class Wrong(NamedTuple):
    """What is wrong with a record: in one word, and in a sentence that may quote it."""

    code: Code
    words: str


def explain(record: Record, calendar: BusinessCalendar) -> Wrong | None:
    """The mistakes of a record that could not be read, in one line, under the code of the first; None if none is found."""
    found = list(_mistakes(record, calendar))
    if not found:
        return None
    words = "; ".join(wrong.words for wrong in found)
    return Wrong(found[0].code, words if len(words) <= _REASON_MAX else f"{words[: _REASON_MAX - 3]}...")


def shown(value: object) -> str:
    """A wrong value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 3]}... ({len(text)} characters)"


def _mistakes(record: Record, calendar: BusinessCalendar) -> Iterator[Wrong]:
    value = record.value
    if not value:
        yield Wrong("empty", "value is empty (expected a transaction as a JSON object)")
        return
    if len(value) > VALUE_BYTES_MAX:
        yield Wrong("too_large", f"value has {len(value)} bytes (expected at most {VALUE_BYTES_MAX})")
        return
    try:
        fields = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield Wrong("not_json", f"value is not JSON: {error} (expected a transaction as a JSON object)")
        return
    if not isinstance(fields, dict):
        yield Wrong("not_json", f"value is {shown(fields)} (expected a transaction as a JSON object)")
        return
    found = [*_wrong_fields(fields)]
    yield from found or _broken_rules(msgspec.convert(fields, Transaction), record.key, calendar)


def _wrong_fields(fields: dict[str, object]) -> Iterator[Wrong]:
    for field in msgspec.structs.fields(Transaction):
        if field.name not in fields:
            if field.required:
                yield Wrong("missing_field", f"{field.name} is missing (expected {EXPECTED[field.name]})")
            continue
        value = fields[field.name]
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            yield Wrong("wrong_value", f"{field.name} is {shown(value)} (expected {EXPECTED[field.name]})")


def _broken_rules(read: Transaction, key: bytes | None, calendar: BusinessCalendar) -> Iterator[Wrong]:
    if key is None:
        yield Wrong("key", f"key is missing (expected the customer_id {shown(read.customer_id)})")
    elif key != read.customer_id.encode():
        yield Wrong(
            "key", f"key is {shown(key.decode(errors='replace'))} (expected the customer_id {shown(read.customer_id)})"
        )
    if read.currency not in CURRENCIES:
        yield Wrong("currency", f"currency is {shown(read.currency)} (expected {EXPECTED['currency']})")
    yield from _wrong_instant("booked_at", "booked_at", read.booked_at, calendar)
    if read.reverses is not None:
        if read.reverses_booked_at is None:
            yield Wrong(
                "reversal", f"reverses_booked_at is missing (expected when the reversed booking was booked, {_INSTANT})"
            )
        else:
            yield from _wrong_instant("reversal", "reverses_booked_at", read.reverses_booked_at, calendar)
    if read.kind == "opening":
        yield from _wrong_opening(read)


def _wrong_instant(code: Code, name: str, text: str, calendar: BusinessCalendar) -> Iterator[Wrong]:
    instant = parse_instants([text])
    if instant[0] < 0:
        yield Wrong(code, f"{name} is {shown(text)} (expected {_INSTANT})")
    elif not calendar.covers(instant)[0]:
        yield Wrong(code, f"{name} is {shown(text)} (expected a business day from {FIRST_DATE} to {LAST_DATE})")


def _wrong_opening(read: Transaction) -> Iterator[Wrong]:
    if read.amount != 0:
        yield Wrong(
            "opening", f"amount is {read.amount} (expected 0, since an opening tells a balance and moves no money)"
        )
    if read.balance_after is None:
        yield Wrong("opening", f"balance_after is missing (expected the balance that an opening tells, {_MONEY})")
    if read.reverses is not None:
        yield Wrong("opening", f"reverses is {shown(read.reverses)} (expected none, since an opening reverses nothing)")
