"""The columns of an occasion: what a one-shot reads of its transaction or interaction."""

from __future__ import annotations

import numpy as np

from schemas.interactions import Interaction
from schemas.occasion_names import INTERACTION, TRANSACTION
from streams.calendar import BusinessCalendar
from streams.occasions import with_interaction, with_transactions
from streams.rows import UNKNOWN, Rows, Vocabulary
from tests.unit.ledger.book import ZONE, Event, columns

EVENTS = columns(
    [
        Event(at="2025-03-03T10:00", amount=-70_000, channel="counter", counterparty="other_bank"),
        Event(at="2025-03-03T11:00", kind="rollover", product="wealth", currency="USD", measured=False),
    ],
    BusinessCalendar(ZONE),
)


def rows(count: int) -> Rows:
    """Looks with one column of the ledger."""
    values = np.array([range(count)], np.int64)
    return Rows(("aum",), np.arange(count), np.zeros(count, np.int64), values, {})


def told(row: int, names: tuple[str, ...]) -> list[object]:
    """What a look at a transaction reads: texts as words, None unknown."""
    vocabulary = Vocabulary()
    seen = with_transactions(rows(2), EVENTS, names, vocabulary)
    assert seen.names == ("aum", *names)
    numbers = seen.values[1:, row].tolist()
    types = [{**TRANSACTION, **INTERACTION}[name].type for name in names]
    return [
        None if number == UNKNOWN else vocabulary.text(number) if type_ == "text" else number
        for number, type_ in zip(numbers, types, strict=True)
    ]


def test_a_look_at_a_transaction_reads_what_the_transaction_tells() -> None:
    assert told(0, tuple(TRANSACTION)) == [-70_000, "deposit", "transfer", "counter", "customer", "other_bank", "CNY"]


def test_the_amount_of_an_unmeasured_booking_and_a_counterparty_not_told_are_unknown() -> None:
    assert told(1, tuple(TRANSACTION)) == [None, "wealth", "rollover", "online", "customer", None, "USD"]


def test_only_the_names_asked_for_become_columns_and_those_of_another_occasion_are_unknown() -> None:
    assert told(0, ("interaction_kind", "txn_kind")) == [None, "transfer"]


def test_a_look_at_an_interaction_reads_what_it_tells_and_nothing_of_a_transaction() -> None:
    vocabulary = Vocabulary()
    told = Interaction(
        interaction_id="i1", customer_id="ada", at="2025-03-03T10:00:00Z", kind="enquiry", product="mortgage"
    )
    seen = with_interaction(rows(1), told, (*INTERACTION, "txn_amount"), vocabulary)
    kind, product = vocabulary.code("enquiry"), vocabulary.code("mortgage")
    assert seen.values[:, 0].tolist() == [0, kind, UNKNOWN, UNKNOWN, product, UNKNOWN]


def test_a_look_of_another_occasion_knows_nothing_of_an_interaction() -> None:
    seen = with_interaction(rows(3), None, tuple(INTERACTION), Vocabulary())
    assert (seen.values[1:] == UNKNOWN).all()
    assert seen.values[0].tolist() == [0, 1, 2]


def test_rows_of_which_nothing_is_asked_stay_as_they_are() -> None:
    plain = rows(2)
    assert with_transactions(plain, EVENTS, (), Vocabulary()) is plain
