"""Exact thresholds: one minor unit decides, of a balance and of an average, on the way up and on the way down."""

from __future__ import annotations

import pytest

from tests.oracle.partition import Entry
from tests.properties.bank import Json, at, stamp, txn
from tests.properties.expected import expected
from tests.properties.histories import History
from tests.properties.product import Handling, Product

SCHEME = """
scheme = "line"
title = "One line"
source = "the tests"
base = "below"
[[level]]
name = "above"
enter = "MEASURE >= 1_000"
stay = "MEASURE >= 900.01"
"""


def moves(measure: str, *transactions: Json) -> list[tuple[str | None, str | None]]:
    """What the product publishes, once the oracle agrees."""
    entries: list[Entry] = [("txn", n, stamp(record["booked_at"]), record) for n, record in enumerate(transactions)]
    history = History("Asia/Shanghai", "00:00", entries)
    policies = {"line.toml": SCHEME.replace("MEASURE", measure)}
    steps = expected(history, policies, measures=False)
    product = Product(history, Handling(), policies)
    product.run(steps)
    found = [(change.from_, change.to) for change in product.changes]
    assert found == [(change.came_from, change.to) for step in steps for change in step.changes]
    return found


@pytest.mark.parametrize(("balance", "enters"), [(99_999, False), (100_000, True), (100_001, True)])
def test_a_balance_enters_at_the_line(balance: int, enters: bool) -> None:
    assert bool(moves("aum", txn(1, at("2026-03-01"), balance))) is enters


@pytest.mark.parametrize(("balance", "stays"), [(90_000, False), (90_001, True), (90_002, True)])
def test_a_balance_stays_at_the_lower_line(balance: int, stays: bool) -> None:
    found = moves("aum", txn(1, at("2026-03-01"), 100_000), txn(2, at("2026-03-02"), balance - 100_000))
    assert (len(found) == 1) is stays


@pytest.mark.parametrize(("credit", "enters"), [(699_999, False), (700_000, True), (700_001, True)])
def test_an_average_enters_when_its_area_reaches_the_line_times_the_days(credit: int, enters: bool) -> None:
    assert bool(moves("deposits_avg_7d", txn(1, at("2026-03-01"), credit))) is enters


@pytest.mark.parametrize(("last", "stays"), [(-1, False), (0, True), (1, True)])
def test_an_average_stays_while_its_area_is_at_the_lower_line_times_the_days(last: int, stays: bool) -> None:
    # 900.01 stood on all seven days; today's 700.00 lift the average to the upper line and go again, but for ``last``
    found = moves(
        "deposits_avg_7d",
        txn(1, at("2026-03-01"), 70_000, balance_after=90_001 + 70_000),
        txn(2, at("2026-03-01", "13:00"), -70_000 + last),
    )
    assert found == [("below", "above")] + [("above", "below")] * (not stays)


@pytest.mark.parametrize(("closing", "falls_on_close"), [("2028-02-28", False), ("2028-02-29", True)])
def test_a_month_close_of_a_leap_year_is_on_the_29th(closing: str, falls_on_close: bool) -> None:
    day_after = {"2028-02-28": "2028-02-29", "2028-02-29": "2028-03-01"}[closing]
    entries: list[Entry] = [
        ("txn", 0, stamp(at("2028-02-27")), txn(1, at("2028-02-27"), 100_000)),
        ("txn", 1, stamp(at(day_after)), txn(2, at(day_after), 0, customer="c2")),
    ]
    policies = {"line.toml": SCHEME.replace("MEASURE", "aum") + '[upgrade]\ncheck = "month_close"\n'}
    history = History("Asia/Shanghai", "00:00", entries)
    product = Product(history, Handling(), policies)
    product.run(expected(history, policies, measures=False))
    assert bool(product.changes) is falls_on_close
