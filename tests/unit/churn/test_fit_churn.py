"""``tierline fit-churn``: what it takes from a store, tells and writes."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.churn.bg_nbd import Parameters
from agents.churn.collecting import COLUMNS, Collected, collect, histories_of
from agents.churn.fitting import Fit, fit_bg_nbd
from agents.churn.histories import grouped
from agents.churn.report import calibration, model_file, report
from agents.cli import assemble
from agents.commands.fit_churn import check_enough
from agents.fitted import hand_out
from agents.walk import survey
from schemas.churn_model import ChurnModel, read_churn_model
from schemas.mistakes import Mistake
from streams.calendar import date_of, number_of
from streams.ledger.expected import expected_days, rounded_days
from streams.ledger.ledger import Ledger
from streams.rows import Vocabulary, Wanted
from tests.unit.agents.held import CALENDAR, HeldStore
from tests.unit.churn.test_fitting import TRUE, lived

TODAY = number_of(dt.date(2026, 6, 15))
MODEL = ChurnModel(0.45, 12.5, 0.6, 1.9)


def on(*days_ago: int, initiator: str = "customer") -> list[dict[str, object]]:
    """Bookings so many days before today."""
    dates = [date_of(TODAY - ago).isoformat() for ago in days_ago]
    return [{"booked_at": f"{date}T10:00:00+08:00", "initiator": initiator} for date in dates]


def held() -> HeldStore:
    """Two partitions, and a third whose day is not open yet."""
    store = HeldStore()
    store.put(0, "often", on(40, 30, 20, 10), TODAY)
    store.put(0, "again", on(40, 30, 20, 10), TODAY)
    store.put(0, "old", on(900, 348, 349, 5), TODAY)
    store.put(1, "once", on(60), TODAY)
    store.put(1, "silent", on(400), TODAY)
    store.put(1, "paid", on(60, initiator="bank"), TODAY)
    store.put(2, "early", on(1), TODAY)
    for partition, day in ((0, TODAY), (1, TODAY - 1), (2, None)):
        store.hold(partition, open_day=day)
        state = store.claims[partition].state
        assert state is not None
        state.customers = len(store.packed[partition])
    return store


async def collected() -> Collected:
    store = held()
    told: list[tuple[int, int]] = []
    found = await collect(store, await survey(store, 3), lambda done, total: told.append((done, total)))
    assert told == [(3, 7), (6, 7)]
    return found


async def test_histories_are_those_that_the_worker_expects_by() -> None:
    found = await collected()
    assert (found.inactive, found.until) == (2, TODAY)
    window = int(CALENDAR.window_start("12m", np.array([TODAY]))[0])
    rows = list(zip(*(column.tolist() for column in found.histories), strict=True))
    # "old" begins with the window, and of its two days in it one is no repeat; "once" is seen as of the day before
    assert rows == [
        (0.0, 0.0, 59.0, 1.0),
        (2.0, TODAY - window - 5.0, float(TODAY - window), 1.0),
        (3.0, 30.0, 40.0, 2.0),
    ]


async def test_the_worker_expects_of_a_stored_customer_what_its_collected_history_says() -> None:
    store = held()
    ledger = Ledger(CALENDAR, Vocabulary(), 1 << 20)
    ledger.set_policy(("expected_activity_30d",), 1, 0, churn=MODEL)
    for name in ("often", "old"):
        ledger.load([name], [store.packed[0][name]])
        slots = ledger.slots([name])
        history = histories_of(ledger.rows(slots, TODAY, wanted=Wanted(COLUMNS)), CALENDAR)
        x, t_x, observed = (int(column[0]) for column in history[:3])
        days = rounded_days(expected_days(x, t_x, observed, 30, np.array(MODEL)))
        assert ledger.rows(slots, TODAY).values.tolist() == [[days]]


def test_a_fit_is_told_with_its_calibration_and_written_so_that_policies_read_it() -> None:
    histories = lived(5, 1_000, TRUE)
    known = Collected(histories, 12, TODAY)
    fit = fit_bg_nbd(histories)
    lines = [*report(fit, known)]
    assert (
        lines[0]
        == "BG/NBD, fitted on 1,000 customers active in the 12 months up to 2026-06-15; 12 more were not active"
    )
    assert any(line.split() == ["log-likelihood", f"{fit.log_likelihood:,.2f}"] for line in lines)
    text = model_file(fit, known)
    assert read_churn_model(text) == pytest.approx(fit.parameters, rel=1e-5)
    assert 'fitted_on = "1,000 customers active in the 12 months up to 2026-06-15; log-likelihood -' in text


def test_a_parameter_at_its_limit_is_told() -> None:
    known = Collected(grouped([1, 2], [1, 2], [3, 3]), 0, TODAY)
    lines = [*report(Fit((20.0, 30.0, 0.5, 2.0), -1.0, 2, ("r",)), known)]
    assert lines[-1] == "  r is at its limit (0.01 to 20): customers hardly differ in what it tells"


def test_a_fit_that_did_not_come_to_rest_is_told() -> None:
    known = Collected(grouped([1, 2], [1, 2], [3, 3]), 0, TODAY)
    told = "  no search came to rest: better parameters may exist, so compare the table's columns before you use these"
    assert told in [*report(Fit((1.0, 30.0, 0.5, 2.0), -1.0, 2, converged=False), known)]
    assert told not in [*report(Fit((1.0, 30.0, 0.5, 2.0), -1.0, 2), known)]


def test_the_calibration_counts_everybody_once_and_fits_whom_it_was_drawn_from() -> None:
    histories = lived(6, 3_000, TRUE)
    rows = calibration(Parameters(*TRUE), histories)
    assert sum(customers for _, customers, _ in rows) == 3_000
    assert sum(expected for _, _, expected in rows) == pytest.approx(3_000)
    for label, customers, expected in rows:
        assert abs(customers - expected) < 4 * np.sqrt(expected + 1), label
    today = calibration(Parameters(*TRUE), grouped([0], [0], [0]))
    assert today[0] == ("0", 1, 1.0)


def test_too_few_customers_are_a_mistake_that_says_what_to_look_at() -> None:
    with pytest.raises(Mistake, match=r"99 customers .* 100 are needed: is TIERLINE_NAMESPACE right"):
        check_enough(Collected(grouped(range(99), range(99), range(99)), 0, TODAY))
    check_enough(Collected(grouped(range(100), range(100), range(100)), 0, TODAY))


def test_a_file_that_is_there_is_not_written_over_without_force(tmp_path: Path) -> None:
    path = tmp_path / "churn_model.toml"
    path.write_text("before")
    refused = CliRunner().invoke(assemble(["fit-churn"]), ["fit-churn", str(path), "--store", "redis://127.0.0.1:1/0"])
    assert isinstance(refused.exception, Mistake)
    assert "--force to write over it" in str(refused.exception)
    forced = ["fit-churn", str(path), "--force", "--store", "redis://127.0.0.1:1/0"]
    unreachable = CliRunner().invoke(assemble(["fit-churn"]), forced)
    assert isinstance(unreachable.exception, Mistake)
    assert "is it right, does the store run?" in str(unreachable.exception)
    assert path.read_text() == "before"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    hand_out([], tmp_path / "a.toml", "new")
    assert (tmp_path / "a.toml").read_text() == "new"
    with pytest.raises(Mistake, match=r"nowhere/a\.toml cannot be written: No such file"):
        hand_out([], tmp_path / "nowhere" / "a.toml", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.toml"]


def test_a_worker_does_not_load_what_only_a_fit_needs() -> None:
    # Numba looks at SciPy's version, which loads none of its parts.
    slow = "{'scipy.special', 'scipy.optimize', 'agents.churn'}"
    code = f"import sys, agents.commands.worker, agents.policy.compile; sys.exit(bool({slow} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
