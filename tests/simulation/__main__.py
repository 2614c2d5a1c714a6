"""``python -m tests.simulation --seed N`` runs one seed again, exactly, and tells its story."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.run import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the seed that a failed test printed")
    parser.add_argument(
        "--count", type=int, default=1, help="run this many seeds from there, and tell only what is wrong"
    )
    arguments = parser.parse_args()
    wrong = 0
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        report = simulate(seed)
        wrong += bool(report.problems)
        if arguments.count == 1:
            _tell(*report.trace, *(f"{what}: {count}" for what, count in sorted(report.counts.items())))
        _tell(*(f"seed {seed}: {problem}" for problem in report.problems))
    _tell(f"{wrong} of {arguments.count} seeds went wrong")
    return bool(wrong)


def _tell(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


sys.exit(main())
