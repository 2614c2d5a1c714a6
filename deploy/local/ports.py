"""Ports of the local stack: always on this machine's loopback, chosen free unless told."""

from __future__ import annotations

import random
import socket
from collections.abc import Container
from typing import Final

from deploy.local.process import LocalStackError

HOST: Final = "127.0.0.1"
"""The only address that the local stack listens on: it has no passwords."""
FIRST_PORT: Final = 20_000
"""Chosen ports lie from here up to ``LAST_PORT``: below the range from which systems hand out ports to outgoing
connections, so that none takes the port of a server while that is being restarted."""
LAST_PORT: Final = 29_999
TRIES: Final = 200
"""Ports tried before giving up: with even half of the range taken, all failing is out of the question."""


def is_free(port: int) -> bool:
    """Whether nobody listens on ``port`` of the loopback address."""
    with socket.socket() as probe:
        # As servers do: connections that linger after a restart are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(taken: Container[int] = ()) -> int:
    """A port that is free now and not among ``taken``; two callers at once are unlikely to get the same one."""
    for _ in range(TRIES):
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 - spreads callers, guards nothing
        if port not in taken and is_free(port):
            return port
    raise LocalStackError(f"no free port between {FIRST_PORT} and {LAST_PORT}; end some of the servers there")


def require_free(port: int, server: str) -> None:
    """Raise ``LocalStackError`` if ``port``, meant for ``server``, is taken."""
    if not is_free(port):
        raise LocalStackError(
            f"port {port}, meant for {server}, is taken by another program; end that, or choose another"
        )


def exchange(port: int, request: bytes, reply_max: int, timeout_s: float = 1.0) -> bytes:
    """Send ``request`` and return what comes back first, at most ``reply_max`` bytes; empty if nobody answers."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
            connection.sendall(request)
            return connection.recv(reply_max)
    except OSError:
        return b""
