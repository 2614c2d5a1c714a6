"""What a process has cost so far, as the kernel counts it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """CPU seconds of a process (user and system, all threads) and the most memory it held, in bytes."""

    cpu_s: float
    peak_bytes: int


def cost(pid: int) -> Cost:
    """The cost of ``pid``; ``FileNotFoundError`` if it has ended."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(after_name[11]) + int(after_name[12])
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak_kib = next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    return Cost(ticks / TICKS_A_SECOND, peak_kib * 1024)
