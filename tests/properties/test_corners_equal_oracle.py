"""Corners that chance seldom finds: the ledger against the oracle on histories made for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.oracle.partition import Entry
from tests.properties.bank import Json, at, stamp, txn
from tests.properties.expected import expected
from tests.properties.histories import History
from tests.properties.product import Handling, Product
from tests.properties.test_ledger_equals_oracle import assert_same_looks, wanted

HANDLINGS = [Handling(), Handling(batches=(1,), cache_bytes=0), Handling(batches=(3,), takeovers=True)]


def nine_gaps() -> list[Json]:
    """Nine balances told, each 10 more than expected; then the bookings missed in the first, second and last."""
    told = [txn(day, at(f"2026-03-{day:02}"), 1, balance_after=11 * day) for day in range(1, 11)]
    return [*told, *(txn(20 + day, at(f"2026-03-{day:02}", "09:00"), 10) for day in (2, 3, 10))]


def a_gap_closed_exactly() -> list[Json]:
    """The second late booking finds the first gap closed and goes to the next."""
    return [
        txn(1, at("2026-03-01"), 0, balance_after=100),
        txn(2, at("2026-03-04"), 0, balance_after=130),
        txn(3, at("2026-03-06"), 0, balance_after=135),
        txn(4, at("2026-03-02"), 30),
        txn(5, at("2026-03-03"), 4),
        txn(6, at("2026-03-03"), -9),
        txn(7, at("2026-03-05"), 77),
    ]


def ties() -> list[Json]:
    """Bookings at the very instants of the latest, the anchor and the first told balance."""
    return [
        txn(1, at("2026-03-01"), 5, balance_after=100),
        txn(2, at("2026-03-01"), 7),
        txn(3, at("2026-03-03"), 2, balance_after=114),
        txn(4, at("2026-03-04"), 1),
        txn(5, at("2026-03-03"), 20),
        txn(6, at("2026-03-01"), 40),
        txn(7, at("2026-03-04"), 3, balance_after=180),
    ]


def a_late_opening_among_movements() -> list[Json]:
    """Told late, between the movements of an account that nobody had told of; then bookings on both sides."""
    return [
        txn(1, at("2026-03-02"), 100),
        txn(2, at("2026-03-06"), 40),
        txn(3, at("2026-03-04"), -30),
        txn(4, at("2026-03-04"), 0, kind="opening", balance_after=1_000),
        txn(5, at("2026-03-03"), 7),
        txn(6, at("2026-03-05"), 9),
        txn(7, at("2026-03-05"), 0, kind="opening", balance_after=5),
        txn(8, at("2026-03-07"), 1, balance_after=2_000),
    ]


def other_sides() -> list[Json]:
    """A second product on an account, a told loan, reversals of either sign far back, a nothing reversed."""
    return [
        txn(1, at("2026-03-01"), 500),
        txn(2, at("2026-03-02"), -200, product="loan"),
        txn(3, at("2026-03-02"), -900, account="l1", product="loan", balance_after=-1_000),
        txn(4, at("2026-03-03"), 200, reverses="t2", reverses_booked_at=at("2026-03-02")),
        txn(5, at("2026-03-04"), -500, reverses="t1", reverses_booked_at=at("2025-04-30")),
        txn(6, at("2026-03-05"), 0, reverses="t9", reverses_booked_at=at("2025-11-30")),
        txn(7, at("2024-02-29"), 60),
        txn(8, at("2025-02-28"), -60),
        txn(9, at("2026-06-30"), 1, account="c1", product="card", kind="purchase"),
    ]


def a_gap_across_many_months() -> list[Json]:
    """Two years of month ends, then late bookings into each of them and before them all."""
    ends = ["2024-01-31", "2024-02-29", "2024-06-30", "2024-12-31", "2025-01-31", "2025-02-28", "2025-12-31"]
    told = [txn(n, at(end, "23:59"), 10, balance_after=100 * n) for n, end in enumerate(ends, 1)]
    return [
        *told,
        *(txn(20 + n, at(end, "00:00"), 10 * n + 3) for n, end in enumerate(ends)),
        txn(40, at("2023-05-05"), 9),
    ]


def averages_of_months() -> list[Json]:
    """Told oldest first to a bank that has begun; then late bookings between them, a gap, and an account booked before."""
    months = [f"2025-{month:02}-01" for month in range(4, 13)] + [f"2026-{month:02}-01" for month in (1, 2, 3)]

    def told(number: int, on: str, balance: int, account: str = "a1") -> Json:
        return txn(number, on, 0, account=account, kind="opening", initiator="bank", balance_after=balance)

    return [
        txn(1, at("2026-03-10"), 5, account="other"),
        *(told(10 + n, at(month, "00:00"), 1_000 + 70 * n * (-1) ** n) for n, month in enumerate(months)),
        told(30, at("2026-03-09", "23:59"), 4_000),
        txn(31, at("2025-05-05"), 30),
        txn(32, at("2026-01-15"), -7),
        txn(33, at("2026-03-12"), 1, balance_after=4_101),
        txn(34, at("2026-02-02"), 60),
        txn(35, at("2026-03-11"), 40),
        told(36, at("2026-03-12"), 5_000),
        txn(37, at("2025-03-31"), 9),
        txn(40, at("2026-03-13"), 3, account="b1"),
        told(41, at("2026-02-13"), 77, account="b1"),
        told(42, at("2026-02-14"), 800, account="b1"),
        told(43, at("2026-03-12"), 900, account="b1"),
    ]


@pytest.mark.parametrize("handling", HANDLINGS)
@pytest.mark.parametrize(
    "story",
    [
        nine_gaps,
        a_gap_closed_exactly,
        ties,
        a_late_opening_among_movements,
        other_sides,
        a_gap_across_many_months,
        averages_of_months,
    ],
)
def test_all_measures_at_every_look(story: Callable[[], list[Json]], handling: Handling) -> None:
    transactions = story()
    latest, entries = 0, list[Entry]()
    for number, transaction in enumerate(transactions):
        latest = max(latest, stamp(transaction["booked_at"]))
        entries.append(("txn", number, latest, transaction))
    history = History("Asia/Shanghai", "00:00", entries)
    steps = expected(history, {}, measures=True)
    assert all(step.applied for step in steps)
    product = Product(history, handling)
    product.run(steps)
    assert_same_looks(product.looks, wanted(steps))
