"""Parameters from made-up customers whose parameters are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from agents.churn.bg_nbd import Parameters, log_likelihood
from agents.churn.fitting import fit_bg_nbd
from agents.churn.histories import Histories, grouped, joined
from schemas.churn_model import LIMITS
from schemas.mistakes import Mistake

TRUE = Parameters(r=0.6, alpha=15.0, a=0.9, b=3.0)
CUSTOMERS = 4_000
DAYS = 365


def lived(seed: int, customers: int, parameters: Parameters) -> Histories:
    """Customers drawn as BG/NBD says: observed for a year or less, in whole days."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(parameters.r, 1 / parameters.alpha, customers)
    chances = rng.beta(parameters.a, parameters.b, customers)
    observed = rng.integers(DAYS // 2, DAYS + 1, customers)
    repeats, last = np.zeros(customers), np.zeros(customers)
    for index, (rate, gone, end) in enumerate(zip(rates, chances, observed, strict=True)):
        now = 0.0
        while rng.random() >= gone or now == 0.0:
            now += rng.exponential(1 / rate)
            if now > end:
                break
            repeats[index] += 1
            last[index] = now
    return grouped(repeats, last, observed)


@pytest.fixture(scope="module")
def bank() -> Histories:
    return lived(11, CUSTOMERS, TRUE)


def test_a_fit_finds_the_parameters_that_customers_were_drawn_from(bank: Histories) -> None:
    fit = fit_bg_nbd(bank)
    assert fit.customers == CUSTOMERS
    assert fit.at_limit == ()
    # three standard errors: of 40 such banks the parameters spread by up to 10 %, the mean rate and chance by 3 %
    assert fit.parameters == pytest.approx(TRUE, rel=0.3)
    r, alpha, a, b = fit.parameters
    assert r / alpha == pytest.approx(TRUE.r / TRUE.alpha, rel=0.09)
    assert a / (a + b) == pytest.approx(TRUE.a / (TRUE.a + TRUE.b), rel=0.09)


def test_no_parameters_nearby_are_likelier_than_the_fit(bank: Histories) -> None:
    fit = fit_bg_nbd(bank)
    best = Parameters(*fit.parameters)
    assert fit.log_likelihood == pytest.approx(float(bank.customers @ log_likelihood(best, bank)))
    for place in range(4):
        for factor in (0.97, 1.03):
            moved = Parameters(*(value * (factor if at == place else 1) for at, value in enumerate(best)))
            assert bank.customers @ log_likelihood(moved, bank) < fit.log_likelihood


def test_a_fit_is_the_same_in_any_order_and_grouping(bank: Histories) -> None:
    alone = joined([Histories(*(column[half] for column in bank)) for half in (slice(500, None), slice(500))])
    assert [column.tolist() for column in alone] == [column.tolist() for column in bank]
    weeks = grouped(bank.repeats, bank.last / 7, bank.observed / 7, bank.customers)
    days, wide = fit_bg_nbd(bank, limits=False), fit_bg_nbd(weeks, limits=False)
    assert wide.parameters[1] * 7 == pytest.approx(days.parameters[1], rel=1e-3)


def test_customers_who_are_all_alike_end_at_a_limit_that_is_named() -> None:
    rng = np.random.default_rng(3)
    repeats = rng.poisson(40, 500)
    fit = fit_bg_nbd(grouped(repeats, np.full(500, 364), np.full(500, 365)))
    assert "r" in fit.at_limit
    assert all(least <= value <= most for value, (least, most) in zip(fit.parameters, LIMITS.values(), strict=True))


def searches(*ends: tuple[float, bool]) -> Callable[..., SimpleNamespace]:
    """Searches that end at likelihoods given one by one."""
    left = iter(ends)

    def search(_loss: object, begin: np.ndarray, **_: object) -> SimpleNamespace:
        loss, success = next(left)
        return SimpleNamespace(fun=loss, x=begin + loss, success=success)

    return search


def test_a_search_that_ends_at_no_number_counts_for_nothing(bank: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    for ends in ([(math.nan, True), (2.0, False)], [(2.0, False), (math.nan, True)], [(-math.inf, True), (2.0, False)]):
        monkeypatch.setattr("agents.churn.fitting.minimize", searches(*ends))
        fit = fit_bg_nbd(bank)
        assert (fit.log_likelihood, fit.converged) == (-2.0 * CUSTOMERS, False)


def test_a_fit_came_to_rest_where_any_search_did(bank: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fit_bg_nbd(bank).converged
    monkeypatch.setattr("agents.churn.fitting.minimize", searches((3.0, True), (2.0, False)))
    assert fit_bg_nbd(bank)[1:] == (-2.0 * CUSTOMERS, CUSTOMERS, (), True)


def test_without_any_number_there_is_no_fit(bank: Histories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.churn.fitting.minimize", searches((math.nan, True), (math.inf, True)))
    with pytest.raises(Mistake, match="the histories of 4,000 customers have no likelihood"):
        fit_bg_nbd(bank)


def test_progress_is_told_search_by_search(bank: Histories) -> None:
    told: list[tuple[int, int]] = []
    fit_bg_nbd(bank, lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_nobody_makes_an_empty_history() -> None:
    assert joined([]).total == grouped([], [], []).total == 0
