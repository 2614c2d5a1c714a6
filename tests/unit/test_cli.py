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
from schemas.settings import Settings, SettingsError

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


def test_without_addresses_in_the_environment_nobody_has_servers_of_their_own() -> None:
    assert own_servers({}, STACK) is None


def test_a_shell_that_took_over_this_stacks_addresses_names_no_others() -> None:
    assert own_servers({"TIERLINE_BROKER": STACK.broker, "TIERLINE_STORE": STACK.store}, STACK) is None


def test_one_address_of_two_is_a_mistake_that_names_the_missing_one() -> None:
    with pytest.raises(LocalStackError, match="TIERLINE_BROKER is set and TIERLINE_STORE is not"):
        own_servers({"TIERLINE_BROKER": "a:1"}, STACK)
