from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from agents.cli import COMMANDS, assemble
from agents.commands.local import own_servers
from agents.flags import with_settings
from deploy.local import LocalStackError, StackStatus
from schemas.mistakes import Mistake
from schemas.settings import Settings, SettingsError

ROOT = Path(__file__).parents[2]
STACK = StackStatus(folder=Path("x"), broker="127.0.0.1:1", store="redis://127.0.0.1:2/0", kafka_pid=1, valkey_pid=2)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example(name: str) -> None:
    shown = CliRunner().invoke(assemble([name]), [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Example" in shown.output
    assert f"tierline {name}" in shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_function_or_a_group_in_the_module_of_its_name(name: str) -> None:
    module = import_module(f"agents.commands.{name.replace('-', '_')}")
    assert isinstance(getattr(module, "app", None), typer.Typer) or callable(module.command)


def test_the_overview_lists_every_command_and_loads_none() -> None:
    code = (
        "import sys; from agents.cli import assemble; from typer.testing import CliRunner;"
        "print(CliRunner().invoke(assemble(['--help']), ['--help']).output);"
        "sys.exit(any(name in sys.modules for name in ('faust', 'aiokafka', 'numpy', 'numba', 'redis')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in COMMANDS)


def test_a_mistake_is_words_and_exit_code_2() -> None:
    command = [str(Path(sys.executable).with_name("tierline")), "topics", "create", "--topic-prefix", "a b"]
    said = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "TIERLINE_BROKER is not set" in said.stderr
    assert "--topic-prefix is 'a b'" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_command_with_settings_has_a_flag_for_each_and_keeps_its_own() -> None:
    app = typer.Typer()

    @app.command()
    @with_settings("BROKER", "WEB_PORT")
    def command(settings: Settings, loud: Annotated[bool, typer.Option("--loud")] = False) -> None:
        typer.echo(f"{settings.broker} {settings.web_port} {settings.group} {loud}")

    ran = CliRunner().invoke(app, ["--broker", "a:1", "--loud"], env={"TIERLINE_WEB_PORT": "8080"})
    assert ran.stdout == "a:1 8080 tierline True\n"
    assert CliRunner().invoke(app, ["--group", "x"]).exit_code == 2, "a flag that was not asked for"


def test_a_setting_that_a_command_needs_is_a_mistake_when_missing() -> None:
    app = typer.Typer()

    @app.command()
    @with_settings("STORE")
    def command(settings: Settings) -> None:
        raise AssertionError(settings)

    assert isinstance(CliRunner().invoke(app, []).exception, SettingsError)


@pytest.mark.parametrize("name", ["worker", "rebuild"])
def test_mistakes_of_settings_and_of_policies_are_told_together(name: str, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('scheme = "one"\nbase = "o"\n[[level]]\nname = "gold"\nenter = "amu >= 1"\n')
    wrong = {"TIERLINE_TIMEZONE": "Asia/Shangai", "TIERLINE_POLICIES": str(tmp_path)}
    told = CliRunner().invoke(assemble([name]), [name], env=wrong)
    assert isinstance(told.exception, Mistake)
    for words in ("TIERLINE_BROKER is not set", "did you mean Asia/Shanghai", "did you mean aum"):
        assert words in str(told.exception)


def test_a_wrong_setting_is_told_alone_where_the_policies_are_right_or_cannot_be_found_out() -> None:
    right = CliRunner().invoke(assemble(["worker"]), ["worker", "--policies", str(ROOT / "tests/policies")])
    unknown = CliRunner().invoke(assemble(["worker"]), ["worker", "--policies", ""])
    for told, count in ((right, 2), (unknown, 3)):
        assert isinstance(told.exception, SettingsError)
        assert len(told.exception.mistakes) == count


def test_without_addresses_in_the_environment_nobody_has_servers_of_their_own() -> None:
    assert own_servers({}, STACK) is None


def test_a_shell_that_took_over_this_stacks_addresses_names_no_others() -> None:
    assert own_servers({"TIERLINE_BROKER": STACK.broker, "TIERLINE_STORE": STACK.store}, STACK) is None


def test_one_address_of_two_is_a_mistake_that_names_the_missing_one() -> None:
    with pytest.raises(LocalStackError, match="TIERLINE_BROKER is set and TIERLINE_STORE is not"):
        own_servers({"TIERLINE_BROKER": "a:1"}, STACK)
