"""Pareto/NBD (Schmittlein, Morrison and Colombo, 1987): active at a steady rate, gone after a lifetime of a steady hazard.

Rates vary over customers as a gamma of shape ``r`` and rate ``alpha``, hazards as a gamma of shape ``s`` and rate ``beta``;
``s`` must not be 1 where an expectation is asked for. It is the yardstick beside BG/NBD.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from agents.churn.fitting import STARTS, WIDE, Fit, mean_time, search
from agents.churn.histories import Floats, Histories

_TERMS: Final = 20_000
_SMALL: Final = 1e-16
"""A term so small beside the sum ends the series."""


class Parameters(NamedTuple):
    """Parameters of Pareto/NBD; ``alpha`` and ``beta`` in the unit of the histories' times."""

    r: float
    alpha: float
    s: float
    beta: float


def fit(histories: Histories) -> Fit:
    """The likeliest parameters, in the unit of the histories' times."""
    scale = mean_time(histories)
    starts = [(r, alpha * scale, s, beta * scale) for r, alpha, s, beta in STARTS]
    return search(lambda p: log_likelihood(Parameters(*p), histories), histories, starts, [WIDE] * 4)


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """Logarithm of the likelihood of one customer of each history."""
    r, alpha, s, beta = parameters
    x, _, observed, _ = histories
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    stayed = -(r + x) * np.log(alpha + observed) - s * np.log(beta + observed)
    return np.asarray(shared + stayed + np.logaddexp(0.0, _log_gone(parameters, histories)))


def alive(parameters: Parameters, histories: Histories) -> Floats:
    """Probability of not being gone yet."""
    return np.asarray(1.0 / (1.0 + np.exp(_log_gone(parameters, histories))))


def expected(parameters: Parameters, ahead: ArrayLike) -> Floats:
    """E[X(t)]: repeats of a new customer within ``ahead``."""
    r, alpha, s, beta = parameters
    t = np.asarray(ahead, np.float64)
    return np.asarray(r * beta / (alpha * (s - 1.0)) * -np.expm1((s - 1.0) * np.log(beta / (beta + t))))


def expected_ahead(parameters: Parameters, histories: Histories, ahead: float) -> Floats:
    """E[Y(t) | x, t_x, T]: times that a customer of each history will be active within ``ahead`` of its end."""
    r, alpha, s, beta = parameters
    x, _, observed, _ = histories
    shrinks = -np.expm1((s - 1.0) * np.log((beta + observed) / (beta + observed + ahead)))
    if_alive = (r + x) * (beta + observed) / ((alpha + observed) * (s - 1.0)) * shrinks
    return np.asarray(if_alive * alive(parameters, histories))


def _log_gone(parameters: Parameters, histories: Histories) -> Floats:
    """Logarithm of the odds of being gone; minus infinity where nothing could have happened since the last time."""
    r, alpha, s, beta = parameters
    x, last, observed, _ = histories
    at_last, at_end = _log_left(parameters, x, last), _log_left(parameters, x, observed)
    with np.errstate(divide="ignore"):
        between = at_last + np.log(-np.expm1(np.minimum(at_end - at_last, 0.0)))
    stayed = (r + x) * np.log(alpha + observed) + s * np.log(beta + observed)
    return np.asarray(np.log(s) - np.log(r + s + x) + between + stayed)


def _log_left(parameters: Parameters, x: Floats, time: Floats) -> Floats:
    """Logarithm of one half of A0, the integral over lifetimes from ``time`` on.

    Euler's transformation makes all terms of the Gauss series positive and leaves 1 as its first parameter.
    """
    r, alpha, s, beta = parameters
    whole = r + s + x + 1.0
    if alpha >= beta:
        series = _series(r + x, whole, (alpha - beta) / (alpha + time))
        return np.asarray(np.log(series) - (r + x) * np.log(alpha + time) - s * np.log(beta + time))
    series = _series(np.full_like(x, s + 1.0), whole, (beta - alpha) / (beta + time))
    return np.asarray(np.log(series) - (r + x - 1.0) * np.log(alpha + time) - (s + 1.0) * np.log(beta + time))


def _series(second: Floats, third: Floats, z: Floats) -> Floats:
    """2F1(1, second; third; z) for 0 <= z < 1."""
    term = np.ones_like(z)
    total = np.ones_like(z)
    for j in range(_TERMS):
        term = term * (second + j) / (third + j) * z
        total += term
        if np.all(term <= _SMALL * total):
            break
    return total
