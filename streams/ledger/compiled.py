"""Compilation of the ledger's kernels, cached on disk under a digest of all of their sources.

Numba looks only at the file of the function that it caches: after an edit of a helper in another file it would
go on running the old code. A folder a digest makes every edit a fresh compilation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from numba import config, njit

_HERE = Path(__file__).parent


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_CACHE_SETTING: Final = "CACHE_DIR"
_OPTIONS: Final[dict[str, Any]] = {"cache": True, "error_model": "numpy", "forceinline": True, "_nrt": False}
_CACHE: Final = str(_HERE / "__pycache__" / f"kernels-{_digest()}")

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile ``function`` to machine code on its first call; later processes read it from disk.

    Kernels allocate nothing (callers hand them scratch arrays) and the arrays outlive the call, so references are not
    counted: counting, hundreds of atomic operations an event, took two thirds of the time. Kernels that others call become part
    of them: a call hands over every field of every array, some hundred words, which took a third of the time of a fold.
    """
    before = getattr(config, _CACHE_SETTING)
    setattr(config, _CACHE_SETTING, _CACHE)  # read when a function is decorated, so nobody else's cache moves
    try:
        return cast("F", njit(**_OPTIONS)(function))
    finally:
        setattr(config, _CACHE_SETTING, before)
