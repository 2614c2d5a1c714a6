"""Tables in pages of ``docs`` that are made from the shipped policy files; all else in those pages is written by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agents.policy.loading import Policies, load_policies
from agents.policy_files import read_folder

ROOT: Final = Path(__file__).parents[1]
BEGIN: Final = "<!-- made from the policy files by `make schemas`: edit those -->\n"
END: Final = "<!-- end of what is made -->\n"


def made_anew(page: Path, render: Callable[[Policies], str]) -> str:
    """The text of ``page`` with what ``render`` makes of the shipped policies."""
    return placed(page.read_text(encoding="utf-8"), render(load_policies(read_folder(ROOT / "policies"))))


def write(page: Path, render: Callable[[Policies], str]) -> None:
    """Make the tables of ``page`` anew, and tell where it stands."""
    page.write_text(made_anew(page, render), encoding="utf-8")
    sys.stdout.write(f"{page}\n")


def placed(page: str, tables: str) -> str:
    """``page`` with ``tables`` between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{tables}{END}{after}"
