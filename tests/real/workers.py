"""Worker processes for the tests of faults: started, paused, killed, drained as an operator or a machine would."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.ports import free_port

ROOT = Path(__file__).parents[2]
READY_S = 60.0
"""A worker imports, compiles its kernels (cached after the first time) and claims: seconds, on a busy machine more."""
DRAIN_S = 240.0
SESSION_TIMEOUT = "6s"
"""The shortest that Kafka takes by default, so that a killed worker's partitions move soon."""


@dataclass
class Site:
    """Where workers of one test run: servers, names, folder of their logs."""

    broker: str
    store: str
    prefix: str
    namespace: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    def environment(self, web_port: int) -> dict[str, str]:
        """The environment of a worker process."""
        return {
            **os.environ,
            "TIERLINE_BROKER": self.broker,
            "TIERLINE_STORE": self.store,
            "TIERLINE_TOPIC_PREFIX": self.prefix,
            "TIERLINE_GROUP": self.group,
            "TIERLINE_NAMESPACE": self.namespace,
            "TIERLINE_POLICIES": str(ROOT / "tests/policies"),
            "TIERLINE_WEB_PORT": str(web_port),
            "TIERLINE_CLOCK": "log",
            "TIERLINE_SESSION_TIMEOUT": SESSION_TIMEOUT,
            **self.settings,
        }

    @property
    def group(self) -> str:
        """The consumer group of the workers."""
        return f"{self.prefix}g"

    def worker(self, *arguments: str) -> Worker:
        """Start a worker process."""
        self.workers.append(Worker(self, arguments))
        return self.workers[-1]

    def clear(self) -> None:
        """Leave no process behind, whatever the test came to."""
        for worker in self.workers:
            worker.kill()

    async def drain(self) -> None:
        """Run one worker until what stands in the logs is committed and relayed."""
        worker = self.worker("--drain")
        assert await worker.ended(DRAIN_S) == 0, worker.told()


class Worker:
    """One ``tierline worker`` process."""

    count = 0

    def __init__(self, site: Site, arguments: tuple[str, ...]) -> None:
        Worker.count += 1
        self._port = free_port()
        self._log = site.folder / f"worker-{Worker.count}.log"
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("tierline")), "worker", *arguments],
                env=site.environment(self._port),
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def told(self) -> str:
        """The end of what the worker printed."""
        return self._log.read_text(errors="replace")[-6000:]

    async def ready(self) -> None:
        """Wait until ``/ready`` says yes."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the worker ended with {self.process.returncode}: {self.told()}"
            if await asyncio.to_thread(self._says_ready):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not ready within {READY_S} s: {self.told()}")

    def _says_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def pause(self) -> None:
        """SIGSTOP: the process becomes a zombie that does not know it."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        self.process.kill()
        self.process.wait()

    async def ended(self, within_s: float) -> int:
        """The exit code, once the process has ended by itself."""
        return await asyncio.to_thread(self.process.wait, within_s)

    async def stopped(self) -> int:
        """The exit code after SIGTERM, which a worker heeds within ten seconds."""
        self.process.terminate()
        return await self.ended(10.0)
