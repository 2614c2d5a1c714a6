"""Files that appear once all is in them: a command that breaks off leaves what was there before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from schemas.mistakes import Mistake


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file to write text into, as UTF-8 with line ends as they are given; ``Mistake`` if it cannot be written."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise Mistake(msg) from error
    finally:
        part.unlink(missing_ok=True)
