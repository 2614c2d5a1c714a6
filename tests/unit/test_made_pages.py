"""Pages of the docs that are made, whole or in part: what is committed is what would be made now, wherever it is made."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from agents.made_tables import BEGIN, END, ROOT, made_anew, placed

TABLES: Final = ("agents.schemes_page", "agents.signals_page")
WHOLE: Final = "schemas.measures_page"


def made(module: str) -> tuple[Path, str]:
    """The page of ``module`` and what is to stand there."""
    maker: Any = import_module(module)
    return maker.PAGE, maker.render() if module == WHOLE else made_anew(maker.PAGE, maker.render)


@pytest.mark.parametrize("module", [*TABLES, WHOLE])
def test_the_committed_page_is_what_is_made_of_what_it_tells(module: str) -> None:
    page, text = made(module)
    assert page.read_text(encoding="utf-8") == text, (
        "what it tells changed: run `make schemas`, and look at what it did"
    )


@pytest.mark.parametrize("module", [*TABLES, WHOLE])
def test_another_process_makes_the_same_page(module: str) -> None:
    code = f"import sys; from tests.unit.test_made_pages import made; sys.stdout.write(made({module!r})[1])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    assert run.stdout == made(module)[1]


def test_making_the_tables_again_leaves_the_rest_of_the_page_alone() -> None:
    page = f"before\n{BEGIN}old\n{END}after\n"
    assert placed(page, "new\n") == f"before\n{BEGIN}new\n{END}after\n"
