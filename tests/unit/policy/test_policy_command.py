"""`tierline policy` on single files, which speak of others in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.commands.policy import app
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, signal

GOLD = file_of(signal(for_levels="{ abc = ['gold'] }"))
EXAMPLE = "[[example]]\ngiven = { aum = 100 }\nlevels = { abc = 'gold' }\nexpect = ['rich']\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "abc.toml").write_text(ABC)
    (tmp_path / "signals.toml").write_text(GOLD + EXAMPLE)
    (tmp_path / "broken.toml").write_text(file_of(signal("amu > 1", "other"), name="more"))
    return tmp_path


def test_one_file_is_checked_and_explained_with_the_names_of_the_folder(folder: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--policies", str(folder), str(folder / "signals.toml")])
    assert result.exit_code == 0
    assert result.output.startswith("family (signals.toml)\n")
    assert "only for customers at gold of abc" in result.output
    assert result.output.endswith("1 file: no mistakes\n1 example not run: `tierline policy test` runs them\n")


def test_a_list_of_dates_that_has_ended_is_worth_a_second_look(folder: Path) -> None:
    dated = file_of(signal(None, "day", due_on='"next_feast"'), "[calendar]\nfeast = [2020-01-01]\n", name="feasts")
    (folder / "feasts.toml").write_text(dated + "[[example]]\ngiven = { today = 2020-01-01 }\nexpect = ['day']\n")
    result = CliRunner().invoke(app, ["check", "--policies", str(folder), str(folder / "feasts.toml")])
    assert result.exit_code == 0
    assert "Worth a second look:\n  feasts.toml: calendar.feast: the last date, 2020-01-01, is past" in result.output


def test_the_examples_of_one_file_run_with_the_names_of_the_folder(folder: Path) -> None:
    result = CliRunner().invoke(app, ["test", "--policies", str(folder), str(folder / "signals.toml")])
    assert result.exit_code == 0
    assert result.output.splitlines() == ["family                      1 example", "1 of 1 examples as expected"]


def test_the_signals_that_came_out_otherwise_are_named(folder: Path) -> None:
    (folder / "signals.toml").write_text(GOLD + EXAMPLE.replace("'gold'", "'ordinary'"))
    result = CliRunner().invoke(app, ["test", "--policies", str(folder), str(folder / "signals.toml")])
    assert result.exit_code == 1
    assert (
        "signals.toml: example 1 (line 9): expected rich, raised none; signal.rich.for_levels asks for gold of abc"
        in result.output
    )


def test_one_file_of_a_folder_that_is_not_the_banks_says_how_its_neighbours_are_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    for command in ("check", "test"):
        result = CliRunner().invoke(app, [command, "--policies", str(other), str(folder / "signals.toml")])
        assert result.exit_code == 1
        lines = str(result.exception).splitlines()
        assert lines[1].endswith('signal.rich.for_levels.abc = ["gold"]: expected a scheme, and no file here has one')
        assert lines[-1] == (
            f"  names of other files were looked up in the folder {other}: "
            f"for those beside {folder / 'signals.toml'} add --policies {folder}"
        )
    result = CliRunner().invoke(app, ["check", "--policies", str(folder), str(folder / "broken.toml")])
    assert "names of other files" not in str(result.exception)


@pytest.mark.parametrize("name", ["b.toml.txt", "B.TOML", "old.toml.bak"])
def test_a_file_that_seems_to_be_meant_and_is_not_read_is_worth_a_second_look(folder: Path, name: str) -> None:
    (folder / "broken.toml").unlink()
    (folder / name).write_text("no policy")
    result = CliRunner().invoke(app, ["check", "--policies", str(folder)])
    assert result.exit_code == 0
    assert f"  {name}: the file: is not read: its name does not end in .toml\n" in result.output
    assert "2 files: no mistakes" in result.output


def test_a_file_that_windows_wrote_is_read(folder: Path) -> None:
    (folder / "signals.toml").write_bytes(b"\xef\xbb\xbf" + (GOLD + EXAMPLE).replace("\n", "\r\n").encode())
    result = CliRunner().invoke(app, ["test", "--policies", str(folder), str(folder / "signals.toml")])
    assert result.exit_code == 0
    assert result.output.endswith("1 of 1 examples as expected\n")
