"""Both models against published figures: the paper's spreadsheet, R's BTYD, and likelihoods at extreme histories."""

from __future__ import annotations

import numpy as np
import pytest

from agents.churn import bg_nbd
from agents.churn.histories import Histories, grouped
from bench.scoreboard import formulas, pareto_nbd

PAPER = bg_nbd.Parameters(0.243, 4.414, 0.793, 2.426)
PAPER_FINE = bg_nbd.Parameters(0.24259, 4.41353, 0.79289, 2.42575)
"""The paper's, with the digits that its spreadsheet has."""
BTYD_PARETO = pareto_nbd.Parameters(0.55, 10.56, 0.61, 11.64)


def one(x: float, last: float, observed: float) -> Histories:
    return grouped([x], [last], [observed])


def test_bg_nbd_expects_what_the_papers_spreadsheet_says() -> None:
    assert formulas.expected_ahead(PAPER, one(2, 30.43, 38.86), 39) == pytest.approx(1.226, abs=5e-4)
    times = [0.1429, 1, 3, 31.8571, 32, 78]
    told = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert formulas.expected(PAPER_FINE, times) == pytest.approx(told, abs=4e-4)
    assert formulas.expected(PAPER_FINE, times[:5]) == pytest.approx(told[:5], abs=5.1e-5)


def test_bg_nbd_gives_each_number_of_repeats_the_chance_that_r_gives_it() -> None:
    assert bg_nbd.chance_of(PAPER, 0, 39) == pytest.approx(0.5737864, abs=5e-8)
    assert bg_nbd.chance_of(PAPER, 10, 2) == pytest.approx(1.07869e-07, rel=1e-5)
    told = [
        0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
        0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
    ]  # fmt: skip
    assert bg_nbd.chance_of(PAPER, range(11, 21), 30) == pytest.approx(told, abs=5e-11)


def test_the_chances_of_all_numbers_are_one_and_their_mean_is_expected() -> None:
    chances = bg_nbd.chance_of(PAPER, range(2_000), 30)
    assert chances.sum() == pytest.approx(1, abs=1e-6)
    assert chances @ np.arange(2_000) == pytest.approx(formulas.expected(PAPER, 30), abs=1e-3)


@pytest.mark.parametrize(
    ("x", "last", "observed", "told"),
    [
        (2, 30.43, 38.86, 0.726579),
        (1, 1.71, 38.86, 0.212101),
        (7, 29.43, 38.86, 0.641756),
        (26, 30.86, 31, 0.968916),
        (0, 0, 38.86, 1),
    ],
)
def test_bg_nbd_tells_who_is_alive(x: float, last: float, observed: float, told: float) -> None:
    assert formulas.alive(PAPER, one(x, last, observed)) == pytest.approx(told, abs=5e-7)


def test_the_likelihood_of_extreme_histories_stays_finite_and_right() -> None:
    steep = bg_nbd.Parameters(0.25, 4, 0.8, 2.5)
    assert bg_nbd.log_likelihood(steep, one(200, 38, 40)) == pytest.approx(100.7957, abs=5e-5)
    assert bg_nbd.log_likelihood(steep, one(0, 0, 40)) == pytest.approx(-0.59947382, abs=5e-9)
    far = grouped([0, 5_000, 5_000, 1], [0, 1e-6, 1e5, 1e-6], [1e5, 1e5, 1e5, 1e5])
    for logs in (
        bg_nbd.log_likelihood(steep, far),
        pareto_nbd.log_likelihood(pareto_nbd.Parameters(0.55, 10.6, 0.6, 11.7), far),
        pareto_nbd.log_likelihood(pareto_nbd.Parameters(0.55, 10.6, 0.6, 1.7), far),
    ):
        assert np.isfinite(logs).all()


def test_pareto_nbd_expects_what_r_says() -> None:
    told = [
        0, 0.05077821, 0.09916088, 0.14542507, 0.18979930,
        0.23247466, 0.27361274, 0.31335159, 0.35181024, 0.38909211,
    ]  # fmt: skip
    assert pareto_nbd.expected(BTYD_PARETO, range(10)) == pytest.approx(told, abs=5e-9)
    fitted = pareto_nbd.Parameters(0.553, 10.578, 0.606, 11.669)
    assert pareto_nbd.expected_ahead(fitted, one(26, 30.86, 31), 52) == pytest.approx(25.46, abs=5e-3)


def test_pareto_nbd_tells_who_is_alive() -> None:
    fitted = pareto_nbd.Parameters(0.5534, 10.5802, 0.6061, 11.6562)
    assert pareto_nbd.alive(fitted, one(26, 30.86, 31)) == pytest.approx(0.997918, abs=5e-7)


def test_pareto_nbd_is_one_likelihood_on_both_sides_of_equal_scales() -> None:
    history = grouped([0, 3, 40], [0, 20, 38], [39, 39, 39])
    below, at, above = (
        pareto_nbd.log_likelihood(pareto_nbd.Parameters(0.55, 10.0 + by, 0.6, 10.0), history)
        for by in (-1e-7, 0.0, 1e-7)
    )
    assert below == pytest.approx(at, abs=1e-6)
    assert above == pytest.approx(at, abs=1e-6)


def test_the_chance_of_no_repeat_is_its_likelihood() -> None:
    likelihood = np.exp(bg_nbd.log_likelihood(PAPER, one(0, 0, 39)))
    assert likelihood == pytest.approx(bg_nbd.chance_of(PAPER, 0, 39))
