"""The bank's policy folder: every ``*.toml`` in it is a policy file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.mistakes import Mistake


def read_folder(folder: Path) -> dict[str, str]:
    """File name to text of each policy file; ``Mistake`` if there is none, or one cannot be read."""
    if not folder.is_dir():
        msg = (
            f"the folder of policies {str(folder)!r} does not exist (looked in {Path.cwd()}): "
            "set TIERLINE_POLICIES, or give --policies"
        )
        raise Mistake(msg)
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        msg = f"the folder of policies {str(folder)!r} holds no *.toml file: write one, or give another --policies"
        raise Mistake(msg)
    return read_files(paths)


def look_alikes(folder: Path) -> list[tuple[str, str]]:
    """Files of the folder that seem to be meant as policies and are not read, each with why."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return [(name, "is not read: its name does not end in .toml") for name in names if _seems(name)]


def _seems(name: str) -> bool:
    return ".toml" in name.lower() and not name.endswith(".toml")


def check_named_folder(settings: Mapping[str, Any]) -> None:
    """Look over the policies of the folder that readable ``settings`` (by field) name, if they do; a ``Mistake`` has all."""
    folder = settings.get("policies")
    if folder is not None:
        from agents.policy.loading import load_policies

        load_policies(read_folder(folder))


def read_files(paths: list[Path]) -> dict[str, str]:
    """File name to text of each of ``paths``; ``Mistake`` names all that cannot be read."""
    files: dict[str, str] = {}
    wrong: list[str] = []
    for path in paths:
        try:
            files[path.name] = path.read_text(encoding="utf-8-sig")  # Windows puts a mark before UTF-8
        except IsADirectoryError:
            wrong.append(f"{path} is a folder, expected files: give all of a folder as --policies {path}")
        except OSError as error:
            wrong.append(f"{path}: cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            wrong.append(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8")
    if wrong:
        raise Mistake("\n".join(wrong))
    return files
