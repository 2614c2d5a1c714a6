"""``tierline fit-cuts``: the lines that the partitions' sketches tell together, in words and as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.cli import assemble
from agents.cut_lines import CutLine, cuts_file, lines_of, report
from schemas.cuts import read_cuts
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.population import Cut
from schemas.position import Position
from streams.sketch import sketch_of

OPEN = 19_723
"""1 January 2024: the last day of the year before is closed."""
NOWHERE = "redis://127.0.0.1:1/0"


def state(*cuts: Cut, open_day: int | None = OPEN, customers: int = 1) -> PartitionState:
    return PartitionState(
        position=Position(1),
        open_day=open_day,
        cuts=list(cuts),
        customers=customers,
        timezone="Asia/Shanghai",
        cutoff="00:00",
        base_currency="CNY",
        partitions=2,
    )


def cut(*values: int, scheme: str = "losses", measure: str = "profit_12m", **lines: int) -> Cut:
    return Cut(
        scheme=scheme, measure=measure, lines=lines or {"top_20": 20}, sketch=sketch_of(np.array(values, np.int64))
    )


def test_the_line_is_what_the_last_of_the_first_customers_of_all_partitions_has() -> None:
    counted = lines_of([state(cut(5_000, 10, 20)), state(cut(40_000, 30))])
    assert counted.lines == [CutLine("top_20", "losses", "profit_12m", 20, 5, 40_000, 40_000)]
    assert counted.days == (OPEN - 1, OPEN - 1)


@pytest.mark.parametrize(("percent", "line"), [(1, 50), (20, 50), (21, 40), (40, 40), (99, 10)])
def test_customers_are_counted_up_to_a_whole_one(percent: int, line: int) -> None:
    (found,) = lines_of([state(cut(10, 20, 30, 40, 50, top=percent))]).lines
    assert (found.value, found.error) == (line, 0)


def test_values_of_one_bucket_are_told_with_how_far_off_the_line_may_be() -> None:
    (found,) = lines_of([state(cut(1_000_000, 1_020_000, 1_000_001, top=34))]).lines
    assert found.least <= 1_000_001 <= found.most
    assert abs(found.value - 1_000_001) <= found.error


def test_the_file_holds_the_lines_and_says_of_whom_as_of_when_and_how_exactly() -> None:
    counted = lines_of([state(cut(1_234_500, *[5] * 9, top_10=10)), state(customers=0)])
    text = cuts_file(counted)
    assert read_cuts(text) == {"top_10": counted.lines[0].value}
    assert text.splitlines()[:2] == [
        "# Population lines, which conditions read as cut_<name>: written by `tierline fit-cuts`.",
        "# As of the close of 2023-12-31, 1 partition.",
    ]
    assert "top_10 = 12_345.00  # the first 10 % by profit_12m of 10 customers in losses; exact" in text


def test_partitions_that_stand_at_different_days_are_told_as_such_and_the_newest_percent_holds() -> None:
    states = [state(cut(7, 3, top=20), open_day=OPEN + 1), state(cut(5, 1, top=50), open_day=OPEN)]
    counted = lines_of(states)
    assert counted.days == (OPEN - 1, OPEN)
    assert [line.percent for line in counted.lines] == [20]
    assert next(report(counted)) == "cuts as of the closes of 2023-12-31 to 2024-01-01, 2 partitions"


def test_a_cut_in_which_nobody_is_counted_is_left_out_and_told() -> None:
    counted = lines_of([state(cut(top=2), cut(5, measure="aum", rich=2))])
    assert list(read_cuts(cuts_file(counted))) == ["rich"]
    (told,) = [line for line in report(counted) if "cut_top " in line]
    assert "left out   nobody is counted: of whom is its measure known?" in told


def test_partitions_without_a_cut_yet_are_told_unless_they_have_no_customers() -> None:
    counted = lines_of([state(cut(5)), state(), state(customers=0), state(open_day=None)])
    assert counted.missing == 2
    assert list(report(counted))[-1].startswith("  2 more partitions with customers, and without a cut yet")


def test_without_any_cut_the_mistake_says_what_to_look_at() -> None:
    with pytest.raises(Mistake, match=r"no cut is counted .* has a scheme of the active policies a \[\[cut\]\]"):
        lines_of([state(), state(open_day=None)])


def test_one_name_for_two_cuts_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="top is a cut of a and of b: give one of them another name"):
        lines_of([state(cut(1, scheme="a", top=2), cut(1, scheme="b", top=2))])


def test_a_file_that_is_there_is_not_written_over_without_force(tmp_path: Path) -> None:
    path = tmp_path / "cuts.toml"
    path.write_text("before")
    for force, said in (([], "--force to write over it"), (["--force"], "is it right, does the store run?")):
        ran: Any = CliRunner().invoke(assemble(["fit-cuts"]), ["fit-cuts", str(path), *force, "--store", NOWHERE])
        assert isinstance(ran.exception, Mistake)
        assert said in str(ran.exception)
    assert path.read_text() == "before"


def test_the_help_shows_how_the_file_is_written() -> None:
    shown = CliRunner().invoke(assemble(["fit-cuts"]), ["fit-cuts", "--help"]).output
    assert "tierline fit-cuts policies/cuts.toml --force" in shown
