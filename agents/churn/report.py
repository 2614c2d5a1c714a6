"""What a fit found, in words, and the file that the bank's policies take it from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from agents.churn import bg_nbd
from agents.churn.collecting import Collected
from agents.churn.fitting import Fit
from agents.churn.histories import Histories
from schemas.churn_model import BG_NBD, LIMITS, UNIT
from streams.calendar import date_of

AHEAD: Final = 30
"""Days of which the words tell what to expect."""
_BOUNDS: Final = (0, 1, 2, 3, 5, 10, 20, 50, 100)
"""First numbers of repeats of the table's rows."""


def model_file(fit: Fit, collected: Collected) -> str:
    """The text of ``churn_model.toml``."""
    numbers = "".join(f"{name} = {value:.6g}\n" for name, value in zip(LIMITS, fit.parameters, strict=True))
    return (
        "# When customers are active, behind expected_activity_30d: written by `tierline fit-churn`.\n\n"
        f'model = "{BG_NBD}"\nunit = "{UNIT}"\n{numbers}'
        f'fitted_on = "{_whom(fit, collected)}; log-likelihood {fit.log_likelihood:.2f}"\n'
    )


def report(fit: Fit, collected: Collected) -> Iterator[str]:
    """The parameters and how well they tell the numbers of repeats, line by line."""
    yield f"BG/NBD, fitted on {_whom(fit, collected)}; {collected.inactive:,} more were not active"
    for name, value in zip(LIMITS, fit.parameters, strict=True):
        yield f"  {name:<6}{value:>14.6g}"
    yield f"  log-likelihood {fit.log_likelihood:,.2f}"
    parameters = bg_nbd.Parameters(*fit.parameters)
    a, b = parameters.a, parameters.b
    yield f"  an average customer is active on {parameters.r / parameters.alpha * AHEAD:.2f} days in {AHEAD} while it stays,"
    yield f"  and {a / (a + b):.1%} are gone after an active day"
    yield ""
    yield f"  {'repeats':<10}{'customers':>12}{'expected':>14}"
    for label, customers, expected in calibration(parameters, collected.histories):
        yield f"  {label:<10}{customers:>12,}{expected:>14,.1f}"
    if not fit.converged:
        yield "  no search came to rest: better parameters may exist, so compare the table's columns before you use these"
    for name in fit.at_limit:
        yield f"  {name} is at its limit ({LIMITS[name][0]:g} to {LIMITS[name][1]:g}): customers hardly differ in what it tells"


def calibration(parameters: bg_nbd.Parameters, histories: Histories) -> list[tuple[str, int, float]]:
    """Numbers of repeats, with the customers who had them and those whom the model expects to."""
    most = _BOUNDS[-1]
    chances = np.zeros(most)
    times, place = np.unique(histories.observed, return_inverse=True)
    weights = np.bincount(place, weights=histories.customers)
    for time, customers in zip(times.tolist(), weights.tolist(), strict=True):
        # Who came today had no time for a repeat.
        first = np.eye(1, most)[0] if time == 0 else bg_nbd.chance_of(parameters, range(most), time)
        chances += customers * first
    rows = []
    for low, high in zip(_BOUNDS, [*_BOUNDS[1:], None], strict=True):
        met = (histories.repeats >= low) & (histories.repeats < (high or np.inf))
        expected = histories.total - float(chances.sum()) if high is None else float(chances[low:high].sum())
        label = f"{low} and more" if high is None else f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        rows.append((label, int(histories.customers[met].sum()), expected))
    return rows


def _whom(fit: Fit, collected: Collected) -> str:
    until = "" if collected.until is None else f" up to {date_of(collected.until).isoformat()}"
    return f"{fit.customers:,} customers active in the 12 months{until}"
