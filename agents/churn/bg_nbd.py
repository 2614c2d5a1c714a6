"""BG/NBD (Fader, Hardie and Lee, 2005): while alive active at a steady rate, gone after an active day with a steady chance.

Rates vary over customers as a gamma of shape ``r`` and rate ``alpha``, chances as a beta of ``a`` and ``b``. Functions take
numbers or arrays. What a fit and its report need is here; what the worker expects of a customer is computed by the kernel
``streams.ledger.expected``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln

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
    return np.asarray(shared - (r + x) * np.log(alpha + observed) + np.logaddexp(0.0, log_gone(parameters, histories)))


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


def log_gone(parameters: Parameters, histories: Histories) -> Floats:
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
