"""Conditions on population lines, by hand and on histories: a line decides from the close on that brings its version."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.cuts import CUTS_FILE
from tests.oracle.partition import Entry
from tests.properties.bank import at, stamp, txn
from tests.properties.expected import alerts, changes, expected
from tests.properties.handlings import handlings
from tests.properties.histories import SIGNALLED, History, histories
from tests.properties.product import Handling, Product
from tests.properties.test_signals_equal_oracle import expected_of, sent
from tests.properties.test_tiers_equal_oracle import due, published

FIRST = """
scheme = "first"
base = "others"
[[level]]
name = "first"
enter = "aum >= cut_rich"
stay = "aum >= 0.9 * cut_rich"
"""
RICH = """
signals = "family"
[[signal]]
name = "rich"
title = "Among the first"
when = "aum > cut_rich or inflow_7d >= rich"
clear = "aum < mean"
severity = { high = "aum >= cut_rich + cut_least", otherwise = "low" }
value = "aum - cut_least"
[let]
rich = "cut_rich"
mean = "0.5 * cut_rich + 0.5 * cut_least"
"""


def rules(rich: str, least: str = "1") -> dict[str, str]:
    return {"first.toml": FIRST, "rich.toml": RICH, CUTS_FILE: f"[cut]\nrich = {rich}\nleast = {least}\n"}


def told(rich: str, later: str) -> list[tuple[str | None, str | None, str]]:
    """The moves of a customer with 1,000.00 who does nothing, the line being ``rich`` and from the first close on ``later``."""
    records = [txn(1, at("2026-03-01"), 100_000), txn(2, at("2026-03-04"), 0, customer="c2", account="b")]
    entries: list[Entry] = [("txn", place, stamp(one["booked_at"]), one) for place, one in enumerate(records)]
    history = History("Asia/Shanghai", "00:00", entries)
    steps = expected(history, rules(rich), measures=False, renewal=(0, rules(later)))
    product = Product(history, Handling(batches=(2,)), rules(rich))
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
    return [(one.from_, one.to, one.reason) for one in product.changes if one.customer_id == "c1"]


def test_a_line_decides_at_its_amount_and_not_a_cent_below_it() -> None:
    assert told("1_000.00", "1_000.00") == [("others", "first", "placement")]
    assert told("1_000.01", "1_000.01") == []


def test_a_line_that_moves_moves_customers_at_the_close_that_brings_it_and_says_so() -> None:
    assert told("1_000.01", "1_000.00") == [("others", "first", "policy")]
    assert told("900", "1_111.11") == [("others", "first", "placement")]
    assert told("900", "1_111.12") == [("others", "first", "placement"), ("first", "others", "policy")]


LINES = st.sampled_from(["0", "0.01", "10", "500.05", "999.99", "1_000.00", "1_000.01", "7_000"])
"""None below zero: nine tenths of such a line are more than it, and the check of bounds would refuse the level."""


@given(history=histories(SIGNALLED), rich=LINES, least=LINES, later=LINES, handling=handlings())
def test_what_reads_lines_is_what_whole_history_says(
    history: History, rich: str, least: str, later: str, handling: Handling
) -> None:
    steps = expected(history, rules(rich, least), measures=False, renewal=(1, rules(later, least)))
    product = Product(history, handling, rules(rich, least))
    product.run(steps)
    assert published(product.changes) == due(changes(steps))
    assert sent(product.alerts) == expected_of(alerts(steps))
