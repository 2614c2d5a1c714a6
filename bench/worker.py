"""The worker under measurement: the real ``tierline worker`` in a process of its own, watched through its pages."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from bench.processes import Cost, cost
from deploy.local.ports import free_port

READY_S: Final = 120.0
LOOK_S: Final = 0.2


@dataclass(frozen=True)
class Sample:
    """The worker at one moment."""

    at: float
    events: float
    cost: Cost
    stages_s: dict[str, float]
    backlog: float
    open_days: float
    lag: float


class MeasuredWorker:
    """A worker process and its samples."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._port = free_port()
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("tierline")), "worker"],
                env={**os.environ, **environment, "TIERLINE_WEB_PORT": str(self._port)},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    async def ready(self) -> None:
        """Wait until the worker says that it is ready."""
        deadline = time.monotonic() + READY_S
        while await asyncio.to_thread(self._page, "/ready") is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker is not ready; its log: {self._log}\n{self._log.read_text()[-2000:]}")
            await asyncio.sleep(LOOK_S)

    async def sample(self) -> Sample | None:
        """The worker now; None while its pages do not answer."""
        at, spent = time.perf_counter(), cost(self._process.pid)
        text = await asyncio.to_thread(self._page, "/metrics")
        if text is None:
            return None
        values: dict[str, float] = {}
        stages: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "tierline_stage_seconds_total":
                    stages[sample.labels["stage"]] = sample.value
                else:
                    values[sample.name] = values.get(sample.name, 0.0) + sample.value
        return Sample(
            at=at,
            events=values.get("tierline_records_total", 0.0),
            cost=spent,
            stages_s=stages,
            backlog=values.get("tierline_relay_backlog", 0.0),
            open_days=values.get("tierline_open_day", 0.0),
            lag=values.get("tierline_lag_records", 0.0),
        )

    def _page(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=10) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            return None

    def stop(self) -> None:
        """End the worker."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
