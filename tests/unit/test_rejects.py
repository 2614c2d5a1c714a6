"""What cannot be read is set aside, in which words and under which code."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from schemas.limits import AMOUNT_MAX, ID_LENGTH_MAX
from schemas.transactions import Transaction
from streams.rejects import EXPECTED, VALUE_BYTES_MAX
from tests.unit.booked import DROP, Given, accepted, fields, read, reason, record, with_field


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


def test_every_field_of_a_transaction_has_words_for_what_it_must_hold() -> None:
    assert list(EXPECTED) == [field.name for field in msgspec.structs.fields(Transaction)]
