"""The demo's worker: a real process of its own, asked through its pages, ended for certain."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from schemas.settings import PREFIX, Settings

READY_WITHIN_S: Final = 240.0
"""A first start compiles the kernels, which takes a slow machine a minute or two."""

STOP_WITHIN_S: Final = 12.0
"""A worker promises ten seconds."""

ASK_TIMEOUT_S: Final = 30.0
"""Longest wait for a page: where the machine is busy, a batch of first placements keeps the worker for seconds."""
_LOG_TAIL_LINES: Final = 12


class WorkerDied(Exception):
    """The worker ended, or never became ready; the text has the end of its log."""


class Figures(NamedTuple):
    """What the worker counts; ``alerts`` those raised. ``open_day`` is the earliest open day number of all partitions, None before one is open."""

    records: int
    tier_changes: int
    alerts: int
    dead_letters: int
    open_day: int | None


class DemoWorker:
    """One ``tierline worker`` process with ``settings``, its log in ``log_path``."""

    def __init__(self, settings: Settings, log_path: Path) -> None:
        self._base = f"http://{settings.web_host}:{settings.web_port}"
        self._log_path = log_path
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from agents.cli import main; main()", "worker"],
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal is for the demo, which then stops the worker
            )

    async def until_ready(self) -> None:
        """Wait until ``/ready`` says yes."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            self.check()
            try:
                await asyncio.to_thread(self._get, "/ready")
            except OSError:
                await asyncio.sleep(0.2)
            else:
                return
        msg = f"the worker was not ready within {READY_WITHIN_S:.0f} s; the end of its log:\n{self._tail()}"
        raise WorkerDied(msg)

    def check(self) -> None:
        """Raise ``WorkerDied`` if the process has ended."""
        if self._process.poll() is not None:
            msg = f"the worker ended with code {self._process.returncode}; the end of its log:\n{self._tail()}"
            raise WorkerDied(msg)

    async def figures(self) -> Figures:
        """What the worker has counted so far."""
        text = (await asyncio.to_thread(self._get, "/metrics")).decode()
        sums: dict[str, float] = {}
        days: list[float] = []
        for family in text_string_to_metric_families(text):
            sums[family.name] = sum(sample.value for sample in family.samples if sample.name.endswith("_total"))
            if family.name == "tierline_alerts":
                sums["raised"] = sum(one.value for one in family.samples if one.labels.get("action") == "raised")
            if family.name == "tierline_open_day":
                days = [sample.value for sample in family.samples if sample.value > 0]
        return Figures(
            records=int(sums.get("tierline_records", 0)),
            tier_changes=int(sums.get("tierline_tier_changes", 0)),
            alerts=int(sums.get("raised", 0)),
            dead_letters=int(sums.get("tierline_dead_letters", 0)),
            open_day=int(min(days)) if days else None,
        )

    async def changes(self, limit: int) -> dict[str, Any]:
        """The page ``/changes``."""
        found: dict[str, Any] = json.loads(await asyncio.to_thread(self._get, f"/changes?limit={limit}"))
        return found

    async def alerts(self, limit: int) -> dict[str, Any]:
        """The page ``/alerts``."""
        found: dict[str, Any] = json.loads(await asyncio.to_thread(self._get, f"/alerts?limit={limit}"))
        return found

    def stop(self) -> int:
        """Ask it to end, end it if it does not, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self._base + path, timeout=ASK_TIMEOUT_S) as answer:  # noqa: S310 - our own pages
            content: bytes = answer.read()
            return content

    def _tail(self) -> str:
        lines = self._log_path.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_LOG_TAIL_LINES:]) or "    (empty)"


def environment(settings: Settings) -> Mapping[str, str]:
    """This process's environment with the demo's settings in place of the caller's."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**env, **variables(settings)}


def variables(settings: Settings) -> dict[str, str]:
    """The settings that differ from their defaults in a demo, as environment variables."""
    return {
        "TIERLINE_BROKER": settings.broker,
        "TIERLINE_STORE": settings.store,
        "TIERLINE_POLICIES": str(settings.policies.resolve()),
        "TIERLINE_CLOCK": settings.clock,
        "TIERLINE_WEB_PORT": str(settings.web_port),
    }
