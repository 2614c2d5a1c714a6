"""BG/NBD's published formulas, which the worker's kernel ``streams.ledger.expected`` is compared with.

As in ``agents.churn.bg_nbd``; ``a`` must not be 1 where an expectation is asked for (the kernel has no such hole).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import hyp2f1

from agents.churn.bg_nbd import Parameters, log_gone
from agents.churn.histories import Floats, Histories


def alive(parameters: Parameters, histories: Histories) -> Floats:
    """Probability of not being gone yet; 1 for everybody who was active only once."""
    return np.asarray(1.0 / (1.0 + np.exp(log_gone(parameters, histories))))


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
