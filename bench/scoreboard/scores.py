"""The scores on the board, higher for those more likely to come back."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.churn import bg_nbd
from agents.churn.fitting import Fit, fit_bg_nbd
from agents.churn.histories import Histories, grouped
from bench.scoreboard import formulas, pareto_nbd
from bench.scoreboard.cdnow import HELD_OUT, Buyers
from schemas.churn_model import ChurnModel
from streams.ledger.expected import expected_days

Floats = NDArray[np.float64]

SHIPPED: Final = "expected activity (shipped)"
RECENCY: Final = "recency"
_WEEK: Final = 7
"""Days of a week: the published parameters are in weeks."""


def fit_weeks(buyers: Buyers) -> tuple[Fit, Fit]:
    """BG/NBD and Pareto/NBD, in weeks as they were published."""
    histories = grouped(buyers.repeats, buyers.last / _WEEK, buyers.observed / _WEEK)
    return fit_bg_nbd(histories, limits=False), pareto_nbd.fit(histories)


def shipped(buyers: Buyers, model: ChurnModel) -> Floats:
    """The measure's own kernel: expected days with a purchase in the weeks held out, from whole days."""
    parameters = np.array(model)
    columns = (column.tolist() for column in (buyers.repeats, buyers.last, buyers.observed))
    return np.array(
        [expected_days(x, last, seen, HELD_OUT, parameters) for x, last, seen in zip(*columns, strict=True)]
    )


def scores(buyers: Buyers, bg: Fit, pareto: Fit) -> dict[str, Floats]:
    """Name to score; one that says nothing of customers who bought once is NaN there."""
    r, alpha, a, b = bg.parameters
    repeats = buyers.repeats.astype(np.float64)
    last, seen = buyers.last / _WEEK, buyers.observed / _WEEK
    each = Histories(repeats, last, seen, np.ones(len(repeats)))
    other = pareto_nbd.Parameters(*pareto.parameters)
    with np.errstate(divide="ignore", invalid="ignore"):
        cadence = -(seen - last) / (last / repeats)
    return {
        SHIPPED: shipped(buyers, ChurnModel(r, alpha * _WEEK, a, b)),
        RECENCY: last - seen,
        "frequency": repeats,
        "expected, Pareto/NBD": pareto_nbd.expected_ahead(other, each, HELD_OUT / _WEEK),
        "P(alive), Pareto/NBD": pareto_nbd.alive(other, each),
        "P(alive), BG/NBD": formulas.alive(bg_nbd.Parameters(*bg.parameters), each),
        "silence over usual gap": cadence,
    }
