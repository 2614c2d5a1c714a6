"""The scoreboard's own arithmetic, on customers few enough to count by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from agents.churn import bg_nbd
from agents.churn.fitting import Fit
from agents.churn.histories import Histories
from bench.scoreboard import formulas
from bench.scoreboard.__main__ import PUBLISHED, RECENCY_AUC, Board, Mark, failures, judged
from bench.scoreboard.cdnow import HELD_OUT, WHEEL, Buyers, WheelUnusable, buyers, download
from bench.scoreboard.judging import auc, lift
from bench.scoreboard.scores import RECENCY, SHIPPED, scores, shipped
from schemas.churn_model import ChurnModel

FIT = Fit(PUBLISHED, -9582.4, 2357)
LINES = """\
 00004 0001 19970101  2   29.33
 00004 0001 19970101  1    9.33
 00004 0001 19970118  2   29.73
 00004 0001 19970930  1   14.96
 00004 0001 19971001  1   14.96
 00004 0001 19971001  1   14.96
 00004 0001 19980630  2   26.48
 00021 0002 19970101  3   63.34
 00050 0003 19970301  3   63.34
 00050 0003 19970302  3   63.34
 00050 0003 19980701  3   63.34
"""


def some_buyers() -> Buyers:
    rng = np.random.default_rng(4)
    repeats = rng.integers(0, 12, 300) * rng.integers(0, 2, 300)
    observed = rng.integers(190, 273, 300)
    last = np.where(repeats > 0, rng.integers(12, 190, 300), 0)
    return Buyers(repeats, last, observed, rng.integers(0, 3, 300))


def test_purchases_of_a_day_are_one_and_the_weeks_end_with_their_last_day() -> None:
    found = buyers(LINES)
    assert found.repeats.tolist() == [2, 0, 1]
    assert found.last.tolist() == [272, 0, 1]
    assert found.observed.tolist() == [272, 272, 213]
    assert found.later.tolist() == [2, 0, 0]


def test_the_area_is_the_share_of_pairs_in_the_right_order_and_ties_are_half() -> None:
    score = np.array([3.0, 1.0, 2.0, 2.0, 5.0, 0.0])
    came = np.array([True, False, True, False, False, False])
    pairs = [(good > bad) + (good == bad) / 2 for good, bad in product(score[came], score[~came])]
    assert auc(score, came) == np.mean(pairs)
    assert auc(came.astype(float), came) == 1
    assert auc(np.zeros(6), came) == 0.5


def test_the_lift_of_the_top_counts_a_tie_by_its_share() -> None:
    came = np.array([True] * 2 + [False] * 8)
    assert lift(np.arange(10.0, 0.0, -1.0), came) == 5
    assert lift(np.arange(10.0), came) == 0
    assert lift(np.ones(10), came) == pytest.approx(1)
    # the best of ten is one of four equal ones, two of whom came
    assert lift(np.array([1.0] * 4 + [0.0] * 6), came) == pytest.approx(2.5)


def test_the_shipped_score_is_the_published_formula_in_whole_days() -> None:
    model = ChurnModel(0.243, 4.414 * 7, 0.793, 2.426)
    some = some_buyers()
    repeats, last, observed, ones = np.stack([*some[:3], np.ones(300)])
    histories = Histories(repeats, last, observed, ones)
    formula = formulas.expected_ahead(bg_nbd.Parameters(*model), histories, float(HELD_OUT))
    assert shipped(some, model) == pytest.approx(formula, abs=1e-9)


def test_every_score_is_on_the_board_and_the_gap_says_nothing_of_who_bought_once() -> None:
    some = some_buyers()
    board = judged(some, scores(some, FIT, Fit((0.553, 10.578, 0.606, 11.669), -9595.0, 2357)))
    assert len(board) == 7
    assert board["silence over usual gap"][0] is None
    assert [name for name, marks in board.items() if None in marks] == ["silence over usual gap"]


def board_of(everybody: float, repeaters: float, recency: float = 0.5) -> Board:
    return {
        SHIPPED: (Mark(everybody, 1), Mark(repeaters, 1)),
        RECENCY: (Mark(recency, 1), Mark(recency, 1)),
    }


@pytest.mark.parametrize("group", [0, 1])
def test_a_score_has_a_claim_above_recency_and_none_at_or_below(group: int) -> None:
    for by, fails in ((-1e-4, 1), (0.0, 1), (1e-4, 0)):
        marks = [0.9, 0.9]
        marks[group] = RECENCY_AUC[group] + by
        assert len([*failures(board_of(*marks), FIT)]) == fails
    assert len([*failures(board_of(0.9, 0.9, recency=0.95), FIT)]) == 2


@pytest.mark.parametrize("place", range(4))
def test_parameters_other_than_the_published_are_told(place: int) -> None:
    for by, fails in ((-1.1e-3, 1), (-0.9e-3, 0), (0.9e-3, 0), (1.1e-3, 1)):
        moved = tuple(value + by * (at == place) for at, value in enumerate(PUBLISHED))
        assert len([*failures(board_of(0.9, 0.9), FIT._replace(parameters=moved))]) == fails


def test_another_wheel_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"something else")
    with pytest.raises(WheelUnusable, match="delete it and try again"):
        download(tmp_path)
