"""How active a customer will be: the expected active days ahead, by the model of ``churn_model.toml``.

BG/NBD knows a customer by three numbers. Its observation begins on day ``O``, the later of the day of its earliest booking and
the first day of the window ``12m``, and ends on the as-of day ``D``. The first active day in it began the customer's
activity, so

* ``x`` is the number of active days in the window, less that one;
* ``t_x`` is the last active day less ``O``;
* ``T`` is ``D - O``.

Without an active day in the window nothing is known. What is expected is Fader's, Hardie's and Lee's E[Y(t) | x, t_x, T],
after Euler's transformation of its Gauss series and with the factor ``a - 1`` divided out of all terms: no divisor can
vanish, hardly anything cancels, and few terms are needed however active the customer is.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.measures import RATIO_UNITS
from streams.ledger.arrays import Arrays, Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import ACTIVE_DAYS, ACTIVITY_DAYS, EARLIEST, NONE
from streams.ledger.newest_days import newest
from streams.ledger.powers import exp, growth, log
from streams.ledger.program import WINDOW, Asked
from streams.ledger.series import flow

Floats = NDArray[np.float64]

AHEAD: Final = 30
"""Days looked ahead."""
STEPS: Final = 1_000
"""Steps of a day to which an expectation is rounded: far coarser than what floats get wrong."""
_TERMS: Final = 4_000
"""Terms of the series, at most: a customer of today under the smallest ``alpha`` needs 1,200."""
_SMALL: Final = 1e-17
"""A term so small beside the sum that the terms after it change nothing."""


@kernel
def expected_activity(a: Arrays, slot: int, as_of: int, now: int, ask: Asked, step: int, starts: Ints) -> int:
    """Expected active days of the next 30, in millionths; unknown without a model or an active day in the window."""
    window = ask.steps[step, WINDOW]
    active = flow(a.knots, now, ask.marks[window], ACTIVE_DAYS)
    last = newest(a.customers[slot], ACTIVITY_DAYS, as_of)
    if len(ask.churn) == 0 or active <= 0 or last == NONE:
        return NONE
    began = max(starts[window], a.customers[slot, EARLIEST])
    days = expected_days(active - 1, last - began, as_of - began, AHEAD, ask.churn)
    return rounded_days(days)


@kernel
def rounded_days(days: float) -> int:
    """Days in whole steps, half to even, as millionths."""
    steps = math.floor(days * STEPS)
    rest = days * STEPS - steps
    if rest > 0.5 or (rest == 0.5 and steps % 2 == 1):
        steps += 1
    return int(steps) * (RATIO_UNITS // STEPS)


@kernel
def expected_days(repeats: int, last: int, observed: int, ahead: int, model: Floats) -> float:
    """E[Y(ahead) | repeats, last, observed] of BG/NBD, at least 0 and at most ``ahead``; ``model`` is r, alpha, a, b."""
    r, alpha, a, b = model[0], model[1], model[2], model[3]
    now, far = alpha + observed, alpha + observed + ahead
    decay = log(now / far)
    days = (a + b + repeats - 1.0) * -decay * growth((a - 1.0) * decay)
    days -= exp((a - 1.0) * decay) * _series(a + b - 1.0 - r, a, a + b + repeats - 1.0, ahead / far)
    if repeats > 0:
        days /= 1.0 + a / (b + repeats - 1.0) * exp((r + repeats) * log(now / (alpha + last)))
    return float(min(max(days, 0.0), float(ahead)))


@kernel
def _series(first: float, second: float, third: float, z: float) -> float:
    """``third * (F - 1) / (second - 1)`` with F = 2F1(first, second - 1; third; z), for 0 < z < 1 and third > -1."""
    term = first * z
    total = 0.0
    for j in range(1, _TERMS):
        total += term
        factor = (first + j) * (second + j - 1.0) / ((third + j) * (j + 1.0)) * z
        if abs(term) <= _SMALL * abs(total) and abs(factor) < 1.0:
            break
        term *= factor
    return total
