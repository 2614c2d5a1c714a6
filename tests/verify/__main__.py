"""``python -m tests.verify``: the long proofs, apart from ``make test``. Two years replayed in two zones, many simulated faults."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final

from tests.simulation.run import simulate
from tests.verify.replay import replay

ZONES: Final = ("Asia/Shanghai", "Europe/London")
TOLD_EVERY: Final = 100
"""Simulated seeds between two words on how far it is."""
SHOWN: Final = 20
"""Differences told of one replay at most: the first ones say the most."""

OUT: Final = "(out of scope)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.verify", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the banks and first seed of the simulation")
    parser.add_argument("--customers", type=int, default=16, help="customers of each bank")
    parser.add_argument("--transactions", type=int, default=5_000, help="transactions of each bank")
    parser.add_argument("--simulations", type=int, default=1_000, help="seeds of the simulation to run")
    arguments = parser.parse_args()
    wrong = 0
    for zone in ZONES:
        started = time.monotonic()
        _tell(f"{zone}: two years of {arguments.customers} customers against the oracle ...")
        replayed = replay(zone, arguments.customers, arguments.transactions, arguments.seed)
        unfired = [name for name, fired in replayed.signals.items() if not fired.whole]
        empty = [f"{scheme}: {place or OUT}" for (scheme, place), times in replayed.places.items() if not times]
        wrong += bool(replayed.differing or unfired or empty)
        _tell(*(f"  {line}" for line in replayed.differing[:SHOWN]))
        for name, fired in replayed.signals.items():
            _tell(f"  {name:25} {fired.raised:5} raised {fired.worse:4} worse {fired.cleared:5} cleared")
        _tell(*(f"  {name} never began, or never ended" for name in unfired))
        for scheme in dict.fromkeys(scheme for scheme, _ in replayed.places):
            times = {place or OUT: times for (of, place), times in replayed.places.items() if of == scheme}
            _tell(f"  {scheme:25} " + ", ".join(f"{place} {count}" for place, count in times.items()))
        _tell(*(f"  nobody ever came to {place}" for place in empty))
        _tell(f"  {replayed.due} outputs due, {len(replayed.differing)} differ ({time.monotonic() - started:.0f} s)")
    for done in range(arguments.simulations):
        report = simulate(arguments.seed + done)
        wrong += bool(report.problems)
        _tell(*(f"seed {arguments.seed + done}: {problem}" for problem in report.problems))
        if (done + 1) % TOLD_EVERY == 0:
            _tell(f"{done + 1} of {arguments.simulations} seeds simulated")
    _tell("all as it should be" if not wrong else f"{wrong} replays or seeds went wrong")
    return bool(wrong)


def _tell(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


sys.exit(main())
