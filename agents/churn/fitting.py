"""Parameters by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize

from agents.churn import bg_nbd
from agents.churn.histories import Floats, Histories
from schemas.churn_model import LIMITS
from schemas.mistakes import Mistake

CUSTOMERS_MIN: Final = 100
"""Four parameters of fewer customers mean nothing."""
STARTS: Final = ((0.5, 0.5, 0.8, 2.0), (2.0, 2.0, 0.1, 1.0))
"""Where the search begins: the second and fourth number in units of the mean observed time (of times, not of chances)."""
WIDE: Final = (1e-4, 1e6)
"""Bounds of a parameter that nothing else bounds: no fit to real histories comes near them."""

Likelihood = Callable[[Sequence[float]], Floats]
Progress = Callable[[int, int], None]


class Fit(NamedTuple):
    """Where a search ended: ``at_limit`` names the parameters that it could not take further, ``converged`` tells whether any
    search came to rest.
    """

    parameters: tuple[float, ...]
    log_likelihood: float
    customers: int
    at_limit: tuple[str, ...] = ()
    converged: bool = True


def fit_bg_nbd(histories: Histories, progress: Progress | None = None, *, limits: bool = True) -> Fit:
    """BG/NBD; with ``limits`` the parameters are within those of ``churn_model.toml``, for times in days."""
    scale = mean_time(histories)
    starts = [(r, alpha * scale, a, b) for r, alpha, a, b in STARTS]
    bounds = list(LIMITS.values()) if limits else [WIDE] * 4
    found = search(
        lambda p: bg_nbd.log_likelihood(bg_nbd.Parameters(*p), histories), histories, starts, bounds, progress
    )
    near = [
        name
        for name, value, (least, most) in zip(LIMITS, found.parameters, bounds, strict=True)
        if not least * 1.001 < value < most / 1.001
    ]
    return found._replace(at_limit=tuple(near))


def mean_time(histories: Histories) -> float:
    """How long customers were observed on average, at least 1."""
    return max(float(np.average(histories.observed, weights=histories.customers)), 1.0)


def search(
    likelihood: Likelihood,
    histories: Histories,
    starts: Sequence[Sequence[float]],
    bounds: Sequence[tuple[float, float]],
    progress: Progress | None = None,
) -> Fit:
    """The best of the searches from all ``starts``, in logarithms: every parameter is positive.

    ``Mistake`` where none of them ends at a likelihood that is a number.
    """

    def loss(logs: Floats) -> float:
        return -float(histories.customers @ likelihood(np.exp(logs).tolist())) / histories.total

    limits = [(float(np.log(least)), float(np.log(most))) for least, most in bounds]
    found = []
    for number, start in enumerate(starts, 1):
        begin = np.clip(np.log(start), *np.transpose(limits))
        found.append(minimize(loss, begin, method="L-BFGS-B", bounds=limits, options={"ftol": 1e-14, "gtol": 1e-9}))
        if progress is not None:
            progress(number, len(starts))
    finite = [result for result in found if np.isfinite(result.fun) and np.isfinite(result.x).all()]
    if not finite:
        msg = (
            f"the histories of {histories.total:,} customers have no likelihood under any parameters tried: "
            "are their days of activity within the time that they were observed?"
        )
        raise Mistake(msg)
    best = min(finite, key=lambda result: float(result.fun))
    return Fit(
        tuple(np.exp(best.x).tolist()),
        -float(best.fun) * histories.total,
        histories.total,
        converged=any(result.success for result in finite),
    )
