"""The house's own linter: what no tool checks for us."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import accumulate, chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "streams", "agents", "deploy", "tests", "bench")
LINES_MAX = 500
"""A module is one idea; two screens are usual."""
FORBIDDEN = {
    r"/(?:home|root|work|Users)/\w": "a path of one machine",
    r"\b(?:pypi\.org|pythonhosted|repo\d?\.maven|maven\.org|npmjs)": "a registry's host",
    r"\b(?:TODO|FIXME)\b": "something left over",
}


def modules() -> Iterator[Path]:
    return chain.from_iterable((ROOT / package).rglob("*.py") for package in PACKAGES)


def text_files() -> Iterator[Path]:
    kinds = ("*.toml", "*.lock", "*.lua", "*.xml", "*.properties", "*.yaml", "*.md")
    named = (ROOT / name for name in ("Makefile", ".ci/run", ".pre-commit-config.yaml"))
    below = chain.from_iterable(
        (ROOT / folder).rglob(kind) for folder in (*PACKAGES, "docs", "policies") for kind in kinds
    )
    return chain(modules(), chain.from_iterable(ROOT.glob(kind) for kind in kinds), named, below)


def test_every_module_is_short_enough_to_be_one_idea() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_MAX} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT)
        for path in modules()
        if not path.name.startswith("test_") and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a module imports while it is imported itself, and the packages that they are in."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from chain.from_iterable(accumulate(alias.name.split("."), "{}.{}".format) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from accumulate(node.module.split("."), "{}.{}".format)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_any_module_can_be_the_first_to_be_imported() -> None:
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in modules()
    }
    graph = {
        name: {one for one in imports_of(path) if one in paths and not f"{name}.".startswith(f"{one}.")}
        for name, path in paths.items()
    }
    TopologicalSorter(graph).prepare()  # a CycleError names the modules that wait for each other


def test_no_file_names_a_machine_a_registry_or_leaves_something_over() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {what}"
        for path in text_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for pattern, what in FORBIDDEN.items()
        if re.search(pattern, line)
    ]
    assert found == []
