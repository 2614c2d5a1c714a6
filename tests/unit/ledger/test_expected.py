"""Expected activity: the kernel against the formula, and the three numbers of a customer that it is given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.churn import bg_nbd
from agents.churn.histories import grouped
from bench.scoreboard import formulas
from schemas.churn_model import LIMITS, ChurnModel
from streams.ledger.expected import expected_days, rounded_days
from streams.ledger.powers import exp, growth, log
from tests.unit.ledger.book import Book, Event

MODEL = ChurnModel(0.45, 12.5, 0.6, 1.9)
NAME = "expected_activity_30d"


def told(x: int, t_x: int, t: int, model: ChurnModel = MODEL) -> int:
    """The published formula, in millionths of a day, to the nearest thousandth."""
    days = formulas.expected_ahead(bg_nbd.Parameters(*model), grouped([x], [t_x], [t]), 30.0)
    return round(float(days[0]) * 1_000) * 1_000


def a_book() -> Book:
    return Book(churn=MODEL)


@pytest.mark.parametrize(
    ("x", "t_x", "t"),
    [(0, 0, 0), (0, 0, 365), (1, 1, 1), (1, 1, 365), (5, 90, 91), (364, 364, 364), (300, 301, 365), (12, 330, 365)],
)
@pytest.mark.parametrize("model", [MODEL, ChurnModel(0.243, 30.9, 0.793, 2.426), ChurnModel(3.0, 40.0, 1.5, 60.0)])
def test_the_kernel_is_the_formula(x: int, t_x: int, t: int, model: ChurnModel) -> None:
    formula = formulas.expected_ahead(bg_nbd.Parameters(*model), grouped([x], [t_x], [t]), 30.0)
    assert expected_days(x, t_x, t, 30, np.array(model)) == pytest.approx(min(float(formula[0]), 30.0), abs=1e-9)


def test_the_kernel_goes_through_a_of_one_where_the_formula_divides_by_zero() -> None:
    below, at, above = (expected_days(3, 50, 80, 30, np.array([0.5, 20.0, a, 2.0])) for a in (0.999999, 1.0, 1.000001))
    assert below > at > above
    assert below - above < 1e-5


@pytest.mark.parametrize("corner", range(16))
def test_the_kernel_stays_within_0_and_the_days_ahead_at_every_limit(corner: int) -> None:
    model = np.array([LIMITS[name][corner >> place & 1] for place, name in enumerate(LIMITS)])
    days = [expected_days(x, x, t, 30, model) for t in (0, 1, 30, 365) for x in {0, min(1, t), t}]
    assert all(0 <= one <= 30 for one in days)
    assert max(days) > 0


def test_more_silence_is_less_activity_and_more_activity_is_more() -> None:
    model = np.array(MODEL)
    silent = [expected_days(20, last, 300, 30, model) for last in range(300, 100, -20)]
    assert silent == sorted(silent, reverse=True)
    active = [expected_days(x, 300, 300, 30, model) for x in range(1, 300, 20)]
    assert active == sorted(active)


@pytest.mark.parametrize(
    ("days", "millionths"),
    [(0.0, 0), (0.0004, 0), (0.0005, 0), (0.0006, 1_000), (0.0015, 2_000), (2.5, 2_500_000), (30.0, 30_000_000)],
)
def test_days_are_rounded_to_thousandths_half_to_even(days: float, millionths: int) -> None:
    assert rounded_days(days) == millionths


def test_logarithm_and_exponential_are_those_of_the_library_to_the_last_bits() -> None:
    for number in np.exp(np.linspace(-30, 30, 601)).tolist():
        assert log(number) == pytest.approx(math.log(number), rel=1e-15, abs=1e-16)
    for number in np.linspace(-690, 690, 691).tolist():
        assert exp(number) == pytest.approx(math.exp(number), rel=1e-15)
    for number in (-40.0, -0.51, -0.5, -1e-9, 1e-9, 0.5, 0.51, 40.0):
        assert growth(number) == pytest.approx(math.expm1(number) / number, rel=1e-14)
    assert growth(0.0) == 1
    assert (exp(1e6), exp(-1e6)) == (exp(700.0), exp(-700.0))


def test_a_new_customer_has_no_repeat_and_no_time() -> None:
    book = a_book()
    book.fold(Event(at="2026-03-02T10:00", amount=100))
    assert book.measure(NAME, "2026-03-02") == told(0, 0, 0)
    assert book.measure(NAME, "2026-03-09") == told(0, 0, 7)


def test_days_count_once_and_time_begins_with_the_first_booking_of_any_initiator() -> None:
    book = a_book()
    book.fold(
        Event(at="2026-03-01T10:00", amount=100, initiator="bank"),
        Event(at="2026-03-05T10:00", amount=100),
        Event(at="2026-03-05T11:00", amount=100),
        Event(at="2026-03-08T10:00", amount=100),
        Event(at="2026-03-20T10:00", amount=100),
        Event(at="2026-03-25T10:00", amount=-1, kind="fee", initiator="bank"),
    )
    assert book.measure(NAME, "2026-03-31") == told(2, 19, 30)


def test_what_was_before_the_window_is_not_known_to_the_model() -> None:
    book = a_book()
    for date in ("2025-01-10", "2025-03-31", "2025-04-01", "2026-02-01"):
        book.fold(Event(at=f"{date}T10:00", amount=100))
    # 12m begins on 2025-04-01 as of any day of March: two active days, the first no repeat
    assert book.measure(NAME, "2026-03-01") == told(1, 306, 334)
    assert book.measure(NAME, "2026-03-31") == told(1, 306, 364)
    # and a month later one is left
    assert book.measure(NAME, "2026-04-01") == told(0, 0, 335)


def test_nothing_is_known_without_an_active_day_in_the_window_or_without_a_model() -> None:
    book = a_book()
    book.fold(Event(at="2025-03-31T10:00", amount=100), Event(at="2026-01-10T10:00", amount=100, initiator="bank"))
    assert book.measure(NAME, "2026-02-28") is not None
    assert book.measure(NAME, "2026-03-01") is None
    plain = Book()
    plain.fold(Event(at="2026-03-02T10:00", amount=100))
    assert plain.measure(NAME, "2026-03-02") is None


def test_nobody_is_active_on_more_days_than_there_are() -> None:
    eager = Book(churn=ChurnModel(0.5, 1.0, 0.001, 10_000.0))
    for day in range(1, 11):
        eager.fold(Event(at=f"2026-03-{day:02}T10:00", amount=100))
    assert 20_000_000 < (eager.measure(NAME, "2026-03-10") or 0) <= 30_000_000


def test_a_row_of_an_event_expects_by_what_was_known_then() -> None:
    book = a_book()
    events = [Event(at=f"2026-03-0{day}T10:00", amount=100) for day in (1, 4)]
    rows = book.fold(*events, open_day="2026-03-01")
    assert rows.values[rows.names.index(NAME)].tolist() == [told(0, 0, 0), told(1, 3, 3)]
