"""What is told of customers under a key of their own, and the entries made of records of the side topics."""

from __future__ import annotations

import json

import msgspec
import pytest

from schemas.facts import CustomerFacts
from schemas.interactions import Interaction
from schemas.journal import (
    CustomerErased,
    FactsDropped,
    FactsReceived,
    FactsRejected,
    InteractionDropped,
    InteractionReceived,
    InteractionRejected,
)
from streams.sealing import hash_of, new_key, seal, unseal
from streams.testing.logs import MemoryRecord
from streams.told import FACTS, SIDES, TALKS, Side, journalled, opened

KEY = bytes(range(32))
ANN = hash_of("ann")


def record(offset: int, key: str | bytes | None, value: dict[str, object] | bytes | None) -> MemoryRecord:
    key = key.encode() if isinstance(key, str) else key
    return MemoryRecord(offset, 1_000 + offset, key, json.dumps(value).encode() if isinstance(value, dict) else value)


def facts(offset: int, customer: str = "ann", **more: object) -> MemoryRecord:
    return record(offset, customer, {"customer_id": customer, **more})


AT_MS = 1_741_000_000_000
"""3 March 2025, 11:06:40 UTC."""


def interaction(offset: int = 0, customer: str = "ann", **more: object) -> MemoryRecord:
    body = {
        "interaction_id": f"i{offset}",
        "customer_id": customer,
        "at": "2025-03-03T19:00:00+08:00",
        "kind": "contact",
    }
    return MemoryRecord(offset, AT_MS, customer.encode(), json.dumps(body | more).encode())


def test_what_is_sealed_opens_with_its_key_for_its_customer_alone() -> None:
    sealed = seal(KEY, ANN, b"personal")
    assert unseal(KEY, ANN, sealed) == b"personal"
    assert unseal(new_key(), ANN, sealed) is None
    assert unseal(KEY, hash_of("bob"), sealed) is None
    assert unseal(KEY, ANN, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None


def test_the_same_content_is_never_sealed_the_same_twice() -> None:
    assert seal(KEY, ANN, b"personal") != seal(KEY, ANN, b"personal")
    assert b"personal" not in seal(KEY, ANN, b"personal")


def test_a_hash_is_the_same_everywhere() -> None:
    assert hash_of("C00000001") == "8e534062a722f8664e687a9c1540d778"


def test_facts_are_journalled_sealed_and_open_again() -> None:
    (told,) = journalled(FACTS, [facts(3, kind="personal", settlement_share=0.5)], 0, {ANN: KEY}, ())
    entry = told.payload
    assert isinstance(entry, FactsReceived)
    assert (entry.source_offset, entry.timestamp_ms, entry.customer, told.new_key) == (3, 1_003, ANN, None)
    assert b"ann" not in msgspec.json.encode(entry)
    assert opened(entry, KEY) == told.content == CustomerFacts(customer_id="ann", kind="personal", settlement_share=0.5)
    assert opened(entry, None) is None


def test_a_customer_without_a_key_gets_one_and_uses_it_from_then_on() -> None:
    first, second, other = journalled(FACTS, [facts(0), facts(1), facts(2, "bob")], 0, {}, ())
    assert isinstance(first.payload, FactsReceived)
    assert isinstance(second.payload, FactsReceived)
    assert first.new_key is not None
    assert opened(second.payload, first.new_key) is not None
    assert other.new_key not in (None, first.new_key)


def test_a_tombstone_erases_by_hash_and_what_comes_behind_it_is_dropped() -> None:
    told = journalled(
        FACTS, [facts(0), record(1, "ann", None), facts(2), record(3, "ann", None), facts(4, "bob")], 0, {}, ()
    )
    assert told[1].payload == CustomerErased(source_offset=1, customer=ANN)
    assert told[1].customer_id == "ann"
    assert [entry.payload for entry in told[2:4]] == [FactsDropped(source_offset=2), FactsDropped(source_offset=3)]
    assert isinstance(told[4].payload, FactsReceived)


def test_facts_of_a_customer_erased_before_are_dropped() -> None:
    (told,) = journalled(FACTS, [facts(7)], 0, {}, {ANN})
    assert (told.payload, told.content) == (FactsDropped(source_offset=7), None)


@pytest.mark.parametrize(
    ("bad", "code", "words"),
    [
        (record(0, None, None), "key", "a tombstone needs the id of the customer"),
        (record(0, "x" * 129, None), "key", "a tombstone needs the id of the customer"),
        (record(0, b"\xff", None), "key", "the record's key is no text"),
        (record(0, "ann", b""), "empty", "not readable as customer facts"),
        (record(0, "ann", b"{"), "not_json", "not readable as customer facts"),
        (record(0, "ann", b"[]"), "not_json", "Expected `object`, got `array`"),
        (record(0, "ann", b'{"customer_id": 7'), "not_json", "not readable as customer facts"),
        (record(0, "ann", b'{"customer_id": "\xff"}'), "not_json", "not readable as customer facts"),
        (record(0, "ann", {"kind": "personal"}), "missing_field", "missing required field `customer_id`"),
        (facts(0, kind="robot"), "wrong_value", "not readable as customer facts: Invalid enum value 'robot'"),
        (facts(0, settlement_share=1.01), "wrong_value", "Expected `float` <= 1"),
        (facts(0, accounts=[{"account_id": "a"}]), "wrong_value", "missing required field `product`"),
        (record(0, "bob", {"customer_id": "ann"}), "key", "the record's key is 'bob', its customer_id is 'ann'"),
    ],
)
def test_facts_that_cannot_be_read_are_rejected_by_a_code_with_words_in_the_dead_letter_alone(
    bad: MemoryRecord, code: str, words: str
) -> None:
    (told,) = journalled(FACTS, [bad], 5, {}, ())
    assert told.payload == FactsRejected(source_offset=0, reason=code)
    assert told.letter is not None
    assert (told.letter.stage, told.letter.code) == ("decode", code)
    headers = dict(told.letter.output.headers)
    assert words in headers["tierline-error-reason"].decode()
    assert headers["tierline-error-code"] == code.encode()
    assert headers["tierline-error-partition"] == b"5"


def test_interactions_are_journalled_sealed_with_the_key_of_their_customer() -> None:
    told = journalled(TALKS, [interaction(3, role="manager"), interaction(4, "bob")], 0, {ANN: KEY}, {hash_of("bob")})
    entry = told[0].payload
    assert isinstance(entry, InteractionReceived)
    assert (entry.source_offset, entry.timestamp_ms, entry.customer, told[0].new_key) == (3, AT_MS, ANN, None)
    assert b"manager" not in msgspec.json.encode(entry)
    assert opened(entry, KEY) == told[0].content
    assert isinstance(told[0].content, Interaction)
    assert (told[1].payload, told[1].content) == (InteractionDropped(source_offset=4), None)


@pytest.mark.parametrize(
    ("bad", "code", "words"),
    [
        (record(0, "ann", None), "empty", "not readable as an interaction"),
        (record(0, "ann", b"{"), "not_json", "not readable as an interaction"),
        (record(0, "ann", b"[" * 100_000), "not_json", "not readable as an interaction"),
        (interaction(kind="gossip"), "wrong_value", "Invalid enum value 'gossip'"),
        (interaction(interaction_id=""), "wrong_value", "Expected `str` of length >= 1"),
        (interaction(role="Account Manager"), "wrong_value", "matching regex"),
        (
            interaction(kind="card_activation"),
            "missing_field",
            "account_id missing: an interaction of kind card_activation needs account_id",
        ),
        (
            interaction(kind="feedback", signal="tier.near"),
            "missing_field",
            "alert_id, verdict missing: an interaction of kind feedback",
        ),
        (interaction(at="yesterday"), "at", "at is 'yesterday' (expected RFC 3339"),
        (interaction(at="1990-01-01T12:00:00Z"), "at", "at is '1990-01-01T12:00:00Z' (expected RFC 3339"),
        (interaction(at="2025-03-05T11:06:40.000001Z"), "future", "more than 2 days after the record's own timestamp"),
        (interaction(customer_id="bob"), "key", "the record's key is 'ann', its customer_id is 'bob'"),
    ],
)
def test_an_interaction_that_cannot_be_read_is_rejected_by_a_code_with_words_in_the_dead_letter_alone(
    bad: MemoryRecord, code: str, words: str
) -> None:
    (told,) = journalled(TALKS, [bad], 5, {}, ())
    assert told.payload == InteractionRejected(source_offset=0, reason=code)
    assert told.letter is not None
    headers = dict(told.letter.output.headers)
    assert words in headers["tierline-error-reason"].decode()
    assert headers["tierline-error-code"] == code.encode()
    assert headers["tierline-error-topic"] == b"interactions"


@pytest.mark.parametrize("at", ["1990-01-02T00:00:00Z", "2025-03-05T11:06:40Z", "2025-03-03T00:00:00-11:00"])
def test_an_interaction_of_long_ago_or_just_ahead_is_taken(at: str) -> None:
    (told,) = journalled(TALKS, [interaction(at=at)], 0, {}, ())
    assert isinstance(told.payload, InteractionReceived)


@pytest.mark.parametrize("side", SIDES)
def test_no_side_topic_stops_at_a_value_nested_without_end(side: Side) -> None:
    (told,) = journalled(side, [record(0, "ann", b'{"labels":' + b"[" * 100_000)], 0, {}, ())
    assert told.letter is not None
