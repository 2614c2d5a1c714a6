"""``churn_model.toml``: what is read, and every mistake told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.churn_model import CHURN_FILE, LIMITS, ChurnModel, read_churn_model

GOOD = """
model = "bg_nbd"
unit = "day"
r = 0.5
alpha = 12
a = 0.75
b = 2.5
fitted_on = "a test"
"""


def with_line(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_the_parameters_are_read() -> None:
    assert read_churn_model(GOOD) == ChurnModel(0.5, 12.0, 0.75, 2.5)


@pytest.mark.parametrize("name", LIMITS)
def test_a_parameter_may_be_at_its_limits_and_not_beyond(name: str) -> None:
    line = next(line for line in GOOD.splitlines() if line.startswith(f"{name} ="))
    least, most = LIMITS[name]
    for value in (least, most):
        assert getattr(read_churn_model(with_line(line, f"{name} = {value!r}")), name) == value
    for value in (least * 0.999, most * 1.001):
        with pytest.raises(ValueError, match=f"{name} = .*: expected a number from {least:g} to {most:g}"):
            read_churn_model(with_line(line, f"{name} = {value!r}"))


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"bg_nbd"', '"pareto_nbd"', "model = pareto_nbd: expected 'bg_nbd'"),
        ('"day"', '"week"', "unit = week: expected 'day'"),
        ("r = 0.5", "r = true", "r = True: expected a number from 0.01 to 20"),
        ("r = 0.5", "r = nan", "r = nan: expected a number from 0.01 to 20"),
        ("r = 0.5", "", "r = None: expected a number"),
        ("alpha = 12", "beta = 12", "beta: expected one of the keys model, unit, r, alpha, a, b, fitted_on"),
        ('"a test"', '" "', "fitted_on =  : expected words"),
        ('"a test"', "", "Invalid value"),
    ],
)
def test_a_mistake_is_told(old: str, new: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_churn_model(with_line(old, new))
    assert mistake in str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_churn_model("a = 0")
    assert len(str(raised.value).splitlines()) == 7


def test_the_shipped_model_can_be_read() -> None:
    assert read_churn_model((Path(__file__).parents[2] / "policies" / CHURN_FILE).read_text(encoding="utf-8"))
