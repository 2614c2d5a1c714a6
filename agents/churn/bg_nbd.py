"""BG/NBD (Fader, Hardie and Lee, 2005): while alive active at a steady rate, gone after an active day with a steady chance.

Rates vary over customers as a gamma of shape ``r`` and rate ``alpha``, chances as a beta of ``a`` and ``b``. Functions take
numbers or arrays; ``a`` must not be 1 where an expectation is asked for (the kernel ``streams.ledger.expected`` has no such
hole, and is what the worker uses).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln, hyp2f1

from agents.churn.histories import Floats, Histories


class Parameters(NamedTuple):
    """Parameters of BG/NBD; ``alpha`` in the unit of the histories' times."""

    r: float
    alpha: float
    a: float
    b: float


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """Logarithm of the likelihood of one customer of each history; no power is taken that could overflow."""
    r, alpha, a, b = parameters
    x, _, observed, _ = histories
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    return np.asarray(shared - (r + x) * np.log(alpha + observed) + np.logaddexp(0.0, _log_gone(parameters, histories)))


def alive(parameters: Parameters, histories: Histories) -> Floats:
    """Probability of not being gone yet; 1 for everybody who was active only once."""
    return np.asarray(1.0 / (1.0 + np.exp(_log_gone(parameters, histories))))


def expected(parameters: Parameters, ahead: ArrayLike) -> Floats:
    """E[X(t)]: repeats of a new customer within ``ahead``."""
    r, alpha, a, b = parameters
    t = np.asarray(ahead, np.float64)
    gauss = hyp2f1(r, b, a + b - 1.0, t / (alpha + t))
    return np.asarray((a + b - 1.0) / (a - 1.0) * (1.0 - (alpha / (alpha + t)) ** r * gauss))


def expected_ahead(parameters: Parameters, histories: Histories, ahead: float) -> Floats:
    """E[Y(t) | x, t_x, T]: times that a customer of each history will be active within ``ahead`` of its end.

    The Gauss series is taken after Euler's transformation, which keeps its numbers small however active a customer is.
    """
    r, alpha, a, b = parameters
    x, _, observed, _ = histories
    z = ahead / (alpha + observed + ahead)
    gauss = hyp2f1(a + b - 1.0 - r, a - 1.0, a + b + x - 1.0, z)
    if_alive = (a + b + x - 1.0) / (a - 1.0) * (1.0 - (1.0 - z) ** (a - 1.0) * gauss)
    return np.asarray(if_alive * alive(parameters, histories))


def chance_of(parameters: Parameters, repeats: ArrayLike, within: float) -> Floats:
    """P(X(t) = n) for each number of ``repeats`` of a new customer within a time."""
    r, alpha, a, b = parameters
    numbers = np.atleast_1d(np.asarray(repeats, np.int64))
    active, quiet = np.log(within) - np.log(alpha + within), r * (np.log(alpha) - np.log(alpha + within))
    all_terms = np.arange(max(int(numbers.max()), 1))
    fewer = np.logaddexp.accumulate(_log_rising(r, all_terms) + all_terms * active)[np.maximum(numbers, 1) - 1]
    stayed = betaln(a, b + numbers) - betaln(a, b) + _log_rising(r, numbers) + quiet + numbers * active
    left = betaln(a + 1.0, b + np.maximum(numbers, 1) - 1.0) - betaln(a, b)
    chances = np.exp(stayed) + np.exp(left) * -np.expm1(np.minimum(quiet + fewer, 0.0)) * (numbers > 0)
    return np.asarray(chances)


def _log_gone(parameters: Parameters, histories: Histories) -> Floats:
    """Logarithm of the odds of being gone; minus infinity without repeats."""
    r, alpha, a, b = parameters
    x, last, observed, _ = histories
    after = np.where(x > 0, b + x - 1.0, 1.0)
    odds = np.log(a) - np.log(after) + (r + x) * (np.log(alpha + observed) - np.log(alpha + last))
    return np.where(x > 0, odds, -np.inf)


def _log_rising(r: float, n: ArrayLike) -> Floats:
    """Logarithm of gamma(r + n) / (gamma(r) n!)."""
    count = np.asarray(n, np.float64)
    return np.asarray(gammaln(r + count) - gammaln(r) - gammaln(count + 1.0))
