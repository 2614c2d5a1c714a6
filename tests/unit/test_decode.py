"""Bytes to columns: what is kept, what is set aside, and in which words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from schemas.limits import AMOUNT_MAX, FUTURE_DAYS_MAX, ID_LENGTH_MAX
from schemas.transactions import CHANNELS, COUNTERPARTIES, INITIATORS, KINDS, PRODUCTS, Transaction
from streams.calendar import BusinessCalendar, number_of
from streams.columns import NONE, Events
from streams.decode import decode, reject_future
from streams.rejects import EXPECTED, VALUE_BYTES_MAX, Reject
from streams.rows import UNKNOWN

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


def test_every_column_of_a_readable_record_is_told() -> None:
    events = accepted(record(5, balance_after=99, counterparty="other_bank", unheard_of={"deep": [1]}))
    assert events.offsets.tolist() == [5]
    assert events.timestamps.tolist() == [1_740_795_072_400]
    assert (events.customers, events.accounts, events.transactions) == (["C1"], ["A1"], ["T1"])
    assert events.account_hash.tolist() == [xxh3_64_intdigest(b"A1")]
    assert events.dedup.tolist() == [xxh3_64_intdigest(b"A1\0T1")]
    assert (events.booked_us.tolist(), events.day.tolist()) == ([BOOKED_US], [DAY])
    assert (events.amount.tolist(), events.measured.tolist(), events.told.tolist()) == ([12_345], [True], [99])
    assert PRODUCTS[events.product[0]] == "deposit"
    assert KINDS[events.kind[0]] == "transfer"
    assert INITIATORS[events.initiator[0]] == "customer"
    assert CHANNELS[events.channel[0]] == "mobile"
    assert COUNTERPARTIES[events.counterparty[0]] == "other_bank"
    assert events.reverses_day.tolist() == [UNKNOWN]


def test_what_a_record_does_not_tell_is_unknown() -> None:
    events = accepted(record(balance_after=None))
    assert events.told.tolist() == [UNKNOWN]
    assert events.counterparty.tolist() == [NONE]


@pytest.mark.parametrize(
    ("changes", "amount", "measured", "told"),
    [
        ({"currency": "USD"}, 0, False, UNKNOWN),
        ({"currency": "USD", "balance_after": 7, "balance_base": 50}, 0, False, UNKNOWN),
        ({"currency": "USD", "amount_base": 90}, 90, True, UNKNOWN),
        ({"currency": "USD", "amount_base": 90, "balance_after": 7}, 90, True, UNKNOWN),
        ({"currency": "USD", "amount_base": 90, "balance_after": 7, "balance_base": 50}, 90, True, 50),
        ({"currency": "CNY", "amount_base": 90, "balance_base": 50}, 12_345, True, UNKNOWN),
        ({"currency": "USD", "kind": "opening", "amount": 0, "balance_after": 7}, 0, False, UNKNOWN),
        ({"currency": "USD", "kind": "opening", "amount": 0, "balance_after": 7, "balance_base": 50}, 0, True, 50),
    ],
)
def test_other_currencies_count_by_their_base_figures_alone(
    changes: dict[str, Any], amount: int, measured: bool, told: int
) -> None:
    events = accepted(record(**changes))
    assert (events.amount[0], events.measured[0], events.told[0]) == (amount, measured, told)


def test_a_reversal_names_the_business_day_of_what_it_takes_back() -> None:
    events, _ = read(record(), record(reverses="T0", reverses_booked_at="2025-02-27T23:59:59+08:00"))
    assert events.reverses_day.tolist() == [UNKNOWN, DAY - 2]


def test_a_business_day_follows_zone_and_cut_off() -> None:
    late = BusinessCalendar("Asia/Shanghai", "22:00")
    at = [record(booked_at=f"2025-03-01T{time}+08:00") for time in ("21:59:59.999999", "22:00:00")]
    events, _ = decode(at, late, "CNY")
    assert events.day.tolist() == [DAY, DAY + 1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "value is empty (expected a transaction as a JSON object)"),
        (b"", "value is empty (expected a transaction as a JSON object)"),
        (b"{not json", "value is not JSON: "),
        (b"\xff\xfe{}", "value is not JSON: "),
        (b'{"transaction_id": "\xff"}', "value is not JSON: "),
        (b'{"transaction_id": "\\ud800"}', "value is not JSON: "),
        (b'{"amount": NaN}', "value is not JSON: "),
        (b'{"x":' + b"[" * 200_000, "value is not JSON: "),
        (b"[1, 2]", "value is [1, 2] (expected a transaction as a JSON object)"),
        (b'"text"', 'value is "text" (expected a transaction as a JSON object)'),
    ],
)
def test_a_value_that_is_no_json_object_is_set_aside(value: bytes | None, words: str) -> None:
    assert reason(Given(value)).startswith(words)


def test_a_value_is_read_up_to_its_largest_size_and_set_aside_beyond() -> None:
    empty = len(json.dumps(fields(note="")).encode())
    accepted(record(note="x" * (VALUE_BYTES_MAX - empty)))
    larger = record(note="x" * (VALUE_BYTES_MAX - empty + 1))
    assert reason(larger) == f"value has {VALUE_BYTES_MAX + 1} bytes (expected at most {VALUE_BYTES_MAX})"
    assert "value has 5000000 bytes" in reason(Given(b"x" * 5_000_000))


REQUIRED = [field.name for field in msgspec.structs.fields(Transaction) if field.required]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_field_is_named_with_what_it_must_hold(name: str) -> None:
    assert reason(with_field(name, DROP)) == f"{name} is missing (expected {EXPECTED[name]})"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "12.50"}, 'amount is "12.50" (expected integer minor units from '),
        ({"amount": 12.5}, "amount is 12.5 (expected integer minor units from "),
        ({"amount": True}, "amount is true (expected integer minor units from "),
        ({"amount": None}, "amount is null (expected integer minor units from "),
        ({"amount": 10**30}, "amount is 1000000000000000000000000000000 (expected integer minor units from "),
        ({"customer_id": 7}, f"customer_id is 7 (expected text of 1 to {ID_LENGTH_MAX} characters)"),
        ({"account_id": ""}, f'account_id is "" (expected text of 1 to {ID_LENGTH_MAX} characters)'),
        ({"product": "mortgage"}, 'product is "mortgage" (expected one of deposit, wealth, loan, margin, card)'),
        ({"kind": "Transfer"}, 'kind is "Transfer" (expected one of opening, transfer, '),
        ({"channel": "fax"}, 'channel is "fax" (expected one of counter, '),
        ({"initiator": "nobody"}, 'initiator is "nobody" (expected one of customer, third_party, bank, mandate)'),
        ({"counterparty": "friend"}, 'counterparty is "friend" (expected one of own, internal, other_bank)'),
        ({"balance_after": "0"}, 'balance_after is "0" (expected integer minor units from '),
        ({"value_date": 20250301}, "value_date is 20250301 (expected text)"),
        ({"currency": "RMB"}, 'currency is "RMB" (expected an ISO 4217 code, such as CNY)'),
        ({"currency": "cny"}, 'currency is "cny" (expected an ISO 4217 code, such as CNY)'),
        ({"currency": "XXX"}, 'currency is "XXX" (expected an ISO 4217 code, such as CNY)'),
        ({"reverses": "T0"}, "reverses_booked_at is missing (expected when the reversed booking was booked, RFC 3339"),
        ({"reverses": "T0", "reverses_booked_at": "x"}, 'reverses_booked_at is "x" (expected RFC 3339 with an offset'),
        ({"kind": "opening", "amount": 0}, "balance_after is missing (expected the balance that an opening tells"),
        ({"kind": "opening", "balance_after": 5}, "amount is 12345 (expected 0, since an opening tells a balance"),
        (
            {"kind": "opening", "amount": 0, "balance_after": 5, "reverses": "T0", "reverses_booked_at": "2025-03-01T00:00:00Z"},
            'reverses is "T0" (expected none, since an opening reverses nothing)',
        ),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_value_and_what_was_expected(changes: dict[str, Any], words: str) -> None:
    assert reason(record(**changes)).startswith(words)


@pytest.mark.parametrize("name", ["amount", "balance_after", "amount_base", "balance_base"])
@pytest.mark.parametrize("sign", [1, -1])
def test_money_is_read_up_to_its_limit_and_set_aside_one_minor_unit_beyond(name: str, sign: int) -> None:
    accepted(with_field(name, sign * AMOUNT_MAX))
    beyond = sign * (AMOUNT_MAX + 1)
    expected = f"integer minor units from -{AMOUNT_MAX} to {AMOUNT_MAX}"
    assert reason(with_field(name, beyond)) == f"{name} is {beyond} (expected {expected})"


@pytest.mark.parametrize("name", ["transaction_id", "account_id"])
def test_an_id_is_read_up_to_its_longest(name: str) -> None:
    accepted(with_field(name, "é" * ID_LENGTH_MAX))
    assert reason(with_field(name, "é" * (ID_LENGTH_MAX + 1))).startswith(f'{name} is "ééé')


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, 'key is missing (expected the customer_id "C1")'),
        (b"C2", 'key is "C2" (expected the customer_id "C1")'),
        (b"", 'key is "" (expected the customer_id "C1")'),
        (b"\xff", 'key is "\N{REPLACEMENT CHARACTER}" (expected the customer_id "C1")'),
    ],
)
def test_a_key_that_is_not_the_customer_is_set_aside(key: bytes | None, words: str) -> None:
    assert reason(record(key=key)) == words


@pytest.mark.parametrize(
    "booked_at",
    [
        "2025-03-01T02:11:12.345678Z",
        "2025-03-01t02:11:12.345678z",
        "2025-03-01T02:11:12.345678999Z",
        "2025-03-01T02:11:12.345678-00:00",
        "2025-03-01T10:11:12.345678+08:00",
        "2025-02-28T20:41:12.345678-05:30",
    ],
)
def test_all_forms_of_one_instant_are_that_instant(booked_at: str) -> None:
    assert accepted(record(booked_at=booked_at)).booked_us.tolist() == [BOOKED_US]


@pytest.mark.parametrize(
    "booked_at",
    [
        "",
        "yesterday",
        "1740795072",
        "2025-03-01",
        "2025-03-01T10:11:12",
        "2025-03-01T10:11:12 +08:00",
        "2025-03-01 10:11:12+08:00",
        "2025-03-01T10:11+08:00",
        "2025-03-01T10:11:12+0800",
        "2025-03-01T10:11:12+08",
        "2025-03-01T10:11:12.+08:00",
        "2025-03-01T10:11:12.1234567890+08:00",
        "2025-03-01T10:11:12,5+08:00",
        "2025-02-29T10:11:12+08:00",
        "2025-04-31T10:11:12+08:00",
        "2025-13-01T10:11:12+08:00",
        "2025-00-01T10:11:12+08:00",
        "2025-03-00T10:11:12+08:00",
        "2025-03-01T24:00:00+08:00",
        "2025-03-01T10:60:12+08:00",
        "2025-03-01T10:11:60+08:00",
        "2025-03-01T10:11:12+24:00",
        "2025-03-01T10:11:12+08:60",
        "+002025-03-01T10:11:12Z",
        "２０２５-03-01T10:11:12+08:00",
        "1969-12-31T23:59:59Z",
    ],
)
def test_a_booked_at_that_is_no_instant_with_an_offset_is_set_aside(booked_at: str) -> None:
    words = f"(expected {EXPECTED['booked_at']})"
    assert reason(record(booked_at=booked_at)) == f"booked_at is {json.dumps(booked_at, ensure_ascii=False)} {words}"


def test_a_booking_outside_the_calendar_is_set_aside() -> None:
    accepted(record(booked_at="1990-01-01T00:00:00+08:00"))
    accepted(record(booked_at="2100-12-31T23:59:59.999999+08:00"))
    for text in ("1989-12-31T23:59:59.999999+08:00", "2101-01-01T00:00:00+08:00", "9999-12-31T23:59:59Z"):
        expected = "(expected a business day from 1990-01-01 to 2100-12-31)"
        assert reason(record(booked_at=text)) == f'booked_at is "{text}" {expected}'


def test_all_mistakes_of_a_record_are_told_at_once() -> None:
    assert reason(record(amount="1", product="gold", channel=DROP)).count(" (expected ") == 3
    assert reason(record(key=b"C2", currency="RMB", booked_at="now", reverses="T0")).count(" (expected ") == 4


def test_long_values_and_reasons_are_shortened() -> None:
    words = reason(record(product="x" * 10_000))
    assert words.startswith('product is "xxxx')
    assert "... (10002 characters) (expected one of" in words
    assert len(words) < 200
    all_wrong = {name: ["y" * 99] for name in EXPECTED}
    assert len(reason(Given(json.dumps(all_wrong).encode()))) == 1_000


def test_a_mistake_in_a_field_told_twice_is_in_the_words_of_the_reader() -> None:
    value = json.dumps(fields()).encode().replace(b'{"', b'{"amount": "no", "', 1)
    assert reason(Given(value)) == "value cannot be read: Expected `int`, got `str` - at `$.amount`"


def test_many_bad_records_are_set_aside_in_the_order_of_the_log() -> None:
    makers: list[Callable[[int], Given]] = [
        record,
        lambda i: Given(b"{", offset=i),
        lambda i: record(i, b"C9"),
        lambda i: record(i, currency="ABC"),
    ]
    given = [makers[i % 4](i) for i in range(40)]
    events, rejects = read(*given)
    assert events.offsets.tolist() == list(range(0, 40, 4))
    assert [reject.index for reject in rejects] == [i for i in range(40) if i % 4]
    assert all(reject.reason for reject in rejects)


def test_a_batch_of_bad_records_alone_has_no_events() -> None:
    for given in ([], [Given(None)], [record(0, b"C9")]):
        events, rejects = read(*given)
        assert (len(events), len(rejects)) == (0, len(given))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Given(None), "empty"),
        (Given(b"x" * (VALUE_BYTES_MAX + 1)), "too_large"),
        (Given(b"{not json"), "not_json"),
        (Given(b"[1, 2]"), "not_json"),
        (record(amount=DROP), "missing_field"),
        (record(amount="12.50"), "wrong_value"),
        (record(0, b"C9"), "key"),
        (record(0, None), "key"),
        (record(currency="RMB"), "currency"),
        (record(booked_at="yesterday"), "booked_at"),
        (record(booked_at="1970-01-01T00:00:00Z"), "booked_at"),
        (record(reverses="T0"), "reversal"),
        (record(reverses="T0", reverses_booked_at="x"), "reversal"),
        (record(kind="opening", balance_after=1), "opening"),
        (record(0, b"C9", currency="RMB"), "key"),
    ],
)
def test_each_kind_of_mistake_has_a_code_and_the_first_one_counts(given: Given, code: str) -> None:
    (reject,) = read(given)[1]
    assert reject.code == code


def test_a_booking_two_days_past_the_open_day_is_kept_and_one_three_days_past_it_is_not() -> None:
    days = [f"2025-03-0{n}T00:00:00+08:00" for n in (1, 3, 4, 2)]
    events, _ = read(*(record(offset, booked_at=text) for offset, text in enumerate(days)))
    kept, rejects = reject_future(events, DAY)
    assert kept.offsets.tolist() == [0, 1, 3]
    assert rejects == [
        Reject(
            2,
            2,
            "future",
            "booked_at is on business day 2025-03-04 (expected at most 2025-03-03, 2 days past the open day)",
        )
    ]
    assert FUTURE_DAYS_MAX == 2
    same, none = reject_future(events, DAY + 1)
    assert same is events
    assert none == []


def test_every_field_of_a_transaction_has_words_for_what_it_must_hold() -> None:
    assert list(EXPECTED) == [field.name for field in msgspec.structs.fields(Transaction)]


def test_events_are_taken_cut_and_joined_column_by_column() -> None:
    events, _ = read(*(record(offset, transaction_id=f"T{offset}", amount=offset) for offset in range(5)))
    taken = events.take(np.array([3, 1]))
    assert (taken.offsets.tolist(), taken.transactions, taken.amount.tolist()) == ([3, 1], ["T3", "T1"], [3, 1])
    assert events.slice(1, 3).transactions == ["T1", "T2"]
    joined = Events.concat([events.slice(0, 2), events.slice(2, 5)])
    assert joined.transactions == events.transactions
    assert joined.dedup.tolist() == events.dedup.tolist()
    assert Events.concat([events]) is events
