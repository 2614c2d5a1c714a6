"""Kafka and Valkey together in one folder: up, down, and what runs."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from deploy.local.kafka import KafkaServer
from deploy.local.ports import free_port, is_free
from deploy.local.process import LocalStackError
from deploy.local.valkey import ValkeyServer


class _Ports(msgspec.Struct):
    """The ports of a folder's servers, kept so that addresses stay the same from one ``up`` to the next."""

    kafka: int
    controller: int
    valkey: int


class StackStatus(msgspec.Struct, frozen=True):
    """What runs of a stack: addresses, and pids (None: that server does not run)."""

    folder: Path
    broker: str
    store: str
    kafka_pid: int | None
    valkey_pid: int | None

    @property
    def up(self) -> bool:
        """Whether both servers run."""
        return self.kafka_pid is not None and self.valkey_pid is not None

    @property
    def exports(self) -> str:
        """Lines for a shell that point programs at this stack."""
        return f"export TIERLINE_BROKER={self.broker}\nexport TIERLINE_STORE={self.store}"


class LocalStack:
    """The local stack of ``folder``; ports left out are those of the last time, else free ones.

    As a context manager it is up inside and down after. ``kafka`` and ``valkey`` may be handled apart at any time.
    """

    def __init__(self, folder: Path | str, kafka_port: int | None = None, valkey_port: int | None = None) -> None:
        self.folder = Path(folder).resolve()
        self._kafka_port = kafka_port
        self._valkey_port = valkey_port
        self._settle(self._remembered())

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def up(self) -> StackStatus:
        """Start what does not run yet, and wait until both answer.

        Raises ``LocalStackError`` if a server cannot be started; what this call had started is stopped again.
        """
        with self._alone():
            before = self.status()
            if before.up and self._as_asked():
                return before
            # What is missing is told before anything is started.
            self.kafka.prepare()
            self._choose_ports()
            try:
                self.valkey.start()
                self.kafka.start()
            except BaseException:
                self._stop(kafka=before.kafka_pid is None, valkey=before.valkey_pid is None)
                raise
        return self.status()

    def down(self, *, wipe: bool = False) -> None:
        """Stop both; no error if they do not run. ``wipe`` deletes their data and logs as well."""
        if not self.folder.is_dir():
            return
        with self._alone():
            self._stop(kafka=True, valkey=True)
            if wipe:
                for part in (self.kafka.folder, self.valkey.folder):
                    shutil.rmtree(part, ignore_errors=True)
                self._state_path.unlink(missing_ok=True)

    def status(self) -> StackStatus:
        """What runs now."""
        return StackStatus(
            folder=self.folder,
            broker=self.kafka.address,
            store=self.valkey.address,
            kafka_pid=self.kafka.pid,
            valkey_pid=self.valkey.pid,
        )

    @property
    def _state_path(self) -> Path:
        return self.folder / "ports.json"

    def _remembered(self) -> _Ports | None:
        try:
            return msgspec.json.decode(self._state_path.read_bytes(), type=_Ports)
        except (FileNotFoundError, msgspec.DecodeError):
            return None  # a first time, or a file cut off by a full disk: choose anew

    def _settle(self, ports: _Ports | None) -> None:
        """Make the two servers for ``ports``; None stands for a stack that was never up."""
        ports = ports or _Ports(kafka=self._kafka_port or 0, controller=0, valkey=self._valkey_port or 0)
        self.kafka = KafkaServer(self.folder / "kafka", ports.kafka, ports.controller)
        self.valkey = ValkeyServer(self.folder / "valkey", ports.valkey)

    def _as_asked(self) -> bool:
        return self._kafka_port in (None, self.kafka.port) and self._valkey_port in (None, self.valkey.port)

    def _choose_ports(self) -> None:
        """A running server keeps its port; else the one asked for, the one of last time, or a free one."""
        last = self._remembered() or _Ports(kafka=0, controller=0, valkey=0)
        taken = {port for port in (self._kafka_port, self._valkey_port) if port is not None}
        kafka = self._port("Kafka", self.kafka.pid, self._kafka_port, last.kafka, taken)
        valkey = self._port("Valkey", self.valkey.pid, self._valkey_port, last.valkey, taken)
        controller = self._port("Kafka's controller", self.kafka.pid, None, last.controller, taken)
        ports = _Ports(kafka=kafka, controller=controller, valkey=valkey)
        self._state_path.write_bytes(msgspec.json.encode(ports))
        self._settle(ports)

    @staticmethod
    def _port(server: str, pid: int | None, asked: int | None, last: int, taken: set[int]) -> int:
        """The port of one server, put to ``taken``: no other gets it too, though nobody listens there yet."""
        if pid is not None and last:
            if asked not in (None, last):
                raise LocalStackError(
                    f"{server} already runs on port {last}, not {asked}; run `tierline local down` first, or leave the port out"
                )
            return last
        if asked is not None:
            return asked
        port = last if last and last not in taken and is_free(last) else free_port(taken)
        taken.add(port)
        return port

    def _stop(self, *, kafka: bool, valkey: bool) -> None:
        if kafka:
            self.kafka.stop()
        if valkey:
            self.valkey.stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One ``up`` or ``down`` of a folder at a time; a second one waits."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # What another process may have changed since this object was made.
            self._settle(self._remembered())
            yield
