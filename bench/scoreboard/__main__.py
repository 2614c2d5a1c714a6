"""``python -m bench.scoreboard``: AUC and lift of each score of silence on CDNOW; ends with 1 if the shipped one has no claim."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.churn.fitting import Fit
from bench.scoreboard.cdnow import Buyers, WheelUnusable, download, read
from bench.scoreboard.judging import auc, lift
from bench.scoreboard.scores import RECENCY, SHIPPED, fit_weeks, scores
from schemas.churn_model import LIMITS

FOLDER: Final = Path(".local/scoreboard")
PUBLISHED: Final = (0.243, 4.414, 0.793, 2.426)
"""r, alpha, a and b of CDNOW in the paper; alpha in weeks."""
TOLERANCE: Final = 0.001
RECENCY_AUC: Final = (0.7714, 0.7122)
"""What plain recency reaches, of all customers and of those who bought again: a score below has no claim."""
GROUPS: Final = ("all", "repeaters")


class Mark(NamedTuple):
    """How a score did in a group."""

    auc: float
    lift: float


Board = dict[str, tuple[Mark | None, ...]]
"""Score to its marks by group; None where it says nothing."""


def main() -> int:
    """Print the board; 0 if the fit is the published one and the shipped score beats recency."""
    try:
        buyers = read(download(FOLDER))
    except WheelUnusable as error:
        print(f"scoreboard: {error}", file=sys.stderr)
        return 2
    print(f"fitting {len(buyers.repeats):,} customers ...", file=sys.stderr)
    bg, pareto = fit_weeks(buyers)
    given = scores(buyers, bg, pareto)
    board = judged(buyers, given)
    print("\n".join(told(board, buyers, bg, float(given[SHIPPED].sum()))))
    failed = [*failures(board, bg)]
    print("\n".join(failed), file=sys.stderr, end="\n" if failed else "")
    return 1 if failed else 0


def judged(buyers: Buyers, given: dict[str, NDArray[np.float64]]) -> Board:
    """Each score over all customers and over those with a repeat."""
    came = buyers.later > 0
    groups = (np.ones(len(came), np.bool_), buyers.repeats > 0)
    return {name: tuple(_mark(score[group], came[group]) for group in groups) for name, score in given.items()}


def told(board: Board, buyers: Buyers, bg: Fit, expected: float) -> Iterator[str]:
    """The board, line by line; ``expected`` are the days with a purchase that were expected of all."""
    numbers = ", ".join(f"{name} = {value:.4f}" for name, value in zip(LIMITS, bg.parameters, strict=True))
    yield f"BG/NBD, in weeks: {numbers}; log-likelihood {bg.log_likelihood:,.2f}"
    came, again = buyers.later > 0, buyers.repeats > 0
    yield f"{len(came):,} customers, {came.mean():.1%} bought in the 39 weeks held out; {again.sum():,} repeaters, {came[again].mean():.1%}"
    yield f"{expected:,.0f} days with a purchase were expected in them, {buyers.later.sum():,} came"
    yield ""
    yield f"{'':28}{'AUC':>8}{'lift':>8}{'AUC':>12}{'lift':>8}"
    yield f"{'':28}{'all customers':>16}{'repeaters':>20}"
    for name, marks in sorted(board.items(), key=_by_auc):
        yield f"{name:28}{_cells(marks[0], 8)}{_cells(marks[1], 12)}"


def failures(board: Board, bg: Fit) -> Iterator[str]:
    """Why the shipped score has no claim, if it has none."""
    for name, found, published in zip(LIMITS, bg.parameters, PUBLISHED, strict=True):
        if not abs(found - published) <= TOLERANCE:
            yield f"scoreboard: {name} is {found:.4f}, published is {published}"
    for group, known, mark, recency in zip(GROUPS, RECENCY_AUC, board[SHIPPED], board[RECENCY], strict=True):
        least = max(known, recency.auc if recency else 0.0)
        if mark is None or not mark.auc > least:
            yield f"scoreboard: the shipped score of {group} is {mark.auc if mark else 0:.4f}, recency {least:.4f}"


def _mark(score: NDArray[np.float64], came: NDArray[np.bool_]) -> Mark | None:
    return None if np.isnan(score).any() else Mark(auc(score, came), lift(score, came))


def _by_auc(row: tuple[str, tuple[Mark | None, ...]]) -> float:
    mark = row[1][0]
    return -mark.auc if mark else 0.0


def _cells(mark: Mark | None, width: int) -> str:
    return f"{'-':>{width}}{'-':>8}" if mark is None else f"{mark.auc:{width}.4f}{mark.lift:8.2f}"


if __name__ == "__main__":
    sys.exit(main())
