"""What commands that fit have in common: they tell what they found, and write a file of the policies if one is named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from agents.whole_files import whole_file
from schemas.mistakes import Mistake

FittedFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="File to write; only tell without.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]


def check_free(file: Path | None, *, force: bool) -> None:
    """``Mistake`` where something would be written over without ``force``: asked before a long search, not after it."""
    if file is not None and not force and file.exists():
        msg = f"{file} is there already: give another FILE, or --force to write over it"
        raise Mistake(msg)


def hand_out(report: Iterable[str], file: Path | None, text: str) -> None:
    """Tell the lines of ``report``, and write ``text`` to ``file`` if there is one."""
    for line in report:
        typer.echo(line)
    if file is not None:
        with whole_file(file) as whole:
            whole.write(text)
        typer.echo(f"written to {file}", err=True)
