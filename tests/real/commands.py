"""The commands of an operator, run to their end beside the servers of a test."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from agents.cli import MISTAKE_EXIT_CODE, assemble
from deploy.local.ports import free_port
from schemas.mistakes import Mistake
from tests.real.workers import ROOT, Site

COMMAND_S = 120.0
"""A command imports, and reads or compiles kernels: seconds; on a busy machine more."""


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


async def tierline(site: Site, *arguments: str, **settings: str) -> Said:
    """Run a command to its end, with the site's settings and ``settings`` besides; in this process, since importing
    costs more than the command. Workers and rebuilds, which have signals and logs of their own, get a process."""
    env = {name: value for name, value in site.environment(free_port()).items() if name.startswith("TIERLINE_")}
    if arguments[0] in ("worker", "rebuild"):
        return await asyncio.to_thread(_in_a_process, arguments, {**os.environ, **env, **settings})
    return await asyncio.to_thread(_in_this_process, arguments, {**env, **settings})


def _in_a_process(arguments: Sequence[str], env: Mapping[str, str]) -> Said:
    command = [str(Path(sys.executable).with_name("tierline")), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=COMMAND_S, cwd=ROOT, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def _in_this_process(arguments: Sequence[str], env: Mapping[str, str]) -> Said:
    done = CliRunner().invoke(assemble(arguments), list(arguments), env=env)
    if isinstance(done.exception, Mistake):
        return Said(MISTAKE_EXIT_CODE, done.stdout, f"{done.stderr}{done.exception}")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)
