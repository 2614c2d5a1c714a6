"""What the servers of the local stack have in common: ended, killed, restarted and stopped for a while alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from signal import Signals

from deploy.local.process import ServerProcess


class LocalServer(ABC):
    """A server in ``folder``; its data outlives stop, kill and start. ``name`` is that of its process.

    A clean stop takes ``stop_timeout_s`` seconds at most.
    """

    stop_timeout_s: float

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder.resolve()
        self._process = ServerProcess(name, self.folder)

    @property
    def pid(self) -> int | None:
        """The pid of the running server; None if it does not run."""
        return self._process.pid

    @abstractmethod
    def start(self) -> None:
        """Start it unless it runs, and wait until it answers; raises ``LocalStackError``."""

    def stop(self) -> None:
        """Shut it down cleanly; no error if it does not run."""
        self._process.stop(self.stop_timeout_s)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL); no error if it does not run."""
        self._process.kill()

    def restart(self) -> None:
        """Stop cleanly and start again on the same port and data."""
        self.stop()
        self.start()

    def send_signal(self, number: Signals) -> None:
        """Send SIGSTOP, SIGCONT and the like; raises ``LocalStackError`` if it does not run."""
        self._process.send_signal(number)
