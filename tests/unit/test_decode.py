"""Bytes to columns: what a record tells, and what is kept of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from schemas.transactions import CHANNELS, COUNTERPARTIES, INITIATORS, KINDS, PRODUCTS
from streams.columns import NONE, Events
from streams.rows import UNKNOWN
from tests.unit.booked import BOOKED_US, DAY, Given, accepted, read, record


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


def test_events_are_taken_cut_and_joined_column_by_column() -> None:
    events, _ = read(*(record(offset, transaction_id=f"T{offset}", amount=offset) for offset in range(5)))
    taken = events.take(np.array([3, 1]))
    assert (taken.offsets.tolist(), taken.transactions, taken.amount.tolist()) == ([3, 1], ["T3", "T1"], [3, 1])
    assert events.slice(1, 3).transactions == ["T1", "T2"]
    joined = Events.concat([events.slice(0, 2), events.slice(2, 5)])
    assert joined.transactions == events.transactions
    assert joined.dedup.tolist() == events.dedup.tolist()
    assert Events.concat([events]) is events
