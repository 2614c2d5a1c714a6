"""One server as a process of its own: started detached, known by its pid file, ended for certain."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from schemas.mistakes import Mistake

POLL_S: Final = 0.05
"""Pause between two looks at a process or port: well below the second or two that a start takes."""
LOG_TAIL_LINES: Final = 15
"""Lines of the log quoted when a server dies at its start: the reason is among the last ones."""


class LocalStackError(Mistake):
    """A server of the local stack could not be started or stopped; the text names the remedy."""


def process_started(pid: int) -> str | None:
    """When process ``pid`` started, as the kernel counts; None if it is gone (or a zombie), "" if unknown.

    A pid alone is not enough: after a crash the number may belong to a stranger, who must not be killed.
    """
    with suppress(ChildProcessError):  # somebody else's child: nothing to reap
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return None  # not ours, so not what we started
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else ""  # no /proc (macOS): the pid has to do
    state, threads, started = fields[0], int(fields[17]), fields[19]
    # A zombie whose other threads still wind up holds on to its port.
    return None if state == "Z" and threads <= 1 else started


class ServerProcess:
    """A server that outlives the Python process which started it; ``name`` is used in messages and files."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.log_path = folder / f"{name}.log"
        self._pid_path = folder / f"{name}.pid"

    @property
    def pid(self) -> int | None:
        """The pid of the running server; None if it does not run."""
        try:
            pid, _, started = self._pid_path.read_text().partition(" ")
        except FileNotFoundError:
            return None
        return int(pid) if pid.isdigit() and process_started(int(pid)) == started else None

    def start(
        self,
        command: Sequence[str | Path],
        ready: Callable[[], bool],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``command`` unless it runs already, and wait until ``ready`` says yes.

        Raises ``LocalStackError`` with the end of the log if it dies or does not answer in ``timeout_s``; then
        nothing is left running.
        """
        if self.pid is None:
            self._spawn(command, env)
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.pid is None:
                raise LocalStackError(f"{self.name} died at its start; the end of {self.log_path}:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise LocalStackError(
                    f"{self.name} did not answer within {timeout_s:g} s; the end of {self.log_path}:\n{self._log_tail()}"
                )
            time.sleep(POLL_S)

    def stop(self, timeout_s: float) -> None:
        """Ask it to end (SIGTERM), and end it after ``timeout_s`` if it does not; no error if it does not run."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            if not self._wait_gone(timeout_s):
                self.kill()
        self._pid_path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would; no error if it does not run."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            if not self._wait_gone(timeout_s=10):
                raise LocalStackError(f"{self.name} (pid {pid}) survived SIGKILL; is its disk hanging?")
        self._pid_path.unlink(missing_ok=True)

    def send_signal(self, number: signal.Signals) -> None:
        """Send any other signal, SIGSTOP and SIGCONT above all; raises ``LocalStackError`` if it does not run."""
        pid = self.pid
        if pid is None:
            raise LocalStackError(f"{self.name} does not run: nothing to send {number.name} to; start it first")
        os.kill(pid, number)

    def _spawn(self, command: Sequence[str | Path], env: Mapping[str, str] | None) -> None:
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the commands are ours
                [str(part) for part in command],
                cwd=self.folder,
                env=dict(env) if env is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal is not for the server
            )
        self._pid_path.write_text(f"{process.pid} {process_started(process.pid) or ''}")
        process.returncode = 0  # it is looked after by pid from here on: keeps Popen from warning when collected

    def _wait_gone(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.pid is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:]) or "    (empty)"
