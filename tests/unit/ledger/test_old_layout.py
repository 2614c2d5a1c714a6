"""Records of the layout before this one are read: what they tell is kept, what they do not begins anew."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from schemas.partition import LAYOUT
from streams.rows import UNKNOWN
from tests.unit.ledger.book import Book, Event, day

WRITTEN: dict[str, Any] = json.loads(Path(__file__).with_name("layout_1.json").read_text(encoding="utf-8"))
"""Customers as layout 1 stored them, with the figures that it gave."""
AS_OF: str = WRITTEN["as_of"]


@pytest.fixture
def book() -> Book:
    book = Book()
    for customer, written in WRITTEN["customers"].items():
        book.store[customer] = base64.b64decode(written["record"])
        assert book.store[customer][0] == LAYOUT - 1
    return book


@pytest.mark.parametrize("customer", WRITTEN["customers"])
def test_a_record_of_the_layout_before_gives_the_figures_that_it_gave(book: Book, customer: str) -> None:
    book.load([customer])
    rows = book.ledger.rows(book.ledger.slots([customer]), day(AS_OF))
    found = {
        name: None if value == UNKNOWN else value
        for name, value in zip(rows.names, rows.values[:, 0].tolist(), strict=True)
    }
    figures = WRITTEN["customers"][customer]["figures"]
    assert {name: found[name] for name in figures} == figures


@pytest.mark.parametrize("customer", WRITTEN["customers"])
def test_it_is_written_in_this_layout_and_says_the_same(book: Book, customer: str) -> None:
    book.load([customer])
    before = book.ledger.rows(book.ledger.slots([customer]), day(AS_OF)).values.tolist()
    book.ledger.touch(book.ledger.slots([customer]))
    book.commit()
    assert book.store[customer][0] == LAYOUT
    again = Book()
    again.store = book.store
    again.load([customer])
    assert again.ledger.rows(again.ledger.slots([customer]), day(AS_OF)).values.tolist() == before


def test_it_goes_on_with_what_happens_next(book: Book) -> None:
    aum, spent = book.measure("aum", AS_OF), book.measure("card_spend_30d", AS_OF)
    assert aum is not None
    assert spent is not None
    book.fold(
        Event(at="2024-12-31T10:00", amount=700, account="new", form="demand"),
        Event(at="2024-12-31T10:00", amount=-30, account="shop", product="card", kind="purchase"),
    )
    assert book.measure("aum", "2024-12-31") == aum + 700
    assert book.measure("card_spend_30d", "2024-12-31") == spent + 30
    assert book.measure("demand", "2024-12-31") == 700


def test_a_customer_settled_in_the_layout_before_loads_unsettled(book: Book) -> None:
    book.load(["ada"])
    slot = int(book.ledger.slots(["ada"])[0])
    assert book.ledger.settled_flags[slot] == 0
